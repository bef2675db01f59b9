"""`cnnspec check --watch`: checks again whenever a text changes, until Ctrl-C.

The watcher only wakes us; what decides is the state of the files themselves. So a save through a new file that takes
the old one's place, a file that is deleted and made again, and a save during a check are all seen, once each.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from os.path import realpath
from pathlib import Path

import typer

from cnnspec.cli.check_targets import Gathered
from cnnspec.cli.output import console
from cnnspec.cli.streams import has_reader
from cnnspec.engine.diagnostics import UsageError, count, printable
from cnnspec.engine.spec.extends import base_files
from cnnspec.engine.spec.roots import leads_out
from cnnspec.engine.spec.shipped import ENDINGS, display

State = dict[Path, tuple[int, ...]]
PATIENCE = 1_000  # milliseconds without news after which the files are looked at all the same: network drives give none
MAX_NAMED = 3


def watch(
    names: Iterable[str], look: Callable[[], Gathered], check: Callable[[Gathered], object], *, headings: bool
) -> None:
    """Runs ``check`` on what ``look`` finds, now and after each change of it. Ends with exit code 130 at Ctrl-C."""
    try:
        gathered = look()
        folders = _folders(names, gathered)
        bases = _bases(gathered)
        state = _state(gathered, bases)
        if headings:
            _head(f"watching {count(len(gathered.targets), 'spec')}; Ctrl-C to stop")
        _check(check, gathered)
        unsure = True  # what comes before the watcher is there, and into a folder that is new, makes no news
        for news in _wakes(folders, recursive=bool(gathered.folders)):
            gathered = look() if news or unsure else gathered
            unsure = news
            before, state = state, _state(gathered, bases)
            if state != before:
                if headings:
                    _head(_changes(before, state))
                bases = _bases(gathered)
                state = {path: state.get(path, stamp) for path, stamp in _state(gathered, bases).items()}
                _check(check, gathered)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _check(check: Callable[[Gathered], object], gathered: Gathered) -> None:
    check(gathered)
    sys.stdout.flush()
    if not has_reader():
        raise typer.Exit


def _folders(names: Iterable[str], gathered: Gathered) -> list[Path]:
    """What to watch: the folders, and those of the files, since a save may replace a file by another."""
    parents = [target.path.parent for target in gathered.targets if target.path]
    parents += [Path(name).parent for name in names if name.endswith(ENDINGS)]
    parents += [path.parent for path in _bases(gathered)]
    found = list(dict.fromkeys(path for path in (*gathered.folders, *parents) if path.is_dir()))
    if not found:
        raise UsageError("there is nothing to watch", "name a file or a folder")
    return found


def _wakes(folders: list[Path], *, recursive: bool) -> Iterator[bool]:
    """Yields at each burst of changes, and now and then: whether there is news."""
    import watchfiles

    for changes in watchfiles.watch(
        *folders,
        watch_filter=lambda _, path: path.endswith(ENDINGS) or not Path(path).suffix,
        rust_timeout=PATIENCE,
        yield_on_timeout=True,
        recursive=recursive,
    ):
        yield bool(changes)


def _bases(gathered: Gathered) -> tuple[Path, ...]:
    """The files that the specs extend, which are watched as well, also before they are there."""
    paths = [t.path for t in gathered.targets if t.path and not leads_out(t.path, t.roots)]
    known = {realpath(path) for path in paths}
    return tuple(Path(display(base)) for path in paths for base in base_files(path) if str(base) not in known)


def _state(gathered: Gathered, bases: Iterable[Path]) -> State:
    """What tells one version of each file from another; nothing for one that is gone."""
    paths = [target.path for target in gathered.targets if target.path]
    return {path: _stamp(path) for path in (*paths, *bases)}


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


def _changes(before: State, after: State) -> str:
    """``a.yaml, b.yaml and 2 more changed``."""
    paths = [path for path in {**before, **after} if before.get(path) != after.get(path)]
    named = [printable(str(path)) for path in paths[:MAX_NAMED]]
    more = f" and {len(paths) - MAX_NAMED} more" if len(paths) > MAX_NAMED else ""
    return f"{', '.join(named)}{more} changed"


def _head(said: str) -> None:
    """Begins a new screen, or a new section where the output is no terminal."""
    if console().is_terminal:
        console().clear()
    console().print(f"── {datetime.now():%H:%M:%S} · {said}")
