"""What the section `init` is made of: rules for layers, and in each what fills their tensors."""

from __future__ import annotations

from dataclasses import dataclass

from cnnspec.spec.pattern import Pattern
from cnnspec.syntax import Map, Scalar


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What fills one tensor: a function with its arguments; None where it is left as PyTorch made it."""

    tensor: Scalar
    function: Scalar | None = None
    args: Map | None = None
    broken: bool = False  # said to be wrong already


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """The settings for a layer type, or for the layers whose keys fit a pattern."""

    key: Scalar
    pattern: Pattern | None  # None: of a type
    settings: tuple[Setting, ...]

    def setting(self, tensor: str) -> Setting | None:
        return next((setting for setting in self.settings if setting.tensor.text == tensor), None)
