"""Whether windows fit, and what to say where they do not: shared by convolutions and pools."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cnnspec.engine.diagnostics.words import a
from cnnspec.engine.layers.base import Layer, Try, cross, many, setting, settle
from cnnspec.engine.layers.shape import Shape, plain
from cnnspec.engine.layers.window import Window

AXES = {1: ("positions",), 2: ("rows", "columns"), 3: ("slices", "rows", "columns")}
Windows = tuple[Window, ...]


def check_fit(layer: Layer, windows: Windows, x: Shape, most_padding: tuple[int, ...]) -> tuple[int, ...]:
    """Output sizes; refuses where a window finds no position. ``most_padding`` bounds what is proposed."""
    sizes = tuple(w.positions(size) for w, size in zip(windows, x.sizes, strict=True))
    if any(size < 1 for size in sizes):
        _refuse(layer, windows, x.plain(), plain(sizes), plain(most_padding))
    return sizes


def _refuse(layer: Layer, windows: Windows, x: Shape, sizes: tuple[int, ...], most_padding: tuple[int, ...]) -> None:
    bad = [i for i, size in enumerate(sizes) if size < 1]
    padded = any(w.before + w.after for w in windows)
    extents = tuple(w.extent for w in windows)
    least = tuple(max(w.extent - w.before - w.after - _overhang(w), 1) for w in windows)
    layer.refuse(
        "window-too-large",
        f"{a(cross(extents))} window does not fit in {a(cross(x.sizes))} input{', padding included' if padded else ''}",
        argument="kernel_size",
        label=f"needs at least {cross(least) if len(least) > 1 else many(least[0], 'value')}",
        note=f"{windows[bad[0]].formula(x.sizes[bad[0]])} {AXES[len(sizes)][bad[0]]}",
        dims=tuple(i + 1 for i in bad),
        tries=tuple(_tries(windows, x, most_padding)),
    )


def _tries(windows: Windows, x: Shape, most_padding: tuple[int, ...]) -> Iterator[Try]:
    """The smallest padding and the largest kernel with which every window finds a position."""
    padding = _even(windows, tuple(_padding(w, size) for w, size in zip(windows, x.sizes, strict=True)), max)
    if all(p <= most for p, most in zip(padding, most_padding, strict=True)):
        yield setting("" if padding == most_padding else " or more", padding=settle(padding))
    kernel = _even(windows, tuple(_kernel(w, size) for w, size in zip(windows, x.sizes, strict=True)), min)
    if min(kernel) >= 1:
        yield setting(" or less" if max(kernel) > 1 else "", kernel_size=settle(kernel))


def _even(windows: Windows, values: tuple[int, ...], choose: Callable[[tuple[int, ...]], int]) -> tuple[int, ...]:
    """The same value along every dimension where the windows are square."""
    square = len({w.kernel for w in windows}) == 1
    return (choose(values),) * len(values) if square else values


def _padding(window: Window, size: int) -> int:
    return max(-(-(window.extent - size - _overhang(window)) // 2), window.before)


def _kernel(window: Window, size: int) -> int:
    return min((size + window.before + window.after - 1) // window.dilation + 1, window.kernel)


def _overhang(window: Window) -> int:
    """How far the only window may reach over the end: in ceil mode, a step less one."""
    return window.stride - 1 if window.ceil else 0
