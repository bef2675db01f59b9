"""Sets of sizes in words: ``32 and up``, ``multiples of 16``, ``12 to 15``."""

from __future__ import annotations

from collections.abc import Sequence

from cnnspec.engine.diagnostics import count, listing
from cnnspec.engine.inputs.region import Box, Region
from cnnspec.engine.inputs.sizes import ALL, NONE, Sizes, sizes

MOST = 8  # of the runs, the classes or the boxes that are listed; the rest is counted
AXES = {1: ("features",), 2: ("length",), 3: ("height", "width"), 4: ("depth", "height", "width")}


def axis_names(rank: int) -> tuple[str, ...]:
    """What the sizes of an input are called, whose shape has ``rank`` sizes with its channels."""
    return AXES.get(rank) or tuple(f"size {number}" for number in range(1, rank))


def described(found: Sizes) -> str:
    """A set in words."""
    if found == NONE:
        return "none"
    if found == ALL:
        return "any"
    if found.is_finite:
        return _finite(found)
    if found.period == 1:
        *runs, (last, _) = found.runs(found.start + 1)
        return _listed([*(_run(*run) for run in runs), f"{last} and up"])
    start, exceptions = _pattern(found)
    return _listed([*(_run(*run) for run in exceptions.runs(exceptions.start)), _classes(found, start)])


def _finite(found: Sizes) -> str:
    runs = list(found.runs(found.start))
    if len(runs) == 1 and runs[0][0] == runs[0][1]:
        return f"{runs[0][0]} only"
    return _listed([_run(*run) for run in runs])


def _run(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _listed(parts: Sequence[str]) -> str:
    if len(parts) > MOST:
        return f"{', '.join(parts[:MOST])} and {len(parts) - MOST} more"
    return listing(parts)


def _pattern(found: Sizes) -> tuple[int, Sizes]:
    """The first size from which the cycle holds, and the elements before it."""
    cycle = sizes(0, 1, found.period, found.cycle)
    exceptions = found & sizes((1 << found.start) - 1, found.start, 1, 0)
    if exceptions <= cycle and not (cycle - found).bits(found.start):
        return 1, NONE
    least = cycle & ~sizes((1 << found.start) - 1, found.start, 1, 0)
    return least.smallest, exceptions


def _classes(found: Sizes, start: int) -> str:
    """``multiples of 16``, ``odd sizes from 7 up``, ``1 or 3 more than a multiple of 8``."""
    period = found.period
    rests = [rest for rest in range(period) if found.cycle >> rest & 1]
    first = next(n for n in range(start, start + period) if n in found)
    natural = next(n for n in range(1, period + 1) if n % period in rests)
    since = "" if first == natural else f" from {first} up"
    if period == 2:
        return f"{'odd' if rests == [1] else 'even'} sizes{since}"
    if rests == [0]:
        return f"multiples of {period}{since}"
    if len(rests) == period - 1:
        (missing,) = set(range(period)) - set(rests)
        what = f"multiples of {period}" if missing == 0 else f"those {missing} more than a multiple of {period}"
        return f"sizes{since} but {what}"
    runs = _runs(rests)
    return f"{_listed(runs) if len(runs) > MOST else listing(runs, 'or')} more than a multiple of {period}{since}"


def _runs(numbers: Sequence[int]) -> list[str]:
    """Numbers in order, rows of them as ``2 to 5``."""
    rows: list[list[int]] = []
    for number in numbers:
        if rows and rows[-1][-1] == number - 1:
            rows[-1].append(number)
        else:
            rows.append([number])
    return [word for row in rows for word in (map(str, row) if len(row) < 3 else [_run(row[0], row[-1])])]


def box_words(box: Box, names: Sequence[str]) -> str:
    """``height and width: 32 and up``, or ``height: 12 to 15, width: 108 to 111``; axes of any size are left out."""
    groups: dict[Sizes, list[str]] = {}
    for name, found in zip(names, box, strict=True):
        groups.setdefault(found, []).append(name)
    bounded = {found: members for found, members in groups.items() if found != ALL}
    said = [f"{listing(members)}: {described(found)}" for found, members in bounded.items()]
    return ", ".join(said) or f"any {listing(names)}"


def region_words(region: Region, names: Sequence[str]) -> list[str]:
    """A line for each box, as far as so many are of use."""
    lines = [box_words(box, names) for box in region.boxes[:MOST]]
    more = len(region.boxes) - MOST
    return [*lines, *([f"and {count(more, 'more such range')}"] if more > 0 else [])]
