"""Graph -> JSON and CSV: every layer in order of execution, for programs."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from cnnspec.network import Graph, Node

COLUMNS = ("key", "type", "input", "output", "params", "macs", "line")


def json_text(graph: Graph) -> str:
    """The record as JSON, a layer on each line."""
    record = as_json(graph)
    layers = record.pop("layers")
    head = json.dumps(record, ensure_ascii=False)[:-1]
    lines = ",\n  ".join(json.dumps(layer, ensure_ascii=False) for layer in layers)
    return f'{head}, "layers": [\n  {lines}\n]}}\n'


def as_json(graph: Graph) -> dict[str, Any]:
    """The record that ``summary --format json`` prints. Sizes are without the batch; macs are for one image, 0 for
    layers whose cost is not counted; ``line`` is the line of the spec (of a built-in block's file, for its layers).
    """
    return {
        "name": graph.name,
        "input": list(graph.input),
        "output": list(graph.output),
        "params": graph.params,
        "macs": graph.macs,
        "layers": [_layer(node) for node in graph.nodes],
    }


def _layer(node: Node) -> dict[str, Any]:
    inputs = [list(shape) for shape in node.input_shapes]
    values = (
        node.key,
        node.type,
        inputs[0] if len(inputs) == 1 else inputs,
        list(node.shape),
        node.params,
        node.macs or 0,
        node.span.line,
    )
    return dict(zip(COLUMNS, values, strict=True))


def as_csv(graph: Graph) -> str:
    """The same layers as rows; sizes as ``64×32×32``, the inputs of a join parted by ``+``."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for node in graph.nodes:
        inputs = " + ".join(map(str, node.input_shapes))
        writer.writerow([node.key, node.type, inputs, node.shape, node.params, node.macs or 0, node.span.line])
    return out.getvalue()
