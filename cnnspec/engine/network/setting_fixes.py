"""Settings that may mend a line, as edits of its text."""

from __future__ import annotations

from typing import Any

from cnnspec.engine.diagnostics import Repair
from cnnspec.engine.spec import Item
from cnnspec.engine.spec.arguments import holds_expression
from cnnspec.engine.spec.edits import set_argument


def repairs(item: Item, tries: tuple[tuple[str, dict[str, Any]], ...]) -> tuple[Repair, ...]:
    """One candidate a try. Lines of the package's own blocks cannot be edited and get none."""
    if item.span.source.shipped:
        return ()
    return tuple(
        Repair(words, tuple(set_argument(item, n, v) for n, v in values.items()))
        for words, values in tries
        if not any(computed(item, name) for name in values)
    )


def computed(item: Item, name: str) -> bool:
    """Whether an argument is an expression: a number in its place would undo a param."""
    entry = item.args.entry(name) if item.args else None
    return entry is not None and holds_expression(entry.value)
