"""Sweeps in one pool: each point once, none that is not needed, and all of it goes on after a stop."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import pytest

from benchmarks.reproduction import running
from benchmarks.reproduction.__main__ import parse
from benchmarks.reproduction.plans import NAMES, Extent, planned
from benchmarks.reproduction.pool import Pool
from benchmarks.reproduction.running import is_done, run_all
from cnnspec.engine.sweep_file.model import SEED
from cnnspec.pytorch.sweep import read_sweep
from cnnspec.pytorch.sweep.executor import Ended
from cnnspec.pytorch.sweep.slots import Slots
from cnnspec.pytorch.sweep.start import Planning
from tests.reproduction.made import Endless, Pretending

EXTENT = Extent(scale=0.01, epochs=2, seeds=(3,), device="cpu")


@pytest.fixture
def plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[Path, Planning]:
    """Two small sweeps: of three points and of two."""
    monkeypatch.setattr(running, "SETTLED", 0.1)
    monkeypatch.setattr(running, "TURN", 0.01)
    return {tmp_path / name: planned(name, EXTENT, tmp_path) for name in ("corrected", "vgg16_seeds")}


def test_sweeps_share_a_pool(plans: dict[Path, Planning]) -> None:
    """Each point is run once, no more of them at once than there are slots, and the chosen are measured."""
    made: list[Pretending] = []

    def make(slots: Slots) -> Pretending:
        made.append(Pretending(slots))
        return made[-1]

    assert run_all(plans, 2, None, make) == {}
    (pool,) = made
    assert pool.most <= pool.slots == 2
    assert len(pool.runs) == len(set(pool.runs)) == 3 + 2
    for folder in plans:
        assert is_done(folder)
        sweep = read_sweep(folder)
        assert {point.status for point in sweep.points} == {"done"}
        assert sweep.chosen
        assert all(chosen.test for chosen in sweep.chosen)
    assert run_all(plans, 2, None, make) == {}
    assert made[-1].runs == []  # nothing was left to do


def test_the_time_is_up(plans: dict[Path, Planning], monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs is stopped, nothing more begins, and the next start runs what is left."""
    made: list[Endless] = []
    monkeypatch.setattr(running, "SETTLED", 5000)
    monkeypatch.setattr(running, "monotonic", lambda: monotonic() + 1000 * (bool(made) and len(made[0].runs) == 3))

    def make(slots: Slots) -> Endless:
        made.append(Endless(slots))
        return made[-1]

    failures = run_all(plans, 3, 1000, make)
    assert set(failures) == {"corrected"}  # the other has not begun
    assert "goes on at the next start" in failures["corrected"]
    first = next(iter(plans))
    assert len(made[0].runs) == 3
    assert not is_done(first)
    assert {point.status for point in read_sweep(first).points} == {"waiting"}
    monkeypatch.setattr(running, "SETTLED", 0.1)
    assert run_all(plans, 3, None, Pretending) == {}
    assert all(map(is_done, plans))


def test_a_slot_is_of_the_sweep_that_uses_it() -> None:
    """Points of two sweeps have the same numbers, and each sweep hears of its own; what one has another has not."""
    pool = Pool(3, Endless)
    first, second = (pool.share(Slots(1, 1)) for _ in range(2))
    for share in (first, second, second):
        share.start({"number": len(pool.owners) % 2 + 1, "run": "", "measure": True})
    assert (first.slots, second.slots) == (1, 2)
    pool.turn(0)
    second.start({"number": 3, "run": "", "measure": True})  # one too many: it waits
    pool.turn(0)
    assert isinstance(pool.executor, Endless)
    assert len(pool.executor.numbers) == 3
    pool.stop()
    pool.turn(0)
    heard = [sorted((event.number, type(event)) for event in share.poll(0)) for share in (first, second)]
    assert heard == [[(1, Ended)], [(1, Ended), (2, Ended), (3, Ended)]]
    assert (first.slots, second.slots) == (3, 3)


def test_less_of_it(tmp_path: Path) -> None:
    """The epochs go by the square root of the share of the images; a file that has fewer keeps them."""
    recipes = {}
    for name in ("vgg16_seeds", "lenet_sigmoid"):
        points = planned(name, Extent(scale=0.5), tmp_path).points
        recipes[name] = {(point.setup.recipe.images, point.setup.recipe.epochs) for point in points if point.setup}
    assert recipes == {"vgg16_seeds": {(30_000, 5)}, "lenet_sigmoid": {(30_000, 7)}}
    (point, *_) = planned("vgg16_seeds", Extent(epochs=3), tmp_path).points
    assert point.setup
    assert (point.setup.recipe.images, point.setup.recipe.epochs) == (None, 3)


def test_other_seeds(tmp_path: Path) -> None:
    """They stand in the place of a file's own, or beside its axes where it has none."""
    for name, settings in (("lenet_pooling", 4), ("alexnet", 9)):
        points = planned(name, Extent(seeds=(7, 8)), tmp_path).points
        assert len(points) == 2 * settings
        assert {point.values[SEED] for point in points} == {7, 8}


def test_every_point_can_be_run(tmp_path: Path) -> None:
    """None of any sweep is left out, as one that cannot be built or is the same as another would be."""
    for name in NAMES:
        assert [point.reason for point in planned(name, Extent(), tmp_path).points if point.is_left_out] == []


def test_parts_of_all_and_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """``--epochs 10 --epochs vgg16=3``; a name that is no sweep's is refused."""
    monkeypatch.setattr("sys.argv", ["report", "alexnet", "--epochs", "10", "--epochs", "vgg16=3", "--scale", "0.1"])
    given = parse()
    assert (given.names, given.epochs, given.scale) == (["alexnet"], [("", 10), ("vgg16", 3)], [("", 0.1)])
    for wrong in (["lenet"], ["--epochs", "lenet=3"], ["--scale", "2"]):
        monkeypatch.setattr("sys.argv", ["report", *wrong])
        with pytest.raises(SystemExit):
            parse()
