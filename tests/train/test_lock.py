"""One writer for a run, and a lock that dies with its owner."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnspec import UsageError
from cnnspec.pytorch.train.lock import Owner, locked


def in_a_child(work: Callable[[], None]) -> int:
    """The exit code of a process that does the work: 0, or 9 where it was refused."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except UsageError:
            code = 9
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def take(run: Path) -> Callable[[], None]:
    def work() -> None:
        with locked(run, lambda _: None):
            pass

    return work


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    """While the first is there; it is told who that is. Afterwards nothing is left of the lock."""
    with locked(tmp_path, pytest.fail):
        assert in_a_child(take(tmp_path)) == 9
        with pytest.raises(UsageError, match=f"is being written by process {os.getpid()} on ") as caught:
            take(tmp_path)()
        assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []
    assert in_a_child(take(tmp_path)) == 0


def test_a_dead_owners_lock_is_taken_over(tmp_path: Path) -> None:
    """And that is said aloud."""

    def die() -> None:
        with locked(tmp_path, lambda _: None):
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_a_child(die) == -signal.SIGKILL
    owner = json.loads((tmp_path / "lock").read_text())["pid"]
    notes: list[str] = []
    with locked(tmp_path, notes.append):
        assert in_a_child(take(tmp_path)) == 9
    [note] = notes
    assert f"the lock of process {owner} on " in note
    assert note.endswith("which has ended, is taken over")


def test_a_worker_does_not_keep_the_lock_of_its_parent(tmp_path: Path) -> None:
    """A process that was forked within the lock lives on, and the lock is free once its parent is done."""
    receive, send = os.pipe()
    with locked(tmp_path, pytest.fail):
        pid = os.fork()
        if pid == 0:
            os.close(send)
            os.read(receive, 1)  # until the parent lets go
            os._exit(0)
    assert in_a_child(take(tmp_path)) == 0
    os.close(send)
    os.waitpid(pid, 0)
    os.close(receive)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}', "\0" * 50])
def test_a_lock_that_nobody_can_read_is_taken(tmp_path: Path, text: str) -> None:
    """The operating system knows that nobody holds it."""
    (tmp_path / "lock").write_text(text)
    assert in_a_child(take(tmp_path)) == 0


OWNERS = {
    "itself": (lambda o: o, True),
    "a process that has ended": (lambda o: Owner(ended(), o.host, o.boot), False),
    "one from before the machine was started": (lambda o: Owner(o.pid, o.host, "another"), False),
    "one of another machine": (lambda o: Owner(o.pid, "elsewhere", "another"), True),
}


def ended() -> int:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


@pytest.mark.parametrize("name", OWNERS)
def test_without_locks_of_the_file_system_the_owner_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A lock counts while its process may be alive, here or elsewhere; what to do is told."""

    def unknown(*given: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", unknown)
    make, alive = OWNERS[name]
    owner = make(Owner.here())
    (tmp_path / "lock").write_text(json.dumps({"pid": owner.pid, "host": owner.host, "boot": owner.boot}))
    if not alive:
        take(tmp_path)()
        return
    with pytest.raises(UsageError) as caught:
        take(tmp_path)()
    assert caught.value.help.endswith(f"if it has ended, remove {tmp_path / 'lock'}")
