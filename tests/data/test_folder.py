"""Images of one's own: a folder for each class, read by workers that may fail."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import ImageFolder

from cnnspec import DataError, UsageError
from cnnspec.pytorch.data import streamed
from cnnspec.pytorch.data.batches import batches
from cnnspec.pytorch.data.dataset import InMemory
from cnnspec.pytorch.data.folder import folder
from cnnspec.pytorch.data.image import read_image
from cnnspec.pytorch.data.load import load_data
from tests.cli.runner import run

CPU = torch.device("cpu")
COUNT = 10  # images a class
INPUT = (3, 8, 8)
NET = "cnnspec: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n  - Flatten\n  - Linear: {out_features: 3}\n"


def fill(base: Path, classes: Sequence[str] = ("cat", "dog", "eel"), count: int = COUNT, seed: int = 0) -> Path:
    """Images of noise, darker from class to class."""
    random = np.random.RandomState(seed)
    for label, name in enumerate(classes):
        (base / name).mkdir(parents=True)
        for number in range(count):
            pixels = random.randint(0, 256 - 80 * label, (8 + number, 12, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(base / name / f"{number:02}.png")
    return base


def test_a_fifth_of_each_class_is_held_back(tmp_path: Path) -> None:
    """Where there is no test part, one is drawn, always the same; what is no image by its name is passed over."""
    fill(tmp_path)
    (tmp_path / "cat" / "notes.txt").write_text("no image")
    (tmp_path / "cat" / "._00.png").write_text("a shadow that macOS leaves")
    (tmp_path / ".cache").mkdir()
    first, second = folder(tmp_path, INPUT, 0), folder(tmp_path, INPUT, 0)
    assert first.classes == ("cat", "dog", "eel")
    assert torch.bincount(first.test.labels).tolist() == [2, 2, 2]
    assert torch.bincount(first.train.labels).tolist() == [8, 8, 8]
    assert first.train.paths == second.train.paths
    assert not set(first.train.paths) & set(first.test.paths)


def test_parts_are_those_of_torchvision(tmp_path: Path) -> None:
    """Paths and labels of all three parts are those of torchvision's ImageFolder."""
    for name, count in (("train", 10), ("val", 4), ("test", 3)):
        fill(tmp_path / name, count=count)
    data = folder(tmp_path, INPUT, 0)
    for part, place in ((data.train, "train"), (data.validation, "val"), (data.test, "test")):
        theirs = ImageFolder(str(tmp_path / place))
        assert [(str(path), label) for path, label in zip(part.paths, part.labels.tolist(), strict=True)] == theirs.imgs
        assert list(data.classes) == theirs.classes


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_those_of_images_in_memory(tmp_path: Path, workers: int) -> None:
    """Images, labels, order and normalisation are the same to the bit, however many workers read."""
    part = folder(fill(tmp_path), INPUT, workers).train
    held = InMemory(torch.stack([read_image(path, INPUT) for path in part.paths]), part.labels)
    order = torch.randperm(len(part.paths))[:21]
    pixels = part.pixels(order)
    assert pixels == held.pixels(order)
    ours, theirs = part.on(CPU, pixels), held.on(CPU, pixels)
    assert len(ours) == len(theirs)
    assert torch.equal(ours.all(), theirs.all())
    pairs = zip(ours.batches(batches(order, 5), darker), theirs.batches(batches(order, 5), darker), strict=True)
    for (images, labels), (expected, targets) in pairs:
        assert torch.equal(images, expected)
        assert torch.equal(labels, targets)


def darker(images: torch.Tensor) -> torch.Tensor:
    assert images.dtype == torch.uint8
    return images // 2


@pytest.mark.parametrize("workers", [0, 2])
def test_reading_leaves_torchs_generator_alone(tmp_path: Path, workers: int) -> None:
    """Dropout draws from it: a run that goes on within an epoch begins to read once more than one that was not cut."""
    paths = folder(fill(tmp_path), INPUT, 0).train.paths
    before = torch.get_rng_state()
    list(streamed.stream(paths, list(torch.arange(len(paths)).split(5)), INPUT, workers))
    assert torch.equal(torch.get_rng_state(), before)


