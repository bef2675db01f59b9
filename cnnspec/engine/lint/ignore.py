"""Warnings that a spec silences: `# cnnspec: ignore[code]` on the line, or `lint: {ignore: [code]}` for the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Source, Span, did_you_mean
from cnnspec.engine.syntax import Scalar

COMMENT = re.compile(r"(?:^|(?<=\s))#\s*cnnspec:\s*ignore\[([^\]]*)\]")
BARE = re.compile(r"(?:^|(?<=\s))#\s*cnnspec(?::\s*|\s+)ignore\b.*")
CODES = re.compile(r"[a-z]+(?:-[a-z]+)+")


Key = tuple[str, int | None, int]  # a code, a text by its identity, and a line of it


class Ignore(Struct, frozen=True):
    """A code that is silenced, where that is said, and on which line; line 0 is the whole file.

    That of a base is silent of its own lines alone, ``everywhere`` of all that the spec brings about.
    """

    code: str
    span: Span
    line: int = 0
    everywhere: bool = False
    edit: Edit | None = None  # takes it out again

    @property
    def key(self) -> Key:
        """What it silences: the code on its line, in its file, or wherever."""
        return (self.code, None if self.everywhere else id(self.span.source), self.line)


class Ignores:
    """All that a spec silences, and what of it has silenced a warning. A text may hold tens of thousands."""

    def __init__(self, given: Iterable[Ignore]) -> None:
        self._given = tuple(given)
        self._keys = {ignore.key for ignore in self._given}
        self._used: set[Key] = set()

    def silences(self, diagnostic: Diagnostic, line: Span) -> bool:
        """Whether a warning is silenced where it stands, or at ``line``, the user's line that led to it."""
        keys: set[Key] = {(diagnostic.code, None, 0)}
        for span in (diagnostic.span, line):
            keys |= {(diagnostic.code, id(span.source), at) for at in (0, span.line)}
        by = keys & self._keys
        self._used |= by
        return bool(by)

    def unused(self, source: Source) -> Iterator[Ignore]:
        """Those of a text that have silenced nothing."""
        return (i for i in self._given if i.span.source is source and i.key not in self._used)


def of_file(codes: Iterable[Scalar], own: Source) -> Iterator[Ignore]:
    """What `lint: {ignore: [...]}` silences, in the spec ``own`` and in what it extends."""
    return (Ignore(code.text, code.span, everywhere=code.span.source is own) for code in codes)


def comments(source: Source) -> Iterator[Ignore]:
    """What the comments of a text silence."""
    if "cnnspec:" not in source.text:
        return
    for number, line in enumerate(source.lines, 1):
        match = COMMENT.search(line) if "#" in line else None
        if match:
            codes = list(re.finditer(r"[^,]+", match[1]))
            for part in codes:
                code, blanks = part[0].strip(), len(part[0]) - len(part[0].lstrip())
                at = match.start(1) + part.start() + 1 + blanks
                edit = _without(source, number, match) if len(codes) == 1 else None
                yield Ignore(code, source.span(number, at, max(len(code), 1)), number, edit=edit)


def without_codes(source: Source) -> Iterator[Diagnostic]:
    """Warnings about comments that are to silence something, and are written in another way."""
    for number, line in enumerate(source.lines, 1) if "ignore" in source.text else ():
        match = BARE.search(line) if "cnnspec" in line else None
        if match and not COMMENT.search(line):
            span = source.span(number, match.start() + 1, len(match[0].rstrip()))
            codes = CODES.findall(match[0].partition("ignore")[2])
            written = f"# cnnspec: ignore[{', '.join(codes) or 'bias-before-norm'}]"
            help = f"write `{written}`" if codes else f"write `{written}`, with the codes to silence"
            colon = re.match(r"#\s*cnnspec:", match[0])
            message = f"this comment {'names no code in brackets' if colon else 'has no colon'} and silences nothing"
            yield Diagnostic("unused-ignore", message, Label(span), help=help, severity="warning")


def _without(source: Source, number: int, match: re.Match[str]) -> Edit:
    """The edit that takes a comment out, and with it the blanks before it."""
    start = len(source.line(number)[: match.start()].rstrip())
    return Edit(Span(source, number, start + 1, number, match.end() + 1), "")


def stale(ignores: Iterable[Ignore], known: Iterable[str]) -> Iterator[Diagnostic]:
    """Warnings about silences of no warning: codes that do not exist, and codes that silence nothing."""
    known = set(known)
    for ignore in ignores:
        if ignore.code not in known:
            message = f"no warning has the code `{ignore.code}`"
            near = did_you_mean(ignore.code, known)
            yield Diagnostic(
                "unknown-code",
                message,
                Label(ignore.span, near),
                help="`cnnspec explain` lists them",
                severity="warning",
            )
        else:
            message = f"`{ignore.code}` silences nothing here"
            repairs = (Repair("remove the comment", (ignore.edit,), safe=True),) if ignore.edit else ()
            help = "" if ignore.edit else "remove the code"
            label = Label(ignore.span)
            yield Diagnostic("unused-ignore", message, label, help=help, severity="warning", repairs=repairs)
