"""What a layer of your own is made of; docs/how-to/plugins.md shows how.

>>> from cnnspec.layers import Layer, Shape
"""

from cnnspec.engine.layers import (
    Call,
    Layer,
    NonNegative,
    NonNegativeNumber,
    Number,
    Output,
    Positive,
    PositiveNumber,
    Probability,
    Refusal,
    Shape,
    Tensor,
    Window,
)
from cnnspec.engine.layers.base import ExtraSaved, Whole

__all__ = [
    "Call",
    "ExtraSaved",
    "Layer",
    "NonNegative",
    "NonNegativeNumber",
    "Number",
    "Output",
    "Positive",
    "PositiveNumber",
    "Probability",
    "Refusal",
    "Shape",
    "Tensor",
    "Whole",
    "Window",
]
