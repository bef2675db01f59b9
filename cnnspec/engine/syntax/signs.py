"""Slips with signs: a space, a comma, a bracket or a quote that is missing or stands where it should not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Span
from cnnspec.engine.syntax.trouble import Trouble, insertion, quoted, slip

# Which bracket or quote of a text is not closed: a scan of its signs, without YAML's grammar.

CLOSING = {"{": "}", "[": "]"}
BLOCK_LINE = re.compile(r"^(?P<indent> *)(?:- |[A-Za-z_$]\w*:(?: |$))")


class Fault(Struct, frozen=True):
    """A sign that is not closed, is closed by one of another kind (at ``wrong``), or closes nothing.

    Lines and columns count from 1; ``missing`` is what would close it.
    """

    sign: str
    line: int
    column: int
    missing: str = ""
    closes: bool = False
    wrong: tuple[int, int] | None = None


class _Scan(Struct):
    """The brackets that are open, with their places, and the quote that is."""

    open: list[tuple[str, int, int]] = field(default_factory=list)
    quote: tuple[str, int, int] | None = None
    before: str = ""  # the last sign that is no space

    def line(self, number: int, text: str) -> Fault | None:
        """What is wrong in one line, brackets that stay open aside."""
        self.before = "" if not self.open else ","
        skip = False
        for column, sign in enumerate(text, 1):
            if skip:
                skip = False
            elif self.quote is not None:
                skip = self.in_quote(sign)
            elif sign == "#" and text[column - 2 : column - 1] in ("", " "):
                break
            elif fault := self.outside(sign, number, column):
                return fault
        return None

    def in_quote(self, sign: str) -> bool:
        """Whether the next sign is escaped."""
        assert self.quote is not None
        if sign == self.quote[0]:
            self.quote, self.before = None, sign
        return sign == "\\" and self.quote is not None and self.quote[0] == '"'

    def outside(self, sign: str, number: int, column: int) -> Fault | None:
        starts_value = self.before in ("", ":", "-", ",", "[", "{")
        if sign in "\"'" and starts_value:
            self.quote = (sign, number, column)
        elif sign in CLOSING and (self.open or starts_value):
            self.open.append((sign, number, column))
        elif sign in "]}" and (self.open or self.before in "]}"):
            return self.close(sign, number, column)
        self.before = sign if sign != " " else self.before
        return None

    def close(self, sign: str, number: int, column: int) -> Fault | None:
        self.before = sign
        if not self.open:
            return Fault(sign, number, column, closes=True)
        opened, line, at = self.open.pop()
        return None if CLOSING[opened] == sign else Fault(opened, line, at, CLOSING[opened], wrong=(number, column))

    def unclosed(self) -> Fault | None:
        if self.quote is not None:
            sign, line, column = self.quote
            return Fault(sign, line, column, sign + self.endings(line))
        if not self.open:
            return None
        _, line, _ = self.open[-1]
        first = next(entry for entry in self.open if entry[1] == line)
        return Fault(*first, self.endings(line))

    def endings(self, line: int) -> str:
        """What closes the brackets that a line has opened, the innermost first."""
        return "".join(CLOSING[sign] for sign, at, _ in reversed(self.open) if at == line)


def first_fault(lines: Sequence[str], last: int) -> Fault | None:
    """The first bracket or quote of the lines up to ``last`` (from 1) that is out of order, or None."""
    scan = _Scan()
    for number, text in enumerate(lines[:last], 1):
        if scan.open and _begins_anew(text, lines[scan.open[-1][1] - 1]):
            break
        if fault := scan.line(number, text):
            return fault
    return scan.unclosed()


def _begins_anew(text: str, opening: str) -> bool:
    """Whether a line is one of the block around an open bracket: no further in than the line that opened it."""
    match = BLOCK_LINE.match(text)
    return match is not None and len(match["indent"]) <= len(opening) - len(opening.lstrip(" "))


DASH = re.compile(r"^\s*(?:- +)*-(?=[A-Z$])")
COLON = re.compile(r"^\s*(?:- +)*(?P<key>\$?[A-Za-z_]\w*):(?=[^\s:/])")
INDEXED = re.compile(r"\$\([^\"'#]*\)|\$\w+\[[^\]\"'#]*\]|(?<![\w\"'])list\[[a-z\[\]?]+\]\??")
PLAIN_TEXT = re.compile(r"^\s*(?:- +)*\w+: +(?P<text>[^\s\"'\[{|>&*!#][^#]*?: .*?)\s*$")
STARRED = re.compile(r"(?<![^\s,\[{])\*[^\s,\]{}\"']*[^\s,\]{}\"':]")
NO_COLON = re.compile(r"^\s*(?:- +)*(?P<name>[A-Z$][\w.]*) *(?P<brace>\{)(?=.*\}\s*(?:#.*)?$)")
NO_COMMA = re.compile(r"[\w\"'\])] +(?P<key>[a-z_]\w*): ")


def no_space_behind_dash(trouble: Trouble) -> Diagnostic | None:
    """``-ReLU``."""
    for number, text in trouble.lines():
        if match := DASH.match(text):
            dash = trouble.source.span(number, match.end())
            name = trouble.source.span(number, match.end() + 1)
            word = re.split(r"[:\s]", text[match.end() :])[0]
            message = "this dash needs a space after it"
            return slip(dash, message, "", f"write `- {word}`", insertion(name, " "))
    return None


def no_space_behind_colon(trouble: Trouble) -> Diagnostic | None:
    """``stride:2`` in a line of its own."""
    for number, text in trouble.lines():
        if match := COLON.match(text):
            colon = trouble.source.span(number, match.end())
            behind = trouble.source.span(number, match.end() + 1)
            message = f"the colon of `{match['key']}` needs a space after it"
            words = f"write `{match['key']}: `"
            return slip(colon, message, "", words, insertion(behind, " "))
    return None


def braces_for_expression(trouble: Trouble) -> Diagnostic | None:
    """``${width}``."""
    text = trouble.text(trouble.line)
    match = re.search(r"\$\{(?P<inner>[^{}]*)\}?", text)
    if match is None:
        return None
    inner = match["inner"].strip()
    written = f"${inner}" if inner.isidentifier() else f"$({inner})"
    span = trouble.source.span(trouble.line, match.start() + 1, len(match[0]))
    return slip(span, "an expression needs round brackets, not braces", "", f"write `{written}`",
                 Edit(span, written))  # fmt: skip


def unquoted_brackets(trouble: Trouble) -> Diagnostic | None:
    """``$(depths[0])`` and ``list[int]`` inside braces, where YAML takes the brackets for a list."""
    if "expected ',' or" not in trouble.problem:
        return None
    for match in INDEXED.finditer(trouble.text(trouble.line)):
        if "[" in match[0] and match.start() < trouble.column <= match.end() + 1:
            span = trouble.source.span(trouble.line, match.start() + 1, len(match[0]))
            written = match[0] if match[0].startswith(("$(", "list")) else f"$({match[0][1:]})"
            message = "an expression with square brackets needs quotes inside braces or a list"
            return slip(span, message, "", f"write `{quoted(written)}`", Edit(span, quoted(written)))
    return None


def brackets(trouble: Trouble) -> Diagnostic | None:
    """A bracket or a quote that is not closed, or closes nothing."""
    fault = first_fault(trouble.source.lines, trouble.line)
    if fault is None:
        return None
    span = trouble.source.span(fault.line, fault.column)
    if fault.closes:
        return slip(
            span, f"this `{fault.sign}` has no opening bracket", "", f"remove the `{fault.sign}`", Edit(span, "")
        )
    what = "quote" if fault.sign in "\"'" else f"`{fault.sign}`"
    words = f"close it with `{fault.missing}`"
    if fault.wrong:
        wrong = trouble.source.span(*fault.wrong)
        label, edit = Label(wrong, "closed by this"), insertion(wrong, fault.missing)
        return slip(span, f"this {what} is closed by `{wrong.text}`", "", words, edit, labels=(label,))
    end = trouble.source.span(fault.line, _text_end(trouble.text(fault.line)) + 1)
    return slip(span, f"this {what} is never closed", "opened here", words, _closing(end, fault))


def _closing(end: Span, fault: Fault) -> Edit:
    return insertion(end, fault.missing)


def _text_end(line: str) -> int:
    """Characters of a line before a comment and the space in front of it."""
    comment = re.search(r"\s#", line)
    return len((line[: comment.start()] if comment else line).rstrip())


def no_colon(trouble: Trouble) -> Diagnostic | None:
    """``Conv2d {out_channels: 8, kernel_size: 3}``: braces with no colon before them."""
    for number, text in trouble.lines():
        if match := NO_COLON.match(text):
            name = trouble.source.span(number, match.start("name") + 1, len(match["name"]))
            gap = trouble.source.span(number, match.end("name") + 1, match.start("brace") - match.end("name"))
            message = f"a colon is missing between `{match['name']}` and its arguments"
            written = f"{match['name']}: {text[match.start('brace') :].strip()}"
            return slip(
                name, message, "", f"write `{written}`", Edit(replace(gap, end_column=match.start("brace") + 1), ": ")
            )
    return None


def no_comma(trouble: Trouble) -> Diagnostic | None:
    """``{out_channels: 8 kernel_size: 3}``."""
    if "expected ',' or" not in trouble.problem:
        return None
    for match in NO_COMMA.finditer(trouble.text(trouble.line)):
        if match.start("key") < trouble.column <= match.end() + 1:
            span = trouble.source.span(trouble.line, match.start("key") + 1, len(match["key"]))
            before = trouble.source.span(trouble.line, match.start() + 2)
            message = f"a comma is missing before `{match['key']}`"
            return slip(span, message, "", f"write `, {match['key']}: `", insertion(before, ","))
    return None


def quote_inside(trouble: Trouble) -> Diagnostic | None:
    """``'it's'``: the text ends at the second quote."""
    text = trouble.text(trouble.line)
    match = re.match(r"^\s*(?:- +)*\w+: +(?P<text>'.*)$", text)
    if match is None or not match.start("text") < trouble.column - 1 or match["text"].count("'") < 3:
        return None
    inner = match["text"].rstrip().strip("'").replace("''", "'")
    second = text.index("'", match.start("text") + 1)
    whole = trouble.source.span(trouble.line, match.start("text") + 1, len(match["text"].rstrip()))
    message = "a single quote ends a single-quoted text"
    edits = () if '"' in inner or "\\" in inner else (Edit(whole, f'"{inner}"'),)
    words = "write it in double quotes" if edits else "write the inner quote twice"
    return slip(trouble.source.span(trouble.line, second + 1), message, "the text ends here", words, *edits)


