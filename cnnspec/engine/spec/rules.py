"""What the section `init` is made of: rules for layers, and in each what fills their tensors."""

from __future__ import annotations

from msgspec import Struct

from cnnspec.engine.spec.pattern import Pattern
from cnnspec.engine.syntax import Map, Scalar


class RuleSetting(Struct, frozen=True, eq=False):
    """What fills one tensor: a function with its arguments; None where it is left as PyTorch made it."""

    tensor: Scalar
    function: Scalar | None = None
    args: Map | None = None
    broken: bool = False  # said to be wrong already


class Rule(Struct, frozen=True, eq=False):
    """The settings for a layer type, or for the layers whose keys fit a pattern."""

    key: Scalar
    pattern: Pattern | None  # None: of a type
    settings: tuple[RuleSetting, ...]

    def setting(self, tensor: str) -> RuleSetting | None:
        return next((setting for setting in self.settings if setting.tensor.text == tensor), None)
