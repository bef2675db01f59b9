"""Lines as other frameworks write them, translated into lines of a spec.

    Dense: {units: 10}            ─┐
    {type: ConvModule, …}          │  call ──► Call ──table──► Line… ──write──► the edit that replaces the line
    [-1, 1, Conv, [64, 3, 2]]      │
    Rearrange: b c h w -> b h w c ─┘

A translation is complete or it is not offered: an argument without a counterpart leaves words and no edit.
"""

from cnnspec.engine.spec.frameworks.call import FrameworkCall, call_of, text_of
from cnnspec.engine.spec.frameworks.item import foreign_item
from cnnspec.engine.spec.frameworks.table import activations
from cnnspec.engine.spec.frameworks.translate import translate
from cnnspec.engine.spec.frameworks.write import Translation, YamlLine, replacing

__all__ = [
    "FrameworkCall",
    "Translation",
    "YamlLine",
    "activations",
    "call_of",
    "foreign_item",
    "replacing",
    "text_of",
    "translate",
]
