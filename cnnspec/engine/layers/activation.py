"""Activations: they keep the shape, all but GLU, which halves a dimension."""

from typing import Any, Literal

from cnnspec.engine.layers.base import (
    EACH,
    ITS_OUTPUT,
    MAX_NUMBER,
    NOTHING,
    ExtraSaved,
    Layer,
    NonNegativeNumber,
    Number,
    Positive,
    Tensor,
    Whole,
    many,
    setting,
)
from cnnspec.engine.layers.dependency import All, Reading
from cnnspec.engine.layers.dimension import dimension, own_dimension
from cnnspec.engine.layers.known_as import OtherName
from cnnspec.engine.layers.shape import Shape
from cnnspec.engine.layers.window import Window


def check_in_place(layer: "LeakyReLU | ELU | CELU", name: str) -> None:
    """Torch refuses the gradient: the output, which is all that is left, no longer tells the sign of the input."""
    if layer.inplace and getattr(layer, name) < 0:
        layer.refuse(
            "in-place-slope",
            f"`{type(layer).__name__}` in place cannot be trained with a negative `{name}`",
            argument="inplace",
            label=f"`{name}` is {getattr(layer, name):g}",
            tries=(setting(inplace=False),),
        )


class _Pointwise(Layer):
    """A function of each value by itself."""

    role = "activation"
    channelwise = True


class ReLU(_Pointwise):
    """Rectified linear unit: max(0, x)."""

    function = "torch.nn.functional.relu"
    rectifies = True
    saved_for_backward = saved_in_place = ITS_OUTPUT
    inplace: bool = False


class ReLU6(_Pointwise):
    """ReLU that stops at 6."""

    function = "torch.nn.functional.relu6"
    subclass_of = "Hardtanh"
    rectifies = True
    inplace: bool = False


class LeakyReLU(_Pointwise):
    """ReLU with a small slope below 0."""

    function = "torch.nn.functional.leaky_relu"
    saved_in_place = ITS_OUTPUT
    negative_slope: Number = 0.01
    inplace: bool = False

    def infer(self, x: Shape) -> Shape:
        check_in_place(self, "negative_slope")
        return x


class PReLU(_Pointwise):
    """ReLU with a trained slope below 0: one for all, or one a channel."""

    trains = ("weight",)
    num_parameters: Positive = 1
    init: Number = 0.25

    def infer(self, x: Shape) -> Shape:
        if self.num_parameters not in (1, x[0]):
            why = (
                ", but the input has one channel"
                if x[0] == 1
                else f", but must be 1 or the {x[0]} channels of the input"
            )
            self.refuse(
                "stated-wrongly",
                f"`num_parameters` is {self.num_parameters}{why}",
                argument="num_parameters",
                label="1" if x[0] == 1 else f"1 or {x[0]}",
                dims=(0,),
                tries=tuple(setting(num_parameters=number) for number in dict.fromkeys((x[0], 1))),
            )
        return x

    def tensors(self, x: Shape) -> dict[str, Tensor]:
        return {"weight": Tensor((self.num_parameters,))}


class RReLU(_Pointwise):
    """ReLU with a slope below 0 that is drawn at random in training, and is the middle of its range in evaluation."""

    saved_in_place = ITS_OUTPUT
    lower: Number = 1 / 8
    upper: Number = 1 / 3
    inplace: bool = False

    def infer(self, x: Shape) -> Shape:
        if self.lower > self.upper:
            self.refuse(
                "empty-range",
                f"`lower` is {self.lower:g}, which is above `upper`, {self.upper:g}",
                argument="lower" if "lower" in self.model_fields_set else "upper",
                label="the slope is drawn from `lower` to `upper`",
                tries=(setting(lower=self.upper, upper=self.lower),),
            )
        return x

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """The slopes that were drawn."""
        return ExtraSaved(numbers=y.elements)


