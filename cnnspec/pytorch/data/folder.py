"""Images of one's own, a folder for each class.

    DIR/train/CLASS/*.png     with DIR/val/CLASS/*.png, DIR/test/CLASS/*.png or both: parts, by any usual name
    DIR/CLASS/*.png           a fifth of each class is the test part, the same one for everyone

Classes are numbered in the order of their names. Files without the extension of an image and hidden names are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import torch
from torch import Tensor

from cnnspec.engine.diagnostics import DataError, UsageError, count, listing, printable
from cnnspec.engine.safe_open import open_regular
from cnnspec.pytorch.data.dataset import Dataset
from cnnspec.pytorch.data.examples import Pixels, pixels_of
from cnnspec.pytorch.data.held_out import stratified
from cnnspec.pytorch.data.irregular import require_leading
from cnnspec.pytorch.data.parts import HELP, TEST, TRAIN, VALIDATION, folders_in, images_in, parts_of
from cnnspec.pytorch.data.streamed import Streamed, read_all

# Images whose files are the same to the byte: in two parts, under two classes, or twice in one part.
#
#     sizes ──the same──► first 4 kB ──the same──► whole files ──the same──► copies
#
# Only files that may be copies are opened, and of a large folder no more than ``most`` of them. A picture that was
# saved again in another format is another file, and is not found.

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


TEST_SHARE = 5  # one in five
SAMPLE = 2048  # images that mean and deviation are taken of


@dataclass(frozen=True, slots=True, eq=False)
class InFiles:
    """Paths of images and their labels int64 N, to be read in the size ``image`` (C, H, W) by so many workers."""

    paths: tuple[Path, ...]
    labels: Tensor
    image: tuple[int, ...]
    workers: int

    def at(self, index: Tensor) -> InFiles:
        """The images at these indices."""
        return InFiles(tuple(self.paths[i] for i in index.tolist()), self.labels[index], self.image, self.workers)

    def fitted(self, input: Sequence[int]) -> InFiles:
        return InFiles(self.paths, self.labels, tuple(input), self.workers)

    def pixels(self, index: Tensor) -> Pixels:
        """The statistics of at most so many of the images, taken evenly."""
        some = index[torch.linspace(0, len(index) - 1, min(SAMPLE, len(index))).round().long()]
        images = read_all(self.paths, some, self.image, self.workers)
        return pixels_of(images, torch.arange(len(images)))

    def on(self, device: torch.device, pixels: Pixels) -> Streamed:
        return Streamed.on(device, self.paths, self.labels, self.image, pixels, self.workers)


def folder(base: Path, input: Sequence[int], workers: int, most: int | None = MOST) -> Dataset:
    """The images below a folder in a network's size ``input`` (C, H, W); at most ``most`` files are compared as copies.

    Raises DataError.
    """
    if not base.is_dir():
        raise DataError(f"there is no folder {base}", "name one with --data-dir")
    image = (input[0] if input[0] in (1, 3) else 3, *input[1:])
    require_leading(base)
    places = parts_of(base)
    held = _classes(places.train)
    classes = tuple(held)
    found = {TRAIN: _part(held, classes, image, workers)}
    for name, place in ((VALIDATION, places.validation), (TEST, places.test)):
        if place is not None:
            found[name] = _part(_measured(place, places.train, classes), classes, image, workers)
    if len(found) == 1:
        found[TRAIN], found[TEST] = _split(found[TRAIN], base)
    members = [m for name, part in found.items() for m in members_of(name, part.paths, part.labels.tolist(), classes)]
    unused = [f"`{path.name}` is next to the parts and is not used" for path in places.unused]
    doubts = (*unused, *told(copies_among(members, most), base))
    names = tuple(map(printable, classes))
    return Dataset("folder", found[TRAIN], found.get(TEST), names, found.get(VALIDATION), doubts)


def _classes(base: Path) -> dict[str, list[Path]]:
    """The images of each class of the training part."""
    require_leading(base)
    found = {path.name: images_in(path) for path in folders_in(base)}
    if len(found) < 2:
        raise DataError(f"{base} holds {len(found) or 'no'} class{'es'[: 2 * (not found)]}", HELP)
    empty = next((name for name, paths in found.items() if not paths), None)
    if empty is not None:
        raise DataError(f"{base / empty} holds no images", HELP)
    return found


def _measured(place: Path, train: Path, classes: Sequence[str]) -> dict[str, list[Path]]:
    """The images of a validation or test part, whose classes are those of the training part or some of them."""
    require_leading(place)
    found = {path.name: paths for path in folders_in(place) if (paths := images_in(path))}
    foreign = [f"`{name}`" for name in found if name not in classes]
    if foreign:
        message = f"{train} has no class {listing(foreign[:5])}, which {place} holds"
        raise DataError(message, "the classes are those of the training part")
    if not found:
        raise DataError(f"{place} holds no images in class folders", HELP)
    return found


def _part(held: Mapping[str, Sequence[Path]], classes: Sequence[str], image: tuple[int, ...], workers: int) -> InFiles:
    """The images of classes, in their order; a class may have none."""
    found = [(path, label) for label, name in enumerate(classes) for path in held.get(name, ())]
    labels = torch.tensor([label for _, label in found], dtype=torch.int64)
    return InFiles(tuple(path for path, _ in found), labels, image, workers)


def _split(part: InFiles, base: Path) -> tuple[InFiles, InFiles]:
    """The training and the test part of images that come in one."""
    train, test = stratified(part.labels.numpy(), TEST_SHARE)
    if not len(test):
        raise DataError(f"{base} has too few images to hold a test part back", f"{TEST_SHARE} a class, or more")
    return part.at(train), part.at(test)