def text_with_colon(trouble: Trouble) -> Diagnostic | None:
    """``description: A network: small``."""
    match = PLAIN_TEXT.match(trouble.text(trouble.line))
    if match is None or "mapping values" not in trouble.problem:
        return None
    span = trouble.source.span(trouble.line, match.start("text") + 1, len(match["text"]))
    message = "a text with a colon and a space needs quotes"
    edits = () if "'" in match["text"] and '"' in match["text"] else (Edit(span, quoted(match["text"])),)
    return slip(span, message, "", "put it in quotes", *edits)


def star_at_start(trouble: Trouble) -> Diagnostic | None:
    """``remove: **.downsample``, which YAML takes for an alias of no name."""
    if "alphabetic or numeric" not in trouble.problem:
        return None
    text = trouble.text(trouble.line)
    for match in STARRED.finditer(text):
        if match.start() < trouble.column <= match.end() + 1:
            span = trouble.source.span(trouble.line, match.start() + 1, len(match[0]))
            message, words = "a pattern that starts with `*` needs quotes", f"write `{quoted(match[0])}`"
            return replace(slip(span, message, "", words, Edit(span, quoted(match[0]))), help=words)
    return None


def sign_at_start(trouble: Trouble) -> Diagnostic | None:
    """``%`` or ``@`` in front of a text."""
    if "cannot start any token" not in trouble.problem:
        return None
    sign = trouble.text(trouble.line)[trouble.column - 1 : trouble.column]
    span = trouble.source.span(trouble.line, trouble.column)
    return slip(span, f"a text that starts with `{sign}` needs quotes", "", "write `$name` to read a param")
