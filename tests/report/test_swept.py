"""A sweep makes a study: points by their settings, the chosen alone on the test set, the others with their reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cnnspec.pytorch.report import document, tables
from cnnspec.pytorch.report import from_sweep as of_sweep
from cnnspec.pytorch.report.charts.heat import best_at, pairs, shade
from cnnspec.pytorch.report.from_sweep import measure_of, study_of
from cnnspec.pytorch.report.metric import Measure
from cnnspec.pytorch.report.write import markdown
from cnnspec.pytorch.sweep import Sweep
from tests.cli.runner import run
from tests.conftest import TESTS
from tests.report.made import HELD, IMAGES, Folders, small_sweep


@pytest.fixture(scope="module")
def sweep(real_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return small_sweep(Folders(real_run, tmp_path_factory.mktemp("points")))


def test_the_text_of_a_report(sweep: Sweep, golden: Callable[[Path, str], None]) -> None:
    """Headings, pictures with words for them, and tables."""
    golden(TESTS / "report" / "small.md", markdown(document(study_of(sweep))))


def test_only_the_chosen_are_on_the_test_set(sweep: Sweep) -> None:
    """With the figures of the sweep, whatever test figures lie in the folders of other points."""
    for point in sweep.points[2:4]:
        assert point.run
        text = f'{{"test_accuracy": 0.999, "test_loss": 0.1, "test_images": {IMAGES}}}'
        (point.run / "result.json").write_text(text, encoding="utf-8")
    rows = tables.tested(study_of(sweep)).rows
    assert [row[0] for row in rows] == ["lr 0.01 · dropout 0"]
    assert rows[0][2] == "9, 12"
    assert tables.tested(study_of(replace(sweep, chosen=sweep.chosen[:1]))).rows[0][1] == f"{100 * 350 / IMAGES:.2f} %"
    assert study_of(replace(sweep, chosen=())).tested == []


def test_points_without_a_result_have_their_reason(sweep: Sweep) -> None:
    """Those that failed after an epoch, too; none of them is in the ranking."""
    study = study_of(sweep)
    assert [(row[0], row[-2], row[-1]) for row in tables.missing(study).rows] == [
        ("11", "failed", "the loss is not a finite number in epoch 2"),
        ("12", "left out", "the same graph and recipe as point 10"),
    ]
    assert len(tables.best(study).rows) == 5


def test_a_damaged_run_is_a_point_without_a_result(sweep: Sweep, folders: Folders) -> None:
    """The rest is shown, and the damage is the reason."""
    torn = folders.run("torn", [0.5], optimizer={"Adam": {"lr": 0.01}})
    (torn / "settings.json").write_text("{", encoding="utf-8")
    points = (replace(sweep.points[0], run=torn), *sweep.points[1:])
    study = study_of(replace(sweep, points=points))
    assert "settings.json is damaged" in tables.missing(study).rows[0][-1]
    assert len(tables.best(study).rows) == 5


def test_a_sweep_under_way_says_so(sweep: Sweep) -> None:
    """With how many points are still to come; a point that has no figure yet is in no ranking."""
    points = tuple(replace(p, status="running", objective=None) if p.number == 1 else p for p in sweep.points)
    points = tuple(replace(p, status="waiting", run=None, objective=None) if p.number == 3 else p for p in points)
    study = study_of(replace(sweep, points=points, chosen=()))
    assert "of 12 points, 1 waiting and 1 running" in study.notes[0]
    waiting = replace(sweep, points=tuple(replace(p, status="waiting", run=None) for p in sweep.points), chosen=())
    assert [section.name for section in document(study_of(waiting)).sections] == ["best", "missing"]


def test_heat_maps_hold_the_best_mean_at_each_pair(sweep: Sweep) -> None:
    """Means over seeds; a pair whose points have no result is empty."""
    study = study_of(sweep)
    pair = ("optimizer.Adam.lr", "params.dropout")
    assert pairs(study) == [pair]
    found = best_at(study, pair)
    assert found[0.01, 0] == pytest.approx((140 + 142) / 2 / HELD)
    assert (0.0001, 0.4) not in found
    assert study.levels("params.dropout") == [0, 0.2, 0.4]


def test_the_better_is_darker() -> None:
    """For accuracies and for losses, and an error half as large is as far as from 2 to 1 %."""
    shares = shade(Measure("val_accuracy", "max"), [0.96, 0.98, 0.99])
    assert [shares[value] for value in (0.96, 0.98, 0.99)] == pytest.approx([0, 0.5, 1])
    losses = shade(Measure("val_loss", "min"), [1.0, 0.1, 0.01])
    assert [losses[value] for value in (1.0, 0.1, 0.01)] == pytest.approx([0, 0.5, 1])


def test_objectives_have_their_words(sweep: Sweep) -> None:
    """``best val_loss``: smaller is better, of the best epoch."""
    measure = measure_of(replace(sweep, objective="best val_loss", direction="min"))
    assert (measure.words, measure.when, measure.sign) == ("validation loss", "best", -1)
    study = study_of(replace(sweep, objective="val_loss", direction="min"))
    objectives = [setting.objective for setting in study.ranked]
    assert objectives == sorted(objectives)  # type: ignore[type-var]


def test_of_settings_at_one_pair_the_best_is_shown(sweep: Sweep) -> None:
    """Those that a third axis tells apart share a square; for losses the best is the least."""
    points = tuple(
        replace(p, values={**p.values, "batch_size": 32 if p.number % 2 else 64, "seed": 0}) for p in sweep.points
    )
    for direction, best in (("max", max), ("min", min)):
        study = study_of(replace(sweep, points=points, direction=direction))
        pair = ("optimizer.Adam.lr", "params.dropout")
        assert study.axes == (*pair, "batch_size")
        assert best_at(study, pair)[0.01, 0] == pytest.approx(best(140, 142) / HELD)


@pytest.mark.usefixtures("undrawn")
def test_the_command_reports_a_sweep(sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into its folder; what failed is told on the terminal, too."""
    points = tuple(p for p in sweep.points if p.number in (1, 2, 11))
    monkeypatch.setattr(of_sweep, "read_sweep", lambda folder: replace(sweep, points=points))
    done = run("report", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert "1 point failed" in done.stdout
    assert f"{tmp_path / 'report' / 'report.md'} is written" in done.stdout
    text = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "the loss is not a finite number in epoch 2" in text
