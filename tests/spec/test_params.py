"""What params take: types, bounds that belong to the range, and nothing converted but a whole number to a float."""

from __future__ import annotations

from typing import Any

import pytest

from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.spec.params import declare, fitting
from cnnspec.engine.spec.types import ParamType, TypeMismatch
from cnnspec.engine.syntax import LayerName, Map, parse

LAYERS = ("ReLU", "Block")


def fitted(declaration: str, value: Any) -> Any:
    sink = Sink()
    node = parse(Source("t.yaml", f"p: {declaration}"), sink)
    assert isinstance(node, Map)
    param = declare(node, LAYERS, sink)["p"]
    assert not len(sink), list(sink)
    return fitting(param, value, LAYERS)


@pytest.mark.parametrize(
    ("declaration", "value", "expected"),
    [
        ("int", 3, 3),
        ("float", 3, 3.0),
        ("{type: float, min: 0, max: 1}", 1, 1.0),
        ("{type: float, min: 0, max: 1}", 0, 0.0),
        ("{type: int, default: 2, choices: [2, 4]}", 4, 4),
        ("layer", "ReLU", LayerName("ReLU")),
        ("{type: layer, default: Block, choices: [Block]}", "Block", LayerName("Block")),
        ("layer?", None, None),
        ("[1, 2]", (3, 4, 5), (3, 4, 5)),
        ("[1, 2.5]", (3, 4), (3.0, 4.0)),
        ("{type: 'list[list[int]]'}", ((1,), (2, 3)), ((1,), (2, 3))),
        ("ReLU", "Block", LayerName("Block")),
        ("'list[int]'", (1,), (1,)),
    ],
)
def test_values_that_fit(declaration: str, value: Any, expected: Any) -> None:
    """A value of the type, on its bounds too, is taken as the type holds it."""
    made = fitted(declaration, value)
    assert made == expected
    assert type(made) is type(expected)


@pytest.mark.parametrize(
    ("declaration", "value"),
    [
        ("int", True), ("int", 2.0), ("int", "3"), ("int", None), ("bool", 1), ("str", 3), ("float", "x"),
        ("{type: float, min: 0, max: 1}", 1.01), ("{type: float, min: 0, max: 1}", -0.01),
        ("{type: int, default: 2, choices: [2, 4]}", 3), ("layer", "Nothing"), ("layer", 3), ("[1, 2]", 3),
        ("[1, 2]", (1, True)), ("{type: 'list[int]', min: 1}", (1, 0)), ("layer", None),
    ],
)  # fmt: skip
def test_values_that_do_not_fit(declaration: str, value: Any) -> None:
    """Nothing else is converted."""
    with pytest.raises(TypeMismatch):
        fitted(declaration, value)


@pytest.mark.parametrize("text", ["int", "float?", "list[int]", "list[list[float]]?", "layer?"])
def test_types_print_as_they_are_written(text: str) -> None:
    """A type's word is what it was read from."""
    assert str(ParamType.parse(text)) == text


@pytest.mark.parametrize("text", ["integer", "list", "list[]", "int??", "", "list[" * 50 + "int" + "]" * 50])
def test_other_words_are_no_types(text: str) -> None:
    """What is no type is none."""
    assert ParamType.parse(text) is None
