"""The handwritten digits that scikit-learn brings along: no file, no network."""

from __future__ import annotations

import numpy as np
import torch

from cnnspec.data.dataset import Dataset, InMemory
from cnnspec.data.held_out import stratified

TEST_SHARE = 5  # one in five


def digits() -> Dataset:
    """scikit-learn's digits, their 17 grey levels spread over 0 to 255."""
    from sklearn.datasets import load_digits  # seconds to import, and needed here only

    bunch = load_digits()
    images = torch.from_numpy(np.rint(bunch.images * (255 / 16)).astype(np.uint8)).unsqueeze(1)
    labels = torch.from_numpy(bunch.target.astype(np.int64))
    train, test = stratified(bunch.target, TEST_SHARE)
    parts = (InMemory(images[train], labels[train]), InMemory(images[test], labels[test]))
    return Dataset("digits", *parts, tuple("0123456789"))
