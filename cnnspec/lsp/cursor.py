"""Where the cursor is while a text is typed: the keys that lead to it, found in a text that may be broken just there.

The word at the cursor is replaced by a mark, brackets that are open on its line are closed, and the text is parsed: the
way down to the mark says what can be written in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml
from msgspec import Struct
from msgspec.structs import replace

from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.syntax import Map, Node, Scalar, Seq, parse
from cnnspec.lsp.keys import ITEM
from cnnspec.lsp.positions import Position

MARK = "zz0cursor0zz"
WORD = re.compile(r"[\w.*/-]*$")
REST = re.compile(r"^[\w.*/-]*")
PAIRS = {"{": "}", "[": "]", "(": ")"}


class Cursor(Struct, frozen=True):
    """What is around a cursor.

    ``path`` are the keys from the top, ``siblings`` the mapping that a key is written into, ``word`` what is typed of
    the word already, ``before`` and ``after`` its line around that word. ``in_key`` is whether a key is written;
    ``tree`` is the text with the mark.
    """

    path: tuple[str, ...]
    in_key: bool
    siblings: Map | None
    word: str
    length: int
    before: str
    after: str
    tree: Map
    maps: tuple[Map, ...] = ()  # the mappings on the way, outermost first

    @property
    def expression(self) -> bool:
        """Whether the cursor is inside `$(...)`, or after a lone `$`."""
        return bool(re.search(r"\$\w*$|\$\([^)]*$", self.before + self.word))


def cursor(source: Source, at: Position) -> Cursor | None:
    """What is around a place; None where the text is broken elsewhere too."""
    line = source.line(at.line)
    before, after = line[: at.column - 1], line[at.column - 1 :]
    if re.search(r"(?:^|\s)#", before):
        return None
    word = (WORD.search(before) or [""])[0]
    rest = (REST.match(after) or [""])[0]
    head, tail = before[: len(before) - len(word)], after[len(rest) :]
    for written in _attempts(head, tail):
        tree = _parsed(source, at.line, written)
        found = _find(tree, ()) if tree else None
        if tree is not None and found is not None:
            path, in_key, siblings, maps = found
            return Cursor(path, in_key, siblings, word, len(word) + len(rest), head, tail, tree, maps)
    return None


def _attempts(head: str, tail: str) -> Iterator[str]:
    """Lines with the mark that may be YAML, the likeliest first."""
    closers = _closers(head + tail)
    for marked in (f"{head}{MARK}", f"{head} {MARK}"):
        yield f"{marked}{tail}"
        yield f"{marked}{tail}{closers}"
        yield f"{marked}: 0{tail}{closers}"
        yield f"{marked}{_closers(head)}"
        yield f"{marked}: 0"
        yield f"{marked}: 0{_closers(head)}"


def _closers(text: str) -> str:
    """The brackets and quotes that a line leaves open, closed."""
    open_: list[str] = []
    quote = ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'" and (not open_ or open_[-1] != ")"):
            quote = sign
        elif sign in PAIRS:
            open_.append(PAIRS[sign])
        elif open_ and sign == open_[-1]:
            open_.pop()
    return quote + "".join(reversed(open_))


def _parsed(source: Source, line: int, written: str) -> Map | None:
    lines = [*source.lines]
    lines[line - 1] = written
    try:
        sink = Sink()
        tree = parse(replace(source, text="\n".join(lines)), sink)
    except yaml.YAMLError:
        return None
    broken = any(found.code == "yaml-syntax" for found in sink)
    return tree if isinstance(tree, Map) and not broken else None


def _find(
    node: Node, path: tuple[str, ...], maps: tuple[Map, ...] = ()
) -> tuple[tuple[str, ...], bool, Map | None, tuple[Map, ...]] | None:
    """The way down to the mark: keys, whether it is a key itself, and the mapping that it is a key of."""
    match node:
        case Scalar():
            return (path, False, None, maps) if MARK in node.text else None
        case Seq():
            for item in node.items:
                if found := _find(item, (*path, ITEM), maps):
                    return found
        case Map():
            for entry in node:
                if MARK in entry.key.text:
                    return path, True, node, (*maps, node)
                if found := _find(entry.value, (*path, entry.key.text), (*maps, node)):
                    return found
    return None
