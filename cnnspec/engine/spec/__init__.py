"""Node tree -> Spec: the language's grammar, each error carried back to its span.

    Source ──parse──► Node ──read──► Spec     items, blocks, params and variants, not yet expanded
                                      │
                                      └─static: names and arguments that are wrong whatever the values are

A Spec knows no shapes; cnnspec/engine/network finds them.
"""

from cnnspec.engine.spec.arguments import Argument, Arguments
from cnnspec.engine.spec.builtin import builtin_blocks
from cnnspec.engine.spec.model import Block, Item, Param, Path, Spec, Variant
from cnnspec.engine.spec.params import ParamError, bind, resolve_params
from cnnspec.engine.spec.read import read
from cnnspec.engine.spec.shipped import find, known_specs
from cnnspec.engine.spec.types import ParamType, TypeMismatch

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
    "resolve_params",
]
