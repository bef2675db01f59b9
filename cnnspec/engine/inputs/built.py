"""The inputs that a network takes once it is built: with the layers and arguments that the stated input gave it.

    size: [$(in.height), $(in.width)]    stated 3×32×32: built with size [32, 32], and so for whatever arrives

An expression that reads a size gives its value once, when the network is built. The layers are asked as the checker
asks them, with every argument that followed from the stated input fixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnnspec.engine.diagnostics import Diagnostic, Label
from cnnspec.engine.inputs.explore import SizeMap, explore
from cnnspec.engine.inputs.trace import Axes, SampleRun
from cnnspec.engine.inputs.tracked import Tracker
from cnnspec.engine.layers import Layer, Refusal, Shape
from cnnspec.engine.network import INPUT, Graph
from cnnspec.engine.spec import Spec

STEPS = 60  # of the meter, to ask a layer


class Built:
    """The layers of a graph as its module has them; aux heads are left aside."""

    def __init__(self, graph: Graph) -> None:
        self.inputs = tuple(graph.inputs.values())
        self.nodes = [node for node in graph.nodes if not node.aux]
        self.layers = [_as_built(node.layer, node.input_shapes[0]) for node in self.nodes]

    def takes(self, inputs: Sequence[Shape]) -> bool:
        """Whether the module runs on tensors of these shapes, by its layers' formulas."""
        return self.refusal(inputs, None) is None

    def refusal(self, inputs: Sequence[Shape], tracker: Tracker | None) -> Diagnostic | None:
        """What the first layer says that cannot take what arrives."""
        values: dict[int, Shape] = {INPUT - place: shape for place, shape in enumerate(inputs)}
        for node, layer in zip(self.nodes, self.layers, strict=True):
            if tracker is not None:
                tracker.span = node.span
            try:
                values[node.index] = layer.infer(*[values[value] for value in node.inputs])
            except Refusal as refusal:
                return Diagnostic(refusal.code, refusal.message, Label(node.span, refusal.label))
        return None

    def run(self, axes: Axes, sample: tuple[int, ...]) -> SampleRun:
        """What one input meets in the module, and the conditions under which others meet the same. Raises TooLong."""
        tracker = Tracker(sample)
        sizes = {place: size for places, size in zip(axes, tracker.sizes(), strict=True) for place in places}
        refusal = self.refusal(_with_sizes(self.inputs, sizes), tracker)
        return SampleRun(sample, tracker.conditions, None, refusal, STEPS * len(self.nodes))

    def explore(self, spec: Spec, axes: Axes, stated: tuple[int, ...]) -> SizeMap:
        """All that inputs meet in the module."""
        return explore(spec, axes, stated, run=lambda sample, _: self.run(axes, sample))


def _as_built(layer: Layer, x: Shape) -> Layer:
    """The layer with what followed from the stated input as arguments of its own."""
    inferred = {name: value for name, value in layer.inferred(x).items() if name in type(layer).model_fields}
    return layer.model_copy(update=inferred) if inferred else layer


def _with_sizes(inputs: Sequence[Shape], sizes: Mapping[int, int]) -> list[Shape]:
    """Inputs whose sizes at some places, counted over all of them, are others."""
    first, shapes = 0, []
    for shape in inputs:
        shapes.append(Shape(sizes.get(first + place, size) for place, size in enumerate(shape)))
        first += len(shape)
    return shapes
