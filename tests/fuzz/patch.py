"""Specs that extend one that ships, and patch it: edits of lines that are there, and some that cannot be made."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import cnnspec
from cnnspec.engine.network import Node, Scope

BASES = ("mnist/lenet", "lenet5", "mnist/googlenet")
WORDS = ("replace", "insert_before", "insert_after", "remove")
ASTRAY = ("nowhere", "conv*", "*", "**.conv", "fc*")
LINES: tuple[Any, ...] = (
    "Tanh",
    "Identity",
    {"Dropout": {"p": 0.1}},
    {"LeakyReLU": {"negative_slope": 0.2}},
    {"Conv2d": {"out_channels": 6, "kernel_size": 3, "padding": 1}},
    {"Linear": {"out_features": 10}},
    {"MaxPool2d": {"kernel_size": 2}},
)


def patched(random: Random) -> dict[str, Any]:
    """One patch to three, of a base."""
    base = random.choice(BASES)
    patches = [patch(random, base) for _ in range(random.choice((1, 1, 2, 3)))]
    return {"cnnspec": 1, "extends": base, "patch": patches}


def patch(random: Random, base: str) -> dict[str, Any]:
    word = random.choice(WORDS)
    target = random.choice(ASTRAY) if random.random() < 0.1 else random.choice(keys(base))
    drawn = LINES[:4] if random.random() < 0.8 else LINES
    lines = [random.choice(drawn) for _ in range(random.choice((0, 1, 1, 1, 2)))]
    return {word: target} | ({"layers": lines} if (word != "remove") != (random.random() < 0.02) else {})


@cache
def keys(base: str) -> list[str]:
    """The keys of a network's layers and of what holds them."""
    return sorted({each.key for each in _below(cnnspec.graph(base).root)})


def _below(scope: Scope) -> list[Node | Scope]:
    inner = [each for child in scope.children if isinstance(child, Scope) for each in _below(child)]
    return [*scope.children, *inner]
