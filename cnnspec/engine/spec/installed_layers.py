"""Layers that installed packages offer are imported where a spec names them, and not before."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.plugins import NAME, load_offered
from cnnspec.engine.spec.extends import Whole
from cnnspec.engine.spec.items import SCOPE
from cnnspec.engine.syntax import Map, Node, Scalar

SECTIONS = ("params", "variants", "layers", "aux", "blocks", "init")
NO_LAYER = frozenset({"id", "from", "share", "description"})  # words whose values name no layer


def import_offered(whole: Whole, builtin: Collection[str]) -> None:
    """Register the layers of installed packages that a text names; blocks, its own and built-in ones, go before them.

    Raises PluginFault where one cannot be imported.
    """
    blocks = whole.top.get("blocks")
    known = {*REGISTRY, *builtin, *(blocks.names() if isinstance(blocks, Map) else ()), SCOPE}
    words: dict[str, None] = {}
    for node in _nodes(whole):
        _note(node, words)
    unknown = [word for word in words if word not in known and NAME.fullmatch(word)]
    if unknown:  # looking through the packages takes longer than looking through most specs
        load_offered(known, unknown)


def _nodes(whole: Whole) -> Iterator[Node]:
    yield from (node for name in SECTIONS if (node := whole.top.get(name)) is not None)
    yield from (section.entry.value for section in whole.patches)


def _note(node: Node, words: dict[str, None]) -> None:
    """Notes what may be the name of a layer."""
    if isinstance(node, Scalar):
        words[node.text] = None
    elif isinstance(node, Map):
        for entry in node.entries:
            words[entry.key.text] = None
            if entry.key.text not in NO_LAYER:
                _note(entry.value, words)
    else:
        for item in node.items:
            _note(item, words)
