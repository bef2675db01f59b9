"""Hover: what a layer is, what arrives and leaves, what it costs, and the values of params and expressions."""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.engine.describe import about, default_words, reference
from cnnspec.engine.diagnostics import printable_lines
from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.layers.init import FUNCTIONS
from cnnspec.engine.network import Node, Scope
from cnnspec.engine.network.receptive_field import fields
from cnnspec.engine.schema.items import BODIES
from cnnspec.engine.spec import Block, Item, Param, builtin_blocks
from cnnspec.engine.spec.validation_errors import argument_words
from cnnspec.engine.syntax import Map
from cnnspec.lsp.analysis import Analysis, Run
from cnnspec.lsp.hints import MISSING, argument, cost_words, inferred, shape_words, value_text
from cnnspec.lsp.keys import about_key
from cnnspec.lsp.positions import Json, Position, contains, to_range
from cnnspec.lsp.symbols import Names, Occurrence, Symbol

MAX_VALUES = 12


def hover(analysis: Analysis, names: Names, at: Position) -> Json | None:
    """What is known of the word at a place, as Markdown."""
    found = names.at(at)
    item = _item(analysis, at)
    text = "\n\n".join(filter(None, _parts(analysis, found, item, at)))
    if not text:
        return about_key(analysis, at)
    span = found.span if found else item.op.span if item else None
    shown: Json = {"contents": {"kind": "markdown", "value": printable_lines(text)}}
    return shown | ({"range": to_range(span)} if span else {})


def _parts(analysis: Analysis, found: Occurrence | None, item: Item | None, at: Position) -> Iterator[str]:
    if found is not None:
        yield describe(analysis, found.symbol, item)
    if item is not None and (found is None or found.span == item.op.span or found.symbol.kind == "id"):
        yield of_runs(analysis, analysis.runs.get(item, []))


def _item(analysis: Analysis, at: Position) -> Item | None:
    """The line whose operation, id or arguments are at a place: the last that begins before it."""
    inside = [item for item in analysis.runs if contains(item.node.span, at) and item.op.span.line <= at.line]
    return max(inside, key=lambda item: (item.op.span.line, item.op.span.column), default=None)


def describe(analysis: Analysis, symbol: Symbol, item: Item | None = None) -> str:
    """What a name means."""
    match symbol.kind:
        case "layer" | "block":
            return operation(analysis, symbol.name)
        case "argument":
            return _argument(symbol, item, analysis)
        case "param":
            return _param(analysis, symbol)
        case "variant":
            return f"variant `{symbol.name}`"
        case "init":
            return f"`{symbol.name}`: {about(FUNCTIONS[symbol.name])}"
        case "loop":
            return _loop(symbol)
        case "word":
            return BODIES.get(symbol.name, "")
    return ""


def operation(analysis: Analysis, name: str) -> str:
    """A layer type with its documentation, or a block with its params."""
    blocks = analysis.spec.blocks if analysis.spec else builtin_blocks()
    if name in blocks:
        return _block(blocks[name])
    if name not in REGISTRY:
        return ""
    layer, link = REGISTRY[name], reference(REGISTRY[name])
    lines = [
        f"**{name}**: {about(layer)}",
        signature(name, [_argument_text(name, each) for each in layer.model_fields]),
    ]
    return "\n\n".join([*lines, *([f"[torch.nn.{name}]({link})"] if link else [])])


def _argument_text(layer: str, argument: str) -> str:
    return f"{argument}: {default_words(REGISTRY[layer], argument)}"


def signature(name: str, arguments: list[str]) -> str:
    """``Conv2d: {out_channels: required, …}`` as YAML."""
    return f"```yaml\n{name}: {{{', '.join(arguments)}}}\n```"


def _block(block: Block) -> str:
    arguments = [f"{name}: {_default(param)}" for name, param in block.params.items()]
    words = f": {block.description}" if block.description else ""
    where = " (built-in block)" if block.source.shipped else " (block)"
    return f"**{block.name.text}**{where}{words}\n\n{signature(block.name.text, arguments)}"


def _default(param: Param) -> str:
    if param.default is None:
        return "null" if param.type.optional else "required"
    return param.default.span.text if not isinstance(param.default, Map) or param.default.flow else "…"


