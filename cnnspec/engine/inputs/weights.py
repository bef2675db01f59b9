"""Which layers have other weights for other inputs, and which inputs take those of the stated one.

a way through the network ──its layers──► equal tensors whatever arrives: nothing to say
                                     └──► tensors that follow a size, or a layer that is not there on other ways
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cnnspec.engine.diagnostics import Span
from cnnspec.engine.inputs.explore import Piece, SizeMap
from cnnspec.engine.inputs.region import Region
from cnnspec.engine.inputs.term import where
from cnnspec.engine.inputs.tracked import Tracked
from cnnspec.engine.network import Node

Tensors = tuple[tuple[str, tuple[int, ...]], ...]  # of one layer, by name


@dataclass(frozen=True, slots=True)
class Weights:
    """A layer whose tensors are not the same for all accepted inputs, so that trained ones fit only some."""

    key: str
    type: str
    span: Span


def weights(found: SizeMap) -> tuple[tuple[Weights, ...], Region | None]:
    """The layers whose tensors depend on the input, and the inputs for which all are as for the stated one.

    None in place of these where the stated input is not accepted; another one is then compared with.
    """
    own = found.piece(found.stated)
    is_accepted = own in found.accepted
    first = own if is_accepted else next(iter(found.accepted), None)
    if first is None:
        return (), None
    wanted = {key: _tensors(node) for key, node in _layers(first).items()}
    depending: dict[str, Node] = {}
    fits = Region(len(found.axes), ())
    for piece in (first, *(piece for piece in found.accepted if piece is not first)):
        others, fitting = _compared(piece, wanted, _layers(first))
        depending = {**others, **depending}
        fits |= fitting
    layers = tuple(Weights(key, node.type, node.span) for key, node in depending.items())
    return layers, fits.merged() if is_accepted else None


def _compared(piece: Piece, wanted: Mapping[str, Tensors], first: Mapping[str, Node]) -> tuple[dict[str, Node], Region]:
    """The layers that are others for some inputs of a way, and the inputs of the way for which none is."""
    here = _layers(piece)
    others = {key: node for key, node in first.items() if key not in here}
    fits = Region(piece.region.rank, ()) if others else piece.region
    for key, node in here.items():
        same = _same(piece.region, node, wanted.get(key))
        if same is not piece.region and piece.region - same:
            others[key] = node
            fits &= same
    return others, fits


def _same(region: Region, node: Node, wanted: Tensors | None) -> Region:
    """The inputs of a region for which a layer's tensors are those that are wanted."""
    found = _sizes(node)
    alike = wanted is not None and [(name, len(shape)) for name, shape in wanted] == [
        (name, len(tensor.shape)) for name, tensor in node.tensors.items()
    ]
    if wanted is None or not alike:
        return Region(region.rank, ())
    for size, number in zip(found, (size for _, shape in wanted for size in shape), strict=True):
        if isinstance(size, Tracked):
            region &= where(size.term, number, number, region.rank)
        elif size != number:
            return Region(region.rank, ())
    return region


def _layers(piece: Piece) -> dict[str, Node]:
    """The layers of a way that have tensors, by key."""
    graph = piece.run.graph
    return {node.key: node for node in graph.nodes if node.tensors} if graph else {}


def _tensors(node: Node) -> Tensors:
    return tuple((name, tuple(map(int.__index__, tensor.shape))) for name, tensor in node.tensors.items())


def _sizes(node: Node) -> Iterator[int]:
    return (size for tensor in node.tensors.values() for size in tensor.shape)
