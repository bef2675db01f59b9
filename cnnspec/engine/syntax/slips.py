"""Slips of the pen: what a text that is not YAML most likely means, and the edit that makes it so.

    yaml's error ──► Trouble ──rules, the surest first──► Diagnostic `yaml-syntax`, with a repair to be tried

YAML's parser notices a slip where reading on becomes impossible, which may be lines further down. Each rule looks for
one slip between the place where the parser was and the place where it gave up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import yaml
from msgspec import Struct

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Source, Span, count
from cnnspec.engine.diagnostics.words import more_lines
from cnnspec.engine.syntax import signs
from cnnspec.engine.syntax.trouble import Trouble, insertion, slip

MAX_SCANNED = 100_000  # characters before the place, over which brackets are counted
MAX_WIDTH = 1_000  # characters of a line that a person wrote
ITEM_WORDS = ("id", "from", "repeat", "foreach", "when")
BARE = re.compile(r"^\s*(?:- +)*- +(?P<name>[A-Z]\w*)\s*(?:#.*)?$")
WORD = re.compile(r"^(?P<indent> *)(?P<key>[a-z]\w*):(?:\s|$)")
LAYER = re.compile(r"^(?P<indent> *)(?P<name>[A-Z]\w*)(?::(?= |$)|\s*(?:#.*)?$)")
ITEM = re.compile(r"^ *(?:- +)*- (?=\S)")
TAB_WIDTHS = (2, 4, 8)
MAX_ABOVE = 40  # lines above, among which the item is looked for
PATH = re.compile(r" *- +(?P<dash>-) +(?P<name>[A-Z$]\w*)")  # the first item of a path, behind two dashes
OPERATION = re.compile(r"^\s*(?:- +)*- +(?P<name>[A-Z$]\w*|layers|share(?=:)):?")


class Slip(Struct, frozen=True):
    """What stops YAML's parser; ``sure`` where the one repair makes of the text what was meant, and is no guess."""

    diagnostic: Diagnostic
    sure: bool = False


def not_yaml(source: Source, error: Exception) -> Slip:
    """The slip that YAML's parser stumbled over."""
    mark, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    problem = (getattr(error, "problem", None) or str(error)).split("\n")[0]
    if mark is None:
        return Slip(Diagnostic("yaml-syntax", f"not YAML: {problem}", Label(source.span())))
    line, column = _within(source, mark.line + 1, mark.column + 1)
    first = min(context.line + 1 if context else line, max(line - 1, 1))
    trouble = Trouble(source, problem, max(first, 1), line, column)
    if source.offset(line, column) > MAX_SCANNED or any(len(text) > MAX_WIDTH for _, text in trouble.lines()):
        return Slip(_unexplained(trouble))
    for rule in RULES:
        if found := rule(trouble):
            return Slip(found, sure=rule is not signs.brackets and len(found.repairs) == 1)
    return Slip(_unexplained(trouble))


def _within(source: Source, line: int, column: int) -> tuple[int, int]:
    """A mark past the end of the text, moved back onto its last character."""
    if line <= len(source.lines) and source.line(line).strip():
        return line, column
    line = min(line, len(source.lines))
    while line > 1 and not source.line(line).strip():
        line -= 1
    return line, len(source.line(line)) + 1


def _tab(trouble: Trouble) -> Diagnostic | None:
    """Tabs in the indentation: a tab stands for as many spaces as make the text YAML."""
    for number, text in trouble.lines():
        if "\t" in _indentation_of(text):
            tab = trouble.source.span(number, text.index("\t") + 1)
            break
    else:
        return None
    tabbed = [at for at, text in enumerate(trouble.source.lines, 1) if "\t" in _indentation_of(text)]
    more = more_lines([number, *(at for at in tabbed if at != number)])
    readings: dict[tuple[object, ...], int] = {}
    for width in TAB_WIDTHS if len(trouble.source.text) <= MAX_SCANNED else ():
        if (events := _events(trouble.source, tabbed, width)) is not None:
            readings.setdefault(events, width)
    repairs = tuple(
        Repair(f"indent with {width} spaces for each tab", tuple(_spaces(trouble.source, tabbed, width)), safe=True)
        for width in readings.values() or TAB_WIDTHS[:1]
    )
    message, notes = "a tab (U+0009) in the indentation, where YAML needs spaces", (more,) if more else ()
    return Diagnostic("yaml-syntax", message, Label(tab), notes=notes, help="indent with spaces", repairs=repairs)


def _indentation_of(text: str) -> str:
    return text[: len(text) - len(text.lstrip(" \t-"))]


