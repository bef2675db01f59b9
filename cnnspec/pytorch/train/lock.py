"""One writer for a run: a lock that the operating system holds, and lets go of when its owner dies.

RUN/lock names the owner: {"pid": …, "host": …, "boot": …}. It is the lock on the open file that counts. Where a
file system has no such locks, the owner's name decides: it lives if its process does, on this host since it started.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from cnnspec.engine.diagnostics import OccupiedError
from cnnspec.engine.files import open_own, sweep, writing
from cnnspec.engine.safe_open import read_bounded
from cnnspec.pytorch.train.watch import Note
from cnnspec.pytorch.train.world import ALONE, World

LOCK = "lock"
BOOT = Path("/proc/sys/kernel/random/boot_id")
NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK, errno.EINVAL)
_held: set[int] = set()  # descriptors of locks
HELP = "wait for it, or end it; two writers would mix their runs"


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, told from those of other machines and of other starts of this one."""

    pid: int
    host: str
    boot: str

    @classmethod
    def here(cls) -> Owner:
        boot = read_bounded(BOOT, 4096).decode().strip() if BOOT.is_file() else ""
        return cls(os.getpid(), socket.gethostname(), boot)

    @property
    def alive(self) -> bool:
        """Whether it may be running; of another machine nobody knows."""
        here = Owner.here()
        if self.host != here.host:
            return True
        return self.boot == here.boot and _runs(self.pid)

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


@contextmanager
def locked(run: Path, note: Note, world: World = ALONE) -> Iterator[None]:
    """Be the one writer of a run folder, or a process of its world. Raises OccupiedError where another is, OutputError.

    A lock whose owner has died is taken over, and that is said.
    """
    with ExitStack() as lock:
        world.written(lambda: lock.enter_context(_owned(run, note)))
        yield


@contextmanager
def _owned(run: Path, note: Note) -> Iterator[None]:
    path = run / LOCK
    descriptor = _taken(path, note)
    _held.add(descriptor)
    try:
        sweep(run)
        yield
    finally:
        _held.discard(descriptor)
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)


def _taken(path: Path, note: Note) -> int:
    """The open lock file, which is ours and still under its name."""
    while True:
        with writing(path):
            descriptor = open_own(path, os.O_RDWR)
            try:
                _take(descriptor, path)
                if _is_there(descriptor, path):
                    _sign(descriptor, path, note)
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # its owner was done, and took it away, while we came


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (*NO_LOCKS, errno.EWOULDBLOCK):
            raise
        owner = _owner(descriptor)
        if error.errno == errno.EWOULDBLOCK or (owner and owner.alive):
            who = f" by {owner}" if owner else ""
            help = HELP if error.errno == errno.EWOULDBLOCK else f"{HELP}; if it has ended, remove {path}"
            raise OccupiedError(f"{path.parent} is being written{who}", help) from None


def _is_there(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _sign(descriptor: int, path: Path, note: Note) -> None:
    """Say who had it, if they did not give it back, and put our own name there."""
    before = _owner(descriptor)
    if before:
        note(f"{path.parent}: the lock of {before}, which has ended, is taken over")
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(asdict(Owner.here())).encode(), 0)


def _owner(descriptor: int) -> Owner | None:
    """Who has signed; None for nobody, or what nobody can read."""
    try:
        found = json.loads(os.pread(descriptor, 1024, 0))
        return Owner(int(found["pid"]), str(found["host"]), str(found["boot"]))
    except (ValueError, KeyError, TypeError, OSError):
        return None


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _let_go() -> None:
    """In a worker that was just forked: its parent's locks shall not outlive the parent."""
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_let_go)
