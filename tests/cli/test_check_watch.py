"""`cnnspec check --watch`: a real process, real saves, and no sleep of a fixed length."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SOUND = "cnnspec: 1\ninput: [1, 8, 8]\nlayers:\n  - Flatten\n  - Linear: {out_features: 4}\n"
WRONG = SOUND.replace("Flatten", "Flaten")
PATIENCE = 30  # seconds for what takes a fraction of one on an idle machine
HEAD = re.compile(r"── \d\d:\d\d:\d\d · (.*)")


class Watcher:
    """A running `cnnspec check --watch`, and the lines that it prints."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "cnnspec", "check", "--watch", *arguments]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            # A shell's background job ignores SIGINT, and so would its children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.errors: list[str] = []
        self.readers = [threading.Thread(target=read, daemon=True) for read in (self._read, self._read_errors)]
        for reader in self.readers:
            reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self.lines.put(line.rstrip("\n"))

    def _read_errors(self) -> None:
        assert self.process.stderr
        with self.process.stderr as lines:
            self.errors.extend(lines)

    def until(self, wanted: str) -> list[str]:
        """The lines up to one that holds a text."""
        seen: list[str] = []
        end = time.monotonic() + PATIENCE
        while not (seen and wanted in seen[-1]):
            try:
                seen.append(self.lines.get(timeout=max(end - time.monotonic(), 0.01)))
            except queue.Empty:
                pytest.fail(f"no `{wanted}` in {seen}; {''.join(self.errors)}")
        return seen

    def stop(self) -> int:
        """Ends it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(PATIENCE)
        for reader in self.readers:
            reader.join(PATIENCE)
        return code


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Watcher]]:
    """Starts watchers in an own folder, and ends them."""
    started: list[Watcher] = []

    def begin(*arguments: str) -> Watcher:
        started.append(Watcher(tmp_path, *arguments))
        return started[-1]

    yield begin
    for watcher in started:
        watcher.process.kill()
        watcher.ended()


def save_as_editors_do(path: Path, text: str) -> None:
    """A new file takes the old one's place."""
    other = path.with_suffix(".tmp~")
    other.write_text(text)
    other.replace(path)


def test_a_file_is_checked_at_once_and_after_each_save(tmp_path: Path, start: Callable[..., Watcher]) -> None:
    """Saved in place, replaced, deleted, made again: each is told with its time and its file. Ctrl-C ends with 130."""
    path = tmp_path / "a.yaml"
    path.write_text(SOUND)
    watcher = start("a.yaml")
    assert HEAD.fullmatch(watcher.until("a.yaml: OK")[0])
    path.write_text(WRONG)
    changed = watcher.until("1 error in 1 spec")
    assert HEAD.fullmatch(changed[0])[1] == "a.yaml changed"  # type: ignore[index]
    assert any("did you mean `Flatten`?" in line for line in changed)
    save_as_editors_do(path, SOUND)
    assert len(watcher.until("a.yaml: OK")) == 2
    path.unlink()
    watcher.until("a.yaml changed")
    path.write_text(WRONG)
    watcher.until("1 error in 1 spec")
    assert watcher.stop() == 130
    assert watcher.errors == ["error: there is no file `a.yaml`\n"]


def test_a_folder_is_watched_with_what_comes_into_it(tmp_path: Path, start: Callable[..., Watcher]) -> None:
    """New files and new folders are checked too; other files wake nobody."""
    (tmp_path / "a.yaml").write_text(SOUND)
    watcher = start(".")
    watcher.until("a.yaml: OK")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "other.yaml").write_text("services: {}\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.yaml").write_text(WRONG)
    seen = watcher.until("1 error in 1 spec, 1 OK, 1 other file skipped")
    assert [HEAD.fullmatch(line)[1] for line in seen if HEAD.fullmatch(line)] == ["deep/b.yaml changed"]  # type: ignore[index]
    assert watcher.stop() == 130


def test_a_burst_of_saves_is_one_check(tmp_path: Path, start: Callable[..., Watcher]) -> None:
    """Many files saved together are told in one screen, and what is printed last is what stands in the files."""
    for number in range(20):
        (tmp_path / f"s{number:02}.yaml").write_text(SOUND)
    watcher = start(".")
    watcher.until("20 specs, all OK")
    for number in range(20):
        (tmp_path / f"s{number:02}.yaml").write_text(WRONG)
    seen = watcher.until("20 errors in 20 specs")
    heads = [line for line in seen if HEAD.fullmatch(line)]
    assert len(heads) <= 2  # a slow machine may cut the burst in two, never in twenty
    assert "more changed" in heads[-1]


def test_json_has_a_line_for_each_check(tmp_path: Path, start: Callable[..., Watcher]) -> None:
    """Programs get records alone."""
    path = tmp_path / "a.yaml"
    path.write_text(SOUND)
    watcher = start("a.yaml", "--format", "json")
    assert watcher.until("a.yaml") == ['{"file": "a.yaml", "diagnostics": []}']
    path.write_text(WRONG)
    (line,) = watcher.until("unknown-layer")
    assert line.startswith('{"file": "a.yaml", "diagnostics": [{"code"')


def test_nothing_to_watch_is_said(tmp_path: Path, start: Callable[..., Watcher]) -> None:
    """A folder that is not there cannot be watched."""
    watcher = start("nowhere/a.yaml")
    assert watcher.ended() == 2
    assert any("there is nothing to watch" in line for line in watcher.errors)
