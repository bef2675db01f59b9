"""The run folder: what is in it, when it is refused, and what a damaged one says."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from cnnspec import CheckpointError, OutputError, Spec, UsageError, load
from cnnspec.engine.files import write
from cnnspec.pytorch.evaluate import evaluate
from cnnspec.pytorch.train import Metrics, Recipe, Result, Watcher, resume, train
from cnnspec.pytorch.train.curves import curves
from cnnspec.pytorch.train.run_folder import create
from tests.cli.runner import run
from tests.train.conftest import SMALL

FILES = [
    "checkpoints",
    "curves.png",
    "metrics.jsonl",
    "recipe.yaml",
    "result.json",
    "settings.json",
    "spec.yaml",
    "weights.safetensors",
]


def test_a_run_folder_holds_all_that_a_run_is(run_small: Callable[..., Result]) -> None:
    """The spec as text, the settings, a line for each epoch, weights under the spec's keys, a picture, the result."""
    result = run_small(params={"dropout": 0.5}, epochs=3, seed=9)
    folder = result.folder
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert (folder / "spec.yaml").read_text() == SMALL
    settings = json.loads((folder / "settings.json").read_text())
    assert settings["training"]["seed"] == 9
    assert settings["spec"]["settings"] == {"dropout": 0.5}
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert rows == [asdict(row) for row in result.metrics]
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert {"conv.weight", "norm.running_mean", "fc.bias"} <= load_file(folder / "weights.safetensors").keys()
    assert json.loads((folder / "result.json").read_text())["test_accuracy"] == result.test.accuracy


def test_of_several_outputs_the_logits_are_trained(run_small: Callable[..., Result], tmp_path: Path) -> None:
    """The same weights to the bit as of the network that gives nothing else, and a run that is evaluated."""
    wanted = run_small(epochs=2)
    path = tmp_path / "named.yaml"
    path.write_text(f"{SMALL}outputs: {{features: norm, logits: fc}}\n")
    result = train(load(path), Recipe.of(epochs=2, batch_size=128), tmp_path / "named")
    found, other = (load_file(each.folder / "weights.safetensors") for each in (result, wanted))
    assert found.keys() == other.keys()
    assert all(torch.equal(found[key], other[key]) for key in found)
    assert evaluate(result.folder).figures.correct == wanted.test.correct
    path.write_text(f"{SMALL}outputs: {{features: norm, classes: fc}}\n")
    with pytest.raises(UsageError, match=r"which output to train; .* has `features` and `classes`"):
        train(load(path), Recipe.of(epochs=1), tmp_path / "unnamed")


def test_evaluating_a_run_gives_its_own_figures(run_small: Callable[..., Result], tmp_path: Path) -> None:
    """Loss and hits are the same to the bit, also where the folder was moved."""
    result = run_small(params={"dropout": 0.5})
    again = evaluate(result.folder.rename(tmp_path / "moved")).figures
    assert (again.loss, again.correct, again.images) == (result.test.loss, result.test.correct, result.test.images)


def test_evaluating_finds_variant_settings_and_input_again(tmp_path: Path) -> None:
    """A run of a variant with another input is loaded as it was set."""
    out = str(tmp_path / "run")
    flags = ["--set", "activation=Sigmoid", "--input", "1,32,30", "--data", "fake", "--epochs", "1"]
    trained = run("train", "mnist/lenet", *flags, "--out", out)
    assert trained.exit_code == 0, trained.stderr
    assert run("eval", out).stdout.splitlines()[-1] == trained.stdout.splitlines()[-1]


def test_the_commands_print_the_network_the_epochs_and_the_accuracy(small_file: Path, tmp_path: Path) -> None:
    """Without a terminal there is a line for each epoch; the last line is the accuracy, the same from both commands."""
    out = str(tmp_path / "run")
    trained = run("train", str(small_file), "--epochs", "2", "--out", out)
    first, one, two, where, last = trained.stdout.splitlines()
    assert first.endswith("1,294 training, 144 validation, 359 test images · cpu")
    assert f"{40 + 8 + 1450:,} params · {1296 + 1440:,} MACs" in first  # conv, norm, fc; conv, fc
    assert one.startswith("epoch 1/2  loss ")
    assert "  validation loss " in two
    assert two.endswith(" images/s")
    assert where == f"the run is in {out}"
    correct = json.loads((tmp_path / "run" / "result.json").read_text())["test_accuracy"]
    assert last == f"test accuracy {100 * correct:.2f} %"
    assert run("eval", out).stdout.splitlines()[-1] == last


