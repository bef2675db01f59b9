"""Patterns of einops, where a layer or two of ours say the same.

b c h w -> b h w c                  Permute
b c h w -> b (c h w)                Flatten
b c h w -> b (h w) c                Permute and Flatten
b (c r1 r2) h w -> b c (h r1) (w r2)  PixelShuffle
"""

from __future__ import annotations

import re

from cnnspec.engine.spec.frameworks.call import FrameworkCall
from cnnspec.engine.spec.frameworks.write import Translation, YamlLine

AXES = re.compile(r"\(([^()]*)\)|(\w+)")
SHUFFLE = re.compile(r"b \(c (\w+) (\w+)\) h w -> b c \(h \1\) \(w \2\)")
LABEL = "a layer of einops"
KINDS = {"mean": "Avg", "max": "Max"}


def _pattern(call: FrameworkCall) -> tuple[str, list[str]]:
    """The pattern, without quotes and with single blanks, and the arguments by position after it."""
    given = list(call.positional)
    text = call.named.get("pattern") or (given.pop(0) if given else "")
    return " ".join(text.strip("'\"").split()), given


def _sides(pattern: str) -> tuple[list[list[str]], list[list[str]]] | None:
    """Both sides as lists of groups of axes; a lone axis is a group of one."""
    sides = pattern.split(" -> ")
    if len(sides) != 2 or len(pattern) > 100:
        return None
    left, right = ([(group or only).split() for group, only in AXES.findall(side)] for side in sides)
    return left, right


def rearrange(call: FrameworkCall) -> Translation:
    """``Rearrange``: an order of dimensions, and dimensions made one."""
    pattern, rest = _pattern(call)
    shuffled = SHUFFLE.fullmatch(pattern)
    sizes = {text for key, text in call.named.items() if key != "pattern"}
    if shuffled and len(sizes) == 1:
        return Translation((YamlLine("PixelShuffle", {"upscale_factor": sizes.pop()}),), LABEL)
    words = "`Permute`, `Flatten`, `Unflatten` and `PixelShuffle` rearrange dimensions in cnnspec"
    sides = _sides(pattern)
    lines = _moved(*sides) if sides and not rest and not sizes else ()
    return Translation(lines, LABEL, words)


def _moved(left: list[list[str]], right: list[list[str]]) -> tuple[YamlLine, ...]:
    """The lines for a pattern that takes no dimension apart and merges one group at most; else nothing."""
    axes, order = [name for group in left for name in group], [name for group in right for name in group]
    groups = [number for number, group in enumerate(right) if len(group) > 1]
    apart = any(len(group) != 1 for group in left)
    if apart or sorted(axes) != sorted(order) or len(set(axes)) < len(axes) or len(groups) > 1 or right[0] != left[0]:
        return ()
    dims = [axes.index(name) for name in order]
    moved = (YamlLine("Permute", {"dims": str(dims)}),) if dims != sorted(dims) else ()
    return (*moved, *(_merged(number, len(right[number]), len(axes)) for number in groups))


def _merged(start: int, size: int, rank: int) -> YamlLine:
    """Dimensions from ``start`` made one; to the last of them where nothing more is stated."""
    end = {} if start + size == rank else {"end_dim": str(start + size - 1)}
    return YamlLine("Flatten", {**({"start_dim": str(start)} if start != 1 else {}), **end})


def reduce(call: FrameworkCall) -> Translation:
    """``Reduce``: the mean or the maximum over height and width."""
    pattern, rest = _pattern(call)
    kind = KINDS.get((rest[0] if rest else call.named.get("reduction", "")).strip("'\""))
    words = "`AdaptiveAvgPool2d` and `AdaptiveMaxPool2d` reduce height and width in cnnspec"
    lines: tuple[YamlLine, ...] = ()
    if kind and pattern == "b c h w -> b c":
        lines = (YamlLine(f"Adaptive{kind}Pool2d", {"output_size": "1"}), YamlLine("Flatten"))
    elif kind and (match := re.fullmatch(r"b c \(h (\d+)\) \(w \1\) -> b c h w", pattern)):
        lines = (YamlLine(f"{kind}Pool2d", {"kernel_size": match[1]}),)
    return Translation(lines, LABEL, words)


def repeat(call: FrameworkCall) -> Translation:
    """``Repeat``, which nothing here does."""
    return Translation(label=LABEL, words="only `Upsample` repeats values along a dimension")


EINOPS = {"rearrange": rearrange, "reduce": reduce, "repeat": repeat}