def _argument(symbol: Symbol, item: Item | None, analysis: Analysis) -> str:
    """An argument of a layer: what it takes, its default, and its value here."""
    name, owner = symbol.name, symbol.owner
    lines = []
    if owner in REGISTRY and name in REGISTRY[owner].model_fields:
        lines.append(f"`{owner}.{name}`: {argument_words(REGISTRY[owner], name)}")
        lines.append(f"default: {default_words(REGISTRY[owner], name)}")
    elif owner in builtin_blocks() and name in builtin_blocks()[owner].params:
        param = builtin_blocks()[owner].params[name]
        lines.append(f"`{owner}.{name}`: {param.type.words}{f', {param.description}' if param.description else ''}")
        lines.append(f"default: {_default(param)}")
    values = [argument(run, name) for run in analysis.runs.get(item, [])] if item else []
    return "\n\n".join([*lines, *_values([value for value in values if value is not MISSING])])


def _values(values: list[object]) -> list[str]:
    distinct = list(dict.fromkeys(map(value_text, values)))
    if not distinct:
        return []
    more = f" … ({len(distinct):,} values)" if len(distinct) > MAX_VALUES else ""
    return [f"value here: {', '.join(distinct[:MAX_VALUES])}{more}"]


def _param(analysis: Analysis, symbol: Symbol) -> str:
    spec = analysis.spec
    if spec is None:
        return ""
    params = spec.params if not symbol.owner else getattr(spec.blocks.get(symbol.owner), "params", {})
    param = params.get(symbol.name)
    if param is None:
        return ""
    words = f": {param.description}" if param.description else ""
    lines = [f"param `{symbol.name}` of {symbol.owner or 'the network'}{words}", f"takes {param.type.words}"]
    lines.append(f"default: {_default(param)}")
    if symbol.owner:
        scopes = [s for s in (analysis.graph.root.scopes() if analysis.graph else ()) if _calls(s, symbol.owner)]
        return "\n\n".join([*lines, *_values([s.opened.names.get(symbol.name) for s in scopes])])
    return "\n\n".join([*lines, *_over_variants(analysis, symbol.name)])


def _calls(scope: Scope, block: str) -> bool:
    return scope.opened.block is not None and scope.opened.block.name.text == block


def _over_variants(analysis: Analysis, name: str) -> list[str]:
    """The settings of a param in the variants, as written."""
    assert analysis.spec is not None
    graph = analysis.graph
    values = graph.root.opened.names if graph else {}
    here = [f"value in view: {value_text(values[name])}"] if name in values else []
    set_in = {variant: variant_.settings.entry(name) for variant, variant_ in analysis.spec.variants.items()}
    rows = [f"| {variant} | `{entry.value.span.text}` |" for variant, entry in set_in.items() if entry]
    table = "\n".join(["| variant | value |", "| --- | --- |", *rows]) if rows else ""
    return [*here, *([table] if table else [])]


def _loop(symbol: Symbol) -> str:
    if symbol.name == "index":
        return "`index`: the number of the round, counted from 0"
    return f"`{symbol.name}`: a name of `foreach`" + (f", from `{symbol.value.span.text}`" if symbol.value else "")


def of_runs(analysis: Analysis, runs: list[Run]) -> str:
    """Shapes in and out, costs, and the receptive field of a line."""
    if not runs:
        return ""
    first = runs[0]
    before = ", ".join(map(str, analysis.input_shapes(first)))
    lines = [f"`{before}` → `{shape_words(analysis, [first])}`"]
    if len(runs) > 1:
        lines[0] += f" … `{shape_words(analysis, [runs[-1]])}` ({len(runs):,} runs)"
    lines += [f"{text}" for text in (cost_words(runs), inferred(runs), _field(analysis, first)) if text]
    keys = [run.key for run in runs]
    lines.append(f"key: `{keys[0]}`" + (f" … `{keys[-1]}`" if len(keys) > 1 else ""))
    return "\n\n".join(lines)


def _field(analysis: Analysis, run: Run) -> str:
    """The receptive field of a layer, in places of the network's input."""
    if analysis.graph is None or not isinstance(run, Node):
        return ""
    sizes = [extent and extent.size for extent in fields(analysis.graph)[run.index].extents]
    return f"receptive field: {'×'.join(map(str, sizes))}" if sizes and all(sizes) else ""
