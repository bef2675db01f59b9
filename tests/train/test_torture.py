"""A share of what `make torture` does to runs, and that it would find out."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnspec.pytorch.train.checkpoint import store
from tests.tiers import examples
from tests.torture import checkpoints, faults, kills


def test_killed_runs_come_to_the_same_end(tmp_path: Path) -> None:
    """SIGKILL at random moments and inside saves, SIGTERM and SIGINT: all equal the undisturbed run, to the bit."""
    figures = kills.run(tmp_path, kills=4, inside=2, signals=2)
    assert figures.wrong == []
    assert figures.sent["SIGKILL"] >= 4
    assert figures.inside_saves >= 2
    assert figures.equal == figures.runs


@pytest.mark.parametrize("kind", faults.KINDS)
def test_a_disk_that_fails_leaves_a_whole_checkpoint(tmp_path: Path, kind: str) -> None:
    """At calls spread over a run; each goes on to the same end."""
    figures = faults.torture(tmp_path / "place", kind, every=examples(19, of=19 if kind == "rename" else 41))
    assert figures.wrong == []
    assert figures.failures >= 2
    assert figures.whole + figures.before_first == figures.failures


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.trained(tmp_path_factory.mktemp("trained"))


@pytest.mark.parametrize("kind", checkpoints.KINDS)
def test_damaged_checkpoints_are_found_out(trained: Path, kind: str) -> None:
    """In every file, wherever the damage is."""
    figures = checkpoints.torture(trained, kind, 100, seed=1)
    assert figures.missed == []
    assert len(figures.detected) == 6
    assert figures.tried == sum(figures.detected.values()) == 100


def test_the_torture_finds_a_reader_that_does_not_look(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the comparison of hashes left out, bits that have turned are missed, and counted."""
    with monkeypatch.context() as patch:
        patch.setattr(store, "_held", lambda path, held: path.read_bytes())
        assert len(checkpoints.torture(trained, "bit flips", 60).missed) > 10
    assert checkpoints.torture(trained, "bit flips", 12).missed == []
