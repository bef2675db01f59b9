"""Runs by recipe: from the command line, into the folder, and on from there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnnspec.engine.recipe import Recipe, known_recipes, load_recipe
from cnnspec.engine.recipe.optimizers import SGD, Adam
from cnnspec.engine.recipe.schedulers import CosineAnnealingLR
from tests.cli.runner import run

RECIPE = """\
cnnspec_recipe: 1
epochs: 2
batch_size: 200
optimizer: {SGD: {lr: 0.05, momentum: 0.9}}
scheduler: CosineAnnealingLR
augment: [{RandomCrop: {size: 8, padding: 1}}]
ema: 0.5
early_stopping: {patience: 5}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(RECIPE)
    return path


def written(folder: Path) -> Recipe:
    return load_recipe(str(folder / "recipe.yaml"))


def test_a_run_writes_the_recipe_that_it_followed(small_file: Path, recipe: Path, tmp_path: Path) -> None:
    """Flags over the recipe, all resolved, as text that trains to the same weights again and as JSON that evaluates."""
    out = tmp_path / "run"
    flags = ["--lr", "0.02", "--set", "optimizer.SGD.momentum=0.5", "--set", "dropout=0.1"]
    first = run("train", str(small_file), "--recipe", str(recipe), *flags, "--out", str(out))
    assert first.exit_code == 0, first.stderr
    assert (written(out).optimizer, written(out).scheduler) == (SGD(lr=0.02, momentum=0.5), CosineAnnealingLR())
    assert json.loads((out / "settings.json").read_text())["training"] == written(out).as_data()
    assert len((out / "metrics.jsonl").read_text().splitlines()) == 2
    again = tmp_path / "again"
    kept = ["--recipe", str(out / "recipe.yaml"), "--set", "dropout=0.1", "--out", str(again)]
    assert run("train", str(small_file), *kept).exit_code == 0
    weights = [(folder / "weights.safetensors").read_bytes() for folder in (out, again)]
    assert weights[0] == weights[1]
    assert run("eval", str(out)).stdout.splitlines()[-1] == first.stdout.splitlines()[-1]


def test_without_a_recipe_flags_go_over_the_defaults(small_file: Path, tmp_path: Path) -> None:
    """Adam at 0.001 for ten epochs, unless something else is said."""
    out = tmp_path / "run"
    assert run("train", str(small_file), "--epochs", "1", "--set", "seed=4", "--out", str(out)).exit_code == 0
    assert written(out) == Recipe.of(epochs=1, seed=4)
    assert written(out).optimizer == Adam()


def test_a_run_is_resumed_by_its_own_recipe_alone(small_file: Path, recipe: Path, tmp_path: Path) -> None:
    """Another rate is refused with both figures; the same recipe, and other threads, go on."""
    out = tmp_path / "run"
    begun = run("train", str(small_file), "--recipe", str(recipe), "--out", str(out))
    assert begun.exit_code == 0, begun.stderr
    for flags in (["--lr", "0.5"], ["--set", "optimizer.Adam.lr=0.5"], ["--set", "ema=null"]):
        refused = run("train", "--resume", str(out), *flags)
        assert refused.exit_code == 2
        assert "was begun otherwise" in refused.stderr
    assert "`optimizer`" in run("train", "--resume", str(out), "--lr", "0.5").stderr
    for flags in ([], ["--threads", "1"], ["--recipe", str(recipe)]):
        resumed = run("train", "--resume", str(out), *flags)
        assert resumed.exit_code == 0, resumed.stderr
        assert resumed.stdout.splitlines()[-1] == begun.stdout.splitlines()[-1]


def test_training_that_stops_early_says_how_many_epochs_it_took(small_file: Path, tmp_path: Path) -> None:
    """The result counts the epochs that were trained."""
    out = tmp_path / "run"
    flags = ["--set", "early_stopping={patience: 1, min_delta: 10}", "--epochs", "9", "--batch-size", "500"]
    assert run("train", str(small_file), *flags, "--out", str(out)).exit_code == 0
    assert json.loads((out / "result.json").read_text())["epochs"] == 2


def test_recipes_ship_for_the_networks_of_the_report() -> None:
    """Each is there by name, on MNIST; ResNet for CIFAR-10 has one as well."""
    names = {"lenet", "alexnet", "vgg16", "googlenet", "resnet18"}
    assert {f"mnist/{name}" for name in names} | {"cifar10/resnet"} <= set(known_recipes())
    assert {load_recipe(f"mnist/{name}").data for name in names} == {"mnist"}
