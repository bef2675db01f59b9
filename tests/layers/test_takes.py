"""What an argument takes is said in words."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.layers.argument_types import takes
from cnnspec.engine.layers.base import (
    NonNegative,
    NonNegativeNumber,
    Null,
    Number,
    Pads2,
    Positive,
    PositiveNumber,
    Probability,
    Sizes1,
    Sizes2,
    Whole,
)
from tests.layers.samples import annotation

Many = Annotated[tuple[Positive, ...], Field(min_length=1)]
Few = Annotated[tuple[Positive, ...], Field(min_length=1, max_length=3)]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Positive, "a positive whole number"),
        (NonNegative, "a whole number from 0 up"),
        (Whole, "a whole number"),
        (Number, "a number"),
        (PositiveNumber, "a positive number"),
        (NonNegativeNumber, "a number from 0 up"),
        (Probability, "a number from 0 to 1"),
        (bool, "true or false"),
        (Sizes1, "a positive whole number, or a list of 1"),
        (Sizes2, "a positive whole number, or a list of 2"),
        (Sizes2 | None, "a positive whole number, or a list of 2"),
        (Pads2 | Literal["same", "valid"], "a whole number from 0 up, a list of 2, `same` or `valid`"),
        (Literal["none", "tanh"], "`none` or `tanh`"),
        (Positive | None, "a positive whole number"),
        (Number | Null, "a number or `null`"),
        (Positive | Many | None, "a positive whole number, or a list of them"),
        (Positive | Few, "a positive whole number, or a list of 1 to 3"),
        (Many, "a list, each a positive whole number"),
        (
            Positive | tuple[Positive | Null, Positive | Null],
            "a positive whole number, or a list of 2, each a positive whole number or `null`",
        ),
        (Annotated[tuple[Positive | Literal[-1], ...], Field()], "a list, each a positive whole number or `-1`"),
    ],
)
def test_words(wanted: Any, words: str) -> None:
    """An annotation reads as a sentence goes on after "takes"."""
    assert takes(wanted) == words


@pytest.mark.parametrize("name", REGISTRY)
def test_every_argument_has_words(name: str) -> None:
    """No argument of a registered type is without words of its own."""
    for field in REGISTRY[name].model_fields.values():
        words = takes(annotation(field))
        assert words
        assert not {"Annotated", "tuple", "typing", "None", "Literal"} & set(words.replace("[", " ").split())
