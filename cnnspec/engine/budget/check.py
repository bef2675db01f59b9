"""Every bound of a spec, checked on the graph of one variant."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import partial

from msgspec import Struct, field
from msgspec.structs import replace

from cnnspec.engine.budget.smallest import SOLVING, input_over
from cnnspec.engine.diagnostics import Diagnostic, Frame, Label, Source, Span, count
from cnnspec.engine.network import Graph, Node, Scope
from cnnspec.engine.network.memory import BYTES, Memory, memory, tensor_bytes
from cnnspec.engine.network.reporter import EXTENDS
from cnnspec.engine.spec import Spec
from cnnspec.engine.spec.budget import Budget, Limit
from cnnspec.engine.syntax import Meter

# What the lines of a text, and the parts of a network, have in a cost.

MOST = 3  # lines that are pointed at
LEAST = 0.01  # of the whole: a line with less is no help
PARTS = 5  # parts that a note lists


class CostShare(Struct):
    """What a line, or a part of the network, costs over all layers that it makes."""

    name: str
    span: Span
    cost: int = 0
    layers: set[str] = field(default_factory=set)


def line_shares(graph: Graph, cost: Callable[[Node], int]) -> list[CostShare]:
    """The lines of the text, the most costly first."""
    return _shares(graph, cost, lambda node: (line(node), "", line(node)))


def part_shares(graph: Graph, cost: Callable[[Node], int]) -> list[CostShare]:
    """The same for the parts of the network, by their keys."""
    part = _part_of(graph.root)
    return _shares(graph, cost, lambda node: (part[node.key], part[node.key], node.span))


def _shares(
    graph: Graph, cost: Callable[[Node], int], group: Callable[[Node], tuple[Hashable, str, Span]]
) -> list[CostShare]:
    found: dict[Hashable, CostShare] = {}
    for node in graph.nodes:
        if cost(node):
            key, name, span = group(node)
            share = found.setdefault(key, CostShare(name, span))
            share.cost += cost(node)
            share.layers.add(node.key)
    return sorted(found.values(), key=lambda share: -share.cost)


def line(node: Node) -> Span:
    """The outermost line of its text that asks for a layer: the lines of a block are the same for all that call it."""
    home = node.span.source
    frames = [frame for frame in node.trace or () if not frame.text.startswith(EXTENDS)]
    calls = [frame.span for frame in frames if frame.span and frame.span.source is home]
    return calls[-1] if calls else node.span


def _part_of(scope: Scope) -> dict[str, str]:
    """The part of the network that each layer is in, by keys; a network that is one scope has the parts of that."""
    while len(scope.children) == 1 and isinstance(scope.children[0], Scope):
        scope = scope.children[0]
    found: dict[str, str] = {}
    for child in scope.children:
        leaves = child.leaves() if isinstance(child, Scope) else (child,)
        name = f"{child.type} {child.key}" if child.name.isdecimal() else child.key
        found |= dict.fromkeys((leaf.key for leaf in leaves), name)
    return found


# ----------------------------------------------------------------------------------------------------- in words


def share_labels(lines: list[CostShare], total: int, units: str) -> list[Label]:
    """What to say at the lines that cost most."""
    most = [share for share in lines[:MOST] if share.cost >= LEAST * total] or lines[:1]
    return [Label(share.span, _share(share, total, units)) for share in most]


def _share(share: CostShare, total: int, units: str) -> str:
    many = len(share.layers)
    return f"{share.cost:,} {units}, {share.cost / total:.1%}{f', in {many:,} layers' if many > 1 else ''}"


def sum_of(parts: list[CostShare], total: int, units: str) -> str:
    """``fc1 48,120 + fc2 10,164 + 3 more parts 3,422 = 61,706 params``."""
    words = [f"{part.name} {part.cost:,}" for part in parts[:PARTS]]
    rest = parts[PARTS:]
    if rest:
        words.append(f"{count(len(rest), 'more part')} {sum(part.cost for part in rest):,}")
    return f"{' + '.join(words)} = {total:,} {units}"


def limit_label(limit: Limit, total: int) -> list[Label]:
    """What to say at the bound, where it has a place: ``12.5% over``."""
    if limit.span is None:
        return []
    excess = total / limit.amount - 1
    return [Label(limit.span, f"{excess:.1%} over" if excess < 1 else f"{excess + 1:,.1f} times as much")]


# The bound on memory: what one input takes at inference, in float32.
#
# weights and buffers, which are there all the time + the tensors that are held at once at the worst layer

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
        help="weights take most of it: reduce channels or features"
        if heavy
        else "activations take most of it: add a stride or a pool before the peak",
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


# Bounds on what adds up over layers: params and MACs.

ENOUGH = 0.9  # a line that would have to lose more than that is not the one to shrink


def params_over(spec: Spec, graph: Graph, limit: Limit) -> Diagnostic | None:
    """What is wrong where a network has more params than its bound."""
    return _over(graph, limit, graph.params, "params", lambda node: node.params)


def macs_over(spec: Spec, graph: Graph, limit: Limit) -> Diagnostic | None:
    """What is wrong where one input takes more MACs than its bound."""
    return _over(graph, limit, graph.macs, "MACs", lambda node: node.macs or 0)


def _over(graph: Graph, limit: Limit, total: int, units: str, cost: Callable[[Node], int]) -> Diagnostic | None:
    if total <= limit.amount:
        return None
    lines = line_shares(graph, cost)
    primary, *labels = [*limit_label(limit, total), *share_labels(lines, total, units)]
    return Diagnostic(
        "over-budget",
        f"the network has {total:,} {units}, over {limit.told}",
        primary,
        labels=tuple(labels),
        notes=(sum_of(part_shares(graph, cost), total, units),),
        help=_help(lines[0], total - limit.amount, units, graph.root.span.source),
    )


def _help(most: CostShare, excess: int, units: str, own: Source) -> str:
    """Whether one line can make up for all that is too much."""
    source = most.span.source
    where = f"line {most.span.line}{'' if source is own else f' of {source.name}'}"
    if excess < ENOUGH * most.cost:
        return f"bring {where} down to {most.cost - excess:,} {units} or fewer: fewer channels, features or repeats"
    return f"{excess:,} {units} must go, and {where} alone cannot save that much: make the whole network narrower"


Check = Callable[[Spec, Graph, Limit], Diagnostic | None]
CHECKS: dict[str, Check] = {
    "max_params": params_over,
    "max_macs": macs_over,
    "max_memory": memory_over,
}


def over_budget(
    spec: Spec, graph: Graph, budget: Budget | None = None, solving: Meter | None = None
) -> Iterator[Diagnostic]:
    """One diagnostic for each bound that a sound network exceeds, as it is under the spec's variant.

    ``solving`` is the meter for what it takes to solve for inputs: one for all variants.
    """
    limits: dict[str, Limit] = {}
    for bounds in (spec.budget, budget):
        limits |= {limit.name: limit for limit in bounds.of(spec.variant)} if bounds else {}
    trace = Frame(f"variant {spec.variant}") if spec.variant else None
    checks: dict[str, Check] = {**CHECKS, "min_input": partial(input_over, meter=solving or Meter(limit=SOLVING))}
    for limit in limits.values():
        found = checks[limit.name](spec, graph, limit)
        if found:
            yield replace(found, trace=trace)
