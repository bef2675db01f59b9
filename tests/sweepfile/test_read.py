"""A sweep file, read: what stands in it, and what it leaves to defaults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cnnspec.engine.checking import check_source
from cnnspec.engine.diagnostics import Sink, Source, plain
from cnnspec.engine.spec.shipped import known_specs
from cnnspec.engine.sweep_file import Objective, Range, SweepFile, read
from cnnspec.engine.sweep_file.operations import Grid, Hyperband, Random, Tpe
from tests.cli.runner import run
from tests.conftest import REPOSITORY

HEAD = "cnnspec_sweep: 1\nspec: mnist/alexnet\n"


def found(text: str, path: Path | None = None) -> SweepFile:
    sink = Sink()
    file = read(Source("sweep.yaml", text, path=path), sink)
    assert file is not None, [plain(d) for d in sink]
    return file


def test_a_file_that_states_little_is_a_grid_of_one_point() -> None:
    """Without axes there is one point; the objective is the last validation accuracy, and nothing prunes."""
    file = found(HEAD)
    assert (file.axes, file.sampler, file.pruner, file.objective) == ((), Grid(), None, Objective("val_accuracy"))
    assert (file.bounds.runs, file.bounds.time, file.bounds.network) == (None, None, None)


def test_all_that_can_be_said_is_read() -> None:
    """Axes in their order, each in its form; operations with their arguments; times in seconds."""
    text = """\
spec: [mnist/lenet, {name: deep, spec: mnist/vgg16, variant: vgg19, recipe: mnist/vgg16, set: {params.dropout: 0.1}}]
recipe: {data: digits, epochs: 3}
set: {batch_size: 32}
axes:
  optimizer: [Adam, SGD]
  optimizer.Adam.lr: {from: 1e-5, to: 0.1, scale: log, when: {optimizer: Adam, spec: [deep]}}
  batch_size: {from: 16, to: 64, steps: 3}
  seed: [0, 1]
