"""A node as the models of recipes take it."""

from __future__ import annotations

from typing import Any

from cnnspec.engine.syntax import Map, Node, Scalar, Seq


def plain(node: Node) -> Any:
    """Scalars as their values and lists as tuples; a mapping as a dict, which no argument takes."""
    match node:
        case Scalar():
            return node.value
        case Seq():
            return tuple(plain(item) for item in node.items)
        case Map():
            return {entry.key.text: plain(entry.value) for entry in node}
