"""Optuna's storage, opened: a file of SQLite beside the points, or a database that several machines share.

A file that is damaged is put aside; the records of the points are whole, and a new study is made of them. One that
another process holds is told of, and left as it is.
"""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import sleep
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from cnnspec.engine.diagnostics import OutputError, UsageError
from cnnspec.engine.files import refuse_link
from cnnspec.pytorch.sweep.folder import STUDY
from cnnspec.pytorch.train.watch import Note

SQLITE = "sqlite:///"
PATIENCE = 20  # seconds that a write waits for another process
TRIES = 8  # to make the tables of a database that several drivers open at once
DAMAGED = ".damaged"
LOCKED = "end what holds it, and start the sweep again: it goes on where it was"
AGAIN = "start the sweep again once it can be used: it goes on where it was"
FORM = "such as postgresql+psycopg://user@host/database"


def storage_url(folder: Path, url: str | None) -> str:
    """The URL that is asked for; without one that of the folder's own file. Raises UsageError."""
    if url is None:
        return f"{SQLITE}{folder.absolute() / STUDY}"
    try:
        parts = make_url(url)
    except ArgumentError:
        raise UsageError(f"--storage takes the URL of a database, not `{url}`", FORM) from None
    if parts.drivername == "postgresql":
        parts = parts.set(drivername="postgresql+psycopg")
    return parts.render_as_string(hide_password=False)


def shown_url(url: str) -> str:
    """The URL without its password, which is never written."""
    return make_url(url).set(password=None).render_as_string()


def is_own_file(url: str, folder: Path) -> bool:
    """Whether it is the file beside the points, which one driver has for itself."""
    return url == storage_url(folder, None)


def open_storage(url: str, heartbeat: int, note: Note) -> RDBStorage:
    """The storage of a URL. Raises UsageError and OutputError."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if url.startswith(SQLITE):
        _look_at(Path(url.removeprefix(SQLITE)), note)
    arguments = {"connect_args": {"timeout": PATIENCE}} if url.startswith(SQLITE) else {"pool_pre_ping": True}
    with telling(url):
        try:
            storage = _created(url, arguments, heartbeat)
            if url.startswith(SQLITE):
                event.listen(storage.engine, "connect", _unsynced)
                storage.engine.dispose()
            return storage
        except ImportError as error:
            help = "pip install 'cnnspec[postgresql]'" if "psycopg" in str(error.__cause__ or error) else FORM
            raise UsageError(f"no driver for {shown_url(url)} is installed", help) from None


def _created(url: str, arguments: dict[str, Any], heartbeat: int) -> RDBStorage:
    """The storage, its tables made where there are none; another driver may be making them just now."""
    for left in reversed(range(TRIES)):
        try:
            return RDBStorage(url, arguments, heartbeat_interval=heartbeat, grace_period=4 * heartbeat)
        except (IntegrityError, OperationalError, ProgrammingError, StorageInternalError) as error:
            if not left or not _is_being_made(url, error):
                raise
            sleep(0.5)
    raise AssertionError


def _is_being_made(url: str, error: Exception) -> bool:
    """Whether tables were not there, and are now."""
    if isinstance(error, OperationalError) or (url.startswith(SQLITE) and isinstance(error, StorageInternalError)):
        return "already exists" in f"{error} {error.__cause__}"
    return True


def _unsynced(connection: sqlite3.Connection, _: object) -> None:
    """Let writes reach the disk in their time. A kill leaves the file whole; what a cut of the power breaks is made
    anew of the records, which are synced."""
    connection.execute("PRAGMA synchronous = OFF")


@contextmanager
def telling(url: str) -> Iterator[None]:
    """Failures of the database as OutputError, in a line."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=ExperimentalWarning)
            warnings.filterwarnings("ignore", "Heartbeat of storage is supposed")  # it is used as it is meant: by hand
            yield
    except (StorageInternalError, SQLAlchemyError) as error:
        cause = error.__cause__ or error
        reason = str(getattr(cause, "orig", None) or cause).strip().split("\n")[0]
        help = LOCKED if "locked" in reason else AGAIN
        raise OutputError(f"the study in {shown_url(url)} cannot be used: {reason}", help) from None


def _look_at(path: Path, note: Note) -> None:
    """Put a damaged file aside. Raises OutputError where another process holds it, and for a link or a pipe."""
    refuse_link(path)
    if path.exists() and not path.is_file():
        raise OutputError(f"{path} is not a regular file", f"remove {path}")
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE / 4)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchall()
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        reason = "" if found == [("ok",)] else str(found[0][0]).split("\n")[0]
        if tables and not reason and not {"studies", "trials", "trial_user_attributes"} <= tables:
            reason = "its tables are not those of a study"
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise OutputError(f"{path} is locked by another process", LOCKED) from None
        if "disk I/O" not in str(error) and "malformed" not in str(error):
            raise OutputError(f"{path} cannot be opened: {error}") from None
        reason = str(error)
    except sqlite3.DatabaseError as error:
        reason = str(error)
    if reason:
        set_aside(path, reason, note)


def set_aside(path: Path, reason: str, note: Note) -> None:
    """Give a damaged study another name, and say that nothing is lost."""
    for ending in ("-journal", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    path.replace(path.with_name(path.name + DAMAGED))
    note(f"{path} was damaged ({reason}); a new study is made of the points' records, and nothing is lost")
