"""Where the random numbers stand: torch's on the CPU and on the device, Python's and numpy's."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnnspec.engine.diagnostics import CheckpointError

Found = tuple[dict[str, Tensor], dict[str, Any]]


def generator_state(device: torch.device) -> Found:
    """All generators that a run draws from, as tensors by name and values."""
    tensors = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        tensors["cuda"] = torch.cuda.get_rng_state(device)
    kind, keys, *rest = np.random.get_state()
    return tensors, {"python": random.getstate(), "numpy": (kind, np.asarray(keys).tolist(), *rest)}


def of_all(states: Sequence[Found]) -> tuple[dict[str, Tensor], dict[str, Any], list[dict[str, Any]]]:
    """Those of all processes: tensors, which have the rank in front of their names after the first, and values."""
    (tensors, values), *others = states
    numbered = {f"{rank}.{name}": each for rank, (found, _) in enumerate(others, 1) for name, each in found.items()}
    return {**tensors, **numbered}, values, [found for _, found in others]


def of_one(
    rank: int, tensors: Mapping[str, Tensor], first: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Tensor], Mapping[str, Any]] | None:
    """Those of one process; None where there were fewer processes when they were saved."""
    if rank == 0:
        return tensors, first
    if rank > len(others):
        return None
    start = f"{rank}."
    own = {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
    return own, others[rank - 1]


def restore_generators(device: torch.device, tensors: Mapping[str, Tensor], values: Mapping[str, Any]) -> None:
    """Let all generators go on from where they stood. Raises CheckpointError.

    On another kind of device than before, that device's own starts from its seed.
    """
    try:
        torch.set_rng_state(tensors["cpu"])
        if device.type == "cuda" and "cuda" in tensors:
            torch.cuda.set_rng_state(tensors["cuda"], device)
        random.setstate(values["python"])
        kind, keys, *rest = values["numpy"]
        np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))
    except (KeyError, TypeError, ValueError, IndexError, RuntimeError, OverflowError) as error:
        raise CheckpointError(f"the checkpoint's random generators cannot be restored: {error}") from None
