"""Node tree -> Spec: the language's grammar, each error carried back to its span.

    Source ──parse──► Node ──read──► Spec     items, blocks, params and variants, not yet expanded
                                      │
                                      └─static: names and arguments that are wrong whatever the values are

A Spec knows no shapes; cnnspec/network finds them.
"""

from cnnspec.spec.arguments import Argument, Arguments
from cnnspec.spec.builtin import builtin_blocks
from cnnspec.spec.model import Block, Item, Param, Path, Spec, Variant
from cnnspec.spec.params import ParamError, bind, settle
from cnnspec.spec.read import read
from cnnspec.spec.shipped import find, known_specs
from cnnspec.spec.types import ParamType, TypeMismatch

__all__ = [
    "Argument",
    "Arguments",
    "Block",
    "Item",
    "Param",
    "ParamError",
    "ParamType",
    "Path",
    "Spec",
    "TypeMismatch",
    "Variant",
    "bind",
    "builtin_blocks",
    "find",
    "known_specs",
    "read",
    "settle",
]
