"""Layers that enlarge or reduce maps without a window to train."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from cnnspec.engine.diagnostics.words import listing
from cnnspec.engine.layers.base import (
    ITS_INPUT,
    MAX_SIZE,
    NOTHING,
    RANKS,
    Layer,
    Positive,
    SavedTensors,
    arriving,
    cross,
    described,
    each,
    many,
    setting,
    shown,
)
from cnnspec.engine.layers.dependency import Portions, Reading, Sampled
from cnnspec.engine.layers.known_as import OtherName
from cnnspec.engine.layers.shape import Shape
from cnnspec.engine.layers.window import Window
from cnnspec.engine.layers.windowed import AXES

Factor = Annotated[float, Field(gt=0, le=MAX_SIZE)]
Mode = Literal["nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact"]
MAX_EXACT = 2**22  # times a size, it still fits the 53 bits of a double
RANK_OF_MODE = {"linear": 2, "bilinear": 3, "bicubic": 3, "trilinear": 4}  # the others take any
LINEAR_OF_RANK = {2: "linear", 3: "bilinear", 4: "trilinear"}


NEAREST = ("nearest", "nearest-exact")
AROUND = {"linear": 1, "bilinear": 1, "trilinear": 1, "bicubic": 2, "nearest": None, "nearest-exact": None}
NEAR = 4096  # a factor such as 1/3, which a float only comes near to, is the fraction that it means


class Upsample(Layer):
    """A map resized by ``scale_factor`` or to ``size``, by interpolation."""

    known_as = (
        OtherName(
            ("upsampling2d",),
            "Keras",
            ("scale_factor",),
            renamed=(("size", "scale_factor"),),
            stated=(("scale_factor", "2"),),
        ),
        OtherName(("interpolate",), "PyTorch", ("size", "scale_factor", "mode", "align_corners")),
        OtherName(("upsamplingnearest2d",), "PyTorch", ("size", "scale_factor"), stated=(("mode", "nearest"),)),
        OtherName(
            ("upsamplingbilinear2d",),
            "PyTorch",
            ("size", "scale_factor"),
            stated=(("mode", "bilinear"), ("align_corners", "true")),
        ),
        OtherName(("resize",), "", ("size",)),
    )
    role = "resize"
    ranks = (2, 3, 4)
    channelwise = True
    size: Positive | Annotated[tuple[Positive, ...], Field(min_length=1, max_length=3)] | None = None
    scale_factor: Factor | Annotated[tuple[Factor, ...], Field(min_length=1, max_length=3)] | None = None
    mode: Mode = "nearest"
    align_corners: bool | None = None
    recompute_scale_factor: bool | None = None

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        self.check_choice()
        self.check_mode(x)
        return Shape((x[0], *self.sizes(x)))

    def saved_tensors(self, x: Shape) -> SavedTensors:
        """Interpolation saves no tensor; an average over areas does, unless it is the mean of all."""
        return ITS_INPUT if self.mode == "area" and max(self.sizes(x)) > 1 else NOTHING

    def dependency(self, x: Shape, y: Shape) -> tuple[Reading, ...]:
        return tuple(self.read_along(dim, x[dim], y[dim]) for dim in range(1, len(x)))

    def read_along(self, dim: int, size: int, places: int) -> Reading:
        """Where torch reads a dimension (ATen/native/UpSample.h: area_pixel_compute_source_index)."""
        if self.mode == "area":
            return Portions(size, places)
        if self.align_corners:
            ratio = Fraction(size - 1, max(places - 1, 1))
            return Sampled(ratio, around=AROUND[self.mode])
        ratio = Fraction(size, places)
        if self.scale_factor is not None and not self.recompute_scale_factor:
            factors = each(self.scale_factor, dim)
            ratio = 1 / Fraction(factors[dim - 1]).limit_denominator(NEAR)
        middle = ratio / 2 - Fraction(self.mode not in NEAREST, 2)
        return Sampled(ratio, middle if self.mode != "nearest" else Fraction(0), AROUND[self.mode])

    def check_choice(self) -> None:
        """Exactly one of the two says how large."""
        if self.size is None and self.scale_factor is None:
            self.refuse("missing-argument", "`Upsample` needs `size` or `scale_factor`", label="states neither")
        if self.size is not None and self.scale_factor is not None:
            self.refuse(
                "conflicting-arguments",
                "`Upsample` takes `size` or `scale_factor`, not both",
                argument="scale_factor",
                label=f"`size` is already {shown(self.size)}",
            )
        if self.size is not None and self.recompute_scale_factor:
            self.refuse(
                "conflicting-arguments",
                "`recompute_scale_factor` needs a `scale_factor`, but `size` is set instead",
                argument="recompute_scale_factor",
                label=f"`size` is {shown(self.size)}",
                tries=(setting(recompute_scale_factor=False),),
            )

    def check_mode(self, x: Shape) -> None:
        needed = RANK_OF_MODE.get(self.mode)
        if needed is not None and needed != len(x):
            self.refuse(
                "wrong-rank",
                f"`mode: {self.mode}` takes {RANKS[needed]}, not {x}",
                argument="mode",
                label=f"gets {x}",
                tries=(setting(mode=LINEAR_OF_RANK[len(x)]),),
            )
        if needed is None and self.align_corners is not None:
            self.refuse(
                "conflicting-arguments",
                f"`mode: {self.mode}` does not support `align_corners`, which needs {MODES_THAT_ALIGN}",
                argument="align_corners",
                label=f"has no meaning for `{self.mode}`",
                tries=(setting(mode=LINEAR_OF_RANK[len(x)]),),
            )

    def sizes(self, x: Shape) -> tuple[int, ...]:
        """The output's sizes, rounded down."""
        name = "size" if self.scale_factor is None else "scale_factor"
        values = each(getattr(self, name), len(x) - 1)
        if len(values) != len(x) - 1:
            self.refuse(
                "wrong-rank",
                f"`{name}` has {many(len(values), 'value')} for {many(len(x) - 1, 'size')}, {cross(x.sizes)}",
                argument=name,
                label=f"gets {x}",
            )
        sizes = values if name == "size" else tuple(map(scaled, x.sizes, values))
        self.check_sizes(x, sizes)
        return sizes

    def check_sizes(self, x: Shape, sizes: tuple[int, ...]) -> None:
        factors = each(self.scale_factor, len(sizes))
        for dim, size in enumerate(sizes, 1):
            if size < 1:
                self.refuse(
                    "scaled-to-nothing",
                    f"`scale_factor: {shown(self.scale_factor)}` reduces {cross(x.sizes)} to nothing",
                    argument="scale_factor",
                    label=f"at least 1/{x[dim]}",
                    note=f"floor({x[dim]}·{factors[dim - 1]}) = 0 {AXES[len(sizes)][dim - 1]}",
                    dims=(dim,),
                )


