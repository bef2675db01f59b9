"""What `cnnspec eval` says of classes is what scikit-learn says of the same predictions."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, precision_recall_fscore_support
from torch.nn.functional import softmax

from cnnspec import build, load
from cnnspec.cli.eval import _confusion
from cnnspec.cli.output import console
from cnnspec.cli.tables import print_table
from cnnspec.pytorch.evaluate import Evaluation, evaluate, pictures
from cnnspec.pytorch.evaluate.evaluation import ClassFigures
from cnnspec.pytorch.train.run_files import load_weights
from tests.cli.runner import run


@pytest.fixture(scope="module")
def seen(run_folder: Path) -> Evaluation:
    return evaluate(run_folder)


@pytest.fixture(scope="module")
def probabilities(run_folder: Path, seen: Evaluation) -> np.ndarray:
    """From the same weights, by hand: the images of the test part as floats through a model that was built anew."""
    model = build(load(run_folder / "spec.yaml"))
    load_weights(run_folder, model)
    pixels = seen.opened.record.pixels
    images = (seen.images(seen.data.all()).double() / 255 - pixels.mean[0]) / pixels.std[0]
    with torch.inference_mode():
        return softmax(model.eval()(images.float()).double(), 1).numpy()


def test_figures_are_those_of_scikit_learn(seen: Evaluation, probabilities: np.ndarray) -> None:
    """Accuracy, loss, confusion, precision and recall from predictions that were made by hand."""
    labels, predicted = seen.labels.numpy(), probabilities.argmax(1)
    assert seen.figures.accuracy == accuracy_score(labels, predicted)
    assert seen.figures.loss == pytest.approx(log_loss(labels, probabilities), rel=1e-5)
    assert np.array_equal(seen.confusion.numpy(), confusion_matrix(labels, predicted))
    precision, recall, _, support = precision_recall_fscore_support(labels, predicted)
    assert [row.precision for row in seen.classes] == pytest.approx(precision.tolist())
    assert [row.recall for row in seen.classes] == pytest.approx(recall.tolist())
    assert [row.images for row in seen.classes] == support.tolist()
    assert np.allclose(seen.probability.numpy(), probabilities.max(1), atol=1e-5)


def test_the_worst_mistakes_come_first(seen: Evaluation, probabilities: np.ndarray) -> None:
    """They are the wrong ones in the order of what was left for the truth, and no more than asked for."""
    truth = probabilities[np.arange(len(probabilities)), seen.labels.numpy()]
    wrong = [i for i in np.argsort(truth).tolist() if probabilities[i].argmax() != seen.labels[i]]
    assert len(wrong) > 5
    assert seen.mistakes(len(wrong)).tolist() == wrong
    assert seen.mistakes(3).tolist() == wrong[:3]


def test_images_come_back_to_the_bit(seen: Evaluation) -> None:
    """What is shown of a test image are its bytes: normalising and turning back loses none."""
    index = torch.tensor([5, 0, 17])
    assert torch.equal(seen.images(index), seen.data.images[index])


def test_a_class_that_is_never_seen_or_said_has_no_share() -> None:
    """Nothing divides by zero."""
    assert ClassFigures("none", 0, 0, 0).recall is None
    assert ClassFigures("none", 5, 0, 0).precision is None
    assert ClassFigures("some", 4, 2, 1).precision == 0.5


def test_the_command_prints_tables_and_writes_pictures(run_folder: Path, tmp_path: Path, seen: Evaluation) -> None:
    """A line for each class, the confusion of classes, three files, and the accuracy last."""
    done = run("eval", str(run_folder), "--out", str(tmp_path / "seen"))
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    row = seen.classes[3]
    assert f"3 {row.images} {100 * row.precision:.2f} % {100 * row.recall:.2f} %" in [
        " ".join(x.split()) for x in lines
    ]
    matrix = [" ".join(line.split()) for line in lines]
    assert " ".join(["3", *(str(n) if n else "·" for n in seen.confusion[3].tolist())]) in matrix
    names = ["evaluation.json", "confusion.png", "mistakes.png"]
    assert lines[-4:-1] == [f"{tmp_path / 'seen' / name} is written" for name in names]
    assert lines[-1] == f"test accuracy {100 * seen.figures.accuracy:.2f} %"
    written = json.loads((tmp_path / "seen" / "evaluation.json").read_text())
    assert written == json.loads(json.dumps(seen.as_json()))
    assert written["confusion"] == seen.confusion.tolist()


@pytest.mark.parametrize(("columns", "headings"), [("120", "names"), ("60", "numbers")])
def test_names_of_classes_are_whole_in_the_confusion(
    columns: str, headings: str, seen: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns bear the names where all fit; elsewhere the numbers of the rows, which have the names."""
    monkeypatch.setenv("COLUMNS", columns)
    names = tuple(letter * 7 for letter in "abcdefghij")
    renamed = replace(
        seen, opened=replace(seen.opened, record=seen.opened.record.model_copy(update={"classes": names}))
    )
    console.cache_clear()
    with contextlib.redirect_stdout(io.StringIO()) as out:
        print_table(_confusion(renamed))
    console.cache_clear()
    heading, _, *rows = out.getvalue().strip("\n").splitlines()
    numbers = [str(number) for number in range(10)]
    assert heading.split() == ["taken", "for", *(names if headings == "names" else numbers)]
    assert [row.split()[0 if headings == "names" else 1] for row in rows] == list(names)


def pixels_of(png: bytes | None) -> np.ndarray:
    assert png is not None
    return np.array(Image.open(io.BytesIO(png)).convert("RGB"))


def test_the_mistakes_are_in_the_picture(seen: Evaluation) -> None:
    """More mistakes make a larger picture; without any there is none."""
    most = pixels_of(pictures.mistakes(seen))
    few = replace(seen, predicted=seen.labels.clone())
    few.predicted[4] = (few.labels[4] + 1) % 10
    assert pixels_of(pictures.mistakes(few)).shape[0] < most.shape[0]
    assert pictures.mistakes(replace(seen, predicted=seen.labels)) is None


def test_the_confusion_is_as_dark_as_its_shares(seen: Evaluation) -> None:
    """Two classes that are taken for each other wholly: the squares beside the diagonal are the dark ones."""
    counts = torch.tensor([[0, 8], [8, 0]])
    record = seen.opened.record.model_copy(update={"classes": ("cat", "dog")})
    two = replace(seen, confusion=counts, opened=replace(seen.opened, record=record))
    picture = pixels_of(pictures.confusion(two)).astype(int)
    dark = (picture.sum(2) < 200) & (picture[:, :, 2] > picture[:, :, 0] + 40)  # the darkest blue
    rows, columns = np.nonzero(dark)
    middle = columns.min() + (columns.max() - columns.min()) // 2
    upper = rows < rows.min() + (rows.max() - rows.min()) // 2
    assert columns[upper].min() >= middle - 2
    assert columns[~upper].max() <= middle + 2


def test_names_of_classes_are_drawn_as_they_are(seen: Evaluation) -> None:
    """Neither a dollar, which begins a formula elsewhere, nor a sign that the font lacks ends in an error."""
    names = ("a$b$", "$\\frac", "_{", "\u732b", *map(str, range(6)))
    record = seen.opened.record.model_copy(update={"classes": names})
    renamed = replace(seen, opened=replace(seen.opened, record=record))
    assert pixels_of(pictures.confusion(renamed)).std() > 0
    assert pixels_of(pictures.mistakes(renamed)).std() > 0
