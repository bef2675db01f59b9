"""The values that say what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from cnnspec.engine.diagnostics.source import Span
from cnnspec.engine.diagnostics.words import MAX_MESSAGE, clip

NAMED = {"missing-argument", "over-budget", "unknown-argument", "unknown-name"}
MAX_FOUND = 100  # mistakes that one run tells: nobody reads on, and a hostile text has millions
Severity = Literal["error", "warning"]


class Label(Struct, frozen=True):
    """A place and what is to be said at it."""

    span: Span
    text: str = ""


class Edit(Struct, frozen=True):
    """Replace the text of a span; an empty span inserts."""

    span: Span
    text: str


class Repair(Struct, frozen=True):
    """What to do, in words, and the edits that do it; ``safe`` where they change nothing that the network computes."""

    words: str
    edits: tuple[Edit, ...]
    safe: bool = False


class Frame(Struct, frozen=True):
    """One step of how a line was reached: variant → block → repeat.

    ``call`` is what the expansion knows of the call of a block: messages do not read it.
    """

    text: str
    span: Span | None = None
    parent: Frame | None = None
    call: object = None

    def __iter__(self) -> Iterator[Frame]:
        """From this frame outwards."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.parent


class Diagnostic(Struct, frozen=True):
    """One thing that is wrong: what, where, why, and what mends it.

    ``code`` is a slug that stays the same over releases; ``message`` is lower case, stands alone and has
    no final period; ``primary`` is the smallest true span; ``labels`` are where the conflicting facts
    came from; ``notes`` hold the arithmetic; ``help`` is the repair in words. ``repairs`` are candidates
    until the checker has tried them; those that worked come out of it in the words of ``help`` and as edits.
    """

    code: str
    message: str
    primary: Label
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str = ""
    trace: Frame | None = None
    repairs: tuple[Repair, ...] = ()
    severity: Severity = "error"

    @property
    def span(self) -> Span:
        return self.primary.span

    @property
    def identity(self) -> tuple[str, str, int, int]:
        """Equal for the same mistake reached twice, through two variants or two repeats.

        What is missing or unknown is told apart by its name; other messages may differ by the sizes of the repeat.
        """
        what = self.message if self.code in NAMED else self.code
        return (what, self.span.source.name, self.span.line, self.span.column)


class Sink:
    """Collects diagnostics; a mistake that is met again through another path is kept once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, int, int], Diagnostic] = {}

    @property
    def full(self) -> bool:
        """Whether enough has been found; more is not kept."""
        return len(self._found) >= MAX_FOUND

    def add(self, diagnostic: Diagnostic) -> None:
        if self.full:
            return
        found = _in_user_text(_clipped(diagnostic))
        self._found.setdefault(found.identity, found)

    def error(self, code: str, message: str, span: Span, label: str = "", **rest: object) -> None:
        self.add(Diagnostic(code, message, Label(span, label), **rest))  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self._found.values())

    def __len__(self) -> int:
        return len(self._found)

    def in_order(self) -> tuple[Diagnostic, ...]:
        """By place: file, line, column. What is said of a value with a tag follows from the tag, which is refused."""
        tags = [found.span for found in self if found.code == "tag"]
        own = (found for found in self if found.code == "tag" or not any(_of_tagged(found.span, tag) for tag in tags))
        return tuple(sorted(own, key=place))


def _of_tagged(span: Span, tag: Span) -> bool:
    """Whether a place is that of the value which a tag stands before, or holds it."""
    between = tag.source.line(tag.line)[tag.end_column - 1 : span.column - 1]
    behind = span.source is tag.source and span.line == tag.line and span.column >= tag.end_column
    return span.holds(tag) or (behind and not between.strip())


def place(diagnostic: Diagnostic) -> tuple[str, int, int]:
    """Where a diagnostic stands among others: file, line, column."""
    return (diagnostic.span.source.name, diagnostic.span.line, diagnostic.span.column)


def _clipped(diagnostic: Diagnostic) -> Diagnostic:
    """The same, with the middle of a very long text left out: names in a hostile spec may have a million letters."""
    if len(diagnostic.message) <= MAX_MESSAGE and len(diagnostic.help) <= MAX_MESSAGE:
        return diagnostic
    return replace(diagnostic, message=clip(diagnostic.message), help=clip(diagnostic.help))


def _in_user_text(diagnostic: Diagnostic) -> Diagnostic:
    """The same, pointing first at the innermost line that the user wrote and can edit."""
    if not diagnostic.span.source.shipped or diagnostic.trace is None:
        return diagnostic
    calls = [frame.span for frame in diagnostic.trace if frame.span and not frame.span.source.shipped]
    if not calls:
        return diagnostic
    inner = Label(diagnostic.span, diagnostic.primary.text)
    return replace(diagnostic, primary=Label(calls[0], "called here"), labels=(inner, *diagnostic.labels))
