"""Layers that pad maps, or crop them where a padding is negative."""

from typing import Any, ClassVar

from cnnspec.engine.layers.base import NOTHING, Layer, Number, Whole, each, setting, settle
from cnnspec.engine.layers.known_as import OtherName
from cnnspec.engine.layers.shape import Shape
from cnnspec.engine.layers.window import Window

SIDES = (("columns", 2, 0), ("rows", 1, 2))  # in torch's order: left, right, top, bottom


class _Pad2d(Layer):
    """A C×H×W map with rows and columns added on its sides."""

    role = "padding"
    positional: ClassVar[tuple[str, ...]] = ("padding",)
    ranks = (3,)
    channelwise = True
    padding: Whole | tuple[Whole, Whole, Whole, Whole]

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        pads = each(self.padding, 4)
        for what, dim, side in SIDES:
            self.check_side(x[dim], pads[side], pads[side + 1], what, dim)
        return Shape((x[0], x[1] + pads[2] + pads[3], x[2] + pads[0] + pads[1]))

    def dependency(self, x: Shape, y: Shape) -> tuple[Window, ...]:
        left, _, top, _ = each(self.padding, 4)
        return Window(1, before=top), Window(1, before=left)

    def check_side(self, size: int, before: int, after: int, what: str, dim: int) -> None:
        """Refuse what leaves nothing."""
        if size + before + after < 1:
            self.crops_all(size, before + after, what, dim)

    def crops_all(self, size: int, change: int, what: str, dim: int) -> None:
        self.refuse(
            "crops-everything",
            f"`{type(self).__name__}` crops {-change} {what}, but the input has {size}",
            argument="padding",
            label=f"crops {-change} of {size} {what}",
            dims=(dim,),
            tries=(setting(padding=0),),
        )


class _ConstantPad(_Pad2d):
    """Padding with one value: torch crops first, and pads what is left."""

    pad_mode = "constant"
    saved_for_backward = NOTHING

    def check_side(self, size: int, before: int, after: int, what: str, dim: int) -> None:
        crop = min(before, 0) + min(after, 0)
        if size + crop < 0:
            self.crops_all(size, crop, what, dim)
        super().check_side(size, before, after, what, dim)


class ZeroPad2d(_ConstantPad):
    """Zeros around a C×H×W map: left, right, top, bottom; crops where negative."""

    known_as = (OtherName(("zeropadding2d",), "Keras", ("padding",), stated=(("padding", "1"),)),)
    subclass_of = "ConstantPad2d"


class ConstantPad2d(_ConstantPad):
    """``value`` around a C×H×W map: left, right, top, bottom; crops where negative."""

    positional = ("padding", "value")
    value: Number


class ReplicationPad2d(_Pad2d):
    """The outermost values of a C×H×W map repeated around it: left, right, top, bottom."""

    pad_mode = "replicate"


class ReflectionPad2d(_Pad2d):
    """A C×H×W map mirrored about its outermost values: left, right, top, bottom."""

    pad_mode = "reflect"

    def check_side(self, size: int, before: int, after: int, what: str, dim: int) -> None:
        super().check_side(size, before, after, what, dim)
        if max(before, after) >= size:
            fits: Any = tuple(min(pad, size - 1) if i // 2 == 2 - dim else pad for i, pad in enumerate(self.pads()))
            self.refuse(
                "padding-too-large",
                f"`ReflectionPad2d` reflects at most {size - 1} of {size} {what}, not {max(before, after)}",
                argument="padding",
                label=f"at most {size - 1} {what}",
                dims=(dim,),
                tries=(setting(padding=settle(fits)),),
            )

    def pads(self) -> tuple[int, ...]:
        return each(self.padding, 4)
