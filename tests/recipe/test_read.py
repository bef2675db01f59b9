"""Recipes are read with every mistake at its place, and values from outside are read by the same rules."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnspec import SpecError, UsageError
from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.recipe import EarlyStopping, Recipe, Warmup, load_recipe, read
from cnnspec.engine.recipe.losses import CrossEntropyLoss
from cnnspec.engine.recipe.optimizers import SGD, Adam
from cnnspec.engine.recipe.overrides import Setting, belongs
from cnnspec.engine.recipe.schedulers import CosineAnnealingLR, MultiStepLR, OneCycleLR
from cnnspec.engine.recipe.transforms import RandomCrop, RandomHorizontalFlip
from cnnspec.engine.spec.shipped import known_specs
from tests.cli.runner import run

WHOLE = """\
cnnspec_recipe: 1
name: whole
data: mnist
images: 5000
validation: 0.2
epochs: 160
batch_size: 128
accumulate: 2
loss: {CrossEntropyLoss: {label_smoothing: 0.1}}
optimizer: {SGD: {lr: 0.1, momentum: 0.9, weight_decay: 0.0001}}
scheduler:
  MultiStepLR: {milestones: [80, 120], gamma: 0.1}
  per: epoch
warmup: {epochs: 5}
augment:
  - RandomCrop: {size: 32, padding: 4}
  - RandomHorizontalFlip
