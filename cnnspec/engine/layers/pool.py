"""Pools, written once for any number of dimensions."""

from typing import Any, ClassVar

from cnnspec.engine.diagnostics.words import a
from cnnspec.engine.layers.base import (
    ITS_INPUT,
    NOTHING,
    ExtraSaved,
    Layer,
    Null,
    Pads1,
    Pads2,
    Pads3,
    Positive,
    SavedTensors,
    Sizes1,
    Sizes2,
    Sizes3,
    cross,
    each,
    setting,
    settle,
    shown,
)
from cnnspec.engine.layers.dependency import Portions
from cnnspec.engine.layers.known_as import OtherName
from cnnspec.engine.layers.shape import Shape
from cnnspec.engine.layers.window import Window
from cnnspec.engine.layers.windowed import check_fit

ORDER = ("kernel_size", "stride", "padding")
HALF = (("kernel_size", "2"),)
GLOBAL = (("output_size", "1"),)


class _Pool(Layer):
    """A pool over a map of ``dims`` dimensions. The stride is the kernel size where it is not stated."""

    role = "pool"
    positional = ("kernel_size",)
    channelwise = True
    dims: ClassVar[int]

    kernel_size: Any
    stride: Any = None
    padding: Any = 0

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        self.check_padding()
        return Shape((x[0], *check_fit(self, self.windows(), x, self.most_padding())))

    def windows(self) -> tuple[Window, ...]:
        """The window along each dimension."""
        stride = self.kernel_size if self.stride is None else self.stride
        values = (each(v, self.dims) for v in (self.kernel_size, stride, self.padding, getattr(self, "dilation", 1)))
        ceil = getattr(self, "ceil_mode", False)
        return tuple(Window(k, s, p, p, d, ceil) for k, s, p, d in zip(*values, strict=True))

    def dependency(self, x: Shape, y: Shape) -> tuple[Window, ...]:
        return self.windows()

    def most_padding(self) -> tuple[int, ...]:
        return tuple(kernel // 2 for kernel in each(self.kernel_size, self.dims))

    def check_padding(self) -> None:
        """Torch holds the padding of a pool to half of its kernel, whatever the dilation."""
        padding, most = each(self.padding, self.dims), self.most_padding()
        if any(p > m for p, m in zip(padding, most, strict=True)):
            fits = settle(tuple(min(p, m) for p, m in zip(padding, most, strict=True)))
            kernel = cross(each(self.kernel_size, self.dims))
            self.refuse(
                "padding-too-large",
                f"`padding: {shown(self.padding)}` is more than half of the pool's {kernel} kernel",
                argument="padding",
                label=f"at most {shown(settle(most))}",
                tries=(setting(padding=fits),),
            )


class _MaxPool(_Pool):
    """A pool that takes the largest value under each window."""

    label = "max pool"
    dilation: Any = 1
    ceil_mode: bool = False

    def infer(self, x: Shape) -> Shape:
        y = super().infer(x)
        self.check_sight(x)
        return y

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """Where each largest value stood."""
        return ExtraSaved(indices=y.elements)

    def check_sight(self, x: Shape) -> None:
        """Torch gives -inf for a window of padding alone, and its gradient corrupts memory."""
        for dim, window in enumerate(self.windows(), 1):
            if window.sees_nothing(x[dim]):
                self.refuse(
                    "window-of-padding",
                    f"a window with dilation {window.dilation} skips the whole input and contains only padding",
                    argument="dilation",
                    label=f"skips a size of {x[dim]}",
                    note=f"from −{window.before} in steps of {window.dilation} it reaches "
                    f"{-window.before % window.dilation}, and the input ends at {x[dim] - 1}",
                    dims=(dim,),
                    tries=(setting(padding=0), setting(dilation=1)),
                )


class MaxPool1d(_MaxPool):
    """Maximum over windows of a C×L sequence."""

    known_as = (OtherName(("maxpooling1d",), "Keras", ORDER, stated=HALF),)
    function = "torch.nn.functional.max_pool1d"
    dims = 1
    ranks = (2,)
    kernel_size: Sizes1
    stride: Sizes1 | None = None
    padding: Pads1 = 0
    dilation: Sizes1 = 1


class MaxPool2d(_MaxPool):
    """Maximum over windows of a C×H×W map."""

    known_as = (
        OtherName(("maxpooling2d",), "Keras", ORDER, stated=HALF),
        OtherName(("maxpool2d", "maxpool"), "", ORDER, stated=HALF),
        OtherName(("max_pool2d",), "PyTorch", ORDER),
    )
    function = "torch.nn.functional.max_pool2d"
    dims = 2
    ranks = (3,)
    kernel_size: Sizes2
    stride: Sizes2 | None = None
    padding: Pads2 = 0
    dilation: Sizes2 = 1


class MaxPool3d(_MaxPool):
    """Maximum over windows of a C×D×H×W volume."""

    known_as = (OtherName(("maxpooling3d",), "Keras", ORDER, stated=HALF),)
    function = "torch.nn.functional.max_pool3d"
    dims = 3
    ranks = (4,)
    kernel_size: Sizes3
    stride: Sizes3 | None = None
    padding: Pads3 = 0
    dilation: Sizes3 = 1


class _AvgPool(_Pool):
    """A pool that takes the mean of the values under each window."""

    label = "avg pool"
    ceil_mode: bool = False
    count_include_pad: bool = True


class AvgPool1d(_AvgPool):
    """Mean over windows of a C×L sequence."""

    known_as = (OtherName(("averagepooling1d",), "Keras", ORDER, stated=HALF),)
    function = "torch.nn.functional.avg_pool1d"
    dims = 1
    ranks = (2,)
    kernel_size: Sizes1
    stride: Sizes1 | None = None
    padding: Pads1 = 0


class AvgPool2d(_AvgPool):
    """Mean over windows of a C×H×W map."""

    known_as = (
        OtherName(("averagepooling2d",), "Keras", ORDER, stated=HALF),
        OtherName(("avgpool2d", "avgpool", "averagepool"), "", ORDER, stated=HALF),
        OtherName(("avg_pool2d",), "PyTorch", ORDER),
    )
    function = "torch.nn.functional.avg_pool2d"
    dims = 2
    ranks = (3,)
    kernel_size: Sizes2
    stride: Sizes2 | None = None
    padding: Pads2 = 0
    divisor_override: Positive | None = None


class AvgPool3d(_AvgPool):
    """Mean over windows of a C×D×H×W volume, none larger than the volume."""

    known_as = (OtherName(("averagepooling3d",), "Keras", ORDER, stated=HALF),)
    function = "torch.nn.functional.avg_pool3d"
    dims = 3
    ranks = (4,)
    kernel_size: Sizes3
    stride: Sizes3 | None = None
    padding: Pads3 = 0
    divisor_override: Positive | None = None

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        self.check_kernel(x)
        return super().infer(x)

    def check_kernel(self, x: Shape) -> None:
        """Torch holds the kernel of this pool to the size of its input, and counts no padding."""
        kernel = each(self.kernel_size, self.dims)
        bad = tuple(dim for dim in (1, 2, 3) if kernel[dim - 1] > x[dim])
        if bad:
            self.refuse(
                "window-too-large",
                f"{a(cross(kernel))} window of `AvgPool3d` does not fit in {a(cross(x.sizes))} input without padding",
                argument="kernel_size",
                label=f"needs at least {cross(kernel)}",
                dims=bad,
                tries=(setting(kernel_size=settle(tuple(map(min, kernel, x.sizes)))),),
            )


class _AdaptivePool(Layer):
    """A pool whose output size is stated and whose windows follow from it; null keeps the input's size."""

    role = "pool"
    positional = ("output_size",)
    channelwise = True
    output_size: Any

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        wanted = zip(each(self.output_size, len(x) - 1), x.sizes, strict=True)
        return Shape((x[0], *(size if out is None else out for out, size in wanted)))

    def dependency(self, x: Shape, y: Shape) -> tuple[Portions, ...]:
        return tuple(Portions(size, out) for size, out in zip(x.sizes, y.sizes, strict=True))


class AdaptiveAvgPool1d(_AdaptivePool):
    """Mean over windows chosen so that the output has the stated length; 1 is the mean of a whole sequence."""

    known_as = (
        OtherName(("globalaveragepooling1d",), "Keras", stated=GLOBAL, after=("Flatten",)),
        OtherName(("adaptive_avg_pool1d",), "PyTorch", ("output_size",)),
        OtherName(("globalavgpool1d", "globalaveragepool1d"), "", ("output_size",), stated=GLOBAL),
    )
    label = "avg pool"
    function = "torch.nn.functional.adaptive_avg_pool1d"
    ranks = (2,)
    output_size: Positive | tuple[Positive]

    def saved_tensors(self, x: Shape) -> SavedTensors:
        """Torch takes the mean of a whole sequence by another way, which saves nothing."""
        return NOTHING if self.infer(x).sizes == (1,) else ITS_INPUT


class AdaptiveAvgPool2d(_AdaptivePool):
    """Mean over windows chosen so that the output has the stated size; 1 is the global average pool."""

    known_as = (
        OtherName(("globalaveragepooling2d",), "Keras", stated=GLOBAL, after=("Flatten",)),
        OtherName(
            ("globalavgpool", "globalavgpool2d", "globalaveragepool", "globalaveragepool2d", "gap", "adaptiveavgpool"),
            "",
            ("output_size",),
            stated=GLOBAL,
        ),
        OtherName(("adaptive_avg_pool2d",), "PyTorch", ("output_size",)),
    )
    label = "avg pool"
    function = "torch.nn.functional.adaptive_avg_pool2d"
    ranks = (3,)
    output_size: Positive | tuple[Positive | Null, Positive | Null]

    def saved_tensors(self, x: Shape) -> SavedTensors:
        """Torch takes the mean of a whole map by another way, which saves nothing."""
        return NOTHING if self.infer(x).sizes == (1, 1) else ITS_INPUT


class AdaptiveMaxPool2d(_AdaptivePool):
    """Maximum over windows chosen so that the output has the stated size."""

    known_as = (
        OtherName(("globalmaxpooling2d",), "Keras", stated=GLOBAL, after=("Flatten",)),
        OtherName(("globalmaxpool", "globalmaxpool2d", "adaptivemaxpool"), "", ("output_size",), stated=GLOBAL),
    )
    label = "max pool"
    function = "torch.nn.functional.adaptive_max_pool2d"
    ranks = (3,)
    output_size: Positive | tuple[Positive | Null, Positive | Null]

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """Where each largest value stood."""
        return ExtraSaved(indices=y.elements)