class ELU(_Pointwise):
    """Exponential linear unit: x above 0, alpha·(exp(x) − 1) below."""

    function = "torch.nn.functional.elu"
    rectifies = True
    saved_in_place = ITS_OUTPUT
    alpha: Number = 1.0
    inplace: bool = False

    def infer(self, x: Shape) -> Shape:
        check_in_place(self, "alpha")
        return x


class CELU(_Pointwise):
    """Continuously differentiable exponential linear unit: x above 0, alpha·(exp(x/alpha) − 1) below."""

    function = "torch.nn.functional.celu"
    rectifies = True
    saved_in_place = ITS_OUTPUT
    alpha: Number = 1.0
    inplace: bool = False

    def infer(self, x: Shape) -> Shape:
        if abs(self.alpha) * MAX_NUMBER < 1:
            self.refuse(
                "division-by-zero",
                f"`CELU` divides by `alpha`, which is {self.alpha:g}",
                argument="alpha",
                label="too close to 0",
                tries=(setting(alpha=1.0),),
            )
        check_in_place(self, "alpha")
        return x


class SELU(_Pointwise):
    """Scaled exponential linear unit, which keeps mean 0 and variance 1 from layer to layer."""

    function = "torch.nn.functional.selu"
    rectifies = True
    saved_in_place = ITS_OUTPUT
    inplace: bool = False


class GELU(_Pointwise):
    """Gaussian error linear unit: x times the probability that a normal variable is below x."""

    known_as = (OtherName(("gelutanh",), stated=(("approximate", "tanh"),)),)
    function = "torch.nn.functional.gelu"
    rectifies = True
    approximate: Literal["none", "tanh"] = "none"


class SiLU(_Pointwise):
    """Sigmoid linear unit, or swish: x·sigmoid(x)."""

    known_as = (OtherName(("swish",)),)
    function = "torch.nn.functional.silu"
    rectifies = True
    inplace: bool = False


class Mish(_Pointwise):
    """x·tanh(softplus(x))."""

    function = "torch.nn.functional.mish"
    rectifies = True
    inplace: bool = False


class Softplus(_Pointwise):
    """A smooth ReLU: log(1 + exp(beta·x))/beta, and x itself above the threshold."""

    function = "torch.nn.functional.softplus"
    rectifies = True
    beta: Number = 1.0
    threshold: Number = 20.0


class Sigmoid(_Pointwise):
    """1/(1 + exp(−x)), from 0 to 1."""

    function = "torch.sigmoid"
    gates = True
    saved_for_backward = ITS_OUTPUT


class LogSigmoid(_Pointwise):
    """The logarithm of the sigmoid."""

    function = "torch.nn.functional.logsigmoid"

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """The exponentials of the negated sizes."""
        return ExtraSaved(numbers=y.elements)


class Tanh(_Pointwise):
    """Hyperbolic tangent, from −1 to 1."""

    function = "torch.tanh"
    gates = True
    saved_for_backward = ITS_OUTPUT


class Tanhshrink(_Pointwise):
    """x − tanh(x)."""

    function = "torch.nn.functional.tanhshrink"
    saved_for_backward = NOTHING

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """The hyperbolic tangents."""
        return ExtraSaved(numbers=y.elements)


class Softsign(_Pointwise):
    """x/(1 + |x|), from −1 to 1."""

    function = "torch.nn.functional.softsign"

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """The divisors."""
        return ExtraSaved(numbers=y.elements)


class Hardsigmoid(_Pointwise):
    """A sigmoid of three straight lines."""

    known_as = (
        OtherName(("hard_sigmoid",)),
        OtherName(("hsigmoid",), "MMCV"),
    )
    function = "torch.nn.functional.hardsigmoid"
    gates = True
    inplace: bool = False


class Hardswish(_Pointwise):
    """A swish of straight lines and a parabola: x·hardsigmoid(x)."""

    known_as = (
        OtherName(("hard_swish", "h_swish")),
        OtherName(("hswish",), "MMCV"),
    )
    function = "torch.nn.functional.hardswish"
    rectifies = True
    inplace: bool = False