def _spaces(source: Source, tabbed: list[int], width: int) -> Iterator[Edit]:
    for number in tabbed:
        for column, sign in enumerate(_indentation_of(source.line(number)), 1):
            if sign == "\t":
                yield Edit(source.span(number, column), " " * width)


def _events(source: Source, tabbed: list[int], width: int) -> tuple[object, ...] | None:
    """What a text says once its tabs are so many spaces; None where it is no YAML even then."""
    lines = list(source.lines)
    for number in tabbed:
        indent = _indentation_of(lines[number - 1])
        lines[number - 1] = indent.replace("\t", " " * width) + lines[number - 1][len(indent) :]
    try:
        events = yaml.parse("\n".join(lines), getattr(yaml, "CLoader", yaml.Loader))
        return tuple((type(event), getattr(event, "value", None)) for event in events)
    except yaml.YAMLError:
        return None


def _no_colon_above(trouble: Trouble) -> Diagnostic | None:
    """``- ReLU`` with words below it."""
    match = BARE.match(trouble.text(trouble.line - 1)) if trouble.line > 1 else None
    word = WORD.match(trouble.text(trouble.line))
    if match is None or word is None:
        return None
    name = trouble.source.span(trouble.line - 1, match.start("name") + 1, len(match["name"]))
    below = Label(trouble.source.span(trouble.line, word.start("key") + 1, len(word["key"])), "a key below it")
    behind = trouble.source.span(name.line, name.end_column)
    message = "this line needs a colon at its end, because it has keys below it"
    return slip(name, message, "no colon", f"write `- {match['name']}:`", insertion(behind, ":"), labels=(below,))


def _no_dash(trouble: Trouble) -> Diagnostic | None:
    """A layer below the items of a list, or below the name of one, that has no dash itself."""
    for number in (trouble.line - 1, trouble.line):
        match = LAYER.match(trouble.text(number)) if number > 1 else None
        dash = _dash_above(trouble, number, len(match["indent"])) if match else None
        if match is None or dash is None:
            continue
        name = trouble.source.span(number, match.start("name") + 1, len(match["name"]))
        indent = Span(trouble.source, number, 1, number, match.start("name") + 1)
        edit = Edit(indent, " " * dash + "- ")
        return slip(name, f"a dash is missing before `{match['name']}`", "", f"write `- {match['name']}`", edit)
    return None


def _dash_above(trouble: Trouble, number: int, indent: int) -> int | None:
    """Where the dash of the item above stands, if the line begins below that dash or below the item's name."""
    for above in range(number - 1, max(number - MAX_ABOVE, 0), -1):
        text = trouble.text(above)
        if match := ITEM.match(text):
            dash = match.end() - 2
            return dash if indent in (dash, match.end()) else None
        if text.strip() and len(text) - len(text.lstrip()) < indent:
            return None
    return None


def _loop_over_path(trouble: Trouble) -> Diagnostic | None:
    """``foreach:`` in line with the dash that starts a path's first item: no path is repeated."""
    word = WORD.match(trouble.text(trouble.line))
    if word is None or word["key"] not in ("foreach", "repeat") or trouble.line < 2:
        return None
    first = PATH.match(trouble.text(trouble.line - 1))
    if first is None or first.start("dash") != len(word["indent"]):
        return None
    span = trouble.source.span(trouble.line, word.start("key") + 1, len(word["key"]))
    path = Label(trouble.source.span(trouble.line - 1, first.start("name") + 1, len(first["name"])), "starts a path")
    message = f"`{word['key']}` is aligned with a path of a join, and a path cannot be repeated like this"
    help = f"write one path for each value; aligned with `{first['name']}`, the rounds run in sequence inside the path"
    return Diagnostic("yaml-syntax", message, Label(span), (path,), help=help)


def _word_out_of_line(trouble: Trouble) -> Diagnostic | None:
    """``id:`` further in or out than the operation that it belongs to."""
    word = WORD.match(trouble.text(trouble.line))
    if word is None or word["key"] not in ITEM_WORDS:
        return None
    owners = _owners(trouble, len(word["indent"]))
    if not owners:
        return None
    span = trouble.source.span(trouble.line, word.start("key") + 1, len(word["key"]))
    indent = Span(trouble.source, trouble.line, 1, trouble.line, len(word["indent"]) + 1)
    of = "may belong to this" if len(owners) > 1 else "belongs to this"
    labels = tuple(Label(trouble.source.span(number, match.start("name") + 1, len(match["name"])), of)
                   for number, match in owners)  # fmt: skip
    message = f"`{word['key']}` is not aligned with any layer above it"
    repairs = tuple(
        Repair(f"indent it by {match.start('name')} spaces to belong to `{match['name']}` in line {number}",
               (Edit(indent, " " * match.start("name")),))
        for number, match in owners
    )  # fmt: skip
    if len(owners) == 1:
        match = owners[0][1]
        message = f"`{word['key']}` is not aligned with `{match['name']}`"
        repairs = (Repair(f"indent it by {match.start('name')} spaces", repairs[0].edits),)
    return Diagnostic("yaml-syntax", message, Label(span), labels, help=EITHER, repairs=repairs)


