"""Names for dimensions: which param or which size of the input a dimension follows, found by setting each anew.

    width 16 → 32 → 48    channels 64 → 128 → 192    width·4
    H 224 → 448 → 672     rows 56 → 112 → 168        H/4

Nothing is read off the text: a dimension has a name where it is a multiple of what is set, at all three values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Sink
from cnnspec.engine.network import Graph
from cnnspec.engine.network.expand import expand
from cnnspec.engine.network.graph import INPUT
from cnnspec.engine.spec import Spec

FACTORS = (2, 3)
AXES = {2: ("L",), 3: ("H", "W"), 4: ("D", "H", "W")}  # of an input's sizes, by its rank
MOST_PARAMS = 20  # each costs two expansions
Names = Mapping[int, tuple[str, ...]]  # by value, a word for each of its dimensions


def dimension_names(spec: Spec, graph: Graph) -> Names:
    """For every value of a graph, what its dimensions are called: ``("width·4", "H/4", "W/4")``; else the number."""
    scales = [*_params(spec, graph), *_sizes(spec, graph)]
    values = [INPUT - place for place in range(len(graph.inputs))] + [v for node in graph.nodes for v in node.values]
    return {value: _of_value(graph, value, scales) for value in values}


class _Scale:
    """A quantity of the spec, with the networks in which it is two and three times as large."""

    def __init__(self, name: str, size: int, graphs: Sequence[Graph]) -> None:
        self.name, self.size, self.graphs = name, size, graphs

    def carries(self, graph: Graph, value: int, dim: int) -> bool:
        """Whether a dimension is as many times as large as this is."""
        own = graph.shape(value)[dim]
        shapes = [other.shape(value) for other in self.graphs]
        return all(
            len(shape) > dim and shape[dim] == own * factor for shape, factor in zip(shapes, FACTORS, strict=True)
        )


def _params(spec: Spec, graph: Graph) -> Iterator[_Scale]:
    """The whole-number params of a spec."""
    for name, value in list(graph.root.opened.names.items())[:MOST_PARAMS]:
        if type(value) is int and value > 0 and name in spec.params:
            found = _scale(name, value, graph, lambda size, name=name: _with(spec, name, size))  # type: ignore[misc]
            if found is not None and all(other.inputs == graph.inputs for other in found.graphs):
                yield found


def _with(spec: Spec, name: str, size: int) -> Spec:
    return replace(spec, settings={**spec.settings, name: size})


def _sizes(spec: Spec, graph: Graph) -> Iterator[_Scale]:
    """The sizes of the only input behind its channels."""
    sizes = tuple(graph.input)
    if len(graph.inputs) != 1:
        return
    for dim, name in enumerate(AXES.get(len(sizes), ()), 1):

        def resized(size: int, dim: int = dim) -> Spec:
            return replace(spec, input_override=(*sizes[:dim], size, *sizes[dim + 1 :]))

        found = _scale(name, sizes[dim], graph, resized)
        if found is not None:
            yield found


def _scale(name: str, size: int, graph: Graph, spec_of: Callable[[int], Spec]) -> _Scale | None:
    """A quantity that can be set anew without changing which layers there are."""
    graphs = []
    for factor in FACTORS:
        sink = Sink()
        other = expand(spec_of(size * factor), sink)
        if other is None or len(sink) or [n.key for n in other.nodes] != [n.key for n in graph.nodes]:
            return None
        graphs.append(other)
    return _Scale(name, size, graphs)


def _of_value(graph: Graph, value: int, scales: Sequence[_Scale]) -> tuple[str, ...]:
    return tuple(_of_dimension(graph, value, dim, size, scales) for dim, size in enumerate(graph.shape(value)))


def _of_dimension(graph: Graph, value: int, dim: int, size: int, scales: Sequence[_Scale]) -> str:
    carrying = [scale for scale in scales if scale.carries(graph, value, dim)]
    if not carrying:
        return str(size)
    times = Fraction(size)
    for scale in carrying:
        times /= scale.size
    name = "·".join(scale.name for scale in carrying)
    factor = "" if times.numerator == 1 else f"·{times.numerator}"
    return f"{name}{factor}{'' if times.denominator == 1 else f'/{times.denominator}'}"
