"""Sections `init`: random rules for the layers of a spec, and torch's word on those that are refused."""

from __future__ import annotations

import warnings
from random import Random
from typing import Any

import torch
import yaml

from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.layers.init import FUNCTIONS
from cnnspec.engine.network import Graph
from tests.fuzz.mutate import places

PATTERNS = ("**", "*", "0", "1", "n1", "nowhere.*")
ARGUMENTS: dict[str, tuple[dict[str, Any], ...]] = {
    "kaiming_normal_": ({}, {"mode": "fan_out", "nonlinearity": "relu"}),
    "kaiming_uniform_": ({}, {"a": 2.0}),
    "normal_": ({"std": 0.01}, {"mean": 1, "std": "$(1 / sqrt(4))"}),
    "uniform_": ({"a": -0.1, "b": 0.1}, {"a": 2}),
    "trunc_normal_": ({"std": 0.02}, {"mean": 1, "std": 0.02, "a": -2, "b": 0.9}),
    "constant_": ({"val": 0.5},),
    "sparse_": ({"sparsity": 0.5},),
    "dirac_": ({}, {"groups": 2}),
}
OF_TORCH = {"init-dimensions", "not-divisible", "empty-range"}  # refusals that torch has an error for


def rules(random: Random, spec: dict[str, Any]) -> dict[str, Any]:
    """One rule to three: for layer types, most of them such as the spec has, or for patterns."""
    trained = sorted(name for name, layer in REGISTRY.items() if layer.trains)
    present = sorted({key for _, key in places(spec) if key in trained})
    keys = [key(random, present or trained) for _ in range(random.randint(1, 3))]
    return {key: tensors(random, key) for key in keys}


def key(random: Random, types: list[str]) -> str:
    return random.choice(types if random.random() < 0.7 else PATTERNS)


def tensors(random: Random, key: str) -> dict[str, Any]:
    names = REGISTRY[key].trains if key in REGISTRY and random.random() < 0.9 else ("weight", "bias")
    return {name: function(random) for name in random.sample(names, random.randint(1, len(names)))}


def function(random: Random) -> Any:
    name = random.choice(sorted(FUNCTIONS))
    given = random.choice(ARGUMENTS.get(name, ({},)))
    return {name: given} if given else name


def torch_refuses(text: str, graph: Graph) -> bool:
    """Whether torch raises where any function of the section is called on any parameter of the network."""
    shapes = {tensor.shape for tensor in graph.tensors.values() if tensor.trained}
    return any(raises(call, shape) for call in calls(yaml.safe_load(text)["init"]) for shape in shapes)


def calls(section: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    said = [function for rule in section.values() for function in rule.values()]
    return [(each, {}) if isinstance(each, str) else next(iter(each.items())) for each in said]


def raises(call: tuple[str, dict[str, Any]], shape: tuple[int, ...]) -> bool:
    name, arguments = call
    plain = {key: 0.5 if str(value).startswith("$") else value for key, value in arguments.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            getattr(torch.nn.init, name)(torch.empty(shape), **plain)
        except Exception:  # noqa: BLE001 - torch raises errors of every kind
            return True
    return False
