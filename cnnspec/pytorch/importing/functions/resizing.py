"""Resizing and padding."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from cnnspec.pytorch.importing.functions.table import HANDLERS, says
from cnnspec.pytorch.importing.operand import Operand, Unsaid
from cnnspec.pytorch.importing.translate import Translator


@says("interpolate", "upsample")
def interpolate(
    t: Translator,
    x: Operand,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Operand:
    if antialias:
        raise Unsaid("no layer resizes with `antialias`")
    stated = {
        "size": size,
        "scale_factor": _floats(scale_factor),
        "mode": mode,
        "align_corners": align_corners or None,
        "recompute_scale_factor": recompute_scale_factor or None,
    }
    return t.line("Upsample", x, **{name: value for name, value in stated.items() if value is not None})


def _floats(factor: Any) -> Any:
    if isinstance(factor, list | tuple):
        return tuple(float(f) for f in factor)
    return factor if factor is None else float(factor)


def _upsample(mode: str, aligns: bool) -> Any:
    """``aten.upsample_bilinear2d.vec(x, size, align_corners, scale_factors)``."""

    def handler(t: Translator, x: Operand, size: Any, *rest: Any) -> Operand:
        align, factors = rest if aligns else (None, *rest)
        return interpolate(t, x, size, factors, mode, align)

    return handler


HANDLERS.update({f"upsample_nearest{d}d": _upsample("nearest", aligns=False) for d in (1, 2, 3)})
HANDLERS.update({f"_upsample_nearest_exact{d}d": _upsample("nearest-exact", aligns=False) for d in (1, 2, 3)})
HANDLERS["upsample_linear1d"] = _upsample("linear", aligns=True)
HANDLERS["upsample_bilinear2d"] = _upsample("bilinear", aligns=True)
HANDLERS["upsample_bicubic2d"] = _upsample("bicubic", aligns=True)
HANDLERS["upsample_trilinear3d"] = _upsample("trilinear", aligns=True)


@says("pad", "constant_pad_nd")
def pad(t: Translator, x: Operand, pad: Sequence[int], mode: Any = "constant", value: float | None = None) -> Operand:
    if not isinstance(mode, str):
        mode, value = "constant", mode  # aten.constant_pad_nd(x, pad, value)
    if len(x.shape) != 4 or len(pad) not in (2, 4):
        raise Unsaid("only the rows and columns of a map can be padded", "`F.pad(x, (left, right, top, bottom))`")
    sides = tuple(pad) if len(pad) == 4 else (*pad, 0, 0)
    if not any(sides):
        return x
    types = {"reflect": "ReflectionPad2d", "replicate": "ReplicationPad2d"}
    if mode in types:
        return t.line(types[mode], x, padding=sides)
    if mode != "constant":
        raise Unsaid(f"no layer pads with `mode={mode!r}`")
    if value and not isfinite(value):
        help = "`MaxPool2d` pads with -inf by itself: `padding` on both sides, `ceil_mode` at the end"
        raise Unsaid(f"no layer pads with {value}", help)
    return t.line("ConstantPad2d", x, padding=sides, value=float(value)) if value else _zeros(t, x, sides)


def _zeros(t: Translator, x: Operand, sides: tuple[int, ...]) -> Operand:
    return t.line("ZeroPad2d", x, padding=sides)


@says("pixel_shuffle")
def pixel_shuffle(t: Translator, x: Operand, upscale_factor: int) -> Operand:
    return t.line("PixelShuffle", x, upscale_factor=upscale_factor)


@says("pixel_unshuffle")
def pixel_unshuffle(t: Translator, x: Operand, downscale_factor: int) -> Operand:
    return t.line("PixelUnshuffle", x, downscale_factor=downscale_factor)
