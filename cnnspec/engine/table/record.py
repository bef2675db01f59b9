"""Graph -> JSON and CSV: every layer in order of execution, for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from cnnspec.engine.diagnostics import csv_cell, printable_json
from cnnspec.engine.layers import Shape
from cnnspec.engine.network import Graph, Node
from cnnspec.engine.network.memory import Memory
from cnnspec.engine.table.columns import COLUMNS, Facts, about_memory
from cnnspec.engine.table.rows import leaf

DEFAULT = ("key", "layer", "input", "output", "params", "macs", "line")
KEYS = {"layer": "type"}  # what a column is called in a record, where that is not its name


def json_text(graph: Graph, columns: Sequence[str] = DEFAULT, dtype: str | None = None) -> str:
    """The record as JSON, a layer on each line."""
    record = as_json(graph, columns, dtype)
    layers = record.pop("layers")
    head = json.dumps(record, ensure_ascii=False)[:-1]
    lines = ",\n  ".join(json.dumps(layer, ensure_ascii=False) for layer in layers)
    return printable_json(f'{head}, "layers": [\n  {lines}\n]}}\n')


def as_json(graph: Graph, columns: Sequence[str] = DEFAULT, dtype: str | None = None) -> dict[str, Any]:
    """The record that ``summary --format json`` prints. Sizes are without the batch; macs are for one image, 0 for
    layers whose cost is not counted; ``line`` is the line of the spec (of a built-in block's file, for its layers).
    Several inputs or outputs stand by name, and aux heads with their weights under ``aux``; macs are without them.
    With a column of bytes, or a ``dtype``, ``memory`` holds what the network takes in all.
    """
    facts = Facts(graph, dtype or "float32")
    record = {
        "name": graph.name,
        "input": _sizes(graph.inputs, "input"),
        "output": _sizes({name: graph.shape(value) for name, value in graph.outputs.items()} or {"": graph.output}, ""),
        "params": graph.params,
        "macs": graph.macs,
    }
    if graph.aux:
        record["aux"] = {head.name: head.weight for head in graph.aux}
    if dtype is not None or about_memory(columns):
        record["memory"] = _in_all(facts.memory)
    return record | {"layers": [_layer(facts, node, columns) for node in graph.nodes]}


def _sizes(shapes: Mapping[str, Shape], alone: str) -> Any:
    """Those of the one input or output, or of several by name."""
    named = {name: list(shape) for name, shape in shapes.items()}
    return named[alone] if list(named) == [alone] else named


def _in_all(memory: Memory) -> dict[str, Any]:
    names = ("dtype", "weights", "buffers", "peak", "kept", "shared")
    return {name: getattr(memory, name) for name in names}


def _layer(facts: Facts, node: Node, columns: Sequence[str]) -> dict[str, Any]:
    return {KEYS.get(name, name): _value(facts, node, name) for name in columns}


def _value(facts: Facts, node: Node, name: str) -> Any:
    value = COLUMNS[name].value(facts, leaf(node))
    return value or 0 if name == "macs" else value


def as_csv(graph: Graph, columns: Sequence[str] = DEFAULT, dtype: str | None = None) -> str:
    """The same layers as rows; sizes as ``64×32×32``, the inputs of a join separated by ``+``, nothing for null.

    Names that a spreadsheet would compute have an apostrophe before them.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([KEYS.get(name, name) for name in columns])
    facts = Facts(graph, dtype or "float32")
    for node in graph.nodes:
        writer.writerow([_field(name, _value(facts, node, name)) for name in columns])
    return out.getvalue()


def _field(name: str, value: Any) -> Any:
    if isinstance(value, list | dict):
        return COLUMNS[name].text(value)
    return csv_cell(value) if isinstance(value, str) else value
