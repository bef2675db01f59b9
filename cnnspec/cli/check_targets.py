"""What `cnnspec check` is asked to check: files, shipped names, every spec below a folder, and standard input."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from cnnspec.engine.diagnostics import CnnspecError, OutputError, UsageError, nearest
from cnnspec.engine.safe_open import open_regular
from cnnspec.engine.spec import find
from cnnspec.engine.spec.roots import Roots, leads_out
from cnnspec.engine.spec.shipped import ENDINGS, STDIN, Found, near_shipped
from cnnspec.engine.zoo import SWEEPS, recipe_files, sweep_files

NOT_ENTERED = {"node_modules", "__pycache__", "site-packages", "venv"}  # and whatever is hidden
KEY = re.compile(
    rb"""(?:\A(?:\xef\xbb\xbf)?|^)(?:\{\s*)?(["']?)cnnspec(?:_recipe|_sweep)?\1[ \t]*:(?=[\s,}]|\Z)""", re.MULTILINE
)
MAX_READ = 4_000_000  # bytes of a file among which the key is looked for


class Target(Struct, frozen=True):
    """One text to check: what to call it, its file (None: standard input), and a variant that the name chose.

    ``roots`` are the folders that its names may lead into.
    """

    name: str
    path: Path | None = None
    variant: str | None = None
    roots: Roots = ()


class Gathered(Struct, frozen=True):
    """What there is to check, the YAML files that are no specs, and what cannot be checked."""

    targets: tuple[Target, ...] = ()
    skipped: tuple[Path, ...] = ()
    failures: tuple[CnnspecError, ...] = ()
    folders: tuple[Path, ...] = ()


def gather(names: Iterable[str], *, skip_others: bool = False, root: Path | None = None) -> Gathered:
    """The specs of names, files and folders, each once, in the order of the names and sorted within a folder.

    A file that is named is checked whatever it holds, unless ``skip_others``; in a folder those are specs that have
    the key ``cnnspec`` at their top. The names in a text may lead into the folder that was named, or into that of the
    file, and into ``root``.
    """
    if root is not None and not root.is_dir():
        raise UsageError(f"`--root` takes a folder, but `{root}` is not a folder")
    work = _Gatherer(skip_others, () if root is None else (root,))
    for name in names:
        try:
            work.add(name)
        except CnnspecError as error:
            work.failures.append(error)
    return Gathered(tuple(work.targets.values()), tuple(work.skipped), tuple(work.failures), tuple(work.folders))


class _Gatherer:
    def __init__(self, skip_others: bool, roots: Roots) -> None:
        self.skip_others, self.roots = skip_others, roots
        self.targets: dict[tuple[str, str | None], Target] = {}
        self.skipped: dict[Path, None] = {}
        self.failures: list[CnnspecError] = []
        self.folders: list[Path] = []

    def add(self, name: str) -> None:
        if name == STDIN:
            self.targets.setdefault((STDIN, None), Target(STDIN, roots=self.roots))
        elif self.is_folder(name):
            self.folder(Path(name))
        else:
            found = _find(name)
            roots = (found.path.parent, *self.roots)
            if self.skip_others and not self.is_checked(found.path, roots):
                self.skipped[found.path] = None
            else:
                self.file(name, found.path, roots, found.variant)

    @staticmethod
    def is_folder(name: str) -> bool:
        """Whether a name is that of a folder, and not that of a shipped spec."""
        if not _is_folder(name):
            return False
        try:
            return not _find(name)
        except UsageError:
            return True

    @staticmethod
    def is_checked(path: Path, roots: Roots) -> bool:
        """Whether a file is a spec, or a link that leads out of the roots: such a file is not looked into."""
        return leads_out(path, roots) or is_spec(path)

    def file(self, name: str, path: Path, roots: Roots, variant: str | None = None) -> None:
        """Check a file; where it is named in several ways, its names may lead wherever one of these allows."""
        key = (os.path.realpath(path), variant)
        known = self.targets.get(key, Target(name, path, variant))
        self.targets[key] = replace(known, roots=tuple(dict.fromkeys((*known.roots, *roots))))

    def folder(self, folder: Path) -> None:
        self.folders.append(folder)
        seen, roots = 0, (folder, *self.roots)
        for path in self.texts(folder):
            try:
                sound = self.is_checked(path, roots)
            except CnnspecError as error:
                self.failures.append(error)
                continue
            seen += sound
            if sound:
                self.file(path.as_posix(), path, roots)
            else:
                self.skipped[path] = None
        if not seen:
            help = "a spec is a .yaml file that has the key `cnnspec:` at its top"
            self.failures.append(UsageError(f"there is no spec in the folder `{folder}`", help))

    def texts(self, folder: Path) -> Iterator[Path]:
        """The YAML files below a folder. Links to folders are not followed, so that no loop is walked."""
        for where, folders, files in os.walk(folder, onerror=self.unreadable):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in NOT_ENTERED)
            for name in sorted(files):
                path = Path(where, name)
                if name.endswith(ENDINGS) and not name.startswith(".") and _is_file(path):
                    yield path

    def unreadable(self, error: OSError) -> None:
        self.failures.append(OutputError(f"`{error.filename}` cannot be read: {error.strerror}"))


def _find(name: str) -> Found:
    """The file of a path or a shipped name, of a spec before a recipe and a sweep. Raises UsageError, OutputError."""
    try:
        return find(name)
    except UsageError as error:
        kinds = (("recipes/", recipe_files()), (f"{SWEEPS}/", sweep_files()))
        shipped = {full: path for prefix, files in kinds for n, path in files.items() for full in (n, f"{prefix}{n}")}
        if name in shipped:
            return Found(shipped[name], name, ships=True)
        near = [found for found in (near_shipped(name), nearest(name, shipped)) if found]
        if near and error.help.startswith(("did you mean", "`cnnspec zoo`")):
            from difflib import SequenceMatcher

            best = max(near, key=lambda found: SequenceMatcher(None, name, found).ratio())
            error.help = f"did you mean `{best}`?"
        raise


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - which says no where it may not look


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - likewise


def is_spec(path: Path) -> bool:
    """Whether a file has the key of a spec, a recipe or a sweep at its top, however broken the rest is.

    Raises OutputError.
    """
    try:
        with open_regular(path) as file:
            return KEY.search(file.read(MAX_READ)) is not None
    except OSError as error:
        raise OutputError(f"`{path}` cannot be read: {error.strerror}") from None
