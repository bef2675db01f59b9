"""Specs that extend what they may not: a file outside, no file, a ring, more than can be read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.hostile.case import HEAD
from tests.hostile.file_cases import FileCase, sparse

SOUND = f"{HEAD}layers: [ReLU]\n"


def extending(base: str, rest: str = "", make: Callable[[Path], object] = lambda folder: None) -> Callable[[Path], str]:
    """A spec that extends a base, in a folder of its own with what ``make`` puts there."""

    def made(folder: Path) -> str:
        (folder / "outside.yaml").write_text(SOUND)
        inner = folder / "specs"
        inner.mkdir()
        make(inner)
        path = inner / "mine.yaml"
        path.write_text(f"cnnspec: 1\nextends: {base}\n{rest}")
        return str(path)

    return made


def put(name: str, text: str | bytes) -> Callable[[Path], object]:
    data = text if isinstance(text, bytes) else text.encode()
    return lambda folder: (folder / name).write_bytes(data)


def link(name: str, target: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).symlink_to(target)


def chain(length: int) -> Callable[[Path], object]:
    """Texts each of which extends the next."""

    def make(folder: Path) -> None:
        for number in range(length):
            (folder / f"{number}.yaml").write_text(f"cnnspec: 1\nextends: {number + 1}.yaml\n")
        (folder / f"{length}.yaml").write_text(SOUND)

    return make


def doubling(folder: Path) -> None:
    """Texts each of which puts a line behind each line of the next."""
    (folder / "7.yaml").write_text(f"{HEAD}layers:\n  - ReLU:\n    repeat: 1000\n")
    for number in range(7):
        patch = "patch:\n  - insert_after: '*'\n    layers: [ReLU]\n"
        (folder / f"{number}.yaml").write_text(f"cnnspec: 1\nextends: {number + 1}.yaml\n{patch}")


def large_texts(folder: Path) -> None:
    lines = f"layers: [{'ReLU, ' * 55_000}ReLU]\n"
    (folder / "5.yaml").write_text(f"{HEAD}{lines}")
    for number in range(5):
        (folder / f"{number}.yaml").write_text(f"cnnspec: 1\nextends: {number + 1}.yaml\n{lines}")


MANY = "".join(f"  - remove: '*{number}*x*'\n" for number in range(3_000))
BASES = (
    FileCase("a base above the folder", extending("../outside.yaml"), 3, "outside-folder"),
    FileCase("a base above the folder by a detour", extending("deep/../../outside.yaml"), 3, "outside-folder"),
    FileCase("an absolute base", extending("/etc/hosts.yaml"), 3, "outside-folder"),
    FileCase("a base of the home folder", extending("~/mine.yaml"), 3, "outside-folder"),
    FileCase("a base on another drive", extending("C:\\outside.yaml"), 3, "outside-folder"),
    FileCase(
        "a base by a link out of the folder",
        extending("l.yaml", make=link("l.yaml", "../outside.yaml")),
        3,
        "outside-folder",
    ),
    FileCase(
        "a base by a folder that is a link", extending("l/outside.yaml", make=link("l", "..")), 3, "outside-folder"
    ),
    FileCase("a base that is /dev/zero", extending("l.yaml", make=link("l.yaml", "/dev/zero")), 3, "outside-folder"),
    FileCase("a base that is a link to itself", extending("l.yaml", make=link("l.yaml", "l.yaml")), 3, "bad-base"),
    FileCase("a base that is a pipe", extending("p.yaml", make=lambda f: os.mkfifo(f / "p.yaml")), 3, "bad-base"),
    FileCase("a base that is a folder", extending("f.yaml", make=lambda f: (f / "f.yaml").mkdir()), 3, "bad-base"),
    FileCase("a base of 5 GB", extending("large.yaml", make=sparse), 3, "too-large"),
    FileCase("a base that is not UTF-8", extending("b.yaml", make=put("b.yaml", b"name: \xff")), 3, "not-utf8"),
    FileCase("a base with a terminal escape in its name", extending('"\\e[2J.yaml"'), 3, "unknown-base"),
    FileCase("a base with a NUL in its name", extending('"a\\0.yaml"'), 3, "outside-folder"),
    FileCase("a base with a name of a thousand letters", extending(f"{'a' * 1000}.yaml"), 3, "unknown-base"),
    FileCase("a base with 3,000 folders in its name", extending(f"{'a/' * 3000}b.yaml"), 3, "unknown-base"),
    FileCase("a shipped base by a path that climbs", extending("mnist/../resnet"), 3, "unknown-base"),
    FileCase("a base that extends itself", extending("mine.yaml"), 3, "recursive-extends"),
    FileCase(
        "bases in a ring",
        extending("a.yaml", make=put("a.yaml", "cnnspec: 1\nextends: mine.yaml\n")),
        3,
        "recursive-extends",
    ),
    FileCase("a hundred bases", extending("0.yaml", make=chain(100)), 3, "too-deep"),
    FileCase("bases of a megabyte on one another", extending("0.yaml", make=large_texts), 3, "too-much-work"),
    FileCase("patches that double a network seven times", extending("0.yaml", make=doubling), 3, "too-much-work"),
    FileCase(
        "3,000 patterns over 9,000 keys",
        extending("b.yaml", f"patch:\n{MANY}", put("b.yaml", HEAD + "layers:\n" + "  - ReLU\n" * 9_000)),
        3,
        "too-much-work",
    ),
    FileCase("a patch of an expression", extending("mnist/lenet", "patch:\n  - remove: $(9**9)\n"), 3, "bad-patch"),
    FileCase(
        "a patch with a terminal escape", extending("mnist/lenet", 'patch:\n  - remove: "\\e[2J"\n'), 3, "idle-patch"
    ),
)
