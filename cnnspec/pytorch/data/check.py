"""Whatever data lie in a folder, read whole and compared with what is known of them: a finding for each file.

DIR ──► mnist, fashion-mnist, cifar10, cifar100, wherever training would look for them
    └─► else the images of an image folder, each of them decoded
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cnnspec.engine.diagnostics import DataError, count, listing
from cnnspec.pytorch.data import cifar, idx
from cnnspec.pytorch.data.folder import InFiles, folder
from cnnspec.pytorch.data.image import read_image
from cnnspec.pytorch.data.known_sets import KNOWN, CifarSet, IdxFile, IdxSet, KnownSet
from cnnspec.pytorch.data.locate import cifar_in, either

RANKS = (3, 1, 3, 1)  # of the four files of an IDX set


@dataclass(frozen=True, slots=True)
class DataFinding:
    """What a file, or a part of a data set, turned out to be; what is doubtful about it, or wrong with it."""

    of: str  # the data set
    path: Path
    words: str = ""
    error: DataError | None = None
    is_doubt: bool = False


def check_data(base: Path) -> list[DataFinding]:
    """All findings below a folder. Raises DataError where there is nothing to check."""
    if not base.is_dir():
        raise DataError(f"there is no folder {base}")
    found = [finding for place, sets in _places(base) for finding in _best(place, sets)]
    return found or list(_images(base))


def _places(base: Path) -> Iterator[tuple[Path, list[KnownSet]]]:
    """The folders that hold a file of a known set, each with the sets that it may be: several have the same names."""
    sets: dict[Path, list[KnownSet]] = {}
    for which in KNOWN.values():
        for place in which.folders(base):
            if _any(which, place):
                sets.setdefault(place, []).append(which)
    return iter(sets.items())


def _any(which: KnownSet, place: Path) -> bool:
    """Whether any file of a set is there."""
    if isinstance(which, IdxSet):
        return any(either(place, file.name) for file in which.files)
    paths = [folder / file.name for folder in (place, place / which.folder) for file in (*which.train, *which.test)]
    return (place / which.archive.name).is_file() or any(path.is_file() for path in paths)


def _best(place: Path, sets: Sequence[KnownSet]) -> list[DataFinding]:
    """The findings under the set that the files fit best."""
    found = [list(_idx(which, place) if isinstance(which, IdxSet) else _cifar(which, place)) for which in sets]
    return min(found, key=lambda findings: sum(finding.error is not None for finding in findings))


def _idx(which: IdxSet, place: Path) -> Iterator[DataFinding]:
    arrays: list[idx.Array | None] = []
    for file, rank in zip(which.files, RANKS, strict=True):
        path = either(place, file.name)
        if path is None:
            arrays.append(None)
            yield DataFinding(which.name, place / file.name, error=DataError(f"{place / file.name} is missing"))
            continue
        try:
            arrays.append(idx.read(path, rank, file))
        except DataError as error:
            arrays.append(None)
            yield DataFinding(which.name, path, error=error)
        else:
            yield DataFinding(which.name, path, f"{_size(arrays[-1])}, {_known(path, file)}")
    yield from _pairs(which, place, arrays)


def _size(array: idx.Array | None) -> str:
    assert array is not None
    return f"{len(array):,} " + (f"images of {array.shape[1]}×{array.shape[2]}" if array.ndim == 3 else "labels")


def _known(path: Path, file: IdxFile) -> str:
    """How the content is known: by its own hash, by that of the packed file, or not at all."""
    known = file.sha256 or (file.packed and path.name == file.packed.name)
    return "SHA-256 as known" if known else "well-formed; no SHA-256 is known of the unpacked file"


def _pairs(which: IdxSet, place: Path, arrays: Sequence[idx.Array | None]) -> Iterator[DataFinding]:
    """What is wrong between images and labels, where both could be read."""
    for number in (0, 2):
        images, labels = arrays[number], arrays[number + 1]
        if images is None or labels is None:
            continue
        path = either(place, which.files[number + 1].name) or place
        try:
            idx.check_pair(images, labels, which.files[number].name, path, len(which.classes))
        except DataError as error:
            yield DataFinding(which.name, path, error=error)


def _cifar(which: CifarSet, base: Path) -> Iterator[DataFinding]:
    found = cifar_in(which, base)
    place = found[0] if found else base / which.folder if (base / which.folder).is_dir() else base
    try:
        contents = cifar.contents(which, place)
    except DataError as error:
        yield DataFinding(which.name, place, error=error)
        return
    for file in (*which.train, *which.test):
        path = place / file.name
        try:
            images, _ = cifar.records(file, path, contents.get(file.name), which.label_bounds)
        except DataError as error:
            yield DataFinding(which.name, path, error=error)
        else:
            yield DataFinding(which.name, path, f"{len(images):,} images of 3×32×32, SHA-256 as known")


def _images(base: Path) -> Iterator[DataFinding]:
    """The images of an image folder, decoded one by one. Raises DataError, where it is none."""
    try:
        data = folder(base, (3, 8, 8), 0, most=None)
    except DataError as error:
        raise DataError(
            f"{base} holds no data that are known: {error.message}",
            f"the files of {listing(list(KNOWN), 'or')}, in folders of these names; or images, a folder for each class",
        ) from None
    for name, part in data.parts.items():
        assert isinstance(part, InFiles)
        bad = list(_unreadable(part))
        yield from bad
        words = f"{count(len(part.paths), f'{name} image')} in {count(len(data.classes), 'class')}"
        if not bad:
            yield DataFinding("folder", base, words)
    yield from (DataFinding("folder", base, words, is_doubt=True) for words in (*data.lacking(), *data.doubts))


def _unreadable(part: InFiles) -> Iterator[DataFinding]:
    for path in part.paths:
        try:
            read_image(path, part.image)
        except DataError as error:
            yield DataFinding("folder", path, error=error)
