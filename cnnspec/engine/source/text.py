"""Python code as a tree, and its layout: lines of at most 88 columns, as ruff and black lay them out.

Text        a piece that is never split
Bracket     head( item, item )     on one line, or its items on one line, or each on a line of its own
Each        [ element for … ]      on one line, or the element and its clause on a line each
Prefixed    name=body, *body

Line | Suite: statements; a suite is a header with statements below it
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH = 88
STEP = 4


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of code, and the names that it reads."""

    text: str
    reads: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Bracket:
    """``head`` ends in an opening bracket, ``tail`` is the closing one."""

    head: str
    items: tuple[Doc, ...]
    tail: str = ")"
    reads: frozenset[str] = frozenset()  # by the head


@dataclass(frozen=True, slots=True)
class Each:
    """A comprehension in brackets."""

    head: str
    element: Doc
    clause: Text
    tail: str = "]"


@dataclass(frozen=True, slots=True)
class Prefixed:
    """``prefix`` stands right before ``body``, as in ``bias=False``."""

    prefix: str
    body: Doc


Doc = Text | Bracket | Each | Prefixed


def call(target: str, *items: Doc) -> Bracket:
    """``target(item, item)``."""
    return Bracket(f"{target}(", items)


def tuple_of(items: Iterable[Doc]) -> Bracket:
    """``(a, b)``; of one item ``(a,)``."""
    found = tuple(items)
    return Bracket("(", found, ",)" if len(found) == 1 else ")")


def flat(doc: Doc) -> str:
    """The code on one line."""
    match doc:
        case Text(text):
            return text
        case Bracket(head, items, tail):
            return f"{head}{', '.join(map(flat, items))}{tail}"
        case Each(head, element, clause, tail):
            return f"{head}{flat(element)} {clause.text}{tail}"
        case Prefixed(prefix, body):
            return f"{prefix}{flat(body)}"


def reads(doc: Doc) -> frozenset[str]:
    """The names that the code reads."""
    match doc:
        case Text():
            return doc.reads
        case Bracket():
            return doc.reads.union(*map(reads, doc.items))
        case Each():
            return reads(doc.element) | doc.clause.reads
        case Prefixed():
            return reads(doc.body)


def layout(doc: Doc, indent: int, before: str = "", after: str = "") -> list[str]:
    """The code in lines, ``before`` standing in front of it and ``after`` behind it."""
    margin = " " * indent
    line = f"{margin}{before}{flat(doc)}{after}"
    if len(line) <= WIDTH or isinstance(doc, Text):
        return [line]
    if isinstance(doc, Prefixed):
        return layout(doc.body, indent, before + doc.prefix, after)
    return [f"{margin}{before}{doc.head}", *_inside(doc, indent + STEP), f"{margin}{doc.tail[-1]}{after}"]


def _inside(doc: Bracket | Each, indent: int) -> list[str]:
    """What stands between the brackets, once these have lines of their own."""
    whole = flat(doc).removeprefix(doc.head)
    whole = whole.removesuffix(doc.tail[-1])
    is_display = isinstance(doc, Bracket) and len(doc.head) == 1  # a list or tuple, not a call
    if indent + len(whole) <= WIDTH and not is_display:
        return [" " * indent + whole]
    if isinstance(doc, Each):
        return [*layout(doc.element, indent), " " * indent + doc.clause.text]
    comma = "," if len(doc.items) > 1 or is_display else ""
    return [line for item in doc.items for line in layout(item, indent, after=comma)]


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One statement: ``before`` and the code."""

    before: str
    doc: Doc


@dataclass(frozen=True, slots=True)
class Suite:
    """``for … in …:`` or ``if …:``, with the statements below it."""

    before: str
    doc: Doc
    body: tuple[Statement, ...]


Statement = SourceLine | Suite


def lines(statements: Sequence[Statement], indent: int) -> list[str]:
    """Statements in lines."""
    found = []
    for statement in statements:
        if isinstance(statement, SourceLine):
            found += layout(statement.doc, indent, statement.before)
        else:
            found += layout(statement.doc, indent, statement.before, ":")
            found += lines(statement.body, indent + STEP)
    return found


def read_by(statements: Iterable[Statement]) -> frozenset[str]:
    """The names that statements read."""
    found: frozenset[str] = frozenset()
    for statement in statements:
        found |= reads(statement.doc) | (read_by(statement.body) if isinstance(statement, Suite) else frozenset())
    return found