class Hardtanh(_Pointwise):
    """The value, cut off below ``min_val`` and above ``max_val``."""

    function = "torch.nn.functional.hardtanh"
    min_val: Number = -1.0
    max_val: Number = 1.0
    inplace: bool = False

    def infer(self, x: Shape) -> Shape:
        if self.min_val >= self.max_val:
            self.refuse(
                "empty-range",
                f"`min_val` is {self.min_val:g}, which is not less than `max_val`, {self.max_val:g}",
                argument="min_val" if "min_val" in self.model_fields_set else "max_val",
                label="no value is between `min_val` and `max_val`",
                tries=(setting(min_val=self.max_val, max_val=self.min_val),) if self.min_val > self.max_val else (),
            )
        return x


class Hardshrink(_Pointwise):
    """The value, and 0 for those from −lambd to lambd."""

    function = "torch.nn.functional.hardshrink"
    lambd: Number = 0.5


class Softshrink(_Pointwise):
    """The value moved towards 0 by lambd, and 0 for those that are nearer."""

    function = "torch.nn.functional.softshrink"
    lambd: NonNegativeNumber = 0.5


class Threshold(_Pointwise):
    """The value above ``threshold``, and ``value`` for all others."""

    positional = ("threshold", "value")
    threshold: Number
    value: Number
    inplace: bool = False


class GLU(Layer):
    """Gated linear unit: the first half of a dimension times the sigmoid of the second."""

    role = "activation"
    function = "torch.nn.functional.glu"
    dim: Whole = -1

    def infer(self, x: Shape) -> Shape:
        dim = own_dimension(self, "dim", x, "halves") - 1
        if x[dim] % 2:
            self.refuse(
                "not-divisible",
                f"`GLU` splits dimension {dim + 1} in half, but its size is odd: {x[dim]}",
                argument="dim",
                label=many(x[dim], "value"),
                dims=(dim,),
                tries=tuple(setting(dim=i + 1) for i, size in enumerate(x) if size % 2 == 0),
            )
        return Shape((*x[:dim], x[dim] // 2, *x[dim + 1 :]))

    def dependency(self, x: Shape, y: Shape) -> tuple[Reading, ...]:
        pairs = (Window(2, dilation=half) if half < size else EACH for size, half in zip(x.sizes, y.sizes, strict=True))
        return tuple(pairs)


class _Softmax(Layer):
    """An activation over all values of a dimension; without ``dim``, over the channels."""

    role = "activation"
    saved_for_backward = ITS_OUTPUT
    dim: Whole | None = None

    def infer(self, x: Shape) -> Shape:
        if self.dim is not None:
            own_dimension(self, "dim", x, "works along")
        elif len(x) == 2:
            self.refuse(
                "mixes-batch",
                f"`{type(self).__name__}` without `dim` uses dimension 0 of a sequence, which is the batch",
                label=f"gets {x}",
                tries=(setting(dim=1), setting(dim=2)),
            )
        return x

    def dependency(self, x: Shape, y: Shape) -> tuple[Reading, ...]:
        over = 1 if self.dim is None else dimension(self, "dim", x)
        return tuple(All(size) if dim == over else EACH for dim, size in enumerate(x.sizes, 2))

    def inferred(self, x: Shape) -> dict[str, Any]:
        return {"dim": 1} if self.dim is None else {}  # torch's own choice, which it warns of


class Softmax(_Softmax):
    """Exponentials of the values along a dimension, divided by their sum: probabilities."""

    known_as = (OtherName(("softmax",), stated=(("dim", "1"),)),)
    gives_probabilities = gates = True


class LogSoftmax(_Softmax):
    """The logarithm of the softmax."""

    known_as = (OtherName(("log_softmax",), stated=(("dim", "1"),)),)
    gives_probabilities = True


class Softmin(_Softmax):
    """The softmax of the negated values."""


class Softmax2d(Layer):
    """Softmax over the channels, at each place of a C×H×W map."""

    role = "activation"
    gives_probabilities = True
    saved_for_backward = ITS_OUTPUT
    ranks = (3,)

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        return x