mixup: 0.2
cutmix: 1.0
clip: 1.0
ema: 0.999
early_stopping: {patience: 10, monitor: val_accuracy}
amp: bf16
channels_last: true
compile: true
seed: 7
deterministic: true
device: cpu
threads: 1
"""


def found(text: str) -> Recipe:
    sink = Sink()
    recipe = read(Source("recipe.yaml", text), sink)
    assert recipe is not None, list(sink)
    return recipe


def test_every_key_is_read() -> None:
    """A recipe that states everything is what it says."""
    recipe = found(WHOLE)
    assert recipe.optimizer == SGD(lr=0.1, momentum=0.9, weight_decay=0.0001)
    assert recipe.loss == CrossEntropyLoss(label_smoothing=0.1)
    assert (recipe.scheduler, recipe.per) == (MultiStepLR(milestones=(80, 120)), "epoch")
    assert recipe.augment == (RandomCrop(size=32, padding=4), RandomHorizontalFlip())
    assert (recipe.warmup, recipe.early_stopping) == (
        Warmup(epochs=5),
        EarlyStopping(patience=10, monitor="val_accuracy"),
    )
    assert (recipe.mixup, recipe.cutmix, recipe.clip, recipe.ema, recipe.amp) == (0.2, 1.0, 1.0, 0.999, "bf16")


def test_what_is_not_stated_has_its_default() -> None:
    """A recipe may state nothing; operations may be names alone; null is none."""
    assert found("cnnspec_recipe: 1\n") == Recipe()
    recipe = found("cnnspec_recipe: 1\noptimizer: SGD\nscheduler: CosineAnnealingLR\nclip: null\naugment: null\n")
    assert (recipe.optimizer, recipe.scheduler, recipe.clip, recipe.augment) == (SGD(), CosineAnnealingLR(), None, ())
    assert found("cnnspec_recipe: 1\nscheduler: {OneCycleLR: {max_lr: 0.1}}\n").per == "step"


def test_a_recipe_as_data_is_the_recipe() -> None:
    """What is written into a run reads as what was run."""
    recipe = found(WHOLE)
    assert Recipe.of(**recipe.as_data()) == recipe
    assert Recipe.of(**Recipe().as_data()) == Recipe()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "epochs": st.integers(-2, 300),
            "lr": st.floats(),
            "validation": st.floats(-1, 2),
            "seed": st.integers(-1, 2**70),
            "mixup": st.one_of(st.none(), st.floats()),
            "name": st.text(max_size=8),
        },
    )
)
def test_values_are_kept_or_refused(given: dict[str, Any]) -> None:
    """A value is what it was, to the bit, or is refused with a UsageError that names it."""
    values = {name: value for name, value in given.items() if name != "lr"}
    values |= {"optimizer": {"Adam": {"lr": given["lr"]}}} if "lr" in given else {}
    try:
        recipe = Recipe.of(**values)
    except UsageError as error:
        told = error.message
    else:
        told = ""
    if told:
        assert any(f"`{name}`" in told for name in given) or "control character" in told
        return
    assert recipe.optimizer == (Adam(lr=given["lr"]) if "lr" in given else Adam())
    assert all(getattr(recipe, name) == value for name, value in values.items() if name != "optimizer")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"optimizer": {"Adam": {"lr": math.nan}}}, "`lr` takes a positive number, not NaN"),
        ({"optimizer": {"Adam": {"lr": math.inf}}}, "`lr` takes a positive number, not Infinity"),
        ({"optimizer": {"Adam": {"lr": 0}}}, "`lr` takes a positive number, not 0"),
        ({"optimizer": {"Adam": {"lr": "0.1"}}}, '`lr` takes a positive number, not "0.1"'),
        ({"epochs": 0}, "`epochs` takes a positive whole number, not 0"),
        ({"epochs": True}, "`epochs` takes a positive whole number, not true"),
        ({"batch_size": 0}, "`batch_size` takes a positive whole number, not 0"),
        ({"validation": 1.0}, "`validation` takes a number from 0 to below 1, not 1.0"),
        ({"seed": -1}, "`seed` takes a whole number from 0 up, not -1"),
        ({"augment": [{"GaussianBlur": {"kernel_size": 3, "sigma": [2, 1]}}]}, "`sigma` is a smaller"),
        ({"augment": [{"RandomRotation": {"degrees": [9, -9]}}]}, "`degrees` is a smaller number and a larger"),
        ({"augment": [{"RandomAffine": {"degrees": 9, "shear": [9, -9]}}]}, "`shear` is a smaller number and a larger"),
        ({"images": 1}, "a validation split of 0.1 leaves too few of 1 images for training"),
        ({"images": 10, "validation": 0.9}, "a validation split of 0.9 leaves too few of 10 images for training"),
        ({"threads": 5000}, "`threads` takes a whole number from 1 to 1024, not 5000"),
        ({"optimizer": {"ASGD": {"lambd": -1}}}, "`lambd` takes a number from 0 up, not -1"),
        ({"epoch": 3}, "unknown key `epoch` in a recipe"),
        ({"lr": 3}, "unknown key `lr` in a recipe"),
        ({"data": "digit"}, "`data` takes `digits`, `mnist`"),
        ({"loss": None}, "write one loss, not null"),
        ({"epochs": 0, "seed": -1}, "; "),
    ],
)
def test_an_impossible_setting_is_refused_by_name(given: dict[str, Any], message: str) -> None:
    """Each message names the setting, what it takes and what it was; several come in one."""
    with pytest.raises(UsageError) as caught:
        Recipe.of(**given)
    assert message in caught.value.message


def test_a_misspelt_name_is_guessed() -> None:
    """A near name is offered, and where none is near, all of them."""
    with pytest.raises(UsageError, match="did you mean `batch_size`"):
        Recipe.of(batchsize=3)
    with pytest.raises(UsageError, match="did you mean `fashion-mnist`"):
        Recipe.of(data="fashon-mnist")
    with pytest.raises(UsageError, match="did you mean `Adam`"):
        Recipe.of(optimizer="adam")
    with pytest.raises(UsageError, match="it is an argument of an optimizer"):
        Recipe.of(weight_decay=0.1)


def with_set(*settings: str, name: str | None = None) -> Recipe:
    pairs = [setting.split("=", 1) for setting in settings]
    return load_recipe(name, [Setting(f"--set {path}", path, text) for path, text in pairs])


def test_a_setting_goes_over_the_recipe(tmp_path: Path) -> None:
    """A path leads to an argument; what stands beside it stays, and another operation takes the place of the first."""
    path = tmp_path / "recipe.yaml"
    path.write_text(WHOLE)
    name = str(path)
    assert with_set("optimizer.SGD.lr=0.5", name=name).optimizer == SGD(lr=0.5, momentum=0.9, weight_decay=0.0001)
    assert with_set("optimizer.lr=0.5", name=name).optimizer == SGD(lr=0.5, momentum=0.9, weight_decay=0.0001)
    assert with_set("optimizer.Adam.lr=0.5", "optimizer.Adam.eps=1", name=name).optimizer == Adam(lr=0.5, eps=1)
    assert with_set("optimizer=Adam", name=name).optimizer == Adam()
    assert with_set("scheduler.per=step", name=name).per == "step"
    assert with_set("scheduler.milestones=[3]", name=name).scheduler == MultiStepLR(milestones=(3,))
    assert with_set("warmup.epochs=2", name=name).warmup == Warmup(epochs=2)
    assert with_set("warmup=null", name=name).warmup is None
    assert with_set("epochs=20", name=name).epochs == 20
    assert with_set("optimizer.lr=0.5").optimizer == Adam(lr=0.5)
    assert with_set("scheduler.OneCycleLR.max_lr=0.5").scheduler == OneCycleLR(max_lr=0.5)
    assert with_set("augment=[RandomHorizontalFlip]").augment == (RandomHorizontalFlip(),)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("optimizer.Adam.lr=nan", "--set optimizer.Adam.lr: `lr` takes a positive number, not nan"),
        ("optimizer.Adam.lr=.nan", "--set optimizer.Adam.lr: .nan is not a finite number"),
        ("optimizer.Adm.lr=1", "--set optimizer.Adm.lr: `Adm` is not an optimizer of recipes"),
        ("optimizer.Adam.rate=1", "--set optimizer.Adam.rate: `Adam` has no argument `rate`"),
        ("warm_up.epochs=3", "--set warm_up.epochs: unknown key `warm_up` in a recipe"),
        ("epochs.x=3", "--set epochs.x: `epochs` takes a positive whole number"),
        ("augment=[", "--set augment: this `[` is never closed"),
        ("a.b.c.d=3", "a setting is one to 3 names"),
        ("scheduler.gamma=0.5", "--set scheduler.gamma: write one scheduler"),
        ("warmup.epochs=10", "a warmup of 10 epochs is longer than a training of 10"),
    ],
)
def test_a_wrong_setting_is_told_by_its_flag(setting: str, message: str) -> None:
    """What a flag gets wrong is a mistake of use, which names the flag."""
    with pytest.raises(UsageError) as caught:
        with_set(setting)
    assert message in caught.value.message
    assert caught.value.exit_code == 2


def test_settings_of_recipes_and_params_of_specs_are_told_apart() -> None:
    """A path with dots or a key of recipes is the recipe's; no param of a shipped spec is called like a key."""
    from cnnspec import load

    assert belongs("optimizer.lr")
    assert belongs("epochs")
    assert not belongs("dropout")
    assert not [(name, param) for name in known_specs() for param in load(name).params if belongs(param)]