def test_augmented_batches_are_normalised_afterwards(tmp_path: Path) -> None:
    """What augments sees bytes, and what it gives is normalised; the images themselves stay as they are."""
    images = torch.randint(0, 256, (9, 1, 2, 2), dtype=torch.uint8)
    part = InMemory(images.clone(), torch.arange(9))
    data = part.on(CPU, part.pixels(torch.arange(9)))
    plain, _ = data.take(torch.arange(9))
    dark, _ = next(data.batches([torch.arange(9)], darker))
    assert torch.allclose(dark, data.normalise(images // 2))
    assert torch.equal(next(data.batches([torch.arange(9)], torch.clone))[0], plain)
    as_floats = next(data.batches([torch.arange(9)], torch.Tensor.float))[0]
    assert torch.equal(as_floats, plain)
    assert torch.equal(data.images, images)
    kept = images.float()
    next(data.batches([torch.arange(9)], lambda _: kept))
    assert torch.equal(kept, images.float())


def nothing(base: Path) -> None:
    """No folder at all."""


def one_class(base: Path) -> None:
    fill(base, ["cat"])


def empty_class(base: Path) -> None:
    fill(base)
    (base / "fox").mkdir()


def other_classes(base: Path) -> None:
    fill(base / "train")
    fill(base / "test", ["cat", "dog", "fox"])


def too_few(base: Path) -> None:
    fill(base, count=1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (nothing, "there is no folder"),
        (Path.mkdir, "holds no classes"),
        (one_class, "holds 1 class"),
        (empty_class, "fox holds no images"),
        (other_classes, "train has no class `fox`, which"),
        (too_few, "too few images to hold a test part back"),
    ],
)
def test_a_folder_that_is_none_of_images_is_a_data_error(tmp_path: Path, make: object, message: str) -> None:
    """It says what is missing, and how such a folder looks."""
    make(tmp_path / "photos")
    with pytest.raises(DataError) as caught:
        folder(tmp_path / "photos", INPUT, 0)
    assert message in caught.value.message


def nowhere(base: Path) -> None:
    (base / "cat" / "x.png").symlink_to(base / "gone.png")


def itself(base: Path) -> None:
    (base / "cat" / "x.png").symlink_to("x.png")


def around(base: Path) -> None:
    (base / "cat" / "more").symlink_to(base)


def pipe(base: Path) -> None:
    os.mkfifo(base / "cat" / "x.png")


def device(base: Path) -> None:
    (base / "cat" / "x.jpg").symlink_to("/dev/zero")


def no_class(base: Path) -> None:
    (base / "fox").symlink_to(base / "gone")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (nowhere, "cat/x.png is a link to nothing"),
        (itself, "cat/x.png is a link that cannot be followed: Too many levels"),
        (around, "cat/more is a link to a folder, which is not followed"),
        (pipe, "cat/x.png is not a regular file"),
        (device, "cat/x.jpg is not a regular file"),
        (no_class, "fox is a link to nothing"),
    ],
)
@pytest.mark.parametrize("part", ["", "train"])
def test_what_is_no_image_in_an_images_place_is_reported(
    tmp_path: Path, make: Callable[[Path], None], message: str, part: str
) -> None:
    """Nothing that somebody has put there is left out in silence; `data check` ends with 4, and so does training."""
    fill(tmp_path / "photos" / part)
    if part:
        fill(tmp_path / "photos" / "test")
    make(tmp_path / "photos" / part)
    with pytest.raises(DataError) as caught:
        folder(tmp_path / "photos", INPUT, 0)
    assert message in caught.value.message
    done = run("data", "check", str(tmp_path / "photos"))
    assert (done.exit_code, message in done.output) == (4, True)


def test_other_files_and_hidden_ones_may_be_anything(tmp_path: Path) -> None:
    """What has neither the name of an image nor of a folder is passed over, whatever it is."""
    fill(tmp_path, ["cat", "dog"])
    for name in ("notes.txt", ".hidden.png"):
        (tmp_path / "cat" / name).symlink_to("gone")
    (tmp_path / "links.txt").symlink_to("gone")
    assert len(folder(tmp_path, INPUT, 0).classes) == 2


