"""Windows: what they look at, what they leave out, and what is not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from cnnspec.engine.diagnostics import a, count, listing
from cnnspec.engine.layers import Shape, Window
from cnnspec.engine.layers.base import cross
from cnnspec.engine.layers.windowed import AXES
from cnnspec.engine.lint.view import Finding, View, warn
from cnnspec.engine.network import Node

Windows = tuple[Window, ...]
MOST_LOOKED_AT = 4_096  # places along one axis that are walked one by one


def unseen_input(view: View) -> Iterator[Finding]:
    """Rows and columns that no reader of a tensor looks at: between its windows, or behind the last."""
    sound: set[tuple[Shape, tuple[int, ...]]] = set()  # tensors by their shape and readers, of which all is seen
    for value in dict.fromkeys(node.inputs[0] for node in view.windowed):
        readers, x = view.graph.takers.get(value, ()), view.graph.shape(value)
        key = x, tuple([id(node.layer) for node in readers])
        if key not in sound and all(view.windows(node) for node in readers):
            found = _unseen(view, readers, x)
            yield from found
            sound |= set() if found else {key}


def _unseen(view: View, readers: Sequence[Node], x: Shape) -> list[Finding]:
    gaps, tails = [], []
    along = [view.windows(node) for node in readers]
    for axis, size in enumerate(x.sizes):
        missing = _missing([windows[axis] for windows in along], size)
        tail = _tail(missing, size)
        gaps += [axis] if len(missing) > tail else []
        tails += [axis] if tail else []
    if gaps:
        worst = max(readers, key=lambda node: max(view.windows(node)[axis].stride for axis in gaps))
        return [_skips(worst, view.windows(worst), x, gaps)]
    if tails:
        worst = max(readers, key=lambda node: max(view.windows(node)[axis].stride for axis in tails))
        return [_drops(worst, view.windows(worst), x, tails)]
    return []


def _missing(along: list[Window], size: int) -> list[int]:
    """The places of one axis that none of the windows covers."""
    if size > MOST_LOOKED_AT or any(_covers(window, size) or _is_vast(window) for window in along):
        return []
    seen = 0
    for window in along:
        seen |= _seen(window, size)
    missing = (1 << size) - 1 & ~seen
    return [place for place in range(size) if missing >> place & 1] if missing else []


def _is_vast(window: Window) -> bool:
    """Whether a window is of a size that nobody means: what it sees is not worth the work."""
    return max(window.extent, window.before, window.after) > 2 * MOST_LOOKED_AT


def _seen(window: Window, size: int) -> int:
    """The places that a window looks at wherever it stands, as bits."""
    first = max(0, -((window.extent - 1 - window.before) // window.stride))  # the first that reaches beyond the padding
    end = min(window.positions(size), (window.before + size - 1) // window.stride + 1)
    if end <= first:
        return 0
    taps = _copies(1, window.dilation, window.kernel)
    return _copies(taps, window.stride, end - first) << first * window.stride >> window.before & (1 << size) - 1


def _copies(bits: int, step: int, count: int) -> int:
    """So many copies of some bits, each ``step`` above the one before."""
    made = 1
    while made < count:
        more = min(made, count - made)
        bits |= bits << more * step
        made += more
    return bits


def _covers(window: Window, size: int) -> bool:
    """Whether a window plainly sees everything: no holes, no steps over anything, no rest behind the last."""
    left = (size + window.before + window.after - window.extent) % window.stride
    return window.stride <= window.kernel and window.dilation == 1 and (left <= window.after or window.ceil)


def _tail(missing: list[int], size: int) -> int:
    """How many of the missing places are the last ones of the axis."""
    last = 0
    while last < len(missing) and missing[-1 - last] == size - 1 - last:
        last += 1
    return last


def _skips(node: Node, windows: Windows, x: Shape, gaps: list[int]) -> Finding:
    kernel = tuple(w.kernel for w in windows)
    strides = tuple(w.stride for w in windows)
    axis = gaps[0]
    what = AXES[len(x.sizes)][axis]
    steps_over, dilated = strides[axis] > kernel[axis], windows[axis].dilation > 1
    apart = f", {windows[axis].dilation} apart," if dilated else ""
    mends = ["a stride of at most the kernel size"] * steps_over + ["`dilation: 1`"] * dilated
    return warn(
        "skipped-input",
        node,
        f"the windows of `{node.type}` skip {what} that no other layer reads",
        f"{a(cross(kernel))} window in steps of {cross(strides) if len(strides) > 1 else strides[0]} over {x}",
        argument="stride" if steps_over else "dilation",
        note=f"a window of {count(kernel[axis], what.removesuffix('s'))}{apart} moves on by {strides[axis]}",
        help=f"{' and '.join(mends)} cover{'s' * (len(mends) == 1)} everything",
    )


def _drops(node: Node, windows: Windows, x: Shape, tails: list[int]) -> Finding:
    axis = tails[0]
    window, size = windows[axis], x.sizes[axis]
    lost = (size + window.before + window.after - window.extent) % window.stride - window.after
    what = " and ".join(AXES[len(x.sizes)][i].removesuffix("s") for i in tails)
    pool = node.layer.role == "pool"
    return warn(
        "dropped-rows",
        node,
        f"the stride of `{node.type}` skips the last {what} of {x}",
        f"steps of {window.stride} do not fit evenly into {size}",
        argument="stride",
        note=f"({size} + {window.before} + {window.after} − {window.extent}) / {window.stride} is not a whole number: "
        f"{max(lost, 1)} of {size} {AXES[len(x.sizes)][axis]} never used",
        help=f"{'set `ceil_mode: true`, or ' if pool else ''}pad the map, or use another input size",
    )


def padded_window(view: View) -> Iterator[Finding]:
    """A window that looks at padding more than at its input, or at nothing else."""
    shares: dict[tuple[int, Shape], float] = {}
    for node in view.windowed:
        windows, x = view.windows(node), node.input_shapes[0]
        only = next((axis for axis, window in enumerate(windows) if window.before >= window.extent), None)
        if only is not None:
            yield _only_padding(node, windows, only)
            continue
        key = (id(node.layer), x)
        if key not in shares:
            shares[key] = prod(_share(window, size) for window, size in zip(windows, x.sizes, strict=True))
        if shares[key] < 0.5:
            yield _mostly_padding(node, windows, shares[key])


def _share(window: Window, size: int) -> float:
    """Which part of what a window looks at along one axis is input and not padding, over all its positions."""
    padding = window.before + window.after
    if not padding or size > MOST_LOOKED_AT or 4 * padding < size:
        return 1.0
    seen = _looks_below(window, size, size + window.before) - _looks_below(window, size, window.before)
    return seen / (window.positions(size) * window.kernel)


def _looks_below(window: Window, size: int, bound: int) -> int:
    """How often a window looks below a place of the padded input, over all its positions.

    Positions that end below the place look there with the whole kernel; those behind that begin below it with as many
    taps as there are steps of the dilation up to it, which is a sum of quotients.
    """
    stride, dilation = window.stride, window.dilation
    begin = min(window.positions(size), -(-bound // stride))
    whole = min(max(-(-(bound - window.extent + 1) // stride), 0), begin)
    return whole * window.kernel + _quotients(
        begin - whole, dilation, stride, bound - (begin - 1) * stride + dilation - 1
    )


def _quotients(count: int, divisor: int, step: int, first: int) -> int:
    """The sum of (first + i·step) // divisor for i below ``count``, by Euclid's algorithm: there may be very many."""
    total = 0
    while count > 0:
        total += count * (count - 1) // 2 * (step // divisor) + count * (first // divisor)
        step, first = step % divisor, first % divisor
        count, first = divmod(step * count + first, divisor)
        divisor, step = step, divisor
    return total