def test_a_broken_recipe_is_told_at_its_place(tmp_path: Path) -> None:
    """The command exits with 3, names file, line and column, and reads neither spec nor data."""
    path = tmp_path / "recipe.yaml"
    path.write_text("cnnspec_recipe: 1\noptimizer: {SGD: {lr: .nan}}\n")
    with pytest.raises(SpecError):
        load_recipe(str(path))
    result = run("train", "mnist/lenet", "--recipe", str(path), "--data", "mnist", "--data-dir", "/no/such/folder")
    assert result.exit_code == 3
    assert "recipe.yaml:2:23" in result.stderr
    assert "Traceback" not in result.output


def test_an_unknown_recipe_is_told_with_the_known_ones() -> None:
    """A name that is none gets the nearest; a path that leads nowhere is told as such."""
    with pytest.raises(UsageError, match="did you mean `mnist/lenet`"):
        load_recipe("mnist/lenett")
    with pytest.raises(UsageError, match=r"there is no file `no/such.yaml`"):
        load_recipe("no/such.yaml")


@pytest.mark.parametrize("flags", [("--lr", "nan"), ("--epochs", "0"), ("--batch-size", "-1"), ("--data", "minst")])
def test_flags_are_refused_before_the_spec_or_the_data_are_read(flags: tuple[str, str]) -> None:
    """The command ends with the code for usage, though neither the spec nor the data folder is there."""
    result = run("train", "no/such/spec", "--data-dir", "/no/such/folder", *flags)
    assert result.exit_code == 2
    assert flags[1] in result.stderr
    assert flags[0] in result.stderr
    assert "Traceback" not in result.output


def test_recipes_are_frozen() -> None:
    """Nothing changes once a recipe is resolved."""
    with pytest.raises(ValueError, match="frozen"):
        Recipe().epochs = 3  # type: ignore[misc]
