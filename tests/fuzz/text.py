"""A spec as its text."""

from __future__ import annotations

from random import Random
from typing import Any

import yaml

from cnnspec.engine.layers import REGISTRY
from tests.fuzz import fill, patch
from tests.fuzz.mutate import near_miss
from tests.fuzz.write import Writer
from tests.layers.cases import CASES

TYPES = sorted(REGISTRY)
NEAR_MISSES = 0.92  # so that about half of all specs are sound
EDGES = 0.2
BEYOND = 0.003
PATCHED = 0.03
FILLED = 0.08
LOOP = {"layers": [{"Tanh": {}, "when": False}], "repeat": 100_000}
PAST_BOUNDS: list[dict[str, Any]] = [
    {"cnnspec": 1, "input": [4], "layers": [{"Linear": {"out_features": 2**30}, "repeat": 2}]},
    {"cnnspec": 1, "input": [4], "layers": [{"Tanh": {}, "repeat": 25_000}]},
    {"cnnspec": 1, "input": [4], "layers": [{"layers": [LOOP], "repeat": 100_000}]},
]


def spec_of(seed: int) -> str:
    """The text of a seed. Seeds in a row go through the layer types, and then through the arguments of each."""
    fields = sorted(REGISTRY[TYPES[seed % len(TYPES)]].model_fields)
    turn = seed // len(TYPES)
    return spec(Random(seed), TYPES[seed % len(TYPES)], fields[turn % len(fields)] if fields else None)


def spec(random: Random, focus: str, wanted: str | None = None) -> str:
    """A text that holds a layer of type ``focus``, mostly: sound, or nearly so."""
    kind = random.random()
    if kind < BEYOND:
        return dump(random.choice(PAST_BOUNDS))
    if kind > 1 - PATCHED:
        return dump(patch.patched(random))
    if kind < BEYOND + EDGES and REGISTRY[focus].inputs == 1:
        return dump(edge(random, focus))
    written = Writer(random, focus, wanted).spec()
    if random.random() < FILLED:
        return dump(written | {"init": fill.rules(random, written)})
    return dump(near_miss(random, written, focus) if random.random() < NEAR_MISSES else written)


def edge(random: Random, focus: str) -> dict[str, Any]:
    """A hand-picked case of a layer type, behind a layer that keeps its input."""
    arguments, shape = random.choice(CASES[focus])
    layers = [random.choice(("Tanh", "Identity")), {focus: arguments}]
    if REGISTRY[focus].takes == ("int64",):
        return {"cnnspec": 1, "input": {"sizes": list(shape), "dtype": "int64"}, "layers": layers[1:]}
    return {"cnnspec": 1, "input": list(shape), "layers": layers}


def dump(value: dict[str, Any]) -> str:
    """YAML, with what is short in braces."""
    text = yaml.dump(plain(value), Dumper=Flat, sort_keys=False, default_flow_style=None, width=150, allow_unicode=True)
    assert isinstance(text, str)
    return text


class Flat(yaml.SafeDumper):
    """Writes equal values out again, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def plain(value: Any) -> Any:
    """Tuples as lists, and lines without arguments and words by their names alone."""
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        only = next(iter(value), "")
        if len(value) == 1 and value[only] == {} and (only in REGISTRY or only.startswith("$")):
            return only
        return {key: plain(v) for key, v in value.items()}
    return value
