"""Writing is whole or not at all and follows no link; reading is bounded and waits for nothing."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from cnnspec.engine.diagnostics import CheckpointError, OutputError, UsageError
from cnnspec.engine.files import TEMPORARY, make_own_folder, open_own, publish, put, replacing, sweep, withdraw, write
from cnnspec.engine.safe_open import open_regular, read_bounded, read_inside


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is written; beside it are a file and a folder of the user's."""
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "out").mkdir()
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def assert_untouched(folder: Path) -> None:
    assert (folder.parent / "victim").read_text() == "precious"
    assert sorted(path.name for path in folder.parent.iterdir()) == ["in", "out", "victim"]
    assert list((folder.parent / "out").iterdir()) == []


REFUSING: dict[str, Callable[[Path], object]] = {
    "put": lambda path: put(path, b"new"),
    "publish": lambda path: publish(path, {"a": b"new"}),
    "open_own": lambda path: open_own(path, os.O_RDWR),
    "make_own_folder": make_own_folder,
}


@pytest.mark.parametrize("leads_to", ["victim", "new", "out"])
def test_a_link_is_never_written_through(leads_to: str, folder: Path) -> None:
    """Whether it leads to a file, to nothing or to a folder: it is refused, and `write` puts the file in its place."""
    for name, writer in REFUSING.items():
        (folder / name).symlink_to(folder.parent / leads_to)
        with pytest.raises(OutputError):
            writer(folder / name)
    (folder / "write").symlink_to(folder.parent / leads_to)
    write(folder / "write", b"new")
    assert (folder / "write").read_bytes() == b"new"
    assert not (folder / "write").is_symlink()
    assert_untouched(folder)


def test_temporary_names_cannot_be_guessed_or_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are random; even a link under the very name is not opened, and the file keeps what it had."""
    names = []
    monkeypatch.setattr("os.fsync", lambda _: names.extend(path.name for path in folder.iterdir()))
    for _ in range(3):
        write(folder / "a", b"old")
    assert len({name for name in names if TEMPORARY.fullmatch(name)}) == 3
    monkeypatch.setattr(secrets, "token_hex", lambda size: "0" * 2 * size)
    (folder / f".cnnspec-{'0' * 16}.part").symlink_to(folder.parent / "victim")
    with pytest.raises(OutputError, match="File exists"):
        write(folder / "a", b"new")
    assert (folder / "a").read_bytes() == b"old"
    assert_untouched(folder)


def test_a_lock_or_a_log_has_one_name(folder: Path) -> None:
    """What is written in its place is neither another file's second name nor a pipe."""
    os.link(folder.parent / "victim", folder / "hard")
    os.mkfifo(folder / "pipe")
    for name, reason in (("hard", "hard link"), ("pipe", "not a regular file"), ("gone/log", "No such file")):
        with pytest.raises(OutputError, match=reason):
            open_own(folder / name, os.O_RDWR)
    descriptor = open_own(folder / "log", os.O_WRONLY | os.O_APPEND)
    os.write(descriptor, b"line\n")
    os.close(descriptor)
    assert (folder / "log").read_text() == "line\n"
    assert_untouched(folder)


def test_a_hard_link_is_replaced_and_not_changed(folder: Path) -> None:
    """The file that shares its bytes keeps them."""
    os.link(folder.parent / "victim", folder / "a")
    write(folder / "a", b"new")
    assert_untouched(folder)


def test_a_failure_leaves_what_was_there(folder: Path) -> None:
    """Whatever is raised while a file is written, nothing is left beside the old one."""
    write(folder / "a", b"old")
    with suppress(ZeroDivisionError), replacing(folder / "a") as put_bytes:
        put_bytes(b"half")
        raise ZeroDivisionError
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("a", b"old")]


def test_a_long_name_needs_no_longer_one(folder: Path) -> None:
    """A name of 255 bytes, as long as file systems take, can be written."""
    write(folder / ("a" * 255), b"new")
    assert (folder / ("a" * 255)).read_bytes() == b"new"


def test_a_pipe_and_the_own_streams_take_bytes_as_they_come(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """`--out /dev/stdout` is no link here, wherever the standard output leads."""
    os.mkfifo(folder / "pipe")
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append((folder / "pipe").read_bytes()))
    reader.start()
    put(folder / "pipe", b"through")
    reader.join()
    put(Path("/dev/stdout"), b"one ")
    put(Path("/dev/fd/1"), b"two")
    assert (heard, capfd.readouterr().out) == ([b"through"], "one two")


def test_only_own_temporary_files_are_swept(folder: Path) -> None:
    """Files of the user's that end in `.part` stay, and links are removed, never followed."""
    (folder / "movie.part").write_text("mine")
    (folder / f".cnnspec-{'a' * 16}.part").mkdir()
    (folder / f".cnnspec-{'b' * 16}.part").write_text("half")
    (folder / f".cnnspec-{'c' * 16}.part").symlink_to(folder.parent / "out")
    sweep(folder)
    assert [path.name for path in folder.iterdir()] == ["movie.part"]
    (folder / "checkpoint-1").symlink_to(folder.parent / "out")
    withdraw(folder / "checkpoint-1")
    assert [path.name for path in folder.iterdir()] == ["movie.part"]
    assert_untouched(folder)


def test_reading_is_bounded_and_waits_for_nothing(folder: Path) -> None:
    """Pipes, devices, folders, and files that are too large or sparse are refused; links where they are not to be."""
    os.mkfifo(folder / "pipe")
    with (folder / "sparse").open("wb") as file:
        file.truncate(2**40)
    (folder / "link").symlink_to(folder.parent / "victim")
    (folder / "endless").symlink_to("/dev/zero")
    for name, reason in (("pipe", "regular"), ("sparse", "more than 8 bytes"), ("endless", "regular"), ("", "regular")):
        with pytest.raises(UsageError, match=reason):
            read_bounded(folder / name, 8)
        with pytest.raises(CheckpointError):
            read_inside(folder / name, 8)
    assert read_bounded(folder / "link", 8) == b"precious"
    with pytest.raises(UsageError, match="more than 7 bytes"):
        read_bounded(folder / "link", 7)
    with pytest.raises(CheckpointError, match="is a link"):
        read_inside(folder / "link", 8)
    with pytest.raises(FileNotFoundError):
        read_inside(folder / "nothing", 8)


def test_systems_without_the_flag_refuse_links_all_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has no O_NOFOLLOW: a look at the name comes first."""
    for module in ("safe_open", "files"):
        monkeypatch.setattr(f"cnnspec.engine.{module}.NO_LINK", 0)
    (folder / "link").symlink_to(folder.parent / "victim")
    with pytest.raises(UsageError, match="is a link"):
        open_regular(folder / "link", follow=False)
    with pytest.raises(OutputError, match="is a link"):
        open_own(folder / "link", os.O_RDWR)
    assert_untouched(folder)
