"""Which setting is chosen: seeds that did not finish give it no advantage, in a sweep and in its report alike."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnspec.engine.sweep_file.model import Objective
from cnnspec.pytorch.report.from_sweep import study_of
from cnnspec.pytorch.report.tables import best
from cnnspec.pytorch.sweep.choose import chosen, finished
from cnnspec.pytorch.sweep.folder import PointRecord
from cnnspec.pytorch.sweep.record import Chosen, Point, RecordedAxis, Status, Sweep
from cnnspec.pytorch.train.watch import Metrics

Seeds = Sequence[tuple[Status, float | None]]


def records(*settings: Seeds) -> list[PointRecord]:
    """Points of settings, one for each seed."""
    pairs = [(rate, seed, *end) for rate, seeds in enumerate(settings) for seed, end in enumerate(seeds)]
    return [
        PointRecord(number=number, values={"lr": rate, "seed": seed}, status=status, objective=value)
        for number, (rate, seed, status, value) in enumerate(pairs, 1)
    ]


def file(figure: Any = "val_accuracy", choose: tuple[str, ...] = ()) -> Any:
    return SimpleNamespace(objective=Objective(figure), choose=choose)


def rates(points: Sequence[PointRecord], numbers: Sequence[int]) -> set[Any]:
    return {point.values["lr"] for point in points if point.number in numbers}


DONE: Seeds = [("done", 0.8), ("done", 0.8)]


@pytest.mark.parametrize(
    ("first", "second", "best"),
    [
        ([("done", 0.9), ("pruned", 0.2)], DONE, 1),
        ([("done", 0.9), ("failed", None)], DONE, 1),
        ([("done", 0.9), ("waiting", None)], DONE, 1),
        ([("done", 0.9), ("left out", None)], DONE, 0),
        ([("done", 0.9), ("done", 0.9)], DONE, 0),
        ([("done", 0.9), ("pruned", 0.2), ("pruned", 0.1)], [("done", 0.3), ("done", 0.3), ("failed", None)], 1),
        ([("done", 0.9), ("pruned", 0.2)], [("done", 0.8), ("pruned", 0.7)], 0),
        ([("pruned", 0.99), ("pruned", 0.99)], [("done", 0.1), ("pruned", 0.0)], 1),
    ],
)
def test_seeds_that_did_not_finish_raise_no_setting(first: Seeds, second: Seeds, best: int) -> None:
    """Whole settings come first by their means, then the others by how many seeds finished, then by their means."""
    points = records(first, second)
    assert rates(points, chosen(file(), points)) == {best}
    done = [point.number for point in points if point.status == "done" and point.values["lr"] == best]
    assert list(chosen(file(), points)) == done


def test_nothing_is_chosen_where_nothing_finished() -> None:
    """Nor for a value of an axis at which nothing did."""
    points = records([("pruned", 0.9)], [("done", 0.1)])
    assert chosen(file(choose=("lr",)), points) == (2,)
    assert chosen(file(), points[:1]) == ()


def test_the_smaller_loss_is_chosen() -> None:
    """By the direction of the objective; of two that are equal the first."""
    points = records([("done", 0.5)], [("done", 0.4)], [("done", 0.4)])
    assert chosen(file("val_loss"), points) == (2,)


ends = st.sampled_from(("done", "pruned", "failed", "waiting", "left out"))
seeds = st.lists(st.tuples(ends, st.integers(0, 9)), min_size=1, max_size=4)


@settings(deadline=None, max_examples=100)
@given(st.lists(seeds, min_size=2, max_size=5), st.sampled_from(("val_accuracy", "val_loss")))
def test_a_report_ranks_as_a_sweep_chooses(drawn: list[list[tuple[Status, int]]], figure: str) -> None:
    """The first setting of the report is the chosen one, and both are those of a plain sort."""
    points = records(*([(status, value / 10) for status, value in seeds] for seeds in drawn))
    numbers = chosen(file(figure), points)
    study = study_of(swept(points, figure))
    expected = by_hand(points, -1 if figure == "val_accuracy" else 1)
    if expected is None:
        assert (numbers, study.ranked) == ((), [])
        return
    done = [point for point in points if point.values["lr"] == expected and point.status == "done"]
    assert list(numbers) == [point.number for point in done]
    if len({point.values["lr"] for point in points}) > 1:
        assert study.ranked[0].values["lr"] == expected
    planned = sum(point.values["lr"] == expected and point.status != "left out" for point in points)
    told = str(planned) if planned == len(done) else f"{len(done)} of {planned}"
    assert best(study).rows[0][[column.heading for column in best(study).columns].index("seeds")] == told
    assert finished(swept(points, figure).points, {"lr": expected, "seed": 0}) == (len(done), planned)


def by_hand(points: Sequence[PointRecord], sign: int) -> Any:
    """The rate of the best setting."""
    found = []
    for rate in sorted({point.values["lr"] for point in points}):  # type: ignore[type-var]
        own = [point for point in points if point.values["lr"] == rate and point.status != "left out"]
        done = [point.objective for point in own if point.status == "done"]
        if done:
            whole = len(done) == len(own)
            mean = float(sum(map(Fraction, done)) / len(done))
            found.append((0 if whole else 1, 0 if whole else -len(done), sign * mean, rate))
    return min(found)[-1] if found else None


def swept(points: Sequence[PointRecord], figure: str) -> Sweep:
    made = tuple(Point(p.number, p.values, p.status, objective=p.objective) for p in points)
    axes = (RecordedAxis("lr", (0, 1)), RecordedAxis("seed", (0, 1)))
    return Sweep("made", figure, "max" if figure == "val_accuracy" else "min", axes, made, ())


@pytest.fixture(autouse=True)
def _runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Points that are over have an epoch, without a folder for each."""
    row = Metrics(1, 1.0, 0.5, 1.0, 0.5, 1.0, 1.0)

    def with_rows(point: Point, axes: Sequence[str], chosen: Chosen | None) -> Any:
        from cnnspec.pytorch.report.study import Trial

        values = {axis: point.values.get(axis) for axis in axes}
        is_over = point.status in ("done", "pruned")
        objective = point.objective if point.status == "done" else None
        return Trial(
            str(point.number), values, point.values["seed"], point.status, rows=(row,) * is_over, objective=objective
        )

    monkeypatch.setattr("cnnspec.pytorch.report.from_sweep._trial", with_rows)
