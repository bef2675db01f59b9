"""The random numbers of a run: a generator for each purpose, and torch's own for weights and dropout."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

VALIDATION, SHUFFLE, PROCESS = 0, 1, 2  # what numbers are drawn for


def generator(seed: int, *purpose: int) -> torch.Generator:
    """A generator for one purpose (and epoch), so that what one draws never shifts what another does."""
    return torch.Generator().manual_seed(derived(seed, *purpose))


def derived(seed: int, *purpose: int) -> int:
    """A seed of its own for one purpose."""
    return int(np.random.SeedSequence([seed, *purpose]).generate_state(1, np.uint64)[0])


def reseed(seed: int) -> None:
    """Let torch's own generators, numpy's and Python's begin with this seed."""
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """torch's own generators, numpy's and Python's from this seed; the caller finds them as they were."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            reseed(seed)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
