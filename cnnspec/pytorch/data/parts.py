"""Which folders of a folder of images are parts of the data set, and which are classes.

    DIR/train/CLASS/*.png  DIR/val/CLASS/*.png  DIR/test/CLASS/*.png      parts, under every usual name and in any case
    DIR/CLASS/*.png                                                       classes

A folder whose name is that of a part is one if it holds folders and no images. What can be read in two ways is refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cnnspec.engine.diagnostics import DataError, listing
from cnnspec.pytorch.data.image import ENDINGS
from cnnspec.pytorch.data.irregular import require_regular

TRAIN, VALIDATION, TEST = "training", "validation", "test"
ROLES = {
    **dict.fromkeys(("train", "training", "trainval"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "validate", "validating", "dev"), VALIDATION),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), TEST),
}
FILLERS = r"(?:set|sets|data|dataset|images?|imgs?|split|part|folder|\d+)"
NAMED = re.compile(rf"({'|'.join(ROLES)})(?:[-_ .]?{FILLERS})*")
NOT_IMAGES = frozenset({"__macosx", "@eadir", "$recycle.bin", "thumbs.db"})  # of archives and file managers
HELP = "a folder of images holds a folder for each class, in itself or in its folders `train`, `val` and `test`"
RENAME = "name the parts `train`, `val` and `test`, each with a folder for each class, and no class like a part"


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the classes of each part are; ``test`` and ``validation`` are None where they have no folder of their own.

    ``unused`` are folders with images that are next to the parts and belong to none.
    """

    train: Path
    validation: Path | None = None
    test: Path | None = None
    unused: tuple[Path, ...] = ()


def parts_of(base: Path) -> Parts:
    """The parts of a folder of images. Raises DataError where they are ambiguous."""
    roles = {path: role for path in folders_in(base) if (role := role_of(path.name))}
    others = [path for path in folders_in(base) if path not in roles and next(_images(path), None)]
    loose = [path for path in roles if _has_images(path)]
    if not roles:
        _refuse_unnamed_parts(base, others)
        return Parts(base)
    if loose and len(loose) == len(roles) and others and len(set(roles.values())) == 1:
        return Parts(base)  # a class that is called like a part: bus, car, train
    if loose:
        message = f"{loose[0]} has the name of a part, but holds images that are in no class folder"
        raise DataError(message, RENAME)
    return _named(base, roles, others)


def _named(base: Path, roles: dict[Path, str], others: Sequence[Path]) -> Parts:
    """The parts by their roles, each of which has one folder at most."""
    found: dict[str, Path] = {}
    for path, role in roles.items():
        if role in found:
            raise DataError(
                f"{base} has two {role} parts: {_names([found[role], path])}", "rename one, or move it away"
            )
        found[role] = path
    if TRAIN not in found:
        raise DataError(f"{base} has no training part next to {_names(list(roles))}", RENAME)
    if others and len(found) == 1:
        message = f"{base}: {_names([found[TRAIN]])} can be the training part, or a class like {_names(others)}"
        raise DataError(message, RENAME)
    return Parts(found[TRAIN], found.get(VALIDATION), found.get(TEST), tuple(others))


def _refuse_unnamed_parts(base: Path, folders: Sequence[Path]) -> None:
    """Refuse folders that hold the same class folders as each other and no images: parts by names that are unknown."""
    inner = [frozenset(path.name for path in folders_in(folder)) for folder in folders]
    if len(inner) > 1 and len(inner[0]) > 1 and len(set(inner)) == 1 and not any(map(_has_images, folders)):
        message = f"{base}: {_names(folders)} hold the same folders: they can be parts, or classes"
        raise DataError(message, f"{RENAME}; or put the images of each class into its folder")


def role_of(name: str) -> str | None:
    """The part that a folder of this name is, ``training`` for ``Train`` and ``train_images``; None for no part."""
    match = NAMED.fullmatch(name.casefold())
    return ROLES[match[1]] if match else None


def folders_in(base: Path) -> list[Path]:
    """The folders in a folder by name, without hidden ones."""
    return sorted(path for path in base.iterdir() if is_visible(path.name) and path.is_dir())


def images_in(folder: Path) -> list[Path]:
    """The image files anywhere below a folder by name, without hidden files and those in hidden folders.

    Raises DataError where a link leads nowhere or to a folder, or a device or a pipe has the name of an image.
    """
    require_regular(folder)
    return sorted(_images(folder))


def is_visible(name: str) -> bool:
    """Whether a file or folder counts: names that begin with a dot and the leavings of file managers do not."""
    return not name.startswith(".") and name.casefold() not in NOT_IMAGES


def _images(folder: Path) -> Iterator[Path]:
    for place, inner, names in os.walk(folder):
        inner[:] = filter(is_visible, inner)
        yield from (path for name in names if (path := Path(place, name)).suffix.lower() in ENDINGS and _counts(path))


def _has_images(folder: Path) -> bool:
    """Whether images are in the folder itself."""
    return any(path.suffix.lower() in ENDINGS and _counts(path) for path in folder.iterdir())


def _counts(path: Path) -> bool:
    return is_visible(path.name) and path.is_file()


def _names(paths: Sequence[Path]) -> str:
    more = [f"{len(paths) - 3} more"] if len(paths) > 4 else []
    return listing([*(f"`{path.name}`" for path in paths[: 3 if more else 4]), *more])