EITHER = "align a key with the layer that it belongs to"


def _owners(trouble: Trouble, indent: int) -> list[tuple[int, re.Match[str]]]:
    """The operations that a word may belong to: the nearest that is further in, and the nearest that is further out."""
    found: list[tuple[int, re.Match[str]]] = []
    column = MAX_WIDTH
    for number in range(trouble.line - 1, 0, -1):
        match = OPERATION.match(trouble.text(number))
        if match is None or match.start("name") >= column:
            continue
        column = match.start("name")
        found.append((number, match))
        if column <= indent:
            break
    inner = [owner for owner in found if owner[1].start("name") > indent][-1:]
    outer = [owner for owner in found if owner[1].start("name") <= indent][:1]
    return [*inner, *outer]


def _directive(trouble: Trouble) -> Diagnostic | None:
    for number, text in enumerate(trouble.source.lines[: trouble.line], 1):
        if text.startswith("%"):
            return slip(trouble.source.span(number, 1, len(text)), "a spec has no directives", "", "remove the line")
    return None


def _indentation(trouble: Trouble) -> Diagnostic | None:
    """A line that is indented like none of the lines that it could belong to."""
    text = trouble.text(trouble.line)
    expects_line = "expected key" in trouble.problem or "'-' indicator" in trouble.problem
    if not expects_line or text[: trouble.column - 1].strip():
        return None
    indents = {
        column
        for line in trouble.source.lines[: trouble.line - 1]
        for column in (len(line) - len(line.lstrip(" ")), len(line) - len(line.lstrip(" -")))
        if line.strip() and not line.lstrip().startswith("#")
    }
    first_word = text.split()[0]
    span = trouble.source.span(trouble.line, trouble.column, len(first_word))
    if trouble.column - 1 in indents:
        message = "the indentation of this line fits no list or mapping above"
    else:
        message = "the indentation of this line matches no line above"
    words = "align the items of a list and the keys of a mapping"
    return slip(span, message, f"{count(trouble.column - 1, 'space')} before it", words)


def _unexplained(trouble: Trouble) -> Diagnostic:
    """No slip is plain: what the parser says, in words of the spec."""
    place = Label(trouble.source.span(trouble.line, trouble.column))
    for said, message, help in IN_OUR_WORDS:
        if said in trouble.problem:
            return Diagnostic("yaml-syntax", message, place, help=help)
    return Diagnostic("yaml-syntax", f"not YAML: {trouble.problem}", place)


LINE_ABOVE = "look at the line above too: something may be open or missing there"
IN_OUR_WORDS = (  # a part of what libyaml says; message; help
    (
        "mapping values are not allowed",
        "a key is not allowed here",
        f"put a text with `: ` in quotes; {LINE_ABOVE}",
    ),
    ("could not find expected ':'", "a colon is missing after a key", LINE_ABOVE),
    ("expected key", "this does not belong to a mapping", LINE_ABOVE),
    ("'-' indicator", "this is not an item of the list above", LINE_ABOVE),
    ("expected ',' or", "a comma or a closing bracket is missing before this", "put a text with brackets in quotes"),
    ("node content", "a value is missing before this", "put a value before and after each comma"),
    ("unexpected ':'", "a colon needs a space and a value after it", "write the value, or remove the key"),
    ("unexpected end of stream", "the text ends inside a quoted text", "close the quote"),
    ("block sequence entries", "a dash is not allowed here", "start it on a new line"),
    ("unknown escape character", "a backslash in double quotes stands for a special character", "use single quotes"),
    ("alphabetic or numeric", "put a text that starts with `*` or `&` in quotes", "write `$name` to read a param"),
    ("document start", "no text is allowed after the end of the spec", LINE_ABOVE),
)

RULES: tuple[Callable[[Trouble], Diagnostic | None], ...] = (
    _tab,
    signs.braces_for_expression,
    signs.no_colon,
    signs.unquoted_brackets,
    signs.no_space_behind_dash,
    signs.no_space_behind_colon,
    signs.no_comma,
    signs.quote_inside,
    signs.brackets,
    _no_colon_above,
    signs.text_with_colon,
    _no_dash,
    _loop_over_path,
    _word_out_of_line,
    signs.star_at_start,
    signs.sign_at_start,
    _directive,
    _indentation,
)
