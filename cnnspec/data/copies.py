"""Images whose files are the same to the byte: in two parts, under two classes, or twice in one part.

    sizes ──the same──► first 4 kB ──the same──► whole files ──the same──► copies

Only files that may be copies are opened, and of a large folder no more than ``most`` of them. A picture that was saved
again in another format is another file, and is not found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from cnnspec.diagnostics import UsageError, count
from cnnspec.opening import open_regular

START = 4096  # bytes that are compared before whole files are
CHUNK = 2**20
MOST = 20_000  # files that are opened where a run begins


@dataclass(frozen=True, slots=True)
class Member:
    """An image file with its part and its class."""

    path: Path
    part: str
    of: str


@dataclass(frozen=True, slots=True)
class Copies:
    """Groups of files that are the same; of ``candidates``, files that may be copies, ``opened`` were opened."""

    groups: tuple[tuple[Member, ...], ...]
    opened: int
    candidates: int


def copies_among(members: Iterable[Member], most: int | None = None) -> Copies:
    """The copies among image files. Files that cannot be read are passed over: whoever decodes them reports them."""
    sizes = sorted(_alike(members, _size), key=len)  # few files of one size are the likeliest copies
    chosen, opened = [], 0
    for group in sizes:
        if most is not None and opened + len(group) > most:
            continue
        chosen.append(group)
        opened += len(group)
    starts = [alike for group in chosen for alike in _alike(group, _start)]
    groups = [alike for group in starts for alike in _alike(group, _digest)]
    return Copies(tuple(sorted(map(tuple, groups), key=lambda group: group[0].path)), opened, sum(map(len, sizes)))


def _alike(members: Iterable[Member], key: Callable[[Path], Hashable]) -> list[list[Member]]:
    """Members with the same key, where there are several."""
    groups: dict[Hashable, list[Member]] = defaultdict(list)
    for member in members:
        try:
            groups[key(member.path)].append(member)
        except (OSError, UsageError):
            continue
    return [group for group in groups.values() if len(group) > 1]


def _size(path: Path) -> int:
    return path.stat().st_size


def _start(path: Path) -> bytes:
    with open_regular(path) as file:
        return file.read(START)


def _digest(path: Path) -> bytes:
    found = blake2b()
    with open_regular(path) as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
    return found.digest()


def told(found: Copies, base: Path) -> list[str]:
    """What there is to say of copies, each kind with an example."""
    across = [group for group in found.groups if len({member.part for member in group}) > 1]
    classes = [group for group in found.groups if len({member.of for member in group}) > 1]
    within = [group for group in found.groups if group not in across and group not in classes]
    lines = [
        *_line(across, base, "in two parts, so that what is measured was trained on", lambda member: member.part),
        *_line(classes, base, "in two classes", lambda member: member.of),
        *_line(within, base, "more than once in one class of one part", lambda member: member.path),
    ]
    if found.opened < found.candidates:
        looked = f"{found.opened:,} of {found.candidates:,} files that can be copies were compared"
        lines.append(f"{looked}; `cnnspec data check {base}` compares all")
    return lines


def _line(
    groups: Sequence[Sequence[Member]], base: Path, where: str, differ: Callable[[Member], Hashable]
) -> Iterable[str]:
    if groups:
        first = groups[0][0]
        other = next(member for member in groups[0] if differ(member) != differ(first))
        example = " and ".join(str(member.path.relative_to(base)) for member in (first, other))
        verb = "is" if len(groups) == 1 else "are"
        yield f"{count(len(groups), 'picture')} {verb} {where}: {example}{', for example' if len(groups) > 1 else ''}"


def members_of(part: str, paths: Sequence[Path], labels: Sequence[int], classes: Sequence[str]) -> list[Member]:
    """The images of a part."""
    return [Member(path, part, classes[label]) for path, label in zip(paths, labels, strict=True)]
