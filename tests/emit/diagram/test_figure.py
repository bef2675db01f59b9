"""What is folded and lettered still says all that the graph says."""

from __future__ import annotations

from fractions import Fraction

import pytest

import cnnspec
from cnnspec.engine.diagram import figure_of
from cnnspec.engine.diagram.build import Builder
from cnnspec.engine.diagram.kinds import PORT
from cnnspec.engine.diagram.outline import outline
from cnnspec.engine.diagram.panel import Panel, boxed
from cnnspec.engine.diagram.text import RATE, Number, said
from cnnspec.engine.diagram.tree import Box, DrawnBlock, DrawnGroup, Element, Parallel, Repeat, Series, Tangle, numbers
from cnnspec.engine.diagram.variables import lettered
from cnnspec.engine.network import Graph
from cnnspec.engine.spec import known_specs
from tests.emit.diagram.recount import recounted
from tests.emit.diagram.specs import written
from tests.network.graphs import graph_of
from tests.tiers import tiered


@pytest.mark.parametrize("name", tiered(known_specs()))
def test_folded_boxes_add_up_to_the_layers(name: str) -> None:
    """The lines of the boxes, times what stands beside them, are as many as the network has layers."""
    graph = cnnspec.graph(name)
    assert recounted(outline(figure_of(graph))) == len(graph.nodes)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("name", ["resnet50", "densenet121", "mobilenet_v3_small", "googlenet", "convnext_tiny"])
def test_closed_blocks_say_how_many_layers_they_hold(name: str, depth: int) -> None:
    """What is not opened is counted all the same."""
    graph = cnnspec.graph(name)
    assert recounted(outline(figure_of(graph, depth))) == len(graph.nodes)


def test_random_specs_are_drawn_whole() -> None:
    """No layer of a random spec is left out, be it on a branch, on a side branch or in a tangle."""
    graphs = [graph for seed in range(300) if (graph := written(seed))]
    assert len(graphs) > 200
    for graph in graphs:
        assert Builder(graph).overview().layers == len(graph.nodes)


@pytest.mark.parametrize("name", tiered(known_specs()))
def test_letters_stand_for_the_numbers_of_each_place(name: str) -> None:
    """With the letters of its row a panel says what each of its blocks says itself."""
    overview = Builder(cnnspec.graph(name)).overview()
    by_form: dict[object, list[DrawnBlock]] = {}
    for element in overview.walk():
        if isinstance(element, DrawnBlock):
            by_form.setdefault(element.drawn_as, []).append(element)
    titles = dict.fromkeys(by_form, "block")
    for blocks in by_form.values():
        bodies = [boxed(block.body, titles, with_keys=False) for block in blocks]
        letters, _, body = lettered([block.takes[0] for block in blocks], bodies)
        for own, cells in zip(bodies, letters.rows, strict=True):
            row = dict(zip(letters.names, cells, strict=True))
            assert [spelt(text, row) for text in texts(body)] == [spelt(text, {}) for text in texts(own)]


def texts(element: Element) -> list[tuple[str | Number, ...]]:
    """All texts of an element, in order."""
    found = []
    for one in element.walk():
        if isinstance(one, Box):
            found += [one.above, one.text, one.below, one.gives]
        if isinstance(one, Repeat):
            found += [one.times, one.gives]
    return found


def spelt(text: tuple[str | Number, ...], row: dict[str, str]) -> str:
    """A text with the letters of a row replaced; what stands before a number is left out, and so are rates."""
    parts = [_value(part, row) for part in text if not (isinstance(part, Number) and part.sort == RATE)]
    return "".join(part for part in parts if part)


def _value(part: str | Number, row: dict[str, str]) -> str:
    if isinstance(part, Number):
        return f"{part.value}" if part.last is None else f"{part.value}…{part.last}"
    for before in (", /", ", stride ", ", groups ", ", dilation ", "×"):
        letters = part.removeprefix(before)
        for name, value in row.items():
            if letters == name:
                return value
            for factor in range(2, 9):
                if letters == f"{factor}{name}":
                    return _times(value, Fraction(factor))
                if letters == f"{name}/{factor}":
                    return _times(value, Fraction(1, factor))
    return part


def _times(value: str, factor: Fraction) -> str:
    return "…".join(str(int(part) * factor) for part in value.split("…"))


def panels(graph: Graph) -> dict[str, Panel]:
    return {panel.title: panel for panel in figure_of(graph).panels}


def boxes(element: Element) -> list[str]:
    """The labels of boxes in order, with what is around them."""
    match element:
        case Box():
            return (
                []
                if element.kind == PORT
                else [" | ".join(said(t) for t in (element.above, element.text, element.below) if t)]
            )
        case Repeat():
            return [f"{said(element.times)} {boxes(element.body)}"]
        case Parallel():
            return [f"{[boxes(branch) for branch in element.branches]}", *(boxes(element.into) if element.into else [])]
        case DrawnGroup() | Series() | Tangle():
            return [text for inner in element.inside for text in boxes(inner)]
    raise AssertionError


