"""What torch takes by position, where the source says so; a test compares every entry with torch itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cnnspec.engine.layers import BUILT_IN

LAYERS = {name: " ".join(layer.positional) for name, layer in BUILT_IN.items() if layer.positional}


class FunctionSignature(NamedTuple):
    """The layer that a function is, what follows its input by position, and its defaults where the layer has others."""

    layer: str
    names: str
    defaults: Mapping[str, Any]


def _functions(module: str) -> dict[str, FunctionSignature]:
    """The functions of a module by name."""
    functions = {}
    for name, layer in BUILT_IN.items():
        package, _, function = (layer.function or "").rpartition(".")
        if package == module and not layer.input_names:
            names = [*layer.model_fields] if layer.function_defaults else layer.positional
            names = [each for each in names if each not in layer.infers]
            functions[function] = FunctionSignature(name, " ".join(names), layer.function_defaults)
    return functions


FUNCTIONS = _functions("torch.nn.functional")
TORCH = _functions("torch")