def test_runs_are_numbered(small_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --out a run goes into runs/, under the next free number."""
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        result = run("train", str(small_file), "--epochs", "1", "--batch-size", "500")
        assert f"the run is in runs/small-{number}" in result.stdout
    assert create(None, "mnist/resnet50") == Path("runs/resnet50-1")
    assert create(None, "specs/net.yaml:big one") == Path("runs/net-big-one-1")


def test_an_occupied_folder_is_refused_before_the_data_are_read(small_file: Path, tmp_path: Path) -> None:
    """Nothing is overwritten, be it a run or something else; an empty folder is taken."""
    out = tmp_path / "out"
    out.mkdir()
    assert create(out, "small") == out
    (out / "mine.txt").write_text("mine")
    result = run("train", str(small_file), "--data", "mnist", "--data-dir", "/no/such/folder", "--out", str(out))
    assert result.exit_code == 2
    assert "is not empty; nothing is overwritten" in result.stderr
    assert (out / "mine.txt").read_text() == "mine"


def test_a_folder_that_holds_a_run_is_refused(run_small: Callable[..., Result]) -> None:
    """The message says that there is a run."""
    run_small()
    with pytest.raises(UsageError, match="holds a run"):
        run_small()


def test_a_folder_that_cannot_be_made_is_an_output_error(small_file: Path, tmp_path: Path) -> None:
    """A file in the way ends the command with its code, without a traceback."""
    (tmp_path / "file").touch()
    result = run("train", str(small_file), "--out", str(tmp_path / "file" / "run"))
    assert result.exit_code == 7
    assert "cannot be written: Not a directory" in result.stderr
    assert run("train", str(small_file), "--out", str(tmp_path / "file")).exit_code == 2


def test_a_full_disk_leaves_the_file_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails to be written whole is not there at all, and the one before it stays."""
    path = tmp_path / "file"
    write(path, b"before")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="file cannot be written: No space left on device"):
        write(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_while_training_ends_with_its_code(small_file: Path, tmp_path: Path) -> None:
    """A rate that is far too large diverges: code 6, epoch and step are named, and no weights are left."""
    result = run("train", str(small_file), "--lr", "1e38", "--out", str(tmp_path / "run"))
    assert result.exit_code == 6
    assert "training diverged: the loss is " in result.stderr
    assert "of epoch 1" in result.stderr
    assert "Traceback" not in result.output
    assert not (tmp_path / "run" / "weights.safetensors").exists()


def test_an_interrupted_run_keeps_its_epochs(small_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with 130 and without a traceback; the weights of the last whole epoch can be measured."""

    def interrupt(self: object, metrics: Metrics) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cnnspec.cli.progress.ProgressLines.epoch", interrupt)
    out = str(tmp_path / "run")
    result = run("train", str(small_file), "--out", out)
    assert (result.exit_code, result.stderr) == (130, "interrupted; what was written is kept\n")
    assert run("eval", out).stdout.splitlines()[-1].startswith("test accuracy ")


class Moves(Watcher):
    """Takes the run's folder away after its first epoch."""

    def __init__(self, *, deletes: bool, remakes: bool) -> None:
        self.deletes, self.remakes = deletes, remakes

    def started(self, run: Path) -> None:
        self.run = run

    def epoch(self, metrics: Metrics) -> None:
        shutil.rmtree(self.run) if self.deletes else self.run.rename(self.run.with_name("moved"))
        if self.remakes:
            self.run.mkdir()


@pytest.mark.parametrize("epochs", [1, 2], ids=["at the end", "between epochs"])
@pytest.mark.parametrize(("deletes", "remakes"), [(False, False), (True, False), (False, True)])
def test_a_run_folder_that_is_moved_ends_the_run(
    small: Spec, tmp_path: Path, epochs: int, deletes: bool, remakes: bool
) -> None:
    """With 7 and a message; no other folder is begun in its place, and a folder that was moved can be resumed."""
    watch = Moves(deletes=deletes, remakes=remakes)
    with pytest.raises(OutputError, match="run was moved or deleted while its run was training") as caught:
        train(small, Recipe(epochs=epochs, batch_size=500, threads=1), tmp_path / "run", watch)
    assert caught.value.exit_code == 7
    assert (tmp_path / "run").exists() == remakes
    assert not remakes or not list((tmp_path / "run").iterdir())
    if not deletes:
        assert len(resume(tmp_path / "moved").metrics) == epochs


def replace_text(name: str, old: str, new: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))

    return damage


def drop_tensor(folder: Path) -> None:
    weights = load_file(folder / "weights.safetensors")
    del weights["fc.bias"]
    save_file(weights, folder / "weights.safetensors")


def cut_weights(folder: Path) -> None:
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


def huge_header(folder: Path) -> None:
    path = folder / "weights.safetensors"
    path.write_bytes(struct.pack("<Q", 2**60) + path.read_bytes()[8:])


def pipe(run: Path) -> None:
    (run / "settings.json").unlink()
    os.mkfifo(run / "settings.json")


DAMAGES: list[tuple[Callable[[Path], object], str]] = [
    (lambda run: (run / "settings.json").unlink(), "settings.json is missing"),
    (lambda run: (run / "spec.yaml").unlink(), "spec.yaml is missing"),
    (lambda run: (run / "weights.safetensors").unlink(), "weights.safetensors is missing"),
    (lambda run: (run / "settings.json").write_text('{"cnn'), "settings.json is damaged: Invalid JSON"),
    (lambda run: (run / "settings.json").write_bytes(b"\xff\xfe"), "settings.json is damaged"),
    (
        replace_text("settings.json", '"lr": 0.001', '"lr": -1.0'),
        "settings.json is damaged: training: `lr` takes a positive number",
    ),
    (replace_text("settings.json", '"lr"', '"rate"'), "settings.json is damaged: training"),
    (replace_text("settings.json", '"std": [', '"std": [1.0,'), "pixels: the network takes 1 channel"),
    (replace_text("settings.json", '"dropout"', '"drop"'), "has no param `drop`"),
    (replace_text("spec.yaml", "Conv2d", "Cov2d"), "spec.yaml is damaged, or does not belong to settings.json"),
    (replace_text("spec.yaml", "kernel_size: 3", "kernel_size: 9"), "spec.yaml is damaged, or does not belong to"),
    (replace_text("spec.yaml", "- ReLU", "- Sigmoid"), "spec.yaml was edited after the run had started"),
    (replace_text("recipe.yaml", "epochs: 1", "epochs: 9"), "recipe.yaml was edited after the run had started"),
    (lambda run: (run / "recipe.yaml").unlink(), "recipe.yaml is missing"),
    (replace_text("settings.json", '"recipe.yaml"', '"../recipe.yaml"'), "settings.json is damaged: sha256"),
    (drop_tensor, "does not fit the run's network: `fc.bias` is missing"),
    (cut_weights, "weights.safetensors is damaged"),
    (huge_header, "weights.safetensors is damaged"),
    (lambda run: shutil.rmtree(run), "there is no run folder"),
    (pipe, "settings.json` is not a regular file"),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that the tests damage copies of."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "small.yaml").write_text(SMALL)
    return train(load(folder / "small.yaml", dropout=0.5), Recipe(epochs=1, batch_size=500), folder / "run").folder


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_a_damaged_run_names_the_file(
    whole: Path, tmp_path: Path, damage: Callable[[Path], object], message: str
) -> None:
    """Whatever is missing or wrong in a run folder is a CheckpointError that says what and where."""
    folder = Path(shutil.copytree(whole, tmp_path / "run"))
    damage(folder)
    with pytest.raises(CheckpointError) as caught:
        evaluate(folder)
    assert message in caught.value.message
    assert caught.value.exit_code == 5


def test_diagnostics_within_an_error_stand_in_their_lines(whole: Path, tmp_path: Path) -> None:
    """What is wrong with the spec of a run is shown as `check` shows it; where there is one line, the first stands."""
    folder = Path(shutil.copytree(whole, tmp_path / "run"))
    replace_text("spec.yaml", "Conv2d", "Cov2d")(folder)
    result = run("predict", str(folder), "test:0")
    assert result.exit_code == 5
    first, second, third, *_ = result.stderr.splitlines()
    assert first == f"error: {folder / 'spec.yaml'} is damaged, or does not belong to settings.json:"
    assert second == "error[unknown-layer]: no layer is called `Cov2d`"
    assert third.startswith("  --> ")
    with pytest.raises(CheckpointError) as caught:
        evaluate(folder)
    assert caught.value.first_line == first.removeprefix("error: ").rstrip(":")


@pytest.mark.parametrize("name", ["warp", "hpu", "mps"] if not torch.backends.mps.is_available() else ["warp"])
def test_a_device_that_is_not_there_is_refused(small_file: Path, tmp_path: Path, name: str) -> None:
    """The name is repeated with torch's reason, of which one sentence is enough."""
    result = run("train", str(small_file), "--device", name, "--out", str(tmp_path / "run"))
    assert result.exit_code == 2
    assert f"there is no device `{name}` here" in result.stderr
    assert len(result.stderr) < 500


@pytest.mark.parametrize("held_out", [True, False])
def test_curves_are_a_picture(held_out: bool) -> None:
    """A PNG of 1,200×480 pixels, also for a single epoch and without a validation part."""
    val_loss, val_accuracy = (0.5, 0.8) if held_out else (None, None)
    png = curves("net", [Metrics(1, 1.0, 0.7, val_loss, val_accuracy, 100.0, 1.0)])
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">2I", png[16:24]) == (1200, 480)


def test_the_commands_are_defined_without_torch() -> None:
    """The command line imports nothing heavy until a run starts."""
    code = "import sys, cnnspec.cli.train; print([m for m in ('torch', 'numpy', 'matplotlib') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_threads_are_those_that_were_asked_for(small: Spec, tmp_path: Path) -> None:
    """A run uses the threads of its settings, says so in its result, and leaves torch as it was."""
    before = torch.get_num_threads()
    train(small, Recipe.of(data="fake", epochs=1, threads=2), tmp_path / "run")
    assert json.loads((tmp_path / "run" / "result.json").read_text())["threads"] == 2
    assert torch.get_num_threads() == before
