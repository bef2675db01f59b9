"""Normalisations. Their eps, alpha, beta and k are numbers of the formulas in torch.nn's documentation."""

from math import prod
from typing import Annotated, Any

from pydantic import Field

from cnnspec.engine.layers.base import (
    WEIGHT_AND_BIAS,
    ExtraSaved,
    Layer,
    NonNegativeNumber,
    Null,
    Number,
    Positive,
    PositiveNumber,
    Tensor,
    cross,
    many,
    setting,
    shown,
)
from cnnspec.engine.layers.known_as import OtherName
from cnnspec.engine.layers.shape import Shape


def scale_and_shift(shape: tuple[int, ...], affine: bool, bias: bool) -> dict[str, Tensor]:
    """What follows a normalisation where it is trained: a factor and a summand for each number of ``shape``."""
    names = (("weight", affine), ("bias", affine and bias))
    return {name: Tensor(shape) for name, there in names if there}


class _ChannelNorm(Layer):
    """A normalisation of each channel, with statistics that training may collect for evaluation."""

    role = "norm"
    infers = positional = ("num_features",)
    label = "BN"
    centers_channels = True
    channelwise = True
    trains = WEIGHT_AND_BIAS
    eps: PositiveNumber = 1e-5
    momentum: Number | Null = 0.1
    affine: bool = True
    track_running_stats: bool = True
    bias: bool = True
    num_features: Positive | None = None

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        self.check_stated("num_features", x[0], "channel" if len(x) > 1 else "feature")
        return x

    def tensors(self, x: Shape) -> dict[str, Tensor]:
        trained = scale_and_shift((x[0],), self.affine, self.bias)
        return trained | (running_statistics(x[0]) if self.track_running_stats else {})

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """The mean and the deviation of each channel over the batch."""
        return ExtraSaved(shared=2 * xs[0][0])

    def averages(self, x: Shape) -> bool:
        return not self.track_running_stats and len(x) > 1

    def inferred(self, x: Shape) -> dict[str, Any]:
        return {"num_features": x[0]}


def running_statistics(channels: int) -> dict[str, Tensor]:
    """The buffers of a normalisation that collects statistics while it is trained."""
    each = {name: Tensor((channels,), trained=False) for name in ("running_mean", "running_var")}
    return each | {"num_batches_tracked": Tensor((), trained=False, counts=True)}


class _BatchNorm(_ChannelNorm):
    """A normalisation with the statistics of the batch in training, and with collected ones in evaluation."""

    uses_batch_statistics = True


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of each feature of a flat vector, or of each channel of a C×L sequence."""

    ranks = (1, 2)


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of each channel of a C×H×W map."""

    known_as = (
        OtherName(("batchnormalization",), "Keras", note="the defaults of Keras are `eps: 1e-3` and `momentum: 0.01`"),
        OtherName(("bn", "bn2d", "syncbn"), "MMCV"),
        OtherName(("batchnorm",)),
        OtherName(("syncbatchnorm",), "PyTorch"),
        OtherName(("frozenbatchnorm2d",), "torchvision"),
        OtherName(("batchnormact2d",), "timm", after=("ReLU",)),
    )
    ranks = (3,)


class BatchNorm3d(_BatchNorm):
    """Batch normalisation of each channel of a C×D×H×W volume."""

    ranks = (4,)


class InstanceNorm2d(_ChannelNorm):
    """Normalisation of each channel of each C×H×W map by itself."""

    known_as = (OtherName(("in", "in2d"), "MMCV"),)
    label = "IN"
    ranks = (3,)
    eps: NonNegativeNumber = 1e-5
    momentum: Number = 0.1
    affine: bool = False
    track_running_stats: bool = False

    def infer(self, x: Shape) -> Shape:
        y = super().infer(x)
        if x[1] * x[2] == 1:
            self.refuse(
                "nothing-to-normalize",
                f"`InstanceNorm2d` needs more than one value per channel, but the input is {x}",
                label=f"gets {x}",
                help="remove it, or put it where the map is larger than 1×1",
                dims=(1, 2),
            )
        return y

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """Mean and deviation; the weights and the running statistics are repeated for every image, too."""
        return ExtraSaved(numbers=(2 + self.affine + 2 * self.track_running_stats) * xs[0][0])


class GroupNorm(Layer):
    """Normalisation of groups of channels of each image by themselves."""

    known_as = (
        OtherName(("groupnormalization",), "Keras", ("num_groups",)),
        OtherName(("gn",), "MMCV", ("num_groups",)),
    )
    role = "norm"
    label = "GN, groups {num_groups}"
    infers = ("num_channels",)
    positional = ("num_groups", "num_channels")
    channelwise = True
    trains = WEIGHT_AND_BIAS
    num_groups: Positive
    eps: NonNegativeNumber = 1e-5
    affine: bool = True
    bias: bool = True
    num_channels: Positive | None = None

    def infer(self, x: Shape) -> Shape:
        self.check_stated("num_channels", x[0], "channel")
        self.check_divides("num_groups", x[0], "channel", (0,))
        if x.elements == self.num_groups:
            self.refuse(
                "nothing-to-normalize",
                f"`GroupNorm` needs more than one value per group, not {x} in {many(self.num_groups, 'group')}",
                argument="num_groups",
                label="one value in each group",
                dims=tuple(range(len(x))),
                tries=(setting(num_groups=1),) if x.elements > 1 else (),
            )
        return x

    def tensors(self, x: Shape) -> dict[str, Tensor]:
        return scale_and_shift((x[0],), self.affine, self.bias)

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """The mean and the deviation of each group."""
        return ExtraSaved(numbers=2 * self.num_groups)

    def averages(self, x: Shape) -> bool:
        return len(x) > 1

    def inferred(self, x: Shape) -> dict[str, Any]:
        return {"num_channels": x[0]}


