"""Inlay hints: the output shape at the end of each line, and the values of expressions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from cnnspec.engine.diagnostics import Span
from cnnspec.engine.network import Node, Scope
from cnnspec.engine.numbers import short
from cnnspec.engine.spec import Item
from cnnspec.engine.syntax import Map, Scalar, Value
from cnnspec.engine.syntax.evaluate import in_yaml
from cnnspec.lsp.analysis import Analysis, Run
from cnnspec.lsp.positions import Json, end_of_line, to_client

TYPE, PARAMETER = 1, 2
MAX_VALUES = 4  # values of an expression over the rounds of its line that a hint shows
MISSING = object()


class HintSettings(Struct, frozen=True):
    """Which hints are shown."""

    shapes: bool = True
    values: bool = True
    inferred: bool = False
    costs: bool = False


def hints(analysis: Analysis, settings: HintSettings, first: int, last: int) -> list[Json]:
    """The hints of the lines from ``first`` to ``last``, counted from 1, in the order of the text."""
    found: list[Json] = []
    for item, runs in analysis.runs.items():
        if first <= item.span.line and item.op.span.line <= last:
            found += _of_line(analysis, item, runs, settings)
    if settings.values:
        found += _of_params(analysis)
    inside = [hint for hint in found if first - 1 <= hint["position"]["line"] <= last - 1]
    return sorted(inside, key=lambda hint: (hint["position"]["line"], hint["position"]["character"]))


def _of_line(analysis: Analysis, item: Item, runs: list[Run], settings: HintSettings) -> Iterator[Json]:
    if settings.values:
        yield from _of_arguments(item.args, runs)
    if settings.inferred and (text := inferred(runs)):
        yield _after(item.op.span, f" {text}")
    words = [shape_words(analysis, runs)] if settings.shapes else []
    if settings.costs and (cost := cost_words(runs)):
        words.append(cost)
    if any(words):
        place = end_of_line(item.span.source, item.op.span.line)
        tooltip = "" if len(runs) == 1 else f"{len(runs):,} runs of this line"
        yield {"position": place, "label": "  ".join(words), "kind": TYPE, "paddingLeft": True} | (
            {"tooltip": tooltip} if tooltip else {}
        )


def shape_words(analysis: Analysis, runs: Iterable[Run]) -> str:
    """``64×56×56``; of several runs the first and the last, of several outputs each by its name."""
    found = list(dict.fromkeys(_shape_text(analysis, run) for run in runs))
    return " … ".join([found[0], found[-1]] if len(found) > 1 else found)


def _shape_text(analysis: Analysis, run: Run) -> str:
    shapes = analysis.shapes(run)
    if len(shapes) == 1:
        return str(next(iter(shapes.values())))
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items())


def cost_words(runs: Iterable[Run]) -> str:
    """``9.4 k params, 29.5 M MACs``, over all runs."""
    nodes = [node for run in runs for node in (run.leaves() if isinstance(run, Scope) else (run,))]
    params, macs = sum(node.params for node in nodes), sum(node.macs or 0 for node in nodes)
    words = [f"{short(params)} params"] if params else []
    return ", ".join([*words, f"{short(macs)} MACs"] if macs else words)


def inferred(runs: Iterable[Run]) -> str:
    """``in_channels=64``: what follows from the input, of the first run."""
    node = next((run for run in runs if isinstance(run, Node)), None)
    values = node.layer.inferred(node.input_shapes[0]) if node and node.input_shapes else {}
    return ", ".join(f"{name}={value_text(value)}" for name, value in values.items())


def _of_arguments(arguments: Map | None, runs: list[Run]) -> Iterator[Json]:
    for entry in arguments or ():
        if isinstance(entry.value, Scalar) and "$" in entry.value.text:
            values = list(
                dict.fromkeys(value_text(v) for run in runs if (v := argument(run, entry.key.text)) is not MISSING)
            )
            if values and entry.value.text != values[0]:
                yield _after(entry.value.span, _listed(values))


def argument(run: Run, name: str) -> object:
    """The value that an argument has in one run of a line; MISSING where that is not known."""
    if isinstance(run, Scope):
        return run.opened.names.get(name, MISSING)
    return getattr(run.layer, name, MISSING) if name in type(run.layer).model_fields else MISSING


def _of_params(analysis: Analysis) -> Iterator[Json]:
    """The values of defaults that are expressions, under the variant in view."""
    graph, spec = analysis.graph, analysis.spec
    if graph is None or spec is None:
        return
    for name, param in spec.params.items():
        if _is_expression(param.default, analysis) and name in graph.root.opened.names:
            assert isinstance(param.default, Scalar)
            yield _after(param.default.span, value_text(graph.root.opened.names[name]))
    called: dict[str, list[Scope]] = {}
    for scope in graph.root.scopes():
        if scope.opened.block is not None and scope.opened.block.source is analysis.source:
            called.setdefault(scope.opened.block.name.text, []).append(scope)
    for block, scopes in called.items():
        for name, param in spec.blocks[block].params.items():
            if _is_expression(param.default, analysis):
                assert isinstance(param.default, Scalar)
                values = list(dict.fromkeys(value_text(s.opened.names[name]) for s in scopes if name in s.opened.names))
                if values:
                    yield _after(param.default.span, _listed(values))


def _is_expression(node: object, analysis: Analysis) -> bool:
    return isinstance(node, Scalar) and "$" in node.text and node.span.source is analysis.source


def _listed(values: list[str]) -> str:
    if len(values) <= MAX_VALUES:
        return ", ".join(values)
    return ", ".join([*values[: MAX_VALUES - 2], "…", values[-1]])


def value_text(value: object) -> str:
    """A value as a spec writes it."""
    plain: Value = value if isinstance(value, bool | int | float | str | tuple) or value is None else str(value)
    return in_yaml(plain).strip('"')


def _after(span: Span, label: str) -> Json:
    place = to_client(span.source, span.end_line, span.end_column)
    return {"position": place, "label": f"= {label}" if label[:1] != " " else label[1:], "kind": PARAMETER} | {
        "paddingLeft": True
    }