class ResizeLike(Layer):
    """A map resized to the size of another, which it takes as `like`, whatever that is when the network runs."""

    known_as = (OtherName(("resizeto", "interpolatelike", "upsamplelike"), ""),)
    role = "resize"
    inputs = 2
    input_names = ("input", "like")
    target = "cnnspec.pytorch.build.modules.ResizeLike"
    label = "resize, {mode}"
    function = "torch.nn.functional.interpolate"
    channelwise = True
    ranks = (2, 3, 4)
    mode: Mode = "nearest"
    align_corners: bool | None = None

    def infer(self, x: Shape, *others: Shape) -> Shape:
        (like,) = others
        self.check_rank(x)
        if len(like) != len(x):
            message = f"`ResizeLike` resizes {described(x)} to the size of another, but `like` is {described(like)}"
            self.refuse("wrong-rank", message, label=f"{x} and {like}")
        self.as_upsample(like).check_mode(x)
        return Shape((x[0], *like.sizes))

    def as_upsample(self, like: Shape) -> Upsample:
        """The same to a stated size."""
        return Upsample.model_construct(
            size=tuple(like.sizes),
            scale_factor=None,
            mode=self.mode,
            align_corners=self.align_corners,
            recompute_scale_factor=None,
        )

    def reads_input(self, place: int) -> bool:
        return place == 0

    def saved_tensors(self, x: Shape) -> SavedTensors:
        return ITS_INPUT if self.mode == "area" else NOTHING

    def dependency(self, x: Shape, y: Shape) -> tuple[Reading, ...]:
        return self.as_upsample(y).dependency(x, y)


def scaled(size: int, by: float) -> int:
    """``size * by``, rounded down: worked out in whole numbers where floating point is exact."""
    above, below = by.as_integer_ratio()
    return size * above // below if above <= MAX_EXACT else int(size * by)


MODES_THAT_ALIGN = listing([f"`{mode}`" for mode in RANK_OF_MODE], "or")


class PixelShuffle(Layer):
    """C·r²×H×W to C×H·r×W·r, where r is ``upscale_factor``: channels become places."""

    known_as = (OtherName(("depthtospace",), "", ("upscale_factor",)),)
    role = "resize"
    label = "pixel shuffle ×{upscale_factor}"
    positional = ("upscale_factor",)
    function = "torch.nn.functional.pixel_shuffle"
    saved_for_backward = NOTHING
    ranks = (3,)
    upscale_factor: Positive

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        r = self.upscale_factor
        if x[0] % r**2:
            self.refuse(
                "not-divisible",
                f"`PixelShuffle` turns {r**2} channels into {r}×{r} pixels, but {arriving(x[0], 'channel')}",
                argument="upscale_factor",
                label=f"the square must divide {x[0]}",
                note=f"{x[0]} = {x[0] // r**2}·{r}² + {x[0] % r**2}",
                dims=(0,),
            )
        return Shape((x[0] // r**2, x[1] * r, x[2] * r))

    def dependency(self, x: Shape, y: Shape) -> tuple[Reading, ...]:
        return (Sampled(Fraction(1, self.upscale_factor)),) * 2


class PixelUnshuffle(Layer):
    """C×H·r×W·r to C·r²×H×W, where r is ``downscale_factor``: places become channels."""

    known_as = (OtherName(("spacetodepth",), "", ("downscale_factor",)),)
    role = "resize"
    label = "pixel unshuffle ×{downscale_factor}"
    positional = ("downscale_factor",)
    function = "torch.nn.functional.pixel_unshuffle"
    saved_for_backward = NOTHING
    ranks = (3,)
    downscale_factor: Positive

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        r = self.downscale_factor
        for dim, what in ((1, "row"), (2, "column")):
            self.check_divides("downscale_factor", x[dim], what, (dim,))
        return Shape((x[0] * r**2, x[1] // r, x[2] // r))

    def dependency(self, x: Shape, y: Shape) -> tuple[Reading, ...]:
        return (Window(self.downscale_factor, self.downscale_factor),) * 2
