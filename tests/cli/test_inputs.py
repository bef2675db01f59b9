"""`cnnspec inputs`: what it prints, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.runner import run
from tests.conftest import TESTS
from tests.inputs.specs import HARD, MAPS, OTHERS

ALL = {**MAPS, **HARD, **OTHERS}


@pytest.mark.parametrize("name", ["unet", "stated", "when", "half_global", "vector", "sequence", "volume", "gated"])
def test_the_answer_is_readable(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, golden: Callable[[Path, str], None]
) -> None:
    """Accepted sizes, the smallest, each line that decides with what it says to others, and the weights that depend."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path(f"{name}.yaml").write_text(ALL[name], encoding="utf-8")
    result = run("inputs", f"{name}.yaml")
    assert result.exit_code == 0
    assert not result.stderr
    shown = "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())
    golden(TESTS / "golden" / "inputs" / f"{name}.txt", ALL[name] + "---\n" + shown)


def test_json_holds_the_sets() -> None:
    """A set is there in words and in numbers; a place is a file with its line and column."""
    record = json.loads(run("inputs", "mnist/lenet", "--format", "json").stdout)
    up = {"words": "12 and up", "ranges": [], "start": 12, "period": 1, "rests": [0]}
    assert record["accepted"] == [{"height": up, "width": up}]
    assert (record["smallest"], record["stated"], record["complete"]) == ([1, 12, 12], [1, 28, 28], True)
    (constraint,) = record["constraints"]
    assert (constraint["line"], constraint["code"]) == (22, "window-too-large")
    assert [layer["key"] for layer in record["weights"]] == ["fc1"]
    assert {"height": {**up, "words": "28 to 31", "ranges": [[28, 31]], "start": 32, "rests": []}} not in record[
        "accepted"
    ]
    assert [28, 31] in [box["height"]["ranges"][0] for box in record["weights_fit"]]


def test_a_size_that_is_fixed_is_told_with_its_line(tmp_path: Path) -> None:
    """A network that resizes to the height of its input takes the stated size only, once it is built."""
    path = tmp_path / "own.yaml"
    lines = "  - Concat:\n      - []\n      - - Upsample: {size: [$(in.height), $(in.width)]}\n"
    path.write_text(f"cnnspec: 1\ninput: [3, 12, 12]\nlayers:\n{lines}")
    shown = run("inputs", str(path)).stdout
    assert "inputs with 3 channels of\n  this size only\n" in shown
    assert f"{path}:6:28\n  `[$(in.height), $(in.width)]` reads the input, and becomes [12, 12]" in shown
    record = json.loads(run("inputs", str(path), "--format", "json").stdout)
    assert record["accepted"][0]["height"]["words"] == "12 only"
    assert record["restated"][0]["height"]["words"] != "12 only"
    assert [(fixed["line"], fixed["expression"], fixed["value"]) for fixed in record["fixed"]] == [
        (6, "[$(in.height), $(in.width)]", "[12, 12]")
    ]


def test_settings_and_variants_count(tmp_path: Path) -> None:
    """--set and --variant change what is accepted."""
    path = tmp_path / "own.yaml"
    text = "cnnspec: 1\ninput: [1, 9, 9]\nparams: {k: 3}\nvariants: {wide: {k: 5}}\nlayers:\n"
    path.write_text(text + "  - Conv2d: {out_channels: 1, kernel_size: $k}\n")
    said = [run("inputs", str(path), *more).stdout for more in ((), ("--variant", "wide"), ("--set", "k=7"))]
    assert ["3 and up" in said[0], "5 and up" in said[1], "7 and up" in said[2]] == [True] * 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("mnist/lenett",), 2, "did you mean `mnist/lenet`?"),
        (("mnist/lenet", "--variant", "huge"), 2, "has no variant `huge`"),
        (("mnist/lenet", "--set", "dropot=0.2"), 2, "did you mean `dropout`?"),
        (("mnist/lenet", "--set", "dropout=2"), 2, "`dropout` is at most 1, not 2"),
    ],
)
def test_misuse_is_told(arguments: tuple[str, ...], code: int, said: str) -> None:
    """Names, variants and settings are refused as `summary` refuses them."""
    result = run("inputs", *arguments)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr


@pytest.mark.parametrize(
    "layers", ["[Reluu]", "[{Linear: {out_features: 0}}]", "[PixelUnshuffle: {downscale_factor: 0}]"]
)
def test_a_spec_that_is_wrong_for_every_input_is_refused(tmp_path: Path, layers: str) -> None:
    """A mistake that no size mends is told as `check` tells it, and ends with 3."""
    path = tmp_path / "wrong.yaml"
    path.write_text(f"cnnspec: 1\ninput: [1, 9, 9]\nlayers: {layers}\n")
    result = run("inputs", str(path))
    assert result.exit_code == 3
    assert "error[" in result.stderr
    assert not result.stdout


def test_constraints_that_contradict_each_other_end_with_the_error_of_the_stated_input(tmp_path: Path) -> None:
    """Where no size is accepted the mistake of the stated one is shown."""
    path = tmp_path / "impossible.yaml"
    path.write_text(MAPS["impossible"])
    result = run("inputs", str(path))
    assert (result.exit_code, "error[not-divisible]" in result.stderr) == (3, True)


def test_no_known_input_is_told(tmp_path: Path) -> None:
    """A product of more divisors than are gone through leaves nothing known, which is said in text and in JSON."""
    path = tmp_path / "many.yaml"
    path.write_text(
        "cnnspec: 1\ninput: [1, 9, 9]\nlayers: [Flatten, {Linear: {out_features: 2, in_features: 367567200}}]\n"
    )
    shown, record = run("inputs", str(path)), json.loads(run("inputs", str(path), "--format", "json").stdout)
    assert (shown.exit_code, "no accepted input of" in shown.stdout) == (0, True), shown.stdout
    assert "stated 1×9×9, which is not accepted" in shown.stdout
    assert (record["smallest"], record["complete"]) == (None, False)
