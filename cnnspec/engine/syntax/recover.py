"""Going on after a text that is not YAML: each slip is repaired in a draft, or its item left out, and it is read again.

    text ──parser──► error ──slips──► Diagnostic, Repair ──► Draft ──parser──► next error … ──► tree

The work is bounded by the size of the text: what all rounds read together is at most BUDGET characters more than one
reading takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from cnnspec.engine.diagnostics import Diagnostic, Source
from cnnspec.engine.syntax.draft import UNREAD, Draft
from cnnspec.engine.syntax.slips import not_yaml

BUDGET = 200_000  # characters
MAX_ROUNDS = 60
SECTION = re.compile(r"(?P<name>[A-Za-z_]\w*):")
CHAINS = ("layers", "blocks", "aux")
LAYER = re.compile(r"^ *- +[A-Z$]\w*")  # an item that is a layer, and no path of a join
DASHED = re.compile(r"^(?P<indent> *)- ")

Read = Callable[[Draft], Any]


def recover(source: Source, draft: Draft | None, error: Exception, read: Read) -> tuple[list[Diagnostic], bool, Any]:
    """All slips of a text, whether the draft says what was meant, and what ``read`` makes of it.

    It does not where a repair is one of several readings, or where an item was taken out that may define names.
    """
    draft = draft or Draft(source)
    found: list[Diagnostic] = []
    left, sure = BUDGET, True
    while True:
        slip = not_yaml(draft.source, error)
        found.append(draft.diagnostic(slip.diagnostic))
        left -= len(source.text) + 1
        if left < 0 or len(found) >= MAX_ROUNDS or _stuck(found):
            return found, False, None
        repairs = slip.diagnostic.repairs
        if len(repairs) > 1:
            draft.edit(repairs[0].edits)
            sure = False
        elif not slip.sure or not draft.edit(repairs[0].edits):
            sure &= _take_out(draft, slip.diagnostic.span.line)
        try:
            tree = read(draft)
        except yaml.YAMLError as another:
            error = another
        else:
            return found, sure, tree


def _stuck(found: list[Diagnostic]) -> bool:
    """Whether the last error is one that was to be repaired already."""
    last = found[-1]
    return any((d.message, d.span.line, d.span.column) == (last.message, last.span.line, last.span.column)
               for d in found[:-1])  # fmt: skip


def _take_out(draft: Draft, line: int) -> bool:
    """Leaves out the item that holds a line, or the line itself; whether nothing can be missed but a layer."""
    lines = draft.lines
    first = _item_of(lines, line)
    if first is None:
        _clear(draft, line)
        return False
    indent = len(lines[first - 1]) - len(lines[first - 1].lstrip(" "))
    last = first
    while last < len(lines) and (not lines[last].strip() or _indent(lines[last]) > indent):
        last += 1
    layer = LAYER.match(lines[first - 1]) and not any(DASHED.match(text) for text in lines[first:last])
    draft.put(first, indent, len(lines[first - 1]), f"- {UNREAD}")
    draft.unread.add(first)
    for number in range(first + 1, last + 1):
        _clear(draft, number)
    return bool(layer) and _section(lines, first) in CHAINS


def _clear(draft: Draft, line: int) -> None:
    draft.put(line, 0, len(draft.lines[line - 1]), "")


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _item_of(lines: list[str], line: int) -> int | None:
    """The line with the dash of the item that a line belongs to."""
    indent = _indent(lines[line - 1])
    for number in range(line, 0, -1):
        text = lines[number - 1]
        if DASHED.match(text) and (number == line or _indent(text) < indent):
            return number
        if text.strip() and number < line:
            indent = min(indent, _indent(text))
        if not indent:
            return None
    return None


def _section(lines: list[str], line: int) -> str:
    """The key at the top of the text under which a line stands."""
    matches = (SECTION.match(lines[number - 1]) for number in range(line, 0, -1))
    return next((match["name"] for match in matches if match), "")
