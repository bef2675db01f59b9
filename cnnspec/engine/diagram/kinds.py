"""The kinds of boxes, by which they are coloured."""

from __future__ import annotations

from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.layers.base import Role

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
ROLE_KINDS: dict[Role | None, str] = {
    "convolution": CONVOLUTION,
    "pool": POOLING,
    "norm": NORM,
    "activation": NORM,
    "linear": LINEAR,
    "join": JOIN,
}
SMALL = frozenset({"activation", "drop path", "dropout", "norm", "scale"})


def kind(type: str) -> str:
    """The kind of a layer type."""
    return ROLE_KINDS.get(role(type), OTHER)


def is_small(type: str) -> bool:
    """Whether a layer of this type is drawn within the box of the layer beside it."""
    return role(type) in SMALL


def role(type: str) -> Role | None:
    """The role of a layer type; None where it is no layer."""
    return REGISTRY[type].role if type in REGISTRY else None
