"""ONNX's operators in our layers: a chain of layers for a case, or why none says the same.

Sources: https://onnx.ai/onnx/operators for the attributes and their defaults; pads are begins, then ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

Layers = list[tuple[str, dict[str, Any]]]
Pairs = list[tuple[int, int]]


class Inexpressible(Exception):
    """No layer of ours says the same; the text says why."""


@dataclass(frozen=True)
class Case:
    """A node, its attributes, and its inputs by their places; None where one is left out."""

    op: str
    attributes: dict[str, Any]
    inputs: tuple[np.ndarray[Any, Any] | None, ...]

    @property
    def x(self) -> tuple[int, ...]:
        return self.of(0).shape

    @property
    def rank(self) -> int:
        return len(self.x) - 2

    def of(self, place: int) -> np.ndarray[Any, Any]:
        found = self.inputs[place]
        assert found is not None
        return found

    def there(self, place: int) -> bool:
        return place < len(self.inputs) and self.inputs[place] is not None

    def get(self, name: str, default: Any) -> Any:
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else value

    def axis(self, default: int) -> int:
        axis: int = self.get("axis", default)
        return axis % len(self.x)

    def each(self, name: str) -> tuple[int, ...]:
        return tuple(self.get(name, (1,) * self.rank))


def layers(case: Case) -> Layers:
    """The layers that say what the node says. Raises Inexpressible."""
    return TRANSLATED[case.op](case)


def kernel(case: Case) -> tuple[int, ...]:
    return tuple(case.get("kernel_shape", None) or case.of(1).shape[2:])


def pads(case: Case) -> Pairs:
    """Before and after, along each dimension; SAME puts the odd one behind (UPPER) or ahead (LOWER)."""
    auto = case.get("auto_pad", "NOTSET")
    if not auto.startswith("SAME"):
        given = case.get("pads", (0,) * 2 * case.rank)
        return list(zip(given[: case.rank], given[case.rank :], strict=True))
    found = []
    for size, k, s, d in zip(case.x[2:], kernel(case), case.each("strides"), case.each("dilations"), strict=True):
        total = max((ceil(size / s) - 1) * s + d * (k - 1) + 1 - size, 0)
        found.append((total // 2, total - total // 2) if auto == "SAME_UPPER" else (total - total // 2, total // 2))
    return found


def conv(case: Case) -> Layers:
    sides, weight = pads(case), case.of(1)
    even = all(before == after for before, after in sides)
    arguments = {
        "out_channels": weight.shape[0],
        "kernel_size": kernel(case),
        "stride": case.each("strides"),
        "dilation": case.each("dilations"),
        "groups": case.get("group", 1),
        "padding": tuple(before for before, _ in sides) if even else (0,) * case.rank,
    }
    return [*([] if even else [zero_pad(sides)]), (f"Conv{case.rank}d", arguments)]


def zero_pad(sides: Pairs) -> tuple[str, dict[str, Any]]:
    (top, bottom), (left, right) = sides
    return "ZeroPad2d", {"padding": (left, right, top, bottom)}


def conv_transpose(case: Case) -> Layers:
    if case.rank != 2:
        raise Inexpressible("there is no ConvTranspose1d or 3d")
    extra, sides = output_padding(case)
    even = all(before == after for before, after in sides)
    arguments = {
        "out_channels": case.of(1).shape[1] * case.get("group", 1),
        "kernel_size": kernel(case),
        "stride": case.each("strides"),
        "dilation": case.each("dilations"),
        "groups": case.get("group", 1),
        "output_padding": extra,
        "padding": tuple(before for before, _ in sides) if even else 0,
    }
    crop = [] if even else [zero_pad([(-before, -after) for before, after in sides])]
    return [("ConvTranspose2d", arguments), *crop]


def output_padding(case: Case) -> tuple[tuple[int, ...], Pairs]:
    """What is added at the ends, and what is cropped from both; a stated output shape decides them."""
    extra = tuple(case.get("output_padding", (0,) * case.rank))
    same = case.get("auto_pad", "NOTSET").startswith("SAME")
    wanted = [size * s for size, s in zip(case.x[2:], case.each("strides"), strict=True)] if same else None
    wanted = case.get("output_shape", wanted)
    if wanted is None:
        return extra, pads(case)
    along = zip(case.x[2:], kernel(case), case.each("strides"), case.each("dilations"), extra, wanted, strict=True)
    totals = [s * (size - 1) + e + d * (k - 1) + 1 - out for size, k, s, d, e, out in along]
    more = tuple(e + max(-total, 0) for e, total in zip(extra, totals, strict=True))
    return more, [(max(t, 0) // 2, max(t, 0) - max(t, 0) // 2) for t in totals]


def pool(case: Case) -> Layers:
    sides, name = pads(case), {"MaxPool": "MaxPool", "AveragePool": "AvgPool"}[case.op]
    if any(before != after for before, after in sides):
        raise Inexpressible("a pool with unequal padding")
    if any(before > k // 2 for (before, _), k in zip(sides, kernel(case), strict=True)):
        raise Inexpressible("a pool whose padding is more than half of its kernel, which torch refuses")
    if name == "AvgPool" and "dilations" in case.attributes:
        raise Inexpressible("an average pool with dilation")
    arguments: dict[str, Any] = {
        "kernel_size": kernel(case),
        "stride": case.each("strides"),
        "padding": tuple(before for before, _ in sides),
        "ceil_mode": bool(case.get("ceil_mode", 0)),
    }
    more = (
        {"dilation": case.each("dilations")}
        if name == "MaxPool"
        else {"count_include_pad": bool(case.get("count_include_pad", 0))}
    )
    return [(f"{name}{case.rank}d", arguments | more)]


def flatten(case: Case) -> Layers:
    if case.axis(1) != 1:
        raise Inexpressible("a Flatten that includes the batch")
    return [("Flatten", {})]


def concat(case: Case) -> Layers:
    if case.axis(0) != 1:
        raise Inexpressible("a Concat along another dimension than the channels")
    return [("Concat", {})]


def pad(case: Case) -> Layers:
    axes = [int(a) % len(case.x) for a in case.of(3)] if case.there(3) else list(range(len(case.x)))
    sides = dict.fromkeys(range(len(case.x)), (0, 0))
    amounts = case.of(1).tolist()
    sides |= {a: (amounts[i], amounts[i + len(axes)]) for i, a in enumerate(axes)}
    if sides[0] != (0, 0) or sides[1] != (0, 0):
        raise Inexpressible("padding of the batch or the channels")
    names = {"constant": "ConstantPad2d", "edge": "ReplicationPad2d", "reflect": "ReflectionPad2d"}
    mode = case.get("mode", "constant")
    if mode not in names:
        raise Inexpressible("there is no CircularPad2d")
    value = {"value": float(case.of(2)) if case.there(2) else 0.0} if mode == "constant" else {}
    return [(names[mode], zero_pad([sides[2], sides[3]])[1] | value)]


def layer_norm(case: Case) -> Layers:
    axis = case.axis(-1)
    if axis == 0:
        raise Inexpressible("a LayerNorm over the batch")
    return [("LayerNorm", {"normalized_shape": case.x[axis:], "eps": case.get("epsilon", 1e-5)})]


def lrn(case: Case) -> Layers:
    alpha, beta, k = (case.get(name, default) for name, default in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0)))
    return [("LocalResponseNorm", {"size": case.get("size", None), "alpha": alpha, "beta": beta, "k": k})]


def depth_to_space(case: Case) -> Layers:
    if case.get("mode", "DCR") != "CRD":
        raise Inexpressible("channels in another order than torch's")
    return [("PixelShuffle", {"upscale_factor": case.get("blocksize", None)})]


def space_to_depth(case: Case) -> Layers:
    if case.get("mode", "DCR") != "CRD" and case.x[1] != 1:
        raise Inexpressible("channels in another order than torch's")
    return [("PixelUnshuffle", {"downscale_factor": case.get("blocksize", None)})]


SAMPLING = {  # mode, coordinates, rounding
    ("nearest", "half_pixel", "round_prefer_floor"): {"mode": "nearest-exact"},
    ("linear", "half_pixel", "round_prefer_floor"): {"mode": "bilinear"},
    ("linear", "pytorch_half_pixel", "round_prefer_floor"): {"mode": "bilinear"},
    ("linear", "align_corners", "round_prefer_floor"): {"mode": "bilinear", "align_corners": True},
    ("cubic", "half_pixel", "round_prefer_floor"): {"mode": "bicubic"},
    ("cubic", "align_corners", "round_prefer_floor"): {"mode": "bicubic", "align_corners": True},
}


def resize(case: Case) -> Layers:
    for name in ("antialias", "keep_aspect_ratio_policy", "exclude_outside", "cubic_coeff_a"):
        if name in case.attributes:
            raise Inexpressible(f"a resize with {name}")
    coordinates = case.get("coordinate_transformation_mode", "half_pixel")
    sampling = (case.get("mode", "nearest"), coordinates, case.get("nearest_mode", "round_prefer_floor"))
    if sampling not in SAMPLING:
        raise Inexpressible("a resize that samples at other places than torch's")
    axes = list(case.get("axes", range(len(case.x))))
    place = 3 if case.there(3) else 2
    values = dict(zip(axes, case.of(place).tolist(), strict=True))
    along = (values[2], values[3])
    return [("Upsample", SAMPLING[sampling] | ({"size": along} if place == 3 else {"scale_factor": along}))]


def upsample(case: Case) -> Layers:
    return [("Upsample", {"scale_factor": tuple(case.of(1).tolist()[2:]), "mode": case.get("mode", "nearest")})]


TRANSLATED: dict[str, Callable[[Case], Layers]] = {
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": pool,
    "AveragePool": pool,
    "GlobalAveragePool": lambda case: [("AdaptiveAvgPool2d", {"output_size": 1})],
    "GlobalMaxPool": lambda case: [("AdaptiveMaxPool2d", {"output_size": 1})],
    "BatchNormalization": lambda case: [("BatchNorm2d", {"eps": case.get("epsilon", 1e-5)})],
    "InstanceNormalization": lambda case: [("InstanceNorm2d", {"affine": True, "eps": case.get("epsilon", 1e-5)})],
    "GroupNormalization": lambda case: [("GroupNorm", {"num_groups": case.get("num_groups", None)})],
    "LayerNormalization": layer_norm,
    "LRN": lrn,
    "Flatten": flatten,
    "Concat": concat,
    "Pad": pad,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
    "Resize": resize,
    "Upsample": upsample,
}
