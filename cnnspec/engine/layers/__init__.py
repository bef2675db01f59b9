"""One class per layer type, a file per family, and the registry of them by name.

The family modules go without ``from __future__ import annotations``: pydantic would compile each annotation from its
text, which took a third of the import.

A layer is registered by standing in one of the family modules under a name without underscore.
"""

from types import ModuleType

from cnnspec.engine.diagnostics.synonyms import add_synonyms
from cnnspec.engine.layers import (
    activation,
    conv,
    dropout,
    embedding,
    join,
    linear,
    norm,
    padding,
    pool,
    reshape,
    resize,
    scale,
)
from cnnspec.engine.layers.base import (
    Call,
    Layer,
    NonNegative,
    NonNegativeNumber,
    Number,
    Positive,
    PositiveNumber,
    Probability,
    Refusal,
    Tensor,
    setting,
)
from cnnspec.engine.layers.shape import Output, Shape
from cnnspec.engine.layers.window import Unwindow, Window

FAMILIES: dict[str, ModuleType] = {
    "convolution": conv,
    "pooling": pool,
    "normalisation": norm,
    "activation": activation,
    "linear": linear,
    "embedding": embedding,
    "scaling": scale,
    "dropout": dropout,
    "shape": reshape,
    "resizing": resize,
    "padding": padding,
    "joins": join,
}


def _layers_of(module: ModuleType) -> dict[str, type[Layer]]:
    own = {name: value for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
    return {
        name: value
        for name, value in own.items()
        if isinstance(value, type) and issubclass(value, Layer) and name[0] != "_"
    }


REGISTRY: dict[str, type[Layer]] = {name: cls for m in FAMILIES.values() for name, cls in _layers_of(m).items()}
BUILT_IN = dict(REGISTRY)  # cnnspec's own layers by name, in whose place a plugin may put others
ACTIVATIONS = tuple(name for name in BUILT_IN if BUILT_IN[name].role == "activation")
for _name in BUILT_IN:
    for _other in REGISTRY[_name].known_as:
        add_synonyms(_name, _other.names)
JOINS = frozenset(name for name, cls in REGISTRY.items() if cls.inputs is None)

__all__ = [
    "ACTIVATIONS",
    "BUILT_IN",
    "FAMILIES",
    "JOINS",
    "REGISTRY",
    "Call",
    "Layer",
    "NonNegative",
    "NonNegativeNumber",
    "Number",
    "Output",
    "Positive",
    "PositiveNumber",
    "Probability",
    "Refusal",
    "Shape",
    "Tensor",
    "Unwindow",
    "Window",
    "setting",
]
