"""A run that was broken off goes on to the end that it would have come to, or says why it does not."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from cnnspec import CheckpointError, DivergedError, UsageError, load
from cnnspec.pytorch.train import Recipe, Stop, Stopped, Watcher, resume, train
from cnnspec.pytorch.train.checkpoint import Checkpoints
from cnnspec.pytorch.train.lock import locked
from tests.cli.runner import run
from tests.torture.runs import MOST, arguments, outcome, recipe, undisturbed, write_spec
from tests.train.conftest import Notes

STEPS, WATCHED, TESTED = 21, 5, 12  # in an epoch; batches of the validation part, and of the test


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_spec(tmp_path_factory.mktemp("spec"))


@pytest.fixture(scope="module")
def whole(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing has disturbed."""
    return undisturbed(spec, tmp_path_factory.mktemp("whole") / "run")


class StopAt(Stop):
    """Asks for the end when it is looked at for the Nth time: after the Nth step or measured batch."""

    def __init__(self, turn: int) -> None:
        super().__init__()
        self.turn = turn

    def check(self, due: bool = False) -> bool:
        self.turn -= 1
        self.number = signal.SIGTERM if self.turn == 0 else self.number
        return super().check(due)


def broken_off(spec: Path, run: Path, turn: int, by: Recipe | None = None) -> Path:
    with pytest.raises(Stopped) as caught:
        train(load(spec), by or recipe(spec), run, stop=StopAt(turn))
    assert caught.value.exit_code == 143
    assert caught.value.__notes__ == [f"`cnnspec train --resume {run}` goes on"]
    return run


EPOCH = STEPS + WATCHED
PLACES = {
    "after the first step": 1,
    "within an epoch": 7,
    "after the last step": STEPS,
    "while it is watched": STEPS + 2,
    "after it is watched": EPOCH,
    "within the second epoch": EPOCH + 9,
    "while it is tested": 3 * EPOCH + 4,
    "at the end": 3 * EPOCH + TESTED,
}


@pytest.mark.parametrize("place", PLACES)
def test_a_stopped_run_goes_on_to_the_same_bits(spec: Path, whole: Path, tmp_path: Path, place: str) -> None:
    """Weights, averages, optimizer, schedule, generators, metrics and the result are those of a run undisturbed."""
    stopped = broken_off(spec, tmp_path / "run", PLACES[place])
    assert not (stopped / "result.json").exists()
    resume(stopped)
    assert outcome(stopped) == outcome(whole)


def test_a_run_may_be_stopped_at_every_turn(spec: Path, whole: Path, tmp_path: Path) -> None:
    """Over and over, thirteen steps or measured batches at a time: one more than the test has."""
    stopped, times = broken_off(spec, tmp_path / "run", TESTED + 1), 1
    while not (stopped / "result.json").exists():
        with suppress(Stopped):
            resume(stopped, stop=StopAt(TESTED + 1))
        times += 1
    assert times > 5
    assert outcome(stopped) == outcome(whole)


def test_a_finished_run_is_measured_again(spec: Path, whole: Path, tmp_path: Path) -> None:
    """There is nothing to train; its result, were it lost, is made anew."""
    done = Path(shutil.copytree(whole, tmp_path / "run"))
    (done / "result.json").unlink()
    resume(done)
    assert outcome(done) == outcome(whole)


def test_one_command_begins_and_goes_on(spec: Path, whole: Path, tmp_path: Path) -> None:
    """With a name, `--resume` begins the run where there is none; and says afterwards where it goes on."""
    place = tmp_path / "run"
    begun = run(*arguments(spec, place))
    assert begun.exit_code == 0, begun.stderr
    again = run("train", "--resume", str(place))
    assert again.exit_code == 0, again.stderr
    assert f"{place} is finished after 3 epochs: nothing is left to train" in again.stdout
    assert again.stdout.splitlines()[-1] == begun.stdout.splitlines()[-1]
    assert outcome(place) == outcome(whole)


def test_a_damaged_checkpoint_costs_the_steps_since_the_one_before(spec: Path, whole: Path, tmp_path: Path) -> None:
    """It is said aloud, and the end is the same."""
    stopped = broken_off(spec, tmp_path / "run", STEPS - 1)
    last = Checkpoints(stopped, MOST).numbers()[-1]
    path = stopped / "checkpoints" / f"checkpoint-{last}" / "optimizer.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    notes = Notes()
    resume(stopped, notes)
    told = "\n".join(notes.notes)
    assert f"checkpoint-{last} is damaged and left aside: optimizer.safetensors: " in told
    assert f"checkpoint-{last - 1}, an earlier one, is whole and used instead" in told
    assert outcome(stopped) == outcome(whole)


