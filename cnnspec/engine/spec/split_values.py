"""Values that a comma has cut apart: inside braces YAML ends ``$(max(a, b))`` and ``(3, 3)`` at the comma."""

from __future__ import annotations

from msgspec import Struct

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Span
from cnnspec.engine.syntax import Entry, Map, Scalar

MAX_PIECES = 16  # of one value: nobody writes more by accident


class Cut(Struct, frozen=True):
    """A value in pieces: the entry that holds its beginning, the names that are its rest, and all of it."""

    entry: Entry
    rest: tuple[str, ...]
    span: Span

    def diagnostic(self) -> Diagnostic:
        text = self.span.text
        if text.startswith("$"):
            message = "an expression with a comma needs quotes"
            return self._error("bad-expression", message, '"' + text.replace('"', "'") + '"')
        return self._error("wrong-type", "a list needs square brackets", f"[{text[1:-1]}]")

    def _error(self, code: str, message: str, written: str) -> Diagnostic:
        repair = Repair(f"write `{written}`", (Edit(self.span, written),))
        return Diagnostic(code, message, Label(self.span, "ends at the comma"), repairs=(repair,))


def cuts(args: Map | None) -> tuple[Cut, ...]:
    """The values of a mapping in braces that are in pieces."""
    found = []
    entries = args.entries if args is not None and args.flow else ()
    for number, entry in enumerate(entries):
        if isinstance(entry.value, Scalar) and entry.value.plain and _opens(entry.value.text):
            rest = _rest(entry.value.text, entries[number + 1 : number + MAX_PIECES])
            if rest:
                found.append(Cut(entry, tuple(e.key.text for e in rest), entry.value.span.to(rest[-1].key.span)))
    return tuple(found)


def _opens(text: str) -> bool:
    return text.startswith(("(", "$(")) and _depth(text) > 0


def _rest(text: str, following: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The keys without a value that bring the brackets of ``text`` to their end; nothing where none do."""
    depth = _depth(text)
    for number, entry in enumerate(following, 1):
        if not isinstance(entry.value, Scalar) or entry.value.text:
            return ()
        depth += _depth(entry.key.text)
        if depth <= 0:
            return following[:number]
    return ()


def _depth(text: str) -> int:
    return text.count("(") - text.count(")")
