"""The bound on memory: what one input takes at inference, in float32.

weights and buffers, which are there all the time + the tensors that are held at once at the worst layer
"""

from __future__ import annotations

from cnnspec.budget.share import limit_label, line, line_shares, share_labels
from cnnspec.diagnostics import Diagnostic, Label
from cnnspec.network import Graph, Node
from cnnspec.network.memory import BYTES, Memory, memory, tensor_bytes
from cnnspec.spec import Spec
from cnnspec.spec.budget import Limit

DTYPE = "float32"


def memory_over(spec: Spec, graph: Graph, limit: Limit) -> Diagnostic | None:
    """What is wrong where the inference of one input takes more bytes than its bound."""
    needed = memory(graph, DTYPE)
    total = needed.inference()
    if total <= limit.amount:
        return None
    peak = _peak_line(spec, graph, needed, total)
    weights = share_labels(line_shares(graph, _static), total, "bytes of weights")
    heavy = needed.weights + needed.buffers > needed.peak
    where = [*weights, *peak] if heavy else [*peak, *weights[:1]]
    primary, *labels = [*limit_label(limit, total), *where]
    return Diagnostic(
        "over-budget",
        f"one input takes {total:,} bytes of memory at inference, over {limit.told}",
        primary,
        labels=tuple(labels),
        notes=(_sum(needed, total),),
        help="most of it are weights: fewer channels and features make them fewer"
        if heavy
        else "most of it are activations: a stride or a pool before the peak makes them smaller",
    )


def _static(node: Node) -> int:
    """The bytes of a layer's parameters and buffers."""
    return sum(tensor_bytes(tensor, BYTES[DTYPE]) for tensor in node.tensors.values())


def _peak_line(spec: Spec, graph: Graph, needed: Memory, total: int) -> list[Label]:
    said = f"{needed.peak:,} bytes of activations at the peak, {needed.peak / total:.1%}"
    if needed.peak_at >= 0:
        return [Label(line(graph.nodes[needed.peak_at]), said)]
    return [Label(spec.input.span, said)] if spec.input else []


def _sum(needed: Memory, total: int) -> str:
    parts = {"weights": needed.weights, "buffers": needed.buffers, "activations at their peak": needed.peak}
    return f"{' + '.join(f'{name} {size:,}' for name, size in parts.items() if size)} = {total:,} bytes"
