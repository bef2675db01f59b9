"""Convolutions and transposed convolutions, written once for any number of dimensions."""

from math import prod
from typing import Any, ClassVar, Literal

from cnnspec.engine.layers.base import (
    ITS_INPUT,
    MAX_SIZE,
    NOTHING,
    WEIGHT_AND_BIAS,
    ExtraSaved,
    Layer,
    Pads1,
    Pads2,
    Pads3,
    Positive,
    SavedTensors,
    Sizes1,
    Sizes2,
    Sizes3,
    Tensor,
    cross,
    each,
    many,
    setting,
    settle,
    shown,
)
from cnnspec.engine.layers.known_as import OtherName
from cnnspec.engine.layers.shape import Shape
from cnnspec.engine.layers.window import Unwindow, Window
from cnnspec.engine.layers.windowed import AXES, check_fit

KERAS_ORDER = ("out_channels", "kernel_size", "stride", "padding")
PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]


class _AnyConv(Layer):
    """What convolutions and transposed convolutions share: channels, groups, weights and cost."""

    role = "convolution"
    infers = ("in_channels",)
    positional = ("in_channels", "out_channels", "kernel_size")
    trains = WEIGHT_AND_BIAS
    dims: ClassVar[int]

    out_channels: Positive
    kernel_size: Any
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    groups: Positive = 1
    bias: bool = True
    in_channels: Positive | None = None

    def check_channels(self, x: Shape) -> None:
        self.check_rank(x)
        self.check_stated("in_channels", x[0], "channel")
        self.check_divides("groups", x[0], "input channel", (0,), also=self.out_channels)
        self.check_divides("groups", self.out_channels, "output channel", also=x[0])

    @property
    def kernel(self) -> tuple[int, ...]:
        return each(self.kernel_size, self.dims)

    def weight_shape(self, x: Shape) -> tuple[int, ...]:
        return (self.out_channels, x[0] // self.groups, *self.kernel)

    def tensors(self, x: Shape) -> dict[str, Tensor]:
        weight = {"weight": Tensor(self.weight_shape(x))}
        return weight | {"bias": Tensor((self.out_channels,))} if self.bias else weight

    def inferred(self, x: Shape) -> dict[str, Any]:
        return {"in_channels": x[0]}


class _Conv(_AnyConv):
    """A convolution over a map of ``dims`` dimensions."""

    padding_mode: PaddingMode = "zeros"

    def infer(self, x: Shape) -> Shape:
        self.check_channels(x)
        self.check_same()
        self.check_padding_mode(x)
        return Shape((self.out_channels, *check_fit(self, self.windows(), x, self.most_padding(x))))

    def windows(self) -> tuple[Window, ...]:
        """The window along each dimension."""
        strides, dilations = each(self.stride, self.dims), each(self.dilation, self.dims)
        along = zip(self.kernel, strides, self.pads(), dilations, strict=True)
        return tuple(Window(k, s, *pads, d) for k, s, pads, d in along)

    def pads(self) -> tuple[tuple[int, int], ...]:
        """Padding before and after, along each dimension; ``same`` puts the odd one behind, as torch does."""
        if self.padding == "valid":
            return ((0, 0),) * self.dims
        if self.padding == "same":
            totals = (d * (k - 1) for k, d in zip(self.kernel, each(self.dilation, self.dims), strict=True))
            return tuple((total // 2, total - total // 2) for total in totals)
        return tuple((p, p) for p in each(self.padding, self.dims))

    def check_same(self) -> None:
        if self.padding == "same" and any(stride != 1 for stride in each(self.stride, self.dims)):
            half = settle(tuple((window.extent - 1) // 2 for window in self.windows()))
            self.refuse(
                "same-with-stride",
                f"`padding: same` needs a stride of 1, not {shown(self.stride)}",
                argument="padding",
                label="needs a stride of 1",
                tries=(setting(padding=half), setting(stride=1)),
            )

    def most_padding(self, x: Shape) -> tuple[int, ...]:
        """Reflection mirrors about the edge and needs padding below the size; wrapping allows the size itself."""
        spared = {"reflect": 1, "circular": 0}.get(self.padding_mode, -MAX_SIZE)
        return tuple(size - spared for size in x.sizes)

    def check_padding_mode(self, x: Shape) -> None:
        if self.padding_mode == "zeros":
            return  # any number of them
        limits = self.most_padding(x)
        for dim, (pads, most) in enumerate(zip(self.pads(), limits, strict=True), 1):
            if max(pads) > most:
                fits = settle(tuple(min(p, limit) for (p, _), limit in zip(self.pads(), limits, strict=True)))
                values = many(x[dim], "value")
                self.refuse(
                    "padding-too-large",
                    f"`padding_mode: {self.padding_mode}` pads {values} by at most {most}, not by {max(pads)}",
                    argument="kernel_size" if self.padding == "same" else "padding",
                    label=f"pads {values} by {max(pads)}",
                    dims=(dim,),
                    tries=(setting(padding=fits), setting(padding_mode="zeros")),
                )

    def saved_tensors(self, x: Shape) -> SavedTensors:
        """A padded copy stands in for the input where torch pads by hand; mirroring and repeating save both."""
        by_hand = self.padding_mode == "zeros" and any(before != after for before, after in self.pads())
        return NOTHING if by_hand or self.padding_mode == "circular" else ITS_INPUT

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """The padded input, where torch pads by hand: of zeros, only by what one side has more than the other."""
        zeros = self.padding_mode == "zeros"
        grown = tuple(after - before if zeros else before + after for before, after in self.pads())
        padded = (size + more for size, more in zip(xs[0].sizes, grown, strict=True))
        return ExtraSaved() if zeros and not any(grown) else ExtraSaved(numbers=xs[0][0] * prod(padded))

    def dependency(self, x: Shape, y: Shape) -> tuple[Window, ...]:
        return self.windows()

    def macs(self, x: Shape, y: Shape) -> int:
        return prod(self.weight_shape(x)) * prod(y.sizes)


class Conv1d(_Conv):
    """1-D convolution over a C×L sequence."""

    known_as = (OtherName(("conv1d",), "Keras", KERAS_ORDER),)
    dims = 1
    ranks = (2,)
    kernel_size: Sizes1
    stride: Sizes1 = 1
    padding: Pads1 | Literal["same", "valid"] = 0
    dilation: Sizes1 = 1


class Conv2d(_Conv):
    """2-D convolution over a C×H×W map."""

    known_as = (
        OtherName(("conv2d", "convolution2d"), "Keras", KERAS_ORDER),
        OtherName(
            ("depthwiseconv2d",),
            "Keras",
            KERAS_ORDER[1:],
            stated=(("out_channels", "$(in.channels)"), ("groups", "$(in.channels)")),
        ),
        OtherName(("convolution",), "", KERAS_ORDER),
        OtherName(("convolutional",), "Darknet", KERAS_ORDER),
    )
    dims = 2
    ranks = (3,)
    kernel_size: Sizes2
    stride: Sizes2 = 1
    padding: Pads2 | Literal["same", "valid"] = 0
    dilation: Sizes2 = 1


class Conv3d(_Conv):
    """3-D convolution over a C×D×H×W volume."""

    known_as = (OtherName(("conv3d",), "Keras", KERAS_ORDER),)
    dims = 3
    ranks = (4,)
    kernel_size: Sizes3
    stride: Sizes3 = 1
    padding: Pads3 | Literal["same", "valid"] = 0
    dilation: Sizes3 = 1


class ConvTranspose2d(_AnyConv):
    """2-D transposed convolution over a C×H×W map: enlarges where a convolution with the same settings shrinks."""

    known_as = (
        OtherName(("conv2dtranspose",), "Keras", KERAS_ORDER),
        OtherName(("deconv",), "", KERAS_ORDER),
    )
    transposed = True
    dims = 2
    ranks = (3,)
    kernel_size: Sizes2
    stride: Sizes2 = 1
    padding: Pads2 = 0
    dilation: Sizes2 = 1
    output_padding: Pads2 = 0

    def infer(self, x: Shape) -> Shape:
        self.check_channels(x)
        self.check_output_padding()
        return Shape((self.out_channels, *self.check_padding(x)))

    def windows(self) -> tuple[Unwindow, ...]:
        """The reversed window along each dimension."""
        values = (self.kernel_size, self.stride, self.padding, self.output_padding, self.dilation)
        return tuple(Unwindow(*along) for along in zip(*(each(v, self.dims) for v in values), strict=True))

    def check_padding(self, x: Shape) -> tuple[int, ...]:
        """Output sizes; refuses where the padding cuts them down to nothing."""
        sizes = tuple(window.positions(size) for window, size in zip(self.windows(), x.sizes, strict=True))
        for dim, (window, size) in enumerate(zip(self.windows(), sizes, strict=True), 1):
            if size < 1:
                fits = tuple(w.padding - max(0, (2 - s) // 2) for w, s in zip(self.windows(), sizes, strict=True))
                self.refuse(
                    "padding-too-large",
                    f"`padding: {window.padding}` removes the whole output of this layer on {cross(x.sizes)}",
                    argument="padding",
                    label=f"removes {2 * window.padding} of {size + 2 * window.padding} values",
                    note=f"{window.formula(x[dim])} {AXES[self.dims][dim - 1]}",
                    dims=(dim,),
                    tries=(setting(padding=settle(fits)),),
                )
        return sizes

    def check_output_padding(self) -> None:
        most = tuple(max(window.stride, window.dilation) - 1 for window in self.windows())
        for window, limit in zip(self.windows(), most, strict=True):
            if window.output_padding > limit:
                self.refuse(
                    "output-padding-too-large",
                    f"`output_padding: {window.output_padding}` is not smaller than the stride or the dilation",
                    argument="output_padding",
                    label=f"at most {limit}",
                    note=f"the stride is {window.stride}, the dilation {window.dilation}",
                    tries=(setting(output_padding=settle(tuple(map(min, each(self.output_padding, 2), most)))),),
                )

    def weight_shape(self, x: Shape) -> tuple[int, ...]:
        return (x[0], self.out_channels // self.groups, *self.kernel)

    def dependency(self, x: Shape, y: Shape) -> tuple[Unwindow, ...]:
        return self.windows()

    def macs(self, x: Shape, y: Shape) -> int:
        return prod(self.weight_shape(x)) * prod(x.sizes)
