"""What a layer type, or a function of `init`, says of itself: for `cnnspec layers` and the schema that editors show."""

from __future__ import annotations

import inspect

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from cnnspec.engine.layers import Layer

DOCS = "https://docs.pytorch.org/docs/stable/generated/torch.nn.{}.html"
VISION_DOCS = "https://docs.pytorch.org/vision/stable/generated/{}.html"


def about(layer: type[BaseModel]) -> str:
    """Its docstring, as YAML's readers know it."""
    return (inspect.getdoc(layer) or "").replace("``", "`")


def reference(layer: type[Layer]) -> str:
    """Where torch or torchvision describes it; nothing for a layer that they do not have."""
    if layer.target is None:
        return DOCS.format(layer.__name__)
    return VISION_DOCS.format(layer.target) if layer.target.startswith("torchvision.") else ""


def default_words(layer: type[BaseModel], argument: str) -> str:
    """``required``, ``inferred``, ``not set``, or the default as YAML writes it."""
    default = layer.model_fields[argument].default
    if default is PydanticUndefined:
        return "required"
    if default is None:
        return "inferred" if issubclass(layer, Layer) and argument in layer.infers else "not set"
    return str(default).lower() if isinstance(default, bool) else str(default)
