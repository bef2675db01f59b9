"""Folders of images: which folders are parts and which are classes, what is left out, and what is doubtful."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnspec import DataError
from cnnspec.pytorch.data.folder import START, folder
from cnnspec.pytorch.data.parts import Parts, parts_of, role_of
from tests.cli.runner import run

INPUT = (3, 8, 8)


def images(base: Path, counts: Mapping[str, int], seed: int = 0) -> Path:
    """So many images of noise in each folder, no two alike."""
    random = np.random.RandomState(seed)
    for name, count in counts.items():
        (base / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            Image.fromarray(random.randint(0, 256, (8, 8, 3)).astype("uint8")).save(base / name / f"{number}.png")
    return base


def tree(base: Path, *parts: str, count: int = 5) -> Path:
    """Two classes in each part, no image twice."""
    for seed, part in enumerate(parts):
        images(base / part, {"cat": count, "dog": count}, seed)
    return base


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("train", "val", "test"),
        ("Training", "Validation", "Testing"),
        ("TRAIN", "valid", "Test"),
        ("train_set", "val-images", "test data"),
        ("training", "dev", "evaluation"),
        ("trainset", "valset", "testset"),
        ("train2017", "val2017", None),
        ("train", "validation", None),
        ("Train", None, "TEST"),
    ],
)
def test_parts_have_their_usual_names(tmp_path: Path, train: str, validation: str | None, test: str | None) -> None:
    """In any case and with the usual endings; each part is what its name says."""
    tree(tmp_path, *filter(None, (train, validation, test)))
    found = parts_of(tmp_path)
    assert found == Parts(tmp_path / train, validation and tmp_path / validation, test and tmp_path / test)
    assert folder(tmp_path, INPUT, 0).classes == ("cat", "dog")


@pytest.mark.parametrize("name", ["contest", "trained", "valve", "trains", "latest", "test tube", "invalid", "device"])
def test_other_names_are_no_parts(name: str) -> None:
    """A class may be called so."""
    assert role_of(name) is None


@pytest.mark.parametrize("classes", [("bus", "car", "train"), ("invalid", "valid"), ("dev", "mouse")])
def test_a_class_may_be_called_like_a_part(tmp_path: Path, classes: Sequence[str]) -> None:
    """Where its images are in it and it has siblings, it is one of the classes."""
    images(tmp_path, dict.fromkeys(classes, 5))
    assert folder(tmp_path, INPUT, 0).classes == classes


def flat(base: Path) -> None:
    images(base, {"train": 3, "test": 3})


def flat_beside_another(base: Path) -> None:
    images(base, {"train": 3, "test": 3, "sample": 3})


def twice(base: Path) -> None:
    tree(base, "train", "val", "validation")


def twice_by_case(base: Path) -> None:
    tree(base, "train", "Training", "test")


def headless(base: Path) -> None:
    tree(base, "val", "test")


def part_or_class(base: Path) -> None:
    images(tree(base, "train"), {"plane": 3})


def half(base: Path) -> None:
    images(tree(base, "train", "test"), {"train": 1})


def unnamed(base: Path) -> None:
    tree(base, "seg_train", "seg_test")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (flat, "test has the name of a part, but holds images that are in no class folder"),
        (flat_beside_another, "test has the name of a part, but holds images that are in no class folder"),
        (twice, "has two validation parts: `val` and `validation`"),
        (twice_by_case, "has two training parts: `Training` and `train`"),
        (headless, "has no training part next to `test` and `val`"),
        (part_or_class, "`train` can be the training part, or a class like `plane`"),
        (half, "train has the name of a part, but holds images that are in no class folder"),
        (unnamed, "`seg_test` and `seg_train` hold the same folders: they can be parts, or classes"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(tmp_path: Path, make: object, message: str) -> None:
    """With the code of data, and with the names that are understood; `data check` says the same."""
    make(tmp_path)  # type: ignore[operator]
    with pytest.raises(DataError) as caught:
        folder(tmp_path, INPUT, 0)
    assert message in caught.value.message
    assert "`train`, `val` and `test`" in caught.value.help or "rename" in caught.value.help
    done = run("data", "check", str(tmp_path))
    assert (done.exit_code, message in done.stderr) == (4, True)


def test_train_alone_is_like_a_folder_of_classes(tmp_path: Path) -> None:
    """A fifth of each class is its test part."""
    data = folder(tree(tmp_path, "train"), INPUT, 0)
    assert {name: len(part.labels) for name, part in data.parts.items()} == {"training": 8, "test": 2}


def test_a_folder_next_to_the_parts_is_named(tmp_path: Path) -> None:
    """It may have been meant to be a part; a folder without images is not."""
    images(tree(tmp_path, "train", "test"), {"unlabeled": 2})
    (tmp_path / "labels").mkdir()
    assert folder(tmp_path, INPUT, 0).doubts == ("`unlabeled` is next to the parts and is not used",)


HIDDEN = (".ipynb_checkpoints", "__MACOSX", "@eaDir", ".thumbs")


def test_hidden_names_are_left_out_at_every_level(tmp_path: Path) -> None:
    """Copies of images that notebooks, archives and file managers leave: next to the parts, in one, in a class."""
    tree(tmp_path, "train", "test")
    before = folder(tmp_path, INPUT, 0)
    for place in (tmp_path, tmp_path / "train", tmp_path / "train" / "cat", tmp_path / "test" / "dog"):
        for name in HIDDEN:
            shutil.copytree(tmp_path / "train" / "dog", place / name / "deep")
        shutil.copy(tmp_path / "train" / "dog" / "0.png", place / ".shadow.png")
        (place / "Thumbs.db").write_bytes(b"\0")
    after = folder(tmp_path, INPUT, 0)
    assert after.classes == before.classes
    assert [part.paths for part in after.parts.values()] == [part.paths for part in before.parts.values()]
    assert after.doubts == ()


def test_the_classes_of_a_part_may_be_fewer(tmp_path: Path) -> None:
    """What a part lacks is a warning; a class that is not trained on is an error."""
    images(tmp_path / "train", {"ant": 3, "bee": 3, "cow": 3})
    images(tmp_path / "val", {"ant": 2}, 1)
    images(tmp_path / "test", {"bee": 2, "cow": 2}, 2)
    (tmp_path / "test" / "ant").mkdir()
    (tmp_path / "test" / "notes").mkdir()
    data = folder(tmp_path, INPUT, 0)
    assert data.lacking() == [
        "the validation part has no image of the classes `bee` and `cow`",
        "the test part has no image of the class `ant`",
    ]
    assert data.test.labels.tolist() == [1, 1, 2, 2]
    done = run("data", "check", str(tmp_path))
    assert done.exit_code == 0
    assert f"warning: {tmp_path}: the test part has no image of the class `ant`" in done.stdout
    images(tmp_path / "val", {"dog": 1}, 3)
    with pytest.raises(DataError, match="train has no class `dog`"):
        folder(tmp_path, INPUT, 0)


def test_copies_are_found_by_their_bytes(tmp_path: Path) -> None:
    """In two parts, under two classes, twice in one; whatever their names are."""
    tree(tmp_path, "train", "test")
    assert folder(tmp_path, INPUT, 0).doubts == ()
    train, test = tmp_path / "train", tmp_path / "test"
    shutil.copy(train / "cat" / "1.png", test / "cat" / "other.png")
    shutil.copy(train / "cat" / "2.png", train / "dog" / "x.png")
    shutil.copy(train / "dog" / "3.png", train / "dog" / "y.png")
    shutil.copy(train / "dog" / "4.png", train / "dog" / "z.png")
    assert folder(tmp_path, INPUT, 0).doubts == (
        "1 picture is in two parts, so that what is measured was trained on: train/cat/1.png and test/cat/other.png",
        "1 picture is in two classes: train/cat/2.png and train/dog/x.png",
        "2 pictures are more than once in one class of one part: train/dog/3.png and train/dog/y.png, for example",
    )


def test_files_that_begin_alike_are_no_copies(tmp_path: Path) -> None:
    """Of one size, with the same first bytes, and different at the end."""
    tree(tmp_path, "train", "test", count=2)
    for place, last in (("train/cat", b"a"), ("train/dog", b"b"), ("test/cat", b"a")):
        (tmp_path / place / "long.png").write_bytes(bytes(3 * START) + last)
    (doubt,) = folder(tmp_path, INPUT, 0).doubts
    assert doubt.endswith("was trained on: train/cat/long.png and test/cat/long.png")


def test_few_files_are_opened(tmp_path: Path) -> None:
    """No more than the bound, and how many could not be compared is said; `data check` compares all."""
    tree(tmp_path, "train")
    for number in range(4):
        for name in ("cat", "dog"):
            (tmp_path / "train" / name / f"same{number}.png").write_bytes(b"\0" * 99)
    bounded = folder(tmp_path, INPUT, 0, most=3).doubts
    assert len(bounded) == 1
    assert "files that can be copies were compared" in bounded[0]
    assert "in two classes" in folder(tmp_path, INPUT, 0, most=None).doubts[1]


TWO = "cnnspec: 1\nname: two\ninput: [3, 8, 8]\nlayers:\n  - Flatten\n  - Linear: {out_features: 2}\n"


def test_without_a_test_part_the_figures_are_those_of_the_validation_part(tmp_path: Path) -> None:
    """Nothing is split off the training part, and every figure says what it is of; of the test part there is none."""
    (tmp_path / "two.yaml").write_text(TWO)
    photos = tree(tmp_path / "photos", "train", "Validation", count=6)
    flags = ["--data", "folder", "--data-dir", str(photos), "--epochs", "2", "--workers", "0", "--batch-size", "4"]
    done = run("train", str(tmp_path / "two.yaml"), *flags, "--out", str(tmp_path / "run"))
    assert done.exit_code == 0, done.stderr
    assert "holds 12 training and 12 validation images of 2 classes" in done.stdout
    assert "12 training, 12 validation, no test images" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert last.startswith("validation accuracy ")
    assert "test accuracy" not in done.stdout
    result = (tmp_path / "run" / "result.json").read_text()
    assert '"validation_images": 12' in result
    assert "test" not in result.replace('"torch"', "")
    seen = run("eval", str(tmp_path / "run"))
    assert seen.stdout.splitlines()[-1] == last
    assert '"part": "validation"' in (tmp_path / "run" / "evaluation.json").read_text()
    assert run("predict", str(tmp_path / "run"), "validation:3").exit_code == 0
    refused = run("predict", str(tmp_path / "run"), "test:3")
    assert (refused.exit_code, "validation:0 to validation:11" in refused.stderr) == (2, True)


def test_a_validation_part_of_its_own_is_watched(tmp_path: Path) -> None:
    """Next to a test part, too: its images are those of the folder, and all of `train` is trained on."""
    (tmp_path / "two.yaml").write_text(TWO)
    photos = tree(tmp_path / "photos", "train", "val", "test", count=6)
    images(photos / "val", {"cat": 8}, 9)
    flags = ["--data", "folder", "--data-dir", str(photos), "--epochs", "1", "--workers", "0"]
    done = run("train", str(tmp_path / "two.yaml"), *flags, "--out", str(tmp_path / "run"))
    assert "12 training, 14 validation, 12 test images" in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1].startswith("test accuracy ")