def _only_padding(node: Node, windows: Windows, axis: int) -> Finding:
    window = windows[axis]
    return warn(
        "padded-window",
        node,
        f"the outermost windows of `{node.type}` contain only padding",
        f"pads {count(window.before, AXES[len(windows)][axis].removesuffix('s'))}, and a window covers {window.extent}",
        argument="padding",
        help="use a padding smaller than the window",
    )


def _mostly_padding(node: Node, windows: Windows, share: float) -> Finding:
    kernel, x = tuple(w.kernel for w in windows), node.input_shapes[0]
    places, what = prod(kernel), "weights" if node.tensors else "places"
    one = f"{places - 1} of its {places} {what} meet only padding"
    return warn(
        "padded-window",
        node,
        f"{a(cross(kernel))} window on {a(cross(x.sizes))} map contains mostly padding",
        f"gets {x}",
        argument="kernel_size",
        note=one if prod(x.sizes) == 1 else f"{1 - share:.0%} of the window is padding",
        help="use fewer strides above, or a smaller kernel here",
        weight=1 - share,
    )


def pool_enlarges(view: View) -> Iterator[Finding]:
    """A pool whose output is larger than its input along some axis."""
    for node in view.windowed:
        x, y = node.input_shapes[0], node.shape
        grown = [axis for axis, size in enumerate(x.sizes) if size < y.sizes[axis]] if node.layer.role == "pool" else []
        if grown:
            first, words = grown[0], AXES[len(x.sizes)]
            before, after = (cross(tuple(sizes[axis] for axis in grown)) for sizes in (x.sizes, y.sizes))
            plain = len(grown) == 1
            yield warn(
                "pool-enlarges",
                node,
                f"this pool returns more {listing([words[axis] for axis in grown])} than its input has: "
                f"{y.sizes[first] if plain else after} from {x.sizes[first] if plain else before}",
                f"turns {x} into {y}",
                argument="padding",
                note=f"{view.windows(node)[first].formula(x.sizes[first])} {words[first]}",
                help="at stride 1, `kernel_size: 3` with `padding: 1` keeps the size; an even kernel cannot",
            )
