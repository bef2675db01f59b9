"""Code actions: every fix that the checker has tried, all safe ones at once, and edits that keep the network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cnnspec.engine.diagnostics import Diagnostic, Edit, Source
from cnnspec.engine.fixing import fix
from cnnspec.engine.syntax import Map, Node, Scalar, Seq
from cnnspec.lsp.analysis import Analysis
from cnnspec.lsp.positions import Json, Position, contains, to_client, to_range
from cnnspec.lsp.render import as_client
from cnnspec.lsp.symbols import Names

QUICK_FIX, REWRITE, FIX_ALL = "quickfix", "refactor.extract", "source.fixAll.cnnspec"
IGNORE = re.compile(r"#\s*cnnspec:\s*ignore\[(?P<codes>[^\]]*)\]")


def actions(
    analysis: Analysis, found: Iterable[Diagnostic], uri: str, start: Position, end: Position, only: list[str] | None
) -> list[Json]:
    """What can be done about the lines of a range."""
    source = analysis.source
    offered: list[Json] = []
    if _wanted(QUICK_FIX, only):
        for diagnostic in found:
            if (
                diagnostic.span.source == source
                and start.line <= diagnostic.span.end_line
                and (diagnostic.span.line <= end.line)
            ):
                offered += _fixes(diagnostic, source, uri)
    if _wanted(REWRITE, only):
        offered += [
            *_as_param(analysis, uri, start),
        ]
    if only and _wanted(FIX_ALL, only):
        offered += _fix_all(source, uri)
    return offered


def _wanted(kind: str, only: list[str] | None) -> bool:
    return only is None or any(kind == each or kind.startswith(f"{each}.") for each in only)


def _fixes(diagnostic: Diagnostic, source: Source, uri: str) -> Iterator[Json]:
    shown = as_client(diagnostic, source, uri)
    for repair in diagnostic.repairs:
        if all(edit.span.source == source for edit in repair.edits):
            yield {
                "title": _capital(repair.words),
                "kind": QUICK_FIX,
                "diagnostics": [shown],
                "isPreferred": len(diagnostic.repairs) == 1,
                "edit": {"changes": {uri: [edit_of(edit) for edit in repair.edits]}},
            }
    if diagnostic.severity == "warning" and diagnostic.code != "unused-ignore":
        edit = _silencing(diagnostic, source)
        title = f"Silence `{diagnostic.code}` on this line"
        yield {"title": title, "kind": QUICK_FIX, "diagnostics": [shown], "edit": {"changes": {uri: [edit]}}}


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def edit_of(edit: Edit) -> Json:
    """An edit of the engine for the protocol."""
    return {"range": to_range(edit.span), "newText": edit.text}


def _silencing(diagnostic: Diagnostic, source: Source) -> Json:
    """A comment at the end of a line, or one code more in the comment that is there."""
    line = diagnostic.span.line
    text = source.line(line)
    if match := IGNORE.search(text):
        place = to_client(source, line, match.end("codes") + 1)
        return {"range": {"start": place, "end": place}, "newText": f", {diagnostic.code}"}
    place = to_client(source, line, len(text.rstrip()) + 1)
    return {"range": {"start": place, "end": place}, "newText": f" # cnnspec: ignore[{diagnostic.code}]"}


def _fix_all(source: Source, uri: str) -> Iterator[Json]:
    """What `cnnspec check --fix` does."""
    fixed = fix(source)
    if fixed.applied and fixed.text != source.text:
        edit = {"changes": {uri: [whole_text(source, fixed.text)]}}
        yield {"title": "Apply all safe fixes", "kind": FIX_ALL, "edit": edit}


def whole_text(source: Source, text: str) -> Json:
    """An edit that puts another text in the place of the lines that differ."""
    before, after = source.text.split("\n"), text.split("\n")
    first = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    last = 0
    while last < min(len(before), len(after)) - first and before[-1 - last] == after[-1 - last]:
        last += 1
    inner = after[first : len(after) - last]
    start = {"line": first, "character": 0}
    if last:
        return {
            "range": {"start": start, "end": {"line": len(before) - last, "character": 0}},
            "newText": "".join(f"{line}\n" for line in inner),
        }
    if first and first >= min(len(before), len(after)):  # lines are added or removed at the end
        start = to_client(source, first, len(before[first - 1]) + 1)
        inner = ["", *inner] if inner else []
    end = to_client(source, len(before), len(before[-1]) + 1)
    return {"range": {"start": start, "end": end}, "newText": "\n".join(inner)}


def _as_param(analysis: Analysis, uri: str, at: Position) -> Iterator[Json]:
    """A number in an argument of the network's own lines becomes a param with that number as its default."""
    top = analysis.top
    found = _number(top.get("layers"), "", at) if top is not None and analysis.kind == "spec" else None
    if top is None or found is None:
        return
    name, scalar = found
    taken = {symbol.name for symbol in Names(top).params_of("")}
    free = next(each for each in (name, *(f"{name}_{number}" for number in range(2, 1000))) if each not in taken)
    edits = [{"range": to_range(scalar.span), "newText": f"${free}"}, *_declaration(analysis.source, top, free, scalar)]
    yield {"title": f"Make `{scalar.text}` the param `{free}`", "kind": REWRITE, "edit": {"changes": {uri: edits}}}


def _declaration(source: Source, top: Map, name: str, value: Scalar) -> list[Json]:
    params = top.get("params")
    line = f"{name}: {value.text}"
    if isinstance(params, Map) and params.entries and not params.flow:
        first = params.entries[0].key.span
        place = to_client(source, first.line, first.column)
        return [{"range": {"start": place, "end": place}, "newText": f"{line}\n{' ' * (first.column - 1)}"}]
    if isinstance(params, Map) and params.flow:
        place = to_client(source, params.span.line, params.span.column + 1)
        return [{"range": {"start": place, "end": place}, "newText": f"{line}, " if params.entries else line}]
    layers = top.entry("layers")
    if layers is None or params is not None:
        return []
    place = to_client(source, layers.key.span.line, 1)
    return [{"range": {"start": place, "end": place}, "newText": f"params:\n  {line}\n\n"}]


def _number(node: Node | None, name: str, at: Position) -> tuple[str, Scalar] | None:
    """The number at a place, and the argument that it is the value of."""
    match node:
        case Scalar(value=int() | float()) if not isinstance(node.value, bool) and name and contains(node.span, at):
            return name, node
        case Seq():
            return next((f for item in node.items if (f := _number(item, "", at))), None)
        case Map():
            for entry in node:
                own = entry.key.text if re.fullmatch(r"[a-z]\w*", entry.key.text) else ""
                if entry.key.text not in ("repeat", "foreach", "id", "from") and (
                    found := _number(entry.value, own, at)
                ):
                    return found
    return None
