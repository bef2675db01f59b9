"""What a child is called where that differs from round to round: an f-string."""

from __future__ import annotations

from cnnspec.engine.source.code import code
from cnnspec.engine.source.making import Maker
from cnnspec.engine.source.names import SourceNames, Unsolved
from cnnspec.engine.source.template import Leaf
from cnnspec.engine.source.text import Text
from cnnspec.engine.source.values import Slot, quoted
from cnnspec.engine.syntax import Scalar, template
from cnnspec.engine.syntax.expr import Expr


def named(leaf: Leaf, names: SourceNames, maker: Maker) -> Text:
    """The name of a line's children, as code. Raises Unsolved."""
    if len(leaf.names) == 1:
        return Text(quoted(leaf.names[0]))
    slot = {point: child.name for point, child in leaf.children.items()}
    id = leaf.item.id if leaf.item is not None else None
    return _position(slot, names, maker) if id is None else _from_id(id, leaf, slot, names, maker)


def _position(slot: Slot, names: SourceNames, maker: Maker) -> Text:
    if not all(name.isdecimal() for name in slot.values()):
        raise Unsolved
    found = maker.solver.inferred({point: int(name) for point, name in slot.items()}, names)
    if found is None:
        raise Unsolved
    return _formatted([found])


def _from_id(id: Scalar, leaf: Leaf, slot: Slot, names: SourceNames, maker: Maker) -> Text:
    """The spec's own text with its expressions in the names of the source."""
    found = template(id.text)
    parts: list[str | Expr] = []
    for part in found.parts if found else ():
        made = maker.solver.reduced(part, slot, names, maker.arriving(leaf)) if isinstance(part, Expr) else part
        if made is None:
            raise Unsolved
        parts.append(made)
    return _formatted(parts)


def _formatted(parts: list[str | Expr]) -> Text:
    """``f"block{number}-{i}"``."""
    text, read = "", frozenset[str]()
    for part in parts:
        if isinstance(part, str) or part.op == "literal":
            plain = part if isinstance(part, str) else str(part.args[0])
            text += plain.replace("{", "{{").replace("}", "}}")
        else:
            written = code(part)
            text, read = f"{text}{{{written.text}}}", read | written.reads
    if '"' in text or "\\" in text:
        raise Unsolved
    return Text(f"f{quoted(text)}", read)