def test_a_bottleneck_reads_as_in_the_paper() -> None:
    """ResNet-50 has two kinds of bottleneck: with a projection and without; strides and sizes are letters."""
    found = panels(cnnspec.graph("resnet50"))
    assert list(found) == ["Bottleneck A", "Bottleneck B"]
    assert boxes(found["Bottleneck B"].body) == [
        "[['1×1 conv, a/4 | BN · ReLU', '3×3 conv, a/4 | BN · ReLU', '1×1 conv, a | BN'], []]",
        "+",
        "ReLU",
    ]
    assert found["Bottleneck A"].table.columns == ("a", "h", "b", "s", "h′")
    assert found["Bottleneck A"].table.rows[1] == ("layer2.0", ("256", "56", "128", "2", "28"))


def test_inception_is_the_table_of_the_paper() -> None:
    """GoogLeNet's table 1: the widths of the four paths of each of the nine modules."""
    table = panels(cnnspec.graph("googlenet"))["Inception"].table
    rows = {key: dict(zip(table.columns, cells, strict=True)) for key, cells in table.rows}
    assert len(rows) == 9
    paths = [rows["inception4e"][name] for name in "bcdefmp"]  # the last is what the module gives
    assert paths == ["256", "160", "320", "32", "128", "128", "832"]


def test_layers_are_folded_only_where_they_are_equal_in_every_block() -> None:
    """Two convolutions that differ in one of the places of a block stand apart in its panel."""
    more = """
blocks:
  B:
    params: {x: int, y: int}
    layers:
      - Add:
          - - Conv2d: {out_channels: $x, kernel_size: 3, padding: 1}
            - Conv2d: {out_channels: $y, kernel_size: 3, padding: 1}
            - Conv2d: {out_channels: 4, kernel_size: 1}
          - []
"""
    same = graph_of("[{B: {x: 8, y: 8}}, ReLU, {B: {x: 9, y: 9}}]", 4, 6, 6, more=more)
    assert boxes(panels(same)["B"].body)[0] == "[[\"×2 ['3×3 conv, a']\", '1×1 conv, 4'], []]"
    apart = graph_of("[{B: {x: 8, y: 8}}, ReLU, {B: {x: 8, y: 9}}]", 4, 6, 6, more=more)
    assert boxes(panels(apart)["B"].body)[0] == "[['3×3 conv, 8', '3×3 conv, a', '1×1 conv, 4'], []]"


def test_growing_copies_are_one_picture() -> None:
    """DenseNet's layers take more channels each, and are one box in a frame that says how many there are."""
    table = panels(cnnspec.graph("densenet121"))["DenseBlock"].table
    columns = dict(zip(table.columns, zip(*(cells for _, cells in table.rows), strict=True), strict=True))
    assert columns == {
        "a": ("64", "128", "256", "512"),
        "h": ("56", "28", "14", "7"),
        "n": ("6", "12", "24", "16"),
        "b": ("256", "512", "1024", "1024"),
    }


def test_shared_weights_are_told() -> None:
    """A line that runs again says whose weights it has."""
    graph = graph_of("[{Linear: {out_features: 4}, id: tower}, Tanh, {share: tower}]", 4)
    assert boxes(figure_of(graph).overview) == ["input", "fc 4 | tower · Tanh", "fc 4 | weights of tower", "output"]


def test_aux_heads_are_side_branches() -> None:
    """An aux head leaves the chain, and what it gives says that it runs in training."""
    overview = figure_of(cnnspec.graph("googlenet")).overview
    assert [boxes(tap) for _, tap in overview.taps] == [
        ["Aux | aux1", "aux_logits1 | in training, weight 0.3"],
        ["Aux | aux2", "aux_logits2 | in training, weight 0.3"],
    ]


def test_a_pre_activation_belongs_to_the_layer_behind_it() -> None:
    """A chain that begins with a norm and ends with a layer has its norms above the layers, others below."""
    pre = graph_of("[BatchNorm2d, ReLU, {Conv2d: {out_channels: 4, kernel_size: 3}}, Hardswish]", 2, 8, 8)
    assert boxes(figure_of(pre).overview)[1] == "BN · ReLU | 3×3 conv, 4 | Hardswish"
    chain = "[LayerNorm, {Linear: {out_features: 8}}, GELU, {Linear: {out_features: 4}}]"
    assert boxes(figure_of(graph_of(chain, 4)).overview)[1:3] == ["LN | fc 8 | GELU", "fc 4"]


def test_numbers_are_told_in_order() -> None:
    """The numbers of an element come in the order in which its texts stand."""
    (conv,) = [
        one
        for one in Builder(graph_of("[{Conv1d: {out_channels: 8, kernel_size: 3, stride: 2}}]", 2, 9)).overview().walk()
        if isinstance(one, Box) and "conv" in said(one.text)
    ]
    assert said(conv.text) == "3-wide conv, 8, /2"
    assert [number.value for number in numbers(conv)] == [3, 8, 2, 1, 1, 8, 4]
