"""The names of the data sets. Nothing here needs torch: the command line and the settings read it."""

from __future__ import annotations

from typing import Literal, get_args

DataName = Literal["digits", "mnist", "fashion-mnist", "cifar10", "cifar100", "folder", "fake"]
DATA_NAMES: tuple[str, ...] = get_args(DataName)