class LayerNorm(Layer):
    """Normalisation of each image over its last dimensions: over all of them where ``normalized_shape`` is left out."""

    known_as = (OtherName(("layernormalization",), "Keras", note="Keras normalizes only the last dimension"),)
    role = "norm"
    infers = ("normalized_shape",)
    positional = ("normalized_shape",)
    label = "LN"
    channelwise = True
    trains = WEIGHT_AND_BIAS
    normalized_shape: Positive | Annotated[tuple[Positive, ...], Field(min_length=1)] | None = None
    eps: NonNegativeNumber = 1e-5
    elementwise_affine: bool = True
    bias: bool = True

    def infer(self, x: Shape) -> Shape:
        shape = self.normalized(x)
        last = tuple(x[-len(shape) :])
        if len(shape) > len(x):
            said = f"`normalized_shape` has {many(len(shape), 'size')}"
            self.mismatch("mixes-batch", "includes the batch", said, x, last)
        if shape != last:
            said = f"`normalized_shape` is {shown(self.normalized_shape)}"
            self.mismatch("stated-wrongly", f"{x} ends in {cross(last) if len(last) > 1 else last[0]}", said, x, last)
        return x

    def mismatch(self, code: str, label: str, said: str, x: Shape, last: tuple[int, ...]) -> None:
        fits = last[0] if len(last) == 1 else last
        self.refuse(
            code,
            f"{said}, but the input is {x}",
            argument="normalized_shape",
            label=label,
            dims=tuple(range(len(x) - len(last), len(x))),
            tries=(setting(", or omit it to normalize over all dimensions", normalized_shape=fits),),
        )

    def normalized(self, x: Shape) -> tuple[int, ...]:
        """The sizes that are normalised over."""
        if isinstance(self.normalized_shape, int):
            return (self.normalized_shape,)
        return self.normalized_shape or tuple(x)

    def tensors(self, x: Shape) -> dict[str, Tensor]:
        return scale_and_shift(self.normalized(x), self.elementwise_affine, self.bias)

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """The mean and the deviation of each row that is normalised."""
        return ExtraSaved(numbers=2 * (y.elements // prod(self.normalized(xs[0]))))

    def averages(self, x: Shape) -> bool:
        return len(x) > 1 and len(self.normalized(x)) >= len(x) - 1

    def inferred(self, x: Shape) -> dict[str, Any]:
        return {"normalized_shape": self.normalized_shape or tuple(x)}


class LayerNorm2d(Layer):
    """Normalisation over the channels, at each place of a C×H×W map: as ``LayerNorm`` with the channels last."""

    known_as = (OtherName(("ln2d",), "MMCV"),)
    role = "norm"
    infers = ("normalized_shape",)
    positional = ("normalized_shape",)
    label = "LN"
    trains = WEIGHT_AND_BIAS
    ranks = (3,)
    subclass_of = "LayerNorm"
    target = "cnnspec.pytorch.build.modules.LayerNorm2d"
    eps: NonNegativeNumber = 1e-5
    elementwise_affine: bool = True
    bias: bool = True
    normalized_shape: Positive | None = None

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        self.check_stated("normalized_shape", x[0], "channel")
        return x

    def normalized(self, x: Shape) -> tuple[int, ...]:
        """The sizes that are normalised over."""
        return (x[0],)

    def tensors(self, x: Shape) -> dict[str, Tensor]:
        return scale_and_shift(self.normalized(x), self.elementwise_affine, self.bias)

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """The mean and the deviation at each place."""
        return ExtraSaved(numbers=2 * prod(y.sizes))

    def inferred(self, x: Shape) -> dict[str, Any]:
        return {"normalized_shape": x[0]}


class LocalResponseNorm(Layer):
    """Each value divided by the size of those at the same place in ``size`` neighbouring channels."""

    known_as = (OtherName(("lrn",), "", ("size",)),)
    role = "norm"
    positional = ("size",)
    function = "torch.nn.functional.local_response_norm"
    label = "LRN"
    ranks = (2, 3, 4)
    size: Positive
    alpha: Number = 1e-4
    beta: Number = 0.75
    k: Number = 1.0

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        return x

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """The squares of the values, padded with channels of zeros, their mean and its power."""
        channels, *sizes = xs[0]
        return ExtraSaved(numbers=(3 * channels + self.size - 1) * prod(sizes))