def test_a_class_whose_name_is_no_text_is_shown_escaped(tmp_path: Path) -> None:
    """The name is recorded with the run, and printed."""
    fill(tmp_path, ["cat", os.fsdecode(b"\xff")])
    assert folder(tmp_path, INPUT, 0).classes == ("cat", "\\xff")


def test_a_folder_has_to_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is none by default."""
    monkeypatch.delenv("CNNSPEC_DATA", raising=False)
    with pytest.raises(UsageError, match="images below a folder"):
        load_data("folder", None, INPUT, 3, print)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_image_is_named(tmp_path: Path, workers: int) -> None:
    """The message is the same from a worker as without one."""
    part = folder(fill(tmp_path), INPUT, workers).train
    part.paths[3].write_text("damaged")
    with pytest.raises(DataError) as caught:
        part.pixels(torch.arange(24))
    assert caught.value.message == f"{part.paths[3]} is no image that can be read"


def test_a_worker_that_dies_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing hangs: what killed it is said, with what helps."""
    part = folder(fill(tmp_path), INPUT, 1).train
    mine = os.getpid()

    def die(path: Path, input: Sequence[int]) -> torch.Tensor:
        assert os.getpid() != mine
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    monkeypatch.setattr(streamed, "read_image", die)
    start = time.monotonic()
    with pytest.raises(DataError, match="a worker that reads images has died: DataLoader worker") as caught:
        part.pixels(torch.arange(24))
    assert time.monotonic() - start < 60
    assert "`workers`" in caught.value.help


def test_a_worker_that_dies_ends_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command ends with the code of data, and its run keeps what it has."""
    (tmp_path / "net.yaml").write_text(NET)
    fill(tmp_path / "photos")

    def die_the_second_time(path: Path, input: Sequence[int]) -> torch.Tensor:
        seen = path.with_suffix(".seen")
        if seen.exists():
            os.kill(os.getpid(), signal.SIGKILL)
        seen.touch()
        return read_image(path, input)

    monkeypatch.setattr(streamed, "read_image", die_the_second_time)
    arguments = ["--data", "folder", "--data-dir", str(tmp_path / "photos"), "--workers", "1", "--validation", "0"]
    done = run("train", str(tmp_path / "net.yaml"), *arguments, "--epochs", "9", "--out", str(tmp_path / "run"))
    assert done.exit_code == 4
    assert "a worker that reads images has died" in done.stderr
    assert (tmp_path / "run" / "settings.json").exists()


def test_other_errors_are_not_taken_for_a_workers() -> None:
    """What is no worker's is raised as it is."""
    with pytest.raises(RuntimeError, match="another"), streamed.reported():
        raise RuntimeError("another")


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_network_trains_on_a_folder(tmp_path: Path, workers: str) -> None:
    """The commands take it; the run knows where the images were, and reads them again."""
    (tmp_path / "net.yaml").write_text(NET)
    fill(tmp_path / "photos")
    arguments = ["--data", "folder", "--data-dir", str(tmp_path / "photos"), "--epochs", "2", "--workers", workers]
    done = run("train", str(tmp_path / "net.yaml"), *arguments, "--batch-size", "8", "--out", str(tmp_path / "run"))
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith(
        f"{tmp_path / 'photos'} holds 24 training and 6 test images of 3 classes; they are resized"
    )
    assert "22 training, 2 validation, 6 test images" in done.stdout
    assert run("eval", str(tmp_path / "run")).stdout.splitlines()[-1] == done.stdout.splitlines()[-1]


def test_the_parts_of_an_order_left_over_are_those_of_the_whole() -> None:
    """So a pass that goes on in the middle takes the batches that it would have taken."""
    for count in (8, 9, 10, 17):
        parts = batches(torch.arange(count), 4)
        for done in range(len(parts)):
            rest = batches(torch.arange(count)[4 * done :], 4)
            assert [part.tolist() for part in rest] == [part.tolist() for part in parts[done:]]
