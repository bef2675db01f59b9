"""All that the inputs of a network can meet, found by a run for each way through it.

    a run ──conditions──► the inputs that meet the same      accepted, or refused with a reason
      └──what contradicts one of them──► inputs to look at next: a sample of them gives the next run

No size is tried that a formula decides: of VGG's 28 conditions on heights, 5 leave inputs to look at.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from cnnspec.engine.inputs.function import TooLong
from cnnspec.engine.inputs.region import Region
from cnnspec.engine.inputs.trace import Axes, SampleRun
from cnnspec.engine.inputs.trace import run as expanded
from cnnspec.engine.inputs.tracked import Condition
from cnnspec.engine.spec import Spec

MAX_RUNS = 150
MAX_PINNED = 24  # runs that speak of one value of a size alone: there may be no end of them
MAX_STEPS = 2_000_000  # of their meters together: some seconds
STEPS_OF_PAIR = 60  # to cut two boxes
# Refusals that speak of memory or of work, and of no size: what was to come is not known.
POLICIES = frozenset({"too-large", "too-many-layers", "too-much-work", "number-out-of-bounds"})


@dataclass(frozen=True, slots=True)
class Piece:
    """Inputs that take the same way through a network, and the run of one of them."""

    region: Region
    run: SampleRun


@dataclass(frozen=True, slots=True)
class SizeMap:
    """The inputs of a network by what they meet; ``unknown`` are those that the bounds left unseen."""

    spec: Spec
    axes: Axes
    stated: tuple[int, ...]  # the spec's own input, along the axes
    pieces: tuple[Piece, ...]
    unknown: Region

    @property
    def accepted(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in self.pieces if piece.run.refusal is None)

    @property
    def whole(self) -> Region:
        """Every accepted input that is known."""
        found = Region(len(self.axes), ())
        for piece in self.accepted:
            found |= piece.region
        return found.merged()

    def piece(self, point: tuple[int, ...]) -> Piece | None:
        """The piece in which an input lies; None where it is unknown."""
        return next((piece for piece in self.pieces if point in piece.region), None)


def explore(
    spec: Spec,
    axes: Axes,
    stated: tuple[int, ...],
    steps: int = MAX_STEPS,
    run: Callable[[tuple[int, ...], int], SampleRun] | None = None,
) -> SizeMap:
    """What inputs of a spec meet, beginning with the one that it states; the axes are those of its sizes.

    ``run`` gives what one input meets, in so many steps: without it, the spec is expanded.
    """
    run = run or partial(expanded, spec, axes)
    left = deque([Region.whole(len(axes))])
    pieces: list[Piece] = []
    unknown: list[Region] = []
    work = _Work(steps)
    while left:
        region = left.popleft()
        if work.is_done:
            unknown.append(region)
            continue
        try:
            done = run(region.nearest(stated), max(steps - work.steps, 0))
            work.count(done, region)
            region, others = _split(region, done.conditions)
        except TooLong:
            unknown.append(region)
            continue
        left += others
        if done.refusal is not None and done.refusal.code in POLICIES:
            unknown.append(region)
        else:
            pieces.append(Piece(region, done))
    return SizeMap(spec, axes, stated, tuple(pieces), _union(unknown, len(axes)))


@dataclass(slots=True)
class _Work:
    """What has been done so far, and the steps that may be."""

    most: int
    runs: int = 0
    pinned: int = 0
    steps: int = 0

    def count(self, done: SampleRun, region: Region) -> None:
        self.runs += 1
        self.pinned += any(condition.pinned and condition.others for condition in done.conditions)
        pairs = (len(condition.others.boxes) * len(region.boxes) for condition in done.conditions)
        self.steps += done.steps + STEPS_OF_PAIR * sum(pairs)

    @property
    def is_done(self) -> bool:
        return self.runs >= MAX_RUNS or self.pinned >= MAX_PINNED or self.steps > self.most


def _split(region: Region, conditions: Iterable[Condition]) -> tuple[Region, list[Region]]:
    """The inputs of a region that meet all conditions, and those that fail one, by the first that they fail."""
    others = []
    for condition in conditions:
        if other := region & condition.others:
            others.append(other)
            region &= condition.inputs
    return region, others


def _union(regions: Iterable[Region], rank: int) -> Region:
    found = Region(rank, ())
    for region in regions:
        found = Region(rank, (*found.boxes, *region.boxes))
    return found
