"""What all layer types share: calls, defaults, wording, and an import that costs little."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

import cnnspec.engine.layers
from cnnspec.engine.layers import FAMILIES, JOINS, REGISTRY, Call, Shape
from cnnspec.engine.layers.base import cross, described, divisor_below, each, setting, settle, shown
from cnnspec.engine.layers.conv import Conv2d
from cnnspec.engine.layers.pool import MaxPool2d

LAYERS = Path(cnnspec.engine.layers.__file__).parent
ALLOWED = {"__future__", "dataclasses", "fractions", "math", "types", "typing", "collections", "msgspec", "pydantic"}
WORDING = ("cnnspec.engine.diagnostics.words", "cnnspec.engine.diagnostics.synonyms")


def test_sizes_have_names() -> None:
    """The height stands before the width, and a sequence has a width alone."""
    assert (Shape((3, 5, 7)).channels, Shape((3, 5, 7)).height, Shape((3, 5, 7)).width) == (3, 5, 7)
    assert (Shape((3, 7)).height, Shape((3, 7)).width) == (None, 7)


def test_a_call_holds_what_is_inferred_and_what_is_stated() -> None:
    """Inferred arguments come first, then the stated ones; defaults are left to torch."""
    layer = Conv2d(kernel_size=3, out_channels=8, bias=True)
    expected = {"in_channels": 4, "out_channels": 8, "kernel_size": 3, "bias": True}
    assert layer.call(Shape((4, 9, 9))) == Call("torch.nn.Conv2d", expected)
    assert list(layer.call(Shape((4, 9, 9))).arguments) == list(expected)


def test_layers_are_frozen_and_equal_by_their_arguments() -> None:
    """Two layers with the same arguments are equal, and none changes."""
    layer = MaxPool2d(kernel_size=2)
    assert layer == MaxPool2d(kernel_size=2)
    with pytest.raises(ValidationError):
        layer.kernel_size = 3


@pytest.mark.parametrize(
    "given", [{"kernel_size": True}, {"kernel_size": 2.0}, {"kernel_size": "2"}, {"kernel_size": 0}, {"size": 2}, {}]
)
def test_arguments_are_strict(given: dict[str, object]) -> None:
    """Nothing is converted on the quiet: a true is no 1, and an unknown argument is none."""
    with pytest.raises(ValidationError):
        MaxPool2d.model_validate(given)


def test_a_number_may_be_whole() -> None:
    """``p: 0`` is a number."""
    assert REGISTRY["Dropout"].model_validate({"p": 0}) == REGISTRY["Dropout"].model_validate({"p": 0.0})


def test_infinite_numbers_are_refused() -> None:
    """No argument is infinite or no number at all; nor beyond what a float32 holds."""
    for value in (float("nan"), float("inf"), 1e39):
        with pytest.raises(ValidationError):
            REGISTRY["ELU"].model_validate({"alpha": value})


def test_the_registry_is_in_the_order_of_the_families() -> None:
    """Families come as a reader expects them, joins last."""
    assert list(FAMILIES)[:4] == ["convolution", "pooling", "normalisation", "activation"]
    assert list(REGISTRY)[-6:] == ["Add", "Multiply", "Concat", "Slice", "Split", "Chunk"]
    assert {"Add", "Multiply", "Concat"} == JOINS


def test_importing_layers_builds_no_model_and_imports_no_torch() -> None:
    """A command that checks three lines does not pay for sixty types."""
    script = (
        "import sys; from cnnspec.engine.layers import REGISTRY\n"
        "assert 'torch' not in sys.modules and 'inspect_torch' not in sys.modules\n"
        "assert not any(layer.__pydantic_complete__ for layer in REGISTRY.values())"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("path", sorted(LAYERS.glob("*.py")), ids=lambda p: p.stem)
def test_layers_know_nothing_of_yaml_or_torch(path: Path) -> None:
    """A layer's module imports pydantic, the other layers and wording, and nothing else."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            ours = name.startswith("cnnspec.engine.layers") or name in WORDING
            assert ours or name.partition(".")[0] in ALLOWED


def test_sizes_are_spread_and_settled() -> None:
    """One value stands for all dimensions, and all dimensions that agree are one value."""
    assert each(3, 2) == (3, 3)
    assert each((1, 2), 2) == (1, 2)
    assert settle((3, 3)) == 3
    assert settle((1, 2)) == (1, 2)


def test_values_are_shown_as_yaml_writes_them() -> None:
    """Messages show what can be typed."""
    assert [shown(value) for value in (3, (1, 2), True, 0.5, "same")] == ["3", "[1, 2]", "true", "0.5", "same"]
    assert setting(" or more", padding=(1, 2))[0] == "set `padding: [1, 2]` or more"
    assert setting(min_val=0, max_val=1)[0] == "set `min_val: 0` and `max_val: 1`"
    assert cross((3, 5)) == "3×5"
    assert cross((3,)) == "3-wide"
    assert described(Shape((256,))) == "a flat vector of 256"


def test_a_divisor_is_found_or_is_one() -> None:
    """The search for a number of groups ends, however large the numbers."""
    assert divisor_below(5, 64) == 4
    assert divisor_below(3, 64) == 2
    assert divisor_below(2**31 - 2, 2**61 - 1) == 1