sampler: {TPE: {seed: 3, startup: 2}}
pruner: hyperband
objective: {val_loss: best}
choose: [spec]
budget: {runs: 7, time: 1.5h, max_params: 2M}
"""
    file = found("cnnspec_sweep: 1\n" + text.replace("optimizer: [Adam, SGD]", "optimizer: [Adam, {SGD: {lr: 0.1}}]"))
    assert [axis.name for axis in file.axes] == ["spec", "optimizer", "optimizer.Adam.lr", "batch_size", "seed"]
    assert file.axes[0].values == ("mnist/lenet", "deep")
    assert file.axes[2].range == Range(1e-5, 0.1, is_log=True)
    assert file.axes[2].when == {"optimizer": ("Adam",), "spec": ("deep",)}
    assert file.axes[3].range == Range(16, 64, is_int=True, steps=3)
    assert file.networks[1].variant == "vgg19"
    assert file.networks[1].settings.params == {"dropout": 0.1}
    assert (file.sampler, file.pruner) == (Tpe(seed=3, startup=2), Hyperband())
    assert (file.objective.figure, file.objective.when, file.objective.direction) == ("val_loss", "best", "min")
    assert (file.bounds.runs, file.bounds.time) == (7, 5400)
    assert file.bounds.network is not None
    assert file.bounds.network.limits["max_params"].amount == 2_000_000


@pytest.mark.parametrize(
    ("range", "values"),
    [
        (Range(1e-5, 0.1, is_log=True, steps=5), (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)),
        (Range(0, 1, steps=3), (0, 0.5, 1)),
        (Range(1, 4, is_int=True, steps=4), (1, 2, 3, 4)),
        (Range(1, 2, is_int=True, steps=5), (1, 2)),
    ],
)
def test_a_grid_takes_even_steps_of_a_range(range: Range, values: tuple[float, ...]) -> None:
    """Both ends are among them, decades are decades to the digit, whole numbers stay whole and stand once."""
    assert range.grid() == values


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30min", 1800), ("2h", 7200), ("1d", 86400)])
def test_a_time_has_its_unit(text: str, seconds: float) -> None:
    """Seconds, minutes, hours and days."""
    assert found(f"{HEAD}budget: {{time: {text}}}\n").bounds.time == seconds


def test_a_number_of_runs_bounds_random_points() -> None:
    """They are drawn without end otherwise."""
    assert found(f"{HEAD}sampler: {{random: {{seed: 2}}}}\nbudget: {{runs: 2}}\n").sampler == Random(seed=2)


def test_paths_are_from_the_folder_of_the_file(tmp_path: Path) -> None:
    """A sweep can be run from anywhere, and a folder with its specs be moved."""
    (tmp_path / "mine.yaml").write_text((REPOSITORY / "specs/mnist/lenet.yaml").read_text())
    (tmp_path / "how.yaml").write_text("cnnspec_recipe: 1\nepochs: 3\n")
    path = tmp_path / "sweep.yaml"
    path.write_text("cnnspec_sweep: 1\nspec: mine.yaml\nrecipe: how.yaml\n")
    file = found(path.read_text(), path)
    assert (file.networks[0].label, file.networks[0].spec) == ("mine.yaml", str(tmp_path / "mine.yaml"))
    assert file.recipe == str(tmp_path / "how.yaml")
    assert run("check", str(tmp_path)).stdout.count("OK") == 4


def said(text: str) -> list[tuple[str, str]]:
    """What is wrong with the lines below a head: each message with the text that it points at."""
    sink = Sink()
    assert read(Source("sweep.yaml", f"cnnspec_sweep: 1\n{text}"), sink) is None
    return [(d.message, d.span.text) for d in sink.in_order()]


LENET = "spec: mnist/lenet\n"
MISTAKES = {
    "a setting is wrong, and no axis": (
        f"{LENET}set: {{epochs: -5, params.nope: 1, params.dropout: x}}\naxes: {{seed: [0, 1]}}\n",
        ["epochs: -5", "params.nope: 1", "params.dropout: x"],
    ),
    "a setting of one network": (
        "spec: [mnist/lenet, {name: b, spec: mnist/lenet, set: {batch_size: 0}}]\n",
        ["batch_size: 0"],
    ),
    "a variant and a recipe of one network": (
        "spec: [{spec: mnist/lenet, variant: big, recipe: nope}]\n",
        ["big", "nope"],
    ),
    "a range where no numbers go": (
        f"{LENET}axes: {{input: {{from: 1, to: 2, steps: 3}}, recipe: {{from: 1, to: 2, steps: 3}}}}\n",
        ["{from: 1, to: 2, steps: 3}", "{from: 1, to: 2, steps: 3}"],
    ),
    "values and a range": (f"{LENET}axes: {{epochs: {{values: [1, 2], to: 9}}}}\n", ["to: 9"]),
    "values that are no list": (f"{LENET}axes: {{epochs: {{values: 3}}}}\n", ["3"]),
    "a condition that no point meets": (
        f"{LENET}axes: {{optimizer: [Adam, SGD], optimizer.SGD.momentum: {{values: [0], when: {{optimizer: Sgd}}}}}}\n",
        ["Sgd"],
    ),
    "a condition beside a range": (
        f"{LENET}axes: {{epochs: {{from: 1, to: 3, steps: 3}}, seed: {{values: [0], when: {{epochs: [2, 5]}}}}}}\n",
        ["5"],
    ),
    "a name that leads out of the folder": (f"{LENET}name: ../../x\n", ["../../x"]),
    "a name that moves the cursor": (f'{LENET}name: "\\e[31mred"\n', ['"\\e[31mred"']),
    "a name that no folder has": (f"{LENET}name: {'x' * 300}\n", ["x" * 300]),
    "more axes than anyone reads": (
        f"{LENET}axes: {{{', '.join(f'params.p{n}: [1]' for n in range(2000))}}}\n",
        ["params.p100"],
    ),
    "more values than anyone tries": (f"{LENET}axes: {{seed: {[*range(20_000)]}}}\n", ["1000"]),
    "a grid without end": (
        f"{LENET}axes: {{seed: {{from: 0, to: 99999, steps: 10000}}, epochs: {{from: 1, to: 99, steps: 90}}}}\n",
        ["seed"],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_where_it_stands(name: str) -> None:
    """Settings at `set`, what is one network's at that network, conditions at their values."""
    text, places = MISTAKES[name]
    assert [place for _, place in said(text)] == places


def test_what_is_near_is_offered() -> None:
    """A param and the value of a condition are respelt; values are told as YAML writes them."""
    text = f"{LENET}axes: {{params.droput: [0], params.activation: [{{SGD: [1, true]}}]}}\n"
    sink = Sink()
    assert read(Source("sweep.yaml", f"cnnspec_sweep: 1\n{text}"), sink) is None
    first, second = sink.in_order()
    assert first.primary.text == "did you mean `dropout`?"
    assert [repair.words for repair in first.repairs] == ["write `params.dropout`"]
    assert second.message.endswith("one value is {SGD: [1, true]}")


def test_a_large_grid_is_read_where_a_number_of_runs_bounds_it() -> None:
    """Its points are those up to the number."""
    axes = "axes: {seed: {from: 0, to: 99999, steps: 10000}, epochs: {from: 1, to: 99, steps: 90}}\n"
    assert found(f"{HEAD}{axes}budget: {{runs: 3}}\n").bounds.runs == 3


def test_shipped_sweeps_are_no_specs() -> None:
    """What lists specs does not list them, though they lie beside them."""
    assert not [name for name in known_specs() if "sweeps" in name]


def test_sweeps_in_the_docs_are_sound() -> None:
    """Every sweep file that the docs show checks clean."""
    text = (REPOSITORY / "docs" / "how-to" / "sweeps.md").read_text()
    shown = re.findall(r"^```yaml\n(cnnspec_sweep.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(shown) == 2
    for each in shown:
        assert not check_source(Source("docs", each)), each