def test_a_run_without_a_checkpoint_begins_anew(spec: Path, whole: Path, tmp_path: Path) -> None:
    """As one does that was killed before its first."""
    stopped = broken_off(spec, tmp_path / "run", 1)
    shutil.rmtree(stopped / "checkpoints")
    notes = Notes()
    resume(stopped, notes)
    assert f"{stopped} has no checkpoint yet, and begins anew" in notes.notes
    assert outcome(stopped) == outcome(whole)


def test_what_is_left_of_a_run_before_it_began_is_no_obstacle(spec: Path, whole: Path, tmp_path: Path) -> None:
    """Its texts and its lock are taken over; a text of another's is not overwritten."""
    place = tmp_path / "run"
    place.mkdir()
    shutil.copy(spec, place / "spec.yaml")
    (place / "lock").write_text(json.dumps({"pid": 1, "host": "gone", "boot": ""}))
    (place / ".cnnspec-0123456789abcdef.part").write_text("half")
    assert outcome(undisturbed(spec, place)) == outcome(whole)
    other = tmp_path / "other"
    other.mkdir()
    (other / "spec.yaml").write_text("mine")
    with pytest.raises(UsageError, match="is not empty; nothing is overwritten"):
        undisturbed(spec, other)


@pytest.mark.parametrize(
    ("flags", "difference"),
    [
        (("--epochs", "5"), "`epochs`: 3 before, 5 now"),
        (("--lr", "0.2"), "'lr': 0.2"),
        (("--set", "optimizer.Adam.lr=0.05"), "{'Adam': {'lr': 0.05"),
        (("--seed", "4"), "`seed`: 3 before, 4 now"),
    ],
)
def test_other_settings_are_refused_with_the_difference(whole: Path, flags: tuple[str, str], difference: str) -> None:
    """Before anything is read or written; the code is that of usage."""
    result = run("train", "--resume", str(whole), *flags)
    assert result.exit_code == 2
    assert "was begun otherwise" in result.stderr
    assert difference in result.stderr


def test_another_spec_is_refused_with_the_difference(spec: Path, whole: Path, tmp_path: Path) -> None:
    """The lines that differ are shown."""
    other = tmp_path / "other.yaml"
    other.write_text(spec.read_text().replace("p: 0.3", "p: 0.4"))
    result = run("train", str(other), "--resume", str(whole))
    assert result.exit_code == 2
    assert "-  - Dropout: {p: 0.3}" in result.stderr
    assert "+  - Dropout: {p: 0.4}" in result.stderr


def test_where_it_is_computed_may_change(spec: Path, tmp_path: Path) -> None:
    """How often it is saved, too; that other threads give other bits is said."""
    stopped = broken_off(spec, tmp_path / "run", 3)
    result = run("train", "--resume", str(stopped), "--threads", "2", "--save-every", "50")
    assert result.exit_code == 0, result.stderr
    assert "not to the same bits" in result.stdout


