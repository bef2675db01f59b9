"""Functions that change no number: nothing is said of them."""

from __future__ import annotations

from typing import Any

from cnnspec.pytorch.importing.functions.table import says
from cnnspec.pytorch.importing.operand import Operand, Unsaid
from cnnspec.pytorch.importing.translate import Translator


@says("contiguous", "clone", "alias", "view_as", "lift_fresh_copy", "requires_grad_", "cpu", "float", "to", "type_as")
def unchanged(t: Translator, x: Operand, *rest: Any, **options: Any) -> Operand:
    """A copy, or another layout; that the numbers stay the same is checked on the result."""
    return x


@says("detach", "data", "detach_")
def detach(t: Translator, x: Operand) -> Operand:
    raise Unsaid("no layer stops a gradient", "leave the `detach` out if the network is to be trained through here")
