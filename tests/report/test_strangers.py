"""Run and sweep folders of strangers: whatever stands in the place of a file, nothing is waited for or led astray."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnspec.engine.diagnostics import CheckpointError
from cnnspec.pytorch.sweep import read_sweep
from cnnspec.pytorch.sweep.folder import KnownPoint, PointRecord, SweepPlan, write_plan, write_record
from tests.cli.runner import run
from tests.report.made import Folders


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


def linked(path: Path) -> None:
    """A link to a sound file elsewhere."""
    kept = path.parent.parent / "elsewhere"
    shutil.move(path, kept)
    path.symlink_to(kept)


PLACED: list[Callable[[Path], None]] = [pipe, endless, sparse, linked]


@pytest.mark.parametrize("place", PLACED)
@pytest.mark.parametrize("name", ["settings.json", "spec.yaml", "metrics.jsonl", "result.json"])
def test_a_run_is_read_without_waiting(name: str, place: Callable[[Path], None], folders: Folders) -> None:
    """`compare` ends with 5 and names the file."""
    folder = folders.run("a", [0.5], correct=300)
    if place is not linked:
        (folder / name).unlink()
    place(folder / name)
    result = run("compare", str(folder), "--out", str(folders.folder / "out"))
    assert (result.exit_code, name in result.stderr) == (5, True), result.output
    assert not (folders.folder / "out").exists()


@pytest.mark.parametrize("name", ["lock", "checkpoints", "metrics.jsonl", "weights.safetensors"])
def test_resuming_writes_into_the_folder_alone(name: str, real_run: Path, tmp_path: Path) -> None:
    """A link in the place of a file or a folder of the run is refused or replaced; what it leads to stays as it was."""
    folder, outside = tmp_path / "run", tmp_path / "outside"
    shutil.copytree(real_run, folder)
    if name == "checkpoints":
        shutil.move(folder / name, outside)
        (outside / "movie.part").write_text("precious")
    else:
        (folder / name).unlink(missing_ok=True)
        outside.write_text("precious")
    before = sorted((path, path.stat().st_mtime_ns) for path in (outside, *outside.rglob("*")))
    (folder / name).symlink_to(outside)
    result = run("train", "--resume", str(folder))
    assert result.exit_code == {"lock": 7, "checkpoints": 5}.get(name, 0), result.output
    assert sorted((path, path.stat().st_mtime_ns) for path in (outside, *outside.rglob("*"))) == before


def test_a_lock_that_is_another_files_second_name_is_not_signed(real_run: Path, tmp_path: Path) -> None:
    """A hard link has no end that leads elsewhere, and would be overwritten like a link."""
    shutil.copytree(real_run, tmp_path / "run")
    (tmp_path / "victim").write_text("precious")
    os.link(tmp_path / "victim", tmp_path / "run" / "lock")
    result = run("train", "--resume", str(tmp_path / "run"))
    assert (result.exit_code, (tmp_path / "victim").read_text()) == (7, "precious")
    assert "hard link" in result.stderr


@pytest.mark.parametrize("name", ["evaluation.json", "confusion.png"])
def test_evaluation_writes_through_no_link(name: str, real_run: Path, tmp_path: Path) -> None:
    """A link under the name of one of its files is refused."""
    shutil.copytree(real_run, tmp_path / "run")
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "run" / name).symlink_to(tmp_path / "victim")
    assert run("eval", str(tmp_path / "run")).exit_code == 7
    assert (tmp_path / "victim").read_text() == "precious"


def test_weights_that_are_a_pipe_are_not_waited_for(real_run: Path, tmp_path: Path) -> None:
    """`eval` ends with 5."""
    shutil.copytree(real_run, tmp_path / "run")
    (tmp_path / "run" / "weights.safetensors").unlink()
    pipe(tmp_path / "run" / "weights.safetensors")
    result = run("eval", str(tmp_path / "run"))
    assert (result.exit_code, "is not a regular file" in result.stderr) == (5, True)


def swept(folder: Path) -> Path:
    plan = SweepPlan(
        cnnspec="0",
        name="s",
        objective="val_accuracy",
        direction="max",
        fixed={},
        rest={},
        axes=(),
        storage="",
        points=(KnownPoint(number=1, values={}),),
    )
    write_plan(folder, "cnnspec_sweep: 1\n", plan)
    write_record(folder, PointRecord(number=1, values={}, status="done"))
    (folder / "chosen.json").write_text("{}")
    assert read_sweep(folder).title == "s"
    return folder


@pytest.mark.parametrize("place", PLACED)
@pytest.mark.parametrize("name", ["sweep.json", "chosen.json", "points/0001.json"])
def test_a_sweep_is_read_without_waiting(name: str, place: Callable[[Path], None], tmp_path: Path) -> None:
    """A report of it ends with an error that names the file."""
    folder = swept(tmp_path / "sweep")
    if place is not linked:
        (folder / name).unlink()
    place(folder / name)
    with pytest.raises(CheckpointError, match=Path(name).name):
        read_sweep(folder)


@pytest.mark.parametrize("name", ["points", "points/0001"])
def test_folders_of_a_sweep_are_no_links(name: str, tmp_path: Path) -> None:
    """They lead to what is not the sweep's."""
    folder = swept(tmp_path / "sweep")
    (folder / "points" / "0001").mkdir()
    shutil.move(folder / name, tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match="is a link"):
        read_sweep(folder)
