"""A block that is copied is what it would be if it were expanded anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cnnspec.engine.checking import variants
from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.network import Graph, Meter, Node
from cnnspec.engine.network.control_path import ControlPath
from cnnspec.engine.network.expand import Expander
from cnnspec.engine.network.graph import Scope
from cnnspec.engine.spec import builtin_blocks, find, read
from cnnspec.engine.spec.shipped import open_source
from tests.fuzz.text import spec_of

NAMES = ("mnist/googlenet", "mnist/resnet152", "resnet50", "mobilenet_v3_small", "densenet121", "shufflenet_v2_x1_0")
NESTED = """cnnspec: 1
input: {image: [16, 32, 32], other: [16, 32, 32]}
params: {act: ReLU}
layers:
  - Outer: {width: 16, act: $act}
    id: first
  - Outer: {width: 16, act: $act}
  - Outer: {width: 16, act: {LeakyReLU: {negative_slope: 0.1}}}
  - Outer: {width: 16, act: {LeakyReLU: {negative_slope: 0.2}}}
  - Outer: {width: 16, act: {LeakyReLU: {negative_slope: 0.2}}}
    id: leaky
  - Outer: {width: 16}
    from: other
  - share: leaky
blocks:
  Outer:
    params: {width: int, act: {type: layer, default: ReLU}}
    layers:
      - Add:
          - []
          - - Sequential:
                - ConvNormAct: {out_channels: $width, act: $act}
                  repeat: 2
              id: path
              repeat: 1
            - Dropout: {p: 0}
              repeat: 2
              from: input
            - Inner: {width: 16.0}
            - Inner
            - Inner: {width: 8}
  Inner:
    params: {width: {type: float, default: 16}}
    layers:
      - Conv2d: {out_channels: 16, kernel_size: 1, bias: $(width > 8)}
"""


class _Anew(Expander):
    """An expansion that copies nothing."""

    def likeness(self, *given: Any) -> None:
        return


def graphs(source: Source, kind: type[Expander], variant: str | None) -> Iterator[tuple[Graph | None, list[Any], int]]:
    """The graph of each variant, what is wrong, and the work that it took."""
    sink, meter = Sink(), Meter()
    spec = read(source, sink, builtin_blocks(), meter=meter)
    for chosen in variants(spec, variant) if spec else ():
        expander = kind(chosen, sink, meter)
        yield expander.graph(), list(sink), len(expander.models)


def told(part: Node | Scope) -> object:
    """All that a part of a graph says."""
    if isinstance(part, Scope):
        line = getattr(part.opened.line, "span", None)  # an aux head, of which there is one, has none
        names = (dict(part.opened.names), line, part.opened.block and part.opened.block.name.text)
        own = (part.key, part.type, part.inputs, part.output, part.span, names, way(part.opened.control_path))
        return (*own, [told(child) for child in part.children])
    trace = [(frame.text, frame.span) for frame in part.trace or ()]
    own = (part.index, part.key, part.type, repr(part.layer), part.inputs, part.input_shapes, part.shape, part.tensors)
    return (*own, part.macs, part.span, part.item.span, trace, part.aux, part.reused, way(part.control_path))


def way(found: ControlPath) -> object:
    """The loops and conditions that a line stands in."""
    rounds = [(turn.loop.span, turn.number, dict(turn.names)) for turn in found.rounds]
    return (rounds, [condition.span for condition in found.conditions])


def same(source: Source, variant: str | None = None) -> int:
    """Holds both expansions of a text against each other, and says how many blocks could be copied from."""
    kept = 0
    for copied, anew in zip(graphs(source, Expander, variant), graphs(source, _Anew, variant), strict=True):
        assert copied[1] == anew[1]
        assert (copied[0] is None) == (anew[0] is None)
        if copied[0] is not None and anew[0] is not None:
            assert [told(node) for node in copied[0].nodes] == [told(node) for node in anew[0].nodes]
            assert told(copied[0].root) == told(anew[0].root)
        kept += copied[2]
        assert not anew[2]
    return kept


@pytest.mark.parametrize("name", NAMES)
def test_shipped_networks_are_the_same(name: str) -> None:
    """Every node and scope of a shipped network: its key, its values, its place and the way to it."""
    found = find(name)
    same(open_source(found.path, found.title), found.variant)


def test_nested_blocks_are_the_same() -> None:
    """So are those of blocks in blocks, with repeats, layers as arguments, several inputs and shared modules."""
    assert same(Source("nested.yaml", NESTED)) > 6


def test_random_specs_are_the_same() -> None:
    """So are those of specs that are drawn, whatever is wrong with them."""
    assert sum(same(Source("fuzz.yaml", spec_of(seed))) for seed in range(300)) > 2
