"""The random numbers of a run: a generator for each purpose, and torch's own for weights and dropout."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

VALIDATION, SHUFFLE = 0, 1  # what numbers are drawn for


def generator(seed: int, *purpose: int) -> torch.Generator:
    """A generator for one purpose (and epoch), so that what one draws never shifts what another does."""
    state = np.random.SeedSequence([seed, *purpose]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state[0]))


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """torch's own generators, numpy's and Python's from this seed; the caller finds them as they were."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            random.seed(seed)
            np.random.seed(seed % 2**32)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
