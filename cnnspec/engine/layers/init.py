"""The functions of torch.nn.init as data: typed arguments, what tensors they fill, and the call.

    Function   check(shape)   Refusal, where torch would not fill a tensor of that shape
               call() -> Call executed by the builder, printed by the emitters

A function is registered by standing here under its name, which is torch's.
"""

from math import erf, inf, prod, sqrt
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from cnnspec.engine.layers.base import Call, NonNegativeNumber, Number, Positive, PositiveNumber, Probability, Refusal

MODULE = "torch.nn.init"
Mode = Literal["fan_in", "fan_out"]
Nonlinearity = Literal[
    "linear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "selu",
]
ANY = range(9)  # dimensions of a tensor; no layer has more
TAIL = 0.3  # a share below which torch draws evenly between the bounds, and most draws in vain
MOST_DRAWS = 100  # for each that is kept


class Function(BaseModel):
    """The base of every function: it fills a tensor in place."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)

    dimensions: ClassVar[range] = ANY  # of the tensors that it fills

    def check(self, shape: tuple[int, ...]) -> None:
        """Raises Refusal for arguments that exclude each other, and for a tensor that torch would not fill."""
        if len(shape) not in self.dimensions:
            name = type(self).__name__
            message = f"`{name}` needs {_counts(self.dimensions)} dimensions, and this parameter has {len(shape)}"
            raise Refusal(
                "init-dimensions",
                message,
                help="use `zeros_`, `constant_`, `normal_` or `uniform_`, which fill any tensor",
            )

    def call(self) -> Call:
        """The call, without the tensor, which comes first."""
        stated = {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}
        return Call(f"{MODULE}.{type(self).__name__}", stated)


def _counts(dimensions: range) -> str:
    first, last = dimensions[0], dimensions[-1]
    return f"{first}" if first == last else f"{first} or more" if last == ANY[-1] else f"{first} to {last}"


def fans(shape: tuple[int, ...]) -> tuple[int, int] | None:
    """``fan_in`` and ``fan_out`` of a weight, as torch.nn.init counts them; None for fewer than two dimensions."""
    return (prod(shape[1:]), shape[0] * prod(shape[2:])) if len(shape) > 1 else None


class _Kaiming(Function):
    dimensions = ANY[2:]
    a: Number = 0.0
    mode: Mode = "fan_in"
    nonlinearity: Nonlinearity = "leaky_relu"


class kaiming_normal_(_Kaiming):
    """Normal, with the variance that rectifiers keep (arXiv:1502.01852)."""


class kaiming_uniform_(_Kaiming):
    """Uniform, with the variance that rectifiers keep (arXiv:1502.01852)."""


class _Xavier(Function):
    dimensions = ANY[2:]
    gain: NonNegativeNumber = 1.0


class xavier_normal_(_Xavier):
    """Normal, with a variance between those that keep activations and gradients (Glorot and Bengio, 2010)."""


class xavier_uniform_(_Xavier):
    """Uniform, with a variance between those that keep activations and gradients (Glorot and Bengio, 2010)."""


class normal_(Function):
    """Normal, with a mean and a standard deviation."""

    mean: Number = 0.0
    std: NonNegativeNumber = 1.0


class _Bounded(Function):
    """A distribution between ``a`` and ``b``."""

    a: Number
    b: Number

    def check(self, shape: tuple[int, ...]) -> None:
        super().check(shape)
        if self.a > self.b:
            name = "a" if "a" in self.model_fields_set else "b"
            said = f"`a` is {self.a:g} and `b` is {self.b:g}"
            raise Refusal("empty-range", f"no number is at least `a` and at most `b`: {said}", argument=name)


class uniform_(_Bounded):
    """Uniform between `a` and `b`."""

    a: Number = 0.0
    b: Number = 1.0


class trunc_normal_(_Bounded):
    """Normal, drawn anew outside of `a` and `b`, which are values and not multiples of `std`."""

    mean: Number = 0.0
    std: PositiveNumber = 1.0
    a: Number = -2.0
    b: Number = 2.0

    def check(self, shape: tuple[int, ...]) -> None:
        super().check(shape)
        outside = max(self.a - self.mean, self.mean - self.b)
        falls = min(self.std**2 / outside, self.std) if outside > 0 else inf  # over what width to about a third
        if self.share() <= TAIL and self.b - self.a > MOST_DRAWS * falls:
            message = "almost no values of this distribution are between `a` and `b`, so torch would draw forever"
            note = f"mean {self.mean:g}, std {self.std:g}: accepted values are within {falls:.2g} of the nearer bound"
            raise Refusal("init-bounds", message, note=note, help="move `a` and `b` closer together, around the `mean`")

    def share(self) -> float:
        """The share of the whole distribution that lies between the bounds."""
        low, high = ((bound - self.mean) / self.std / sqrt(2) for bound in (self.a, self.b))
        return (erf(high) - erf(low)) / 2


class constant_(Function):
    """The same number everywhere."""

    val: Number


class zeros_(Function):
    """Zero everywhere."""


class ones_(Function):
    """One everywhere."""


class orthogonal_(Function):
    """A matrix of orthogonal rows or columns (arXiv:1312.6120)."""

    dimensions = ANY[2:]
    gain: Number = 1.0


class sparse_(Function):
    """A matrix with a share of zeros in each column, the others normal."""

    dimensions = ANY[2:3]
    sparsity: Probability
    std: NonNegativeNumber = 0.01


class eye_(Function):
    """A matrix that hands on as many of its inputs as it can."""

    dimensions = ANY[2:3]


class dirac_(Function):
    """A convolution that hands on as many of its channels as it can."""

    dimensions = ANY[3:6]
    groups: Positive = 1

    def check(self, shape: tuple[int, ...]) -> None:
        super().check(shape)
        if shape[0] % self.groups:
            message = f"`groups: {self.groups}` does not divide the {shape[0]} filters of the tensor"
            raise Refusal("not-divisible", message, argument="groups")


FUNCTIONS: dict[str, type[Function]] = {
    name: value
    for name, value in vars().items()
    if isinstance(value, type) and issubclass(value, Function) and name[0].islower()
}
