"""The page follows from the folders of the sweeps alone, wherever they were run and whatever is missing."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.reproduction import page
from benchmarks.reproduction.__main__ import main
from benchmarks.reproduction.findings import FINDINGS, word_of
from benchmarks.reproduction.found import RATE, Found, read_found
from benchmarks.reproduction.plans import NAMES, Extent, planned
from benchmarks.reproduction.shown import numbers, trained
from benchmarks.reproduction.shown import test_bars as shown_bars
from cnnspec.pytorch.report.blocks import ReportTable
from cnnspec.pytorch.report.charts.saved import DrawnPicture
from cnnspec.pytorch.report.write import markdown
from cnnspec.pytorch.train import Figures
from tests.reproduction.made import write_sweep

RUN = ("lenet_sigmoid", "lenet_pooling", "comparison", "corrected")
EXTENT = Extent(scale=0.5, epochs=4, seeds=(0, 1))


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four of the sweeps, as if they had been run."""
    folder = tmp_path_factory.mktemp("report")
    for name in RUN:
        write_sweep(planned(name, EXTENT, folder), folder / name)
    return folder


@pytest.fixture(scope="module")
def found(build: Path) -> Mapping[str, Found]:
    return {name: sweep for name in NAMES if (sweep := read_found(build, name))}


def test_findings_have_their_verdicts(found: Mapping[str, Found]) -> None:
    """Those of the figures that the runs have; a finding whose sweep is not there is not run."""
    words = {finding.number: word_of(finding.claims(found)) for finding in FINDINGS}
    assert words == {1: "confirmed", 3: "confirmed", 8: "refuted"} | dict.fromkeys((2, 4, 5, 6, 7), "not run")


def test_what_was_run_is_as_the_runs_say(found: Mapping[str, Found]) -> None:
    """Data, epochs, seeds and hardware, which may be another machine's."""
    told = found["lenet_sigmoid"].told()
    assert "14 of 14 runs" in told
    assert "30,000 of MNIST's 60,000 training images, 3,000 of them held back" in told
    assert "4 epochs; seeds 0 and 1" in told
    assert "A GPU of another machine (cuda), 1 thread, torch 2.11.0" in told
    assert "none held back" in found["comparison"].told()


def test_the_page_says_what_is_not_whole(found: Mapping[str, Found]) -> None:
    """That images are left out, and which sweeps were not run."""
    text = markdown(page.page(found), page.FORM)
    assert "**On a part of the training images: comparison, corrected, lenet_pooling and lenet_sigmoid.**" in text
    assert "The sweep alexnet was not run." in text
    assert "(reproduction/lenet_sigmoid-curves.svg)" in text
    assert "Confirmed if no run at these rates gets over 50 % in any epoch" in text


def test_quirks_are_held_against_their_correction(found: Mapping[str, Found]) -> None:
    """Each on the test set, with the word that the spread over seeds leaves."""
    (table,) = (b for b in page.corrected(found).blocks[-1:] if isinstance(b, ReportTable))
    assert [(row[-2], row[-1]) for row in table.rows] == [
        ("+0.40", "better"),
        ("+0.40", "better"),
        ("+0.00", "within the spread"),
        ("+0.00", "within the spread"),
    ]


def test_what_does_not_train_is_not_compared(found: Mapping[str, Found]) -> None:
    """Its errors are in no chart that is to tell the others apart, and in no claim of finding 8."""
    sweep = found["comparison"]
    stuck = Figures(2.3, 1135, 10_000, 1.0)
    settings = [
        replace(s, trials=(replace(s.trials[0], test=stuck), *s.trials[1:])) if s.label == "vgg16" else s
        for s in sweep.study.settings
    ]
    spoilt = Found("comparison", replace(sweep.study, settings=tuple(settings)))
    assert [len(s.tested) for s in trained(spoilt.study).tested if s.label == "vgg16"] == [1]
    assert "1 run without training" in shown_bars(spoilt).caption
    claims = FINDINGS[-1].claims({"comparison": spoilt})
    assert {claim.verdict.because for claim in claims} == {"runs or epochs that it needs are missing"}


def test_runs_in_their_middle_say_nothing(build: Path, tmp_path: Path) -> None:
    """What was stopped after some epochs is in no curve and no table until it is done."""
    shutil.copytree(build / "lenet_sigmoid", tmp_path / "lenet_sigmoid")
    path = tmp_path / "lenet_sigmoid" / "points" / "0005.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(record | {"status": "waiting", "reason": "interrupted", "objective": None}))
    found = read_found(tmp_path, "lenet_sigmoid")
    assert found
    assert "13 of 14 runs" in found.told()
    assert [len(curves) for curves in found.by(RATE).values()] == [2, 2, 1, 2, 2, 2, 2]
    assert [row[1] for row in numbers(found).rows] == ["2", "2", "1", "2", "2", "2", "2"]


def test_runs_that_diverge_do_not_train(build: Path, tmp_path: Path) -> None:
    """They count, with the epochs that they had; runs that failed for another reason say nothing."""
    shutil.copytree(build / "lenet_sigmoid", tmp_path / "lenet_sigmoid")
    for number, reason in ((1, "training diverged: the loss is nan at step 3 of epoch 1"), (2, "out of memory")):
        path = tmp_path / "lenet_sigmoid" / "points" / f"{number:04}.json"
        record = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(record | {"status": "failed", "reason": reason, "objective": None}))
        (path.with_suffix("") / "metrics.jsonl").write_text("", encoding="utf-8")
    found = read_found(tmp_path, "lenet_sigmoid")
    assert found
    assert found.by(RATE)[0.1] == ((),)
    assert "13 of 14 runs, 1 diverged" in found.told()


def test_the_page_and_its_pictures_are_written(build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every picture that the text names is a file beside it; nothing is run for it."""
    blank = SimpleNamespace(of=lambda picture: DrawnPicture(picture, "<svg/>", b"", "<svg/>"))
    monkeypatch.setattr(page, "DrawnPicture", blank)
    monkeypatch.setattr("sys.argv", ["report", "--only", "page", "--out", str(build), "--docs", str(tmp_path)])
    main()
    text = (tmp_path / "reproduction.md").read_text(encoding="utf-8")
    assert text.startswith("# The report, redone")
    assert sorted(re.findall(r"\]\((.*?)\)", text)) == sorted(
        f"reproduction/{p.name}" for p in tmp_path.glob("*/*.svg")
    )
    assert len(list(build.iterdir())) == len(RUN) * 2  # folders, and the files with other seeds
