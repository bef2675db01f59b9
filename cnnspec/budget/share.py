"""What the lines of a text, and the parts of a network, have in a cost."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from msgspec import Struct, field

from cnnspec.diagnostics import Label, Span, count
from cnnspec.network import Graph, Node, Scope
from cnnspec.network.reporter import EXTENDS
from cnnspec.spec.budget import Limit

MOST = 3  # lines that are pointed at
LEAST = 0.01  # of the whole: a line with less is no help
PARTS = 5  # parts that a note lists


class Share(Struct):
    """What a line, or a part of the network, costs over all layers that it makes."""

    name: str
    span: Span
    cost: int = 0
    layers: set[str] = field(default_factory=set)


def line_shares(graph: Graph, cost: Callable[[Node], int]) -> list[Share]:
    """The lines of the text, the most costly first."""
    return _shares(graph, cost, lambda node: (line(node), "", line(node)))


def part_shares(graph: Graph, cost: Callable[[Node], int]) -> list[Share]:
    """The same for the parts of the network, by their keys."""
    part = _part_of(graph.root)
    return _shares(graph, cost, lambda node: (part[node.key], part[node.key], node.span))


def _shares(
    graph: Graph, cost: Callable[[Node], int], group: Callable[[Node], tuple[Hashable, str, Span]]
) -> list[Share]:
    found: dict[Hashable, Share] = {}
    for node in graph.nodes:
        if cost(node):
            key, name, span = group(node)
            share = found.setdefault(key, Share(name, span))
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


def share_labels(lines: list[Share], total: int, units: str) -> list[Label]:
    """What to say at the lines that cost most."""
    most = [share for share in lines[:MOST] if share.cost >= LEAST * total] or lines[:1]
    return [Label(share.span, _share(share, total, units)) for share in most]


def _share(share: Share, total: int, units: str) -> str:
    many = len(share.layers)
    return f"{share.cost:,} {units}, {share.cost / total:.1%}{f', in {many:,} layers' if many > 1 else ''}"


def sum_of(parts: list[Share], total: int, units: str) -> str:
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
