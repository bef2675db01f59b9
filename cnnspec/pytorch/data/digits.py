"""Handwritten digits that ship with the package: no download, no network.

E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
https://doi.org/10.24432/C50P49, CC BY 4.0: the 1,797 images of its test part, counts of 0 to 16 as `uint8`, 8×8.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from cnnspec.pytorch.data.dataset import Dataset, InMemory
from cnnspec.pytorch.data.held_out import stratified

FILE = Path(__file__).with_name("digits.npz")
TEST_SHARE = 5  # one in five


def digits() -> Dataset:
    """The digits, their 17 gray levels spread over 0 to 255."""
    with np.load(FILE, allow_pickle=False) as arrays:
        counts, classes = arrays["images"], arrays["labels"].astype(np.int64)
    images = torch.from_numpy(np.rint(counts * (255 / 16)).astype(np.uint8)).unsqueeze(1)
    labels = torch.from_numpy(classes)
    train, test = stratified(classes, TEST_SHARE)
    parts = (InMemory(images[train], labels[train]), InMemory(images[test], labels[test]))
    return Dataset("digits", *parts, tuple("0123456789"))
