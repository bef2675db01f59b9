"""What patches have to do with a refusal further down: the nearest ones on the way to the tensors that are refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnnspec.engine.diagnostics import Label
from cnnspec.engine.network.context import Flow
from cnnspec.engine.network.expansion import Mark
from cnnspec.engine.network.graph import Node, maker

MOST = 2  # labels: the nearest


def patch_labels(
    nodes: Sequence[Node], marks: Sequence[Mark], flows: Sequence[Flow], said: Sequence[Label]
) -> tuple[Label, ...]:
    """Labels at the lines of patches that lie on the way to ``flows``, where ``said`` has none of them.

    Of a join only what one path has for itself counts.
    """
    own = {mark.label.span.source for mark in marks}
    if not marks or any(label.span.source in own for label in said):
        return ()
    found: list[Label] = []
    for value in _alone(nodes, flows) if len(flows) > 1 else _upstream(nodes, flows[0].value):
        found += [mark.label for mark in marks if mark.is_on(value) and mark.label not in found]
    return tuple(found[:MOST])


def _alone(nodes: Sequence[Node], flows: Sequence[Flow]) -> Iterator[int]:
    """The values that some of the tensors come from and others do not, the nearest first."""
    ways = [_upwards(nodes, flow.value) for flow in flows]
    shared = set.intersection(*ways)
    return iter(sorted(set.union(*ways) - shared, reverse=True))


def _upwards(nodes: Sequence[Node], value: int) -> set[int]:
    """A value and all that it comes from."""
    found, left = set(), [value]
    while left:
        at = left.pop()
        if at not in found:
            found.add(at)
            left += nodes[maker(at)].inputs if at >= 0 else ()
    return found


def _upstream(nodes: Sequence[Node], value: int) -> Iterator[int]:
    """The values along first inputs, the nearest first: the last of them is what arrives."""
    while value >= 0:
        yield value
        value = nodes[maker(value)].inputs[0]
    yield value
