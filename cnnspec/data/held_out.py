"""A test part for data that have none of their own."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SEED = 0  # the test part is the same for everyone, whatever the seed of a run


def stratified(labels: NDArray[np.int64], share: int) -> tuple[Tensor, Tensor]:
    """Indices of all but, and of, one in ``share`` of each class, drawn once and for ever the same."""
    random = np.random.RandomState(SEED)  # its stream is frozen: numpy promises the same in every version
    chosen = [random.permutation(np.flatnonzero(labels == c)) for c in np.unique(labels)]
    test = np.sort(np.concatenate([members[: round(len(members) / share)] for members in chosen]))
    train = np.setdiff1d(np.arange(len(labels)), test)
    return torch.from_numpy(train), torch.from_numpy(test)
