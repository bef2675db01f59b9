"""The fully connected layer."""

from math import prod
from typing import Any

from cnnspec.engine.layers.base import EACH, WEIGHT_AND_BIAS, Layer, Positive, Tensor, setting
from cnnspec.engine.layers.dependency import All, Reading
from cnnspec.engine.layers.known_as import OtherName
from cnnspec.engine.layers.shape import Shape


class Linear(Layer):
    """Fully connected layer over a flat vector; with ``in_features`` stated, over the last dimension of a map."""

    known_as = (
        OtherName(("dense",), "Keras", ("out_features",)),
        OtherName(("fc", "fullyconnected"), "", ("out_features",)),
    )
    role = "linear"
    label = "fc {out_features}"
    infers = ("in_features",)
    positional = ("in_features", "out_features")
    trains = WEIGHT_AND_BIAS
    out_features: Positive
    bias: bool = True
    in_features: Positive | None = None

    def infer(self, x: Shape) -> Shape:
        if len(x) > 1 and self.in_features is None:
            self.refuse(
                "linear-on-map",
                f"`Linear` takes a flat vector, but the input is a map of {x}",
                label=f"gets {x}",
                dims=(0,),
                tries=(setting(" to apply it to the last dimension", in_features=x[-1]),),
            )
        self.check_stated("in_features", x[-1], "feature", (len(x) - 1,))
        return Shape((*x[:-1], self.out_features))

    def tensors(self, x: Shape) -> dict[str, Tensor]:
        weight = {"weight": Tensor((self.out_features, x[-1]))}
        return weight | {"bias": Tensor((self.out_features,))} if self.bias else weight

    def dependency(self, x: Shape, y: Shape) -> tuple[Reading, ...]:
        return (*super().dependency(x, y)[:-1], All(x[-1])) if len(x) > 1 else ()

    def channel_dependency(self, x: Shape, y: Shape) -> tuple[Reading, int]:
        return (EACH if len(x) > 1 else All(x[0])), 0

    def macs(self, x: Shape, y: Shape) -> int:
        return prod(y) * x[-1]

    def inferred(self, x: Shape) -> dict[str, Any]:
        return {"in_features": x[-1]}
