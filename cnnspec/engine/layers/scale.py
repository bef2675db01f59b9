"""Factors that are trained, and that a module holds beside its children."""

from typing import Any

from cnnspec.engine.layers.base import Call, Layer, Number, Tensor
from cnnspec.engine.layers.shape import Shape


class LayerScale(Layer):
    """Each channel times a factor that is trained. A parameter of the scope around it: its key is the line's own."""

    role = "scale"
    label = "layer scale"
    target = "torch.full"
    trains = ("weight",)  # what `init` calls it
    is_parameter = True
    channelwise = True
    init_value: Number = 1e-6

    def factors(self, x: Shape) -> tuple[int, ...]:
        """The shape of the parameter: C×1×1 for a map."""
        return (x[0], *(1,) * (len(x) - 1))

    def tensors(self, x: Shape) -> dict[str, Tensor]:
        return {"": Tensor(self.factors(x))}

    def call(self, x: Shape) -> Call:
        """The parameter's first values."""
        return Call("torch.full", self.inferred(x) | {"fill_value": self.init_value})

    def inferred(self, x: Shape) -> dict[str, Any]:
        return {"size": self.factors(x)}
