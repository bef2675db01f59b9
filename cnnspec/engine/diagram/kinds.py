"""The kinds of boxes, by which they are coloured."""

from __future__ import annotations

from cnnspec.engine.layers import FAMILIES, JOINS, REGISTRY

CONVOLUTION = "convolution"
POOLING = "pooling"
LINEAR = "fully connected"
NORM = "normalisation, activation"
OTHER = "other"
BLOCK = "block, drawn beside"
CLOSED = "block"
JOIN = "join"
END = "input, output"
AUX = "output in training"
PORT = "port"  # where a panel begins and ends
MAIN = (CONVOLUTION, LINEAR)  # what small layers are fused to
FAMILY_KINDS = {
    "convolution": CONVOLUTION,
    "pooling": POOLING,
    "normalisation": NORM,
    "activation": NORM,
    "linear": LINEAR,
    "joins": OTHER,
}
SMALL = frozenset({"dropout", "normalisation", "activation"})
SMALL_TYPES = frozenset({"StochasticDepth", "LayerScale"})
_FAMILIES = {module.__name__: family for family, module in FAMILIES.items()}


def family(type: str) -> str:
    """The family of a layer type; nothing for one that is not of cnnspec's own."""
    return _FAMILIES.get(REGISTRY[type].__module__, "") if type in REGISTRY else ""


def kind(type: str) -> str:
    """The kind of a layer type."""
    return JOIN if type in JOINS else FAMILY_KINDS.get(family(type), OTHER)


def is_small(type: str) -> bool:
    """Whether a layer of this type is drawn within the box of the layer beside it."""
    return type in SMALL_TYPES or family(type) in SMALL