def edited(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(place: Path) -> None:
        text = (place / name).read_text()
        assert old in text
        (place / name).write_text(text.replace(old, new))

    return edit


EDITS: list[tuple[Callable[[Path], None], str]] = [
    (edited("spec.yaml", "p: 0.3", "p: 0.4"), "+  - Dropout: {p: 0.4}"),
    (edited("recipe.yaml", "epochs: 3", "epochs: 4"), "recipe.yaml was edited after the run had started"),
    (edited("settings.json", '"lr": 0.05', '"lr": 0.5'), "`optimizer`: "),
    (edited("settings.json", '"seed": 3', '"seed": 4'), "`seed`: 3 before, 4 now"),
]


@pytest.mark.parametrize(("edit", "difference"), EDITS)
def test_a_checkpoint_of_another_run_is_refused(
    whole: Path, tmp_path: Path, edit: Callable[[Path], None], difference: str
) -> None:
    """Whoever edits the folder of a run is told what its checkpoints were made with."""
    place = Path(shutil.copytree(whole, tmp_path / "run"))
    edit(place)
    with pytest.raises(UsageError if "seed" in difference else CheckpointError) as caught:
        resume(place)
    assert "seed" in difference or difference in str(caught.value)


def test_a_run_without_a_checkpoint_takes_its_own_texts_alone(whole: Path, tmp_path: Path) -> None:
    """No checkpoint says what the spec was; its hash does, and a recipe that is gone is named."""
    place = Path(shutil.copytree(whole, tmp_path / "run"))
    shutil.rmtree(place / "checkpoints")
    edited("spec.yaml", "p: 0.3", "p: 0.4")(place)
    with pytest.raises(CheckpointError, match=r"spec\.yaml was edited after the run had started"):
        resume(place)
    (place / "recipe.yaml").unlink()
    result = run("train", "--resume", str(place))
    assert (result.exit_code, f"{place / 'recipe.yaml'} is missing" in result.stderr) == (5, True)


def test_a_spec_that_is_broken_is_refused(whole: Path, tmp_path: Path) -> None:
    """A run's spec is checked like any other before anything is built of it."""
    place = Path(shutil.copytree(whole, tmp_path / "run"))
    edited("spec.yaml", "kernel_size: 3", "kernel_size: 30")(place)
    with pytest.raises(CheckpointError, match="a 30×30 window does not fit"):
        resume(place)


ROW = {
    "epoch": 1, "train_loss": 1.0, "train_accuracy": 0.5, "val_loss": None, "val_accuracy": None,
    "images_per_s": 1.0, "seconds": 1.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rows", [{"epoch": "one"}]),
        ("rows", 3),
        ("rows", [{**ROW, "train_accuracy": -0.5}]),
        ("rows", [{**ROW, "train_loss": float("nan")}]),
        ("rows", [{**ROW, "seconds": -1.0}]),
        ("epoch", None),
        ("epoch", -1),
        ("best", float("nan")),
        ("best", "low"),
        ("tally", {}),
        ("optimizer", {}),
        ("schedule", []),
        ("stopping", None),
        ("random", {}),
    ],
)
def test_values_that_nobody_wrote_are_refused(whole: Path, tmp_path: Path, field: str, value: object) -> None:
    """In a checkpoint whose hashes are right: an error with the checkpoint and the field, and no traceback."""
    place = Path(shutil.copytree(whole, tmp_path / "run"))
    store = Checkpoints(place, MOST)
    state = store.load(pytest.fail)
    assert state is not None
    saved = store.save(state.with_values(**{field: value}))
    result = run("train", "--resume", str(place))
    assert (result.exit_code, "Traceback" in result.output) == (5, False), result.stderr
    assert f"{saved}: the checkpoint" in result.stderr
    assert field in result.stderr.replace("random generators", "random")


def test_a_second_writer_is_refused(spec: Path, whole: Path, tmp_path: Path) -> None:
    """With the code of usage, and whose run it is."""
    place = Path(shutil.copytree(whole, tmp_path / "run"))
    with locked(place, pytest.fail):
        result = run("train", "--resume", str(place))
    assert result.exit_code == 2
    assert f"is being written by process {os.getpid()} on " in result.stderr


def test_numbers_that_are_not_finite_leave_the_last_good_state(
    spec: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends before the step; what was saved before is whole, and goes on where the numbers are right again."""
    turns = iter(range(100))
    with monkeypatch.context() as patch:
        patch.setattr("cnnspec.pytorch.train.loop.is_finite", lambda *given: next(turns) != 14)
        patch.setattr("cnnspec.pytorch.train.finite._gradient", lambda model: "somewhere")
        with pytest.raises(DivergedError, match="a gradient is not finite at step 30 of epoch 1") as caught:
            undisturbed(spec, tmp_path / "run")
    assert caught.value.exit_code == 6
    notes = Notes()
    resume(tmp_path / "run", notes)
    assert f"{tmp_path / 'run'} goes on after step 24 of epoch 1" in notes.notes
    assert outcome(tmp_path / "run") == outcome(whole)


def test_a_full_disk_ends_with_its_code(spec: Path, tmp_path: Path) -> None:
    """A real one, of files that may not grow: code 7, a message, and no traceback; what was there is as it was."""

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    command = [sys.executable, "-m", "cnnspec", *arguments(spec, tmp_path / "run")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=full)
    assert ended.returncode == 7, ended.stderr
    assert "checkpoint-1 cannot be written: File too large" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list((tmp_path / "run" / "checkpoints").iterdir()) == []


def test_what_is_asked_for_has_to_make_sense(spec: Path) -> None:
    """Nothing that is asked for is left unheard."""
    for given, message in (
        ((), "there is nothing to train"),
        (("--resume", "x", "--out", "y"), "--resume names the run's folder, and so does --out"),
        (("--resume", "x", "--variant", "y"), "are of a spec, and none is named"),
    ):
        result = run("train", *given)
        assert (result.exit_code, message in result.stderr) == (2, True), result.stderr
    assert run("train", "--resume", "/no/such/run").exit_code == 5


def test_a_watcher_may_end_a_run(spec: Path, tmp_path: Path) -> None:
    """A failure in whoever watches is not kept, and leaves the run to go on with."""

    class Fails(Watcher):
        def epoch(self, metrics: object) -> None:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train(load(spec), recipe(spec), tmp_path / "run", Fails())
    resume(tmp_path / "run")
