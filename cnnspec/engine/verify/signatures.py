"""What torch takes by position, where the source says so; a test compares every entry with torch itself."""

from __future__ import annotations

from cnnspec.engine.layers import BUILT_IN, REGISTRY

LAYERS = {name: " ".join(REGISTRY[name].positional) for name in BUILT_IN if REGISTRY[name].positional}


def _functions(module: str) -> dict[str, tuple[str, str]]:
    """The functions of a module: the layer that each is, and what follows its input by position."""
    found = {}
    for name in BUILT_IN:
        layer = REGISTRY[name]
        place, _, function = (layer.function or "").rpartition(".")
        if place == module:
            found[function] = (name, " ".join(each for each in layer.positional if each not in layer.infers))
    return found


FUNCTIONS = _functions("torch.nn.functional")
TORCH = {**_functions("torch"), "flatten": ("Flatten", "start_dim end_dim")}
FLATTEN = {"start_dim": 0}  # where torch's function begins and its module does not
SUBCLASSES = {
    "LayerNorm2d": "LayerNorm",
    "ReLU6": "Hardtanh",
    "ZeroPad2d": "ConstantPad2d",
}  # what `isinstance` finds beside a type itself
