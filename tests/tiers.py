"""Two tiers of tests: what `make test` runs, and the deep tier, which `make test-all` runs as well.

tiered(known_specs(), TYPICAL)     every name, those beyond the typical ones marked `deep`
examples(80, of=20)                how many random examples: 80 in the deep tier, 20 else
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest

# A network or two of each way in which networks are built; the others have more of the same layers.
TYPICAL = (
    "first", "lenet5", "alexnet", "vgg11_bn", "googlenet", "resnet18", "densenet121", "mobilenet_v3_small",
    "shufflenet_v2_x0_5", "efficientnet_b0", "convnext_tiny", "unet", "dcgan", "mnist/lenet", "mnist/alexnet",
    "mnist/googlenet", "mnist/googlenet_fixed", "mnist/resnet18", "mnist/vgg16",
)  # fmt: skip

_deep = False


def choose(markexpr: str) -> None:
    """Take the tier of a run of pytest from its `-m`."""
    global _deep
    _deep = "not deep" not in markexpr


def tiered(names: Iterable[Any], basic: Collection[Any] = TYPICAL) -> list[Any]:
    """Return all names as values of a parameter; those that are not ``basic`` are of the deep tier."""
    return [name if name in basic else pytest.param(name, marks=pytest.mark.deep) for name in names]


def examples(deep: int, *, of: int) -> int:
    """Return how many random examples a test draws: ``deep`` of them in the deep tier, ``of`` else."""
    return deep if _deep else of
