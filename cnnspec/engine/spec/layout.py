"""Items that are laid out wrongly: lists without dashes, arguments without names or outside their operation."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Span, listing
from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.spec.edits import by_name, indented, insertion, written
from cnnspec.engine.spec.frameworks.call import call_of_text
from cnnspec.engine.spec.frameworks.translate import translate
from cnnspec.engine.syntax import Entry, Map, Node, Scalar, Seq, shown


def fields_of(name: str) -> Collection[str]:
    """The arguments of a layer type; of anything else, none."""
    return REGISTRY[name].model_fields if name in REGISTRY else ()


def no_list(node: Node, owner: str) -> Diagnostic:
    """Something else where a list of items is wanted."""
    place = Label(node.span if isinstance(node, Scalar) else first_span(node))
    if isinstance(node, Map) and not node.flow:
        message = f"`{owner}` must be a list: these lines have no dash"
        edits = tuple(_dashed(entry) for entry in node)
        repairs = (Repair("start each line with `- `", edits),) if len(set(node.names())) == len(edits) else ()
        return Diagnostic("wrong-type", message, place, help=DASHES, repairs=repairs)
    message = f"`{owner}` must be a list of lines, not {shown(node)}"
    if isinstance(node, Scalar) and isinstance(node.value, str) and node.text[:1] == "-" and "\n" not in written(node):
        edit = insertion(Span(node.span.source, node.span.line, node.span.column + 1, node.span.line, 0), " ")
        return Diagnostic("wrong-type", message, place, repairs=(Repair("put a space after the dash", (edit,)),))
    if isinstance(node, Scalar) and node.value is not None:
        repair = Repair(f"write `[{written(node)}]`", (Edit(node.span, f"[{written(node)}]"),))
        return Diagnostic("wrong-type", message, place, repairs=(repair,))
    return Diagnostic("wrong-type", message, place, help=DASHES)


DASHES = "start each line with `- `"


def _dashed(entry: Entry) -> Edit:
    """A dash before an item; the lines of its value go further in by the width of the dash."""
    key, end = entry.key.span, entry.value.span
    source = key.source
    last = end.end_line if end.end_column > 1 else end.end_line - 1
    lines = [source.line(number) for number in range(key.line, max(last, key.line) + 1)]
    first = f"{lines[0][: key.column - 1]}- {lines[0][key.column - 1 :]}"
    span = Span(source, key.line, 1, key.line + len(lines) - 1, len(lines[-1]) + 1)
    return Edit(span, "\n".join([first, *(f"  {line}" for line in lines[1:])]))


def as_chain(node: Node) -> tuple[Repair, ...]:
    """``- - ReLU`` for a path that is written as a lone item."""
    if node.span.line != node.span.end_line or isinstance(node, Seq):
        return ()
    inside = node.span.source.line(node.span.line)[: node.span.column - 1].strip("- ")
    edits = (Edit(node.span, f"[{written(node)}]"),) if inside else (insertion(node.span, "- "),)
    return (Repair("write `- - `: a list of one layer", edits),)


def second_operation(entry: Entry, message: str) -> Diagnostic:
    """An operation in line with another one, which lacks its dash."""
    key = entry.key.span
    before = Span(key.source, key.line, max(key.column - 2, 1), key.line, key.column)
    lines = key.source.line(key.line)[: key.column - 1]
    repairs = (Repair(f"write `- {entry.key.text}`", (Edit(before, "- "),)),) if lines and not lines.strip() else ()
    return Diagnostic("several-operations", message, Label(key), help="start a new line with `- `", repairs=repairs)


def no_argument(join: Scalar, entry: Entry) -> Diagnostic:
    """A number or a word where a join has its paths."""
    name = entry.key.text
    help = "it joins the paths below it, or the ids in `from: [a, b]`"
    if join.text == "Concat":
        help = f"it always concatenates channels; {help}"
    return Diagnostic("unknown-argument", f"`{join.text}` has no argument `{name}`", Label(entry.span), help=help)


NO_COLON = re.compile(r"(?P<name>(?:\w+\.)*[A-Z$]\w*) *(?P<brace>\{) *\w+")


def no_colon(node: Map) -> Diagnostic | None:
    """``Upsample {scale_factor: 2}``, which YAML takes for a key up to the colon inside the braces."""
    for entry in node:
        match = NO_COLON.fullmatch(entry.key.text)
        if match and entry.key.plain and entry.value.span.text.endswith("}") and not node.flow:
            span = entry.key.span.part(0, match.end("name"))
            colon = Span(span.source, span.line, span.end_column, span.line, span.column + match.start("brace"))
            whole = f"{match['name']}: {entry.key.text[match.start('brace') :]}: {written(entry.value)}"
            words = f"write `{whole}`"
            message = f"a colon is missing between `{match['name']}` and its arguments"
            return Diagnostic(
                "unknown-layer", message, Label(span), help=words, repairs=(Repair(words, (Edit(colon, ": "),)),)
            )
    return None


def dash_before(node: Node) -> Span:
    """The dash that an empty item stands behind."""
    span = node.span
    column = span.source.line(span.line).rfind("-", 0, span.column) + 1
    return span.source.span(span.line, column) if column else span


def no_names(key: Scalar, value: Node) -> Diagnostic:
    """Arguments that are given by position."""
    repairs = _as_call(key, value) or by_name(key.text, value, REGISTRY.get(key.text))
    place = value.span if value.span.line == value.span.end_line else key.span
    message = f"the arguments of `{key.text}` need names: {shown(value)}"
    help = "" if repairs else f"write `{key.text}: {{name: value}}`: arguments are given by name, never by position"
    return Diagnostic("wrong-type", message, Label(place), help=help, repairs=repairs)


def _as_call(key: Scalar, value: Node) -> tuple[Repair, ...]:
    """``Conv2d: in_channels=16, out_channels=32``, as Python writes them."""
    call = call_of_text(f"{key.text}({value.text})") if isinstance(value, Scalar) and "=" in value.text else None
    translation = translate(call, {key.text}) if call else None
    if translation is None or len(translation.lines) != 1:
        return ()
    line = translation.lines[0]
    return (Repair(f"write `{line.operation}`", (Edit(value.span, line.value),)),) if line.value else ()


def arguments_outside(op: Entry, outside: Sequence[Entry]) -> Diagnostic:
    """Arguments beside their operation, where only words stand."""
    names = listing([f"`{entry.key.text}`" for entry in outside])
    more = len(outside) > 1
    are = "are arguments" if more else "is an argument"
    message = f"{names} {are} of `{op.key.text}`, so they go inside it"
    edits = [indented([entry]) for entry in outside]
    empty = isinstance(op.value, Scalar) and op.value.value is None
    good = tuple(edit for edit in edits if edit is not None) if empty and all(edits) else ()
    words = f"indent {'them' if more else 'it'} further than `{op.key.text}:`"
    label = Label(op.key.span, "takes them as arguments" if more else "takes it as an argument")
    return Diagnostic(
        "unknown-word",
        message,
        Label(outside[0].key.span),
        (label,),
        help="" if good else f"arguments go inside: `{op.key.text}: {{{outside[0].key.text}: …}}`",
        repairs=(Repair(words, good),) if good else (),
    )


def first_span(node: Node) -> Span:
    """The node's first word: a list or a mapping is pointed at where it begins."""
    match node:
        case Map(entries=(first, *_)):
            return first.key.span
        case Seq(items=(child, *_)) if not node.flow:
            return first_span(child)
        case Scalar():
            return node.span
    start = node.span
    return start.source.span(
        start.line, start.column, max(len(node.span.text), 1) if start.line == start.end_line else 1
    )
