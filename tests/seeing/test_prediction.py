"""What a run makes of an image that someone gives it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from cnnspec.pytorch.evaluate import Evaluation, evaluate
from tests.cli.runner import run


@pytest.fixture(scope="module")
def seen(run_folder: Path) -> Evaluation:
    return evaluate(run_folder)


def saved(seen: Evaluation, index: int, path: Path, *, inverted: bool = False) -> Path:
    """A test image as a file."""
    pixels = seen.images(seen.data.all()[index : index + 1])[0, 0].numpy()
    Image.fromarray(255 - pixels if inverted else pixels).save(path)
    return path


def test_a_file_is_taken_for_what_the_same_test_image_is(run_folder: Path, seen: Evaluation, tmp_path: Path) -> None:
    """The file and `test:N` give the same classes and probabilities; of the latter it is told what it is."""
    paths = [str(saved(seen, index, tmp_path / f"{index}.png")) for index in (0, 7)]
    done = run("predict", str(run_folder), *paths, "test:0", "test:7", "--top", "2")
    assert (done.exit_code, done.stderr) == (0, "")
    files, tested = done.stdout.splitlines()[:2], done.stdout.splitlines()[2:]
    for index, name, file, line in zip((0, 7), paths, files, tested, strict=True):
        taken, share = int(seen.predicted[index]), 100 * float(seen.probability[index])
        assert file.startswith(f"{name}: {taken} {share:.2f} %  ")
        assert line == f"test:{index}:{file.removeprefix(f'{name}:')}  (it is {int(seen.labels[index])})"


def test_a_dark_drawing_on_light_paper_is_hinted_at(run_folder: Path, seen: Evaluation, tmp_path: Path) -> None:
    """It says so; with --invert it is taken for what the light one is, and nothing is said."""
    light = run("predict", str(run_folder), str(saved(seen, 3, tmp_path / "light.png")))
    path = str(saved(seen, 3, tmp_path / "dark.png", inverted=True))
    hinted = run("predict", str(run_folder), path)
    assert "dark.png is light, and the run was trained on dark images: --invert turns it round" in hinted.stdout
    inverted = run("predict", str(run_folder), path, "--invert")
    assert inverted.stdout.partition("png: ")[2] == light.stdout.partition("png: ")[2]
    assert "invert" not in light.stdout


def test_all_classes_may_be_named(run_folder: Path) -> None:
    """More than there are is all of them, and their shares make up the whole."""
    line = run("predict", str(run_folder), "test:1", "--top", "99").stdout
    shares = [float(word) for word in line.replace("(it", "").split() if "." in word]
    assert len(shares) == 10
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.06)


@pytest.mark.parametrize(
    ("image", "code", "message"),
    [
        ("none.png", 4, "none.png cannot be read: No such file"),
        ("test:359", 2, "there is no test image `test:359`"),
        ("test:x", 2, "test:0 to test:358, or the path of an image"),
    ],
)
def test_an_image_that_is_not_there_is_refused(run_folder: Path, image: str, code: int, message: str) -> None:
    """The message names it."""
    done = run("predict", str(run_folder), image)
    assert done.exit_code == code
    assert message in done.stderr


def test_a_run_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """All three commands end with the code of a damaged run."""
    for command in (
        ["predict", str(tmp_path / "gone"), "x"],
        ["features", str(tmp_path / "gone"), "x", "--layer", "a"],
    ):
        assert run(*command).exit_code == 5
