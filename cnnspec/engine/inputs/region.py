"""Sets of inputs: heights with widths, as boxes that share no input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cnnspec.engine.inputs.function import TooLong
from cnnspec.engine.inputs.sizes import ALL, NONE, Sizes

MAX_BOXES = 500  # time grows with their square: some seconds
Box = tuple[Sizes, ...]  # one set for each axis: an input is in it where each of its sizes is


@dataclass(frozen=True, slots=True)
class Region:
    """The inputs in any of the boxes; ``rank`` is how many sizes an input has."""

    rank: int
    boxes: tuple[Box, ...]

    @classmethod
    def whole(cls, rank: int) -> Region:
        return cls(rank, ((ALL,) * rank,))

    @classmethod
    def along(cls, axis: int, sizes: Sizes, rank: int) -> Region:
        """All inputs whose size along an axis is among ``sizes``."""
        return cls(rank, (tuple(sizes if i == axis else ALL for i in range(rank)),) if sizes else ())

    def __bool__(self) -> bool:
        return bool(self.boxes)

    def __contains__(self, point: Sequence[int]) -> bool:
        return any(all(n in sizes for n, sizes in zip(point, box, strict=True)) for box in self.boxes)

    def __and__(self, other: Region) -> Region:
        met = (_meeting(one, two) for one in self.boxes for two in other.boxes)
        return Region(self.rank, _few([box for box in met if box is not None]))

    def __sub__(self, other: Region) -> Region:
        left = list(self.boxes)
        for taken in other.boxes:
            left = [piece for box in left for piece in _without(box, taken)]
            _few(left)
        return Region(self.rank, tuple(left))

    def __or__(self, other: Region) -> Region:
        return Region(self.rank, _few([*self.boxes, *(other - self).boxes]))

    def __invert__(self) -> Region:
        return Region.whole(self.rank) - self

    def __le__(self, other: Region) -> bool:
        return not self - other

    def nearest(self, point: Sequence[int]) -> tuple[int, ...]:
        """The input nearest to ``point``. Raises ValueError where the region is empty."""
        found = [tuple(s.nearest(n) for s, n in zip(box, point, strict=True)) for box in self.boxes]
        return min(found, key=lambda other: sum(abs(a - b) for a, b in zip(point, other, strict=True)))

    def merged(self) -> Region:
        """The same inputs in few boxes, no size of the first axis in two of them that have the same sizes beside it."""
        return Region(self.rank, _merged(self.boxes))


def _merged(boxes: tuple[Box, ...]) -> tuple[Box, ...]:
    if not boxes or not boxes[0]:
        return boxes[:1]
    columns: list[tuple[Sizes, tuple[Box, ...]]] = [(ALL, ())]
    for first, *rest in boxes:
        columns = [
            (sizes, rests)
            for old, others in columns
            for sizes, rests in ((old & first, (*others, tuple(rest))), (old - first, others))
            if sizes
        ]
    alike: dict[tuple[Box, ...], Sizes] = {}
    for sizes, rests in columns:
        rest_of_all = _merged(rests)
        alike[rest_of_all] = alike.get(rest_of_all, NONE) | sizes
    found = [(sizes, *rest) for rests, sizes in alike.items() for rest in rests]
    return tuple(sorted(found, key=lambda box: [sizes.smallest for sizes in box]))


def _meeting(one: Box, two: Box) -> Box | None:
    """What two boxes share; None where that is nothing."""
    met: Box = ()
    for a, b in zip(one, two, strict=True):
        shared = a & b
        if not shared:
            return None
        met = (*met, shared)
    return met


def _few(boxes: list[Box]) -> tuple[Box, ...]:
    if len(boxes) > MAX_BOXES:
        raise TooLong(len(boxes))
    return tuple(boxes)


def _without(box: Box, taken: Box) -> Iterator[Box]:
    """What is left of a box, cut along one axis after the other."""
    if not all(a & b for a, b in zip(box, taken, strict=True)):
        yield box
        return
    inside: Box = ()
    for axis, (sizes, gone) in enumerate(zip(box, taken, strict=True)):
        if left := sizes - gone:
            yield (*inside, left, *box[axis + 1 :])
        inside = (*inside, sizes & gone)
