"""Runs make a study: what differs are the axes, seeds are told together, and what cannot be compared is refused."""

from __future__ import annotations

import json
from hashlib import sha256
from statistics import mean, stdev

import pytest

from cnnspec.engine.diagnostics import CheckpointError, UsageError
from cnnspec.pytorch.report import compare, tables
from cnnspec.pytorch.report.metric import Measure, interval, seconds
from tests.cli.runner import run
from tests.report.made import IMAGES, Folders, adam, held


def test_what_differs_makes_the_axes(folders: Folders) -> None:
    """Params with the spec's default where a run sets none, the optimizer's settings, and nothing that is the same."""
    study = compare(
        [
            folders.run("a", held(100), optimizer=adam(0.1)),
            folders.run("b", held(120), optimizer=adam(0.01), params={"dropout": 0.5}),
            folders.run("c", held(110), optimizer={"SGD": {"lr": 0.01}}, threads=2, workers=0),
        ]
    )
    assert study.axes[:3] == ("params.dropout", "optimizer", "optimizer.Adam.lr")
    assert [setting.values["params.dropout"] for setting in study.settings] == [0.5, 0, 0]
    assert [setting.values["optimizer.Adam.lr"] for setting in study.settings] == [0.01, None, 0.1]
    assert not {"threads", "workers", "seed", "epochs", "batch_size"} & set(study.axes)
    assert study.settings[0].label.startswith("dropout 0.5 · Adam · optimizer.Adam.lr 0.01")


def test_seeds_are_one_setting(folders: Folders) -> None:
    """Its value is their mean, and their spread the sample's standard deviation, in all tables."""
    rights = (120, 130, 128)
    right = enumerate(rights)
    study = compare([folders.run(f"s{n}", held(50, last), seed=n, correct=300 + n) for n, last in right])
    assert len(study.settings) == 1
    shares = [100 * right / 144 for right in rights]
    told = f"{mean(shares):.2f} ± {stdev(shares):.2f} %"
    assert told in tables.best(study).rows[0]
    accuracies = [100 * (300 + seed) / IMAGES for seed in range(3)]
    assert f"{mean(accuracies):.2f} ± {stdev(accuracies):.2f} %" in tables.tested(study).rows[0]
    assert "59, 58, 57" in tables.tested(study).rows[0]
    assert len(tables.trials(study).rows) == 3


def test_texts_of_one_name_are_told_apart(folders: Folders) -> None:
    """A spec that was edited between two runs is another network, whatever its file is called."""
    one, other = folders.run("one", held(100)), folders.run("other", held(110))
    text = (other / "spec.yaml").read_text(encoding="utf-8")
    text = text.replace("out_channels: 4", "out_channels: 8")
    (other / "spec.yaml").write_text(text, encoding="utf-8")
    settings = json.loads((other / "settings.json").read_text(encoding="utf-8"))
    settings["sha256"]["spec.yaml"] = sha256(text.encode()).hexdigest()  # as if it had been trained so
    (other / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    study = compare([one, other])
    assert study.axes == ("spec",)
    assert [setting.values["spec"] for setting in study.settings] == ["small.yaml (2)", "small.yaml"]


def test_different_data_are_told(folders: Folders) -> None:
    """It is a note and no error; so are other parts that are held back, and a run that is not done."""
    runs = [folders.run("a", held(100), correct=300), folders.run("b", held(100), data="mnist")]
    notes = " ".join(compare(runs).notes)
    assert "different data sets (digits and mnist)" in notes
    assert str(runs[1]) in notes
    assert compare([folders.run("c", held(90), correct=3), folders.run("d", held(91), correct=3)]).notes == ()
    parts = [folders.run("e", held(90), correct=3), folders.run("f", held(91), correct=3, validation=0.2)]
    assert "different validation parts" in compare(parts).notes[0]


def test_without_validation_training_is_compared(folders: Folders) -> None:
    """A run that there is no validation split has no validation figures; tables show a dash."""
    folder = folders.run("a", held(100, 120), correct=300, validation=0.0)
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    text = "".join(json.dumps(row | {"val_loss": None, "val_accuracy": None}) + "\n" for row in rows)
    (folder / "metrics.jsonl").write_text(text, encoding="utf-8")
    study = compare([folder])
    assert study.measure.words == "training accuracy"
    assert tables.trials(study).rows[0][-3:-1] == ("–", "–")


def test_what_is_no_run_is_refused(folders: Folders) -> None:
    """Each with its own words and the code for a run that cannot be read, and without a traceback."""
    good = folders.run("good", held(100))
    fresh = folders.run("fresh", held())
    torn = folders.run("torn", held(100))
    (torn / "metrics.jsonl").write_text('{"epoch": 1, "train_loss"', encoding="utf-8")
    infinite = folders.run("infinite", held(100))
    text = (infinite / "metrics.jsonl").read_text(encoding="utf-8")
    (infinite / "metrics.jsonl").write_text(
        text.replace('"train_loss": ', '"train_loss": 1e999, "x": '), encoding="utf-8"
    )
    odd = folders.run("odd", held(100), correct=3)
    (odd / "result.json").write_text('{"test_accuracy": "high"}', encoding="utf-8")
    (folders.folder / "empty").mkdir()
    for name, said in {
        "nowhere": "there is no run folder",
        "empty": "settings.json is missing",
        "fresh": "has no results yet",
        "torn": "metrics.jsonl is damaged: line 1",
        "infinite": "metrics.jsonl is damaged: line 1",
        "odd": "result.json is damaged: test_accuracy",
    }.items():
        done = run("compare", str(good), str(folders.folder / name), "--out", str(folders.folder / "out"))
        assert done.exit_code == 5, name
        assert said in done.stderr
        assert "Traceback" not in done.output
    assert not (folders.folder / "out").exists()
    assert fresh.exists()
    with pytest.raises(CheckpointError):
        compare([folders.folder / "nowhere"])
    with pytest.raises(UsageError, match="named twice"):
        compare([good, folders.folder / "empty" / ".." / "good"])


def test_intervals_are_wilsons() -> None:
    """As in the tables: 0 of 10 gives 0 to 27.75 %, 8 of 10 gives 49.02 to 94.33 %."""
    assert interval(0, 10) == pytest.approx((0, 0.2775), abs=5e-5)
    assert interval(0.8, 10) == pytest.approx((0.4902, 0.9433), abs=5e-5)
    assert interval(1, 10) == pytest.approx((0.7225, 1), abs=5e-5)


def test_values_are_printed_as_people_write_them() -> None:
    """Shares in per cent, losses with four digits, times in two units."""
    assert Measure("val_accuracy", "max").text(0.98765) == "98.77 %"
    assert Measure("val_loss", "min").spread([0.5, 0.7]) == "0.6000 ± 0.1414"
    assert [seconds(value) for value in (4.23, 59.9, 200, 7500)] == ["4.2 s", "59.9 s", "3 min 20 s", "2 h 5 min"]
