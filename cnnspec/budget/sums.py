"""Bounds on what adds up over layers: params and MACs."""

from __future__ import annotations

from collections.abc import Callable

from cnnspec.budget.share import Share, limit_label, line_shares, part_shares, share_labels, sum_of
from cnnspec.diagnostics import Diagnostic, Source
from cnnspec.network import Graph, Node
from cnnspec.spec import Spec
from cnnspec.spec.budget import Limit

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


def _help(most: Share, excess: int, units: str, own: Source) -> str:
    """Whether one line can make up for all that is too much."""
    source = most.span.source
    where = f"line {most.span.line}{'' if source is own else f' of {source.name}'}"
    if excess < ENOUGH * most.cost:
        return f"bring {where} down to {most.cost - excess:,} {units} or fewer: fewer channels, features or repeats"
    return f"{excess:,} {units} have to go, which {where} alone can hardly do: narrow the whole network"
