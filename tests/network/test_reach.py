"""Receptive fields: published numbers, and what spoilt inputs spoil in the real modules."""

from __future__ import annotations

import warnings
from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import cnnspec
from cnnspec.engine.layers import REGISTRY, Shape
from cnnspec.engine.layers.dependency import All
from cnnspec.engine.network import Graph
from cnnspec.engine.network.receptive_field import Extent, Fields, fields
from cnnspec.pytorch.build.module import module
from tests.layers.oracle import construct
from tests.network.graphs import OF_ONE_OUTPUT, chain, graph_of, taken_cases
from tests.tiers import examples

PUBLISHED = {  # of the last map, as (size, stride)
    ("resnet", "resnet18", "layer4"): (435, 32),
    ("resnet", "resnet34", "layer4"): (899, 32),
    ("resnet", "resnet50", "layer4"): (427, 32),
    ("resnet", "resnet101", "layer4"): (971, 32),
    ("vgg", "vgg16", "features"): (212, 32),  # Araujo et al. 2019, table 1
}
ARAUJO = {  # table 1 of https://distill.pub/2019/computing-receptive-fields, as (size, stride); their slim networks
    "alexnet_v2": (195, 32),
    "resnet_v1_50": (483, 32),
    "resnet_v1_101": (1027, 32),
}
ALEXNET = (
    "[Conv2d: {out_channels: 4, kernel_size: 11, stride: 4}, ReLU, MaxPool2d: {kernel_size: 3, stride: 2},"
    " Conv2d: {out_channels: 4, kernel_size: 5, padding: 2}, MaxPool2d: {kernel_size: 3, stride: 2},"
    " {Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}, repeat: 3}, MaxPool2d: {kernel_size: 3, stride: 2}]"
)
SLIM_BOTTLENECKS = """
blocks:
  Unit:
    params: {stride: int}
    layers:
      - Add:
          - - Conv2d: {out_channels: 2, kernel_size: 1}
            - Conv2d: {out_channels: 2, kernel_size: 3, stride: $stride, padding: 1}
            - Conv2d: {out_channels: 4, kernel_size: 1}
          - - Conv2d: {out_channels: 4, kernel_size: 1, stride: $stride}
"""


def extent(size: int, stride: Fraction | None, start: int, *, whole: bool = False) -> Extent:
    return Extent(size, stride, start, whole, Fields((None,), 0))


def spoilt(net: nn.Module, x: Shape, dim: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Image ``i`` has nothing but NaN at place ``i`` along a dimension: which outputs that reaches."""
    images = torch.rand(x[dim], *x, dtype=dtype)
    for place, image in enumerate(images):
        image.select(dim, place).fill_(torch.nan)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return net.to(dtype).eval()(images).isnan()


def changed(net: nn.Module, x: Shape, dim: int) -> Tensor:
    """The same by changing the numbers: for interpolation, which multiplies what it has no use for by 0."""
    images = torch.rand(x[dim], *x, dtype=torch.float64)
    images[1:] = images[0]
    with torch.no_grad():
        before = net(images)
        for place, image in enumerate(images):
            image.select(dim, place).add_(100 + torch.rand(image.select(dim, place).shape))
        return (net(images) - before).abs() > 1e-6


def along(reached: Tensor, dim: int | None) -> Tensor:
    """A row for each place of the input, a column for each along a dimension of the output; None: a single one."""
    if dim is None:
        return reached.flatten(1).any(1, keepdim=True)
    return reached.movedim(dim + 1, 1).unsqueeze(-1).flatten(2).any(2)


# MARK: what each layer reads

COPYING = ("ReflectionPad2d", "ReplicationPad2d")


def told(layer: Any, x: Shape) -> bool:
    """Whether ``dependency`` is complete: it omits places that padding copies, and statistics of a normalization."""
    copying = getattr(layer, "padding_mode", "zeros") != "zeros" or type(layer).__name__ in COPYING
    return not copying and not layer.averages(x) and (type(layer).__name__ != "LayerNorm" or len(x) == 1)


@pytest.mark.parametrize("name", OF_ONE_OUTPUT)
def test_every_layer_reads_what_its_module_reads(name: str) -> None:
    """For each place of the output, exactly the places that a layer tells change it, along every dimension."""
    for arguments, x in taken_cases(name):
        layer = REGISTRY[name].model_validate(arguments)
        if not told(layer, x) or x.elements > 1000:
            continue
        y, net = layer.infer(x), construct(layer.call(x))
        for dim, (reading, walk) in enumerate(zip(layer.dependency(x, y), layer.axis_map(x, y), strict=True), 1):
            walk = walk if walk or not isinstance(reading, All) else None  # in no order among the channels
            reached = along(changed(net, x, dim) if name == "Upsample" else spoilt(net, x, dim), walk)
            for place, column in enumerate(reached.T):
                expected = {i for i in reading.reads(place) if 0 <= i < x[dim]}
                assert set(column.nonzero().flatten().tolist()) == expected, (layer, x, dim, place)


@pytest.mark.parametrize("name", OF_ONE_OUTPUT)
def test_channels_are_apart_where_a_layer_says_so(name: str) -> None:
    """A channel of the output is made of the places along the channels that a layer tells, and of no others."""
    for arguments, x in taken_cases(name):
        layer = REGISTRY[name].model_validate(arguments)
        statistics = not getattr(layer, "track_running_stats", name not in ("GroupNorm", "LayerNorm"))
        if statistics or x.elements > 1000:
            continue
        y, net = layer.infer(x), construct(layer.call(x))
        reading, walk = layer.channel_dependency(x, y)
        for place, column in enumerate(along(spoilt(net, x, 0), walk).T):
            assert set(column.nonzero().flatten().tolist()) <= set(reading.reads(place)), (layer, x, place)


@pytest.mark.parametrize("name", OF_ONE_OUTPUT)
def test_readings_repeat_as_they_say(name: str) -> None:
    """A period further on in the output, what is read lies a period further on in the input."""
    for arguments, x in taken_cases(name):
        layer = REGISTRY[name].model_validate(arguments)
        for reading in layer.dependency(x, layer.infer(x)):
            outputs, inputs = reading.period or (0, 0)
            for place in range(-7, 8):
                moved = [i + inputs for i in reading.reads(place)]
                assert list(reading.reads(place + outputs)) == moved


@pytest.mark.parametrize(
    "line",
    [
        "GroupNorm: {num_groups: 2}",
        "LayerNorm",
        "InstanceNorm2d",
        "BatchNorm2d: {track_running_stats: false}",
    ],
)
def test_statistics_are_the_whole_input(line: str) -> None:
    """A normalisation by the statistics of a map has the fields of its windows, and depends on every place."""
    graph = graph_of(
        f"[Conv2d: {{out_channels: 4, kernel_size: 3}}, {line}, Conv2d: {{out_channels: 2, kernel_size: 3}}]", 2, 12, 12
    )
    first, middle, last = fields(graph)
    assert (first.whole, middle.whole, last.whole) == (False, True, True)
    assert last.extents[0] == extent(5, Fraction(1), 0)
    assert spoilt(module(graph), graph.input, 1).all()


def test_running_statistics_are_no_places() -> None:
    """Batch normalisation works on each value alone in evaluation."""
    assert not fields(graph_of("[BatchNorm2d]", 2, 12, 12))[0].whole


# MARK: networks


def test_a_part_reads_its_own_channels() -> None:
    """Of what `Split` gives each part has the field of its own channels, and a resized map that of its first input."""
    split = "{Split: {split_size_or_sections: [1, 2]}, id: parts}"
    conv = "{Conv2d: {out_channels: 1, kernel_size: 3}, from: parts.1, id: narrow}"
    wide = "{Conv2d: {out_channels: 1, kernel_size: 9, padding: 4}, from: input, id: wide}"
    resized = "{ResizeLike: {mode: nearest}, from: [narrow, wide]}"
    graph = graph_of(f"[{split}, {conv}, {wide}, {resized}]", 3, 9, 9)
    reached = spoilt(module(graph), graph.input, 0)
    assert [bool(image.any()) for image in reached] == [False, True, True]
    _, convolved, _, last = fields(graph)
    assert convolved.extents[0] == extent(3, Fraction(1), 0)
    assert last.extents[0] is not None
    assert last.extents[0].size == 3


def last_of(graph: Graph, scope: str) -> Extent:
    index = max(node.index for node in graph.nodes if node.key.startswith(f"{scope}."))
    extents = fields(graph)[index].extents
    assert extents[0] is not None
    assert extents[0] == extents[1]
    return extents[0]


@pytest.mark.parametrize(("place", "expected"), PUBLISHED.items(), ids=[f"{p[1]}" for p in PUBLISHED])
def test_published_fields(place: tuple[str, str, str], expected: tuple[int, int]) -> None:
    """Of torchvision's networks at 224×224; padding is even, so the field is centred on its place."""
    family, variant, scope = place
    found = last_of(cnnspec.graph(family, variant), scope)
    assert (found.size, found.stride) == expected


def slim_resnet(*depths: int) -> str:
    """resnet_v1 of TensorFlow's slim: the last unit of a stage strides, in its 3×3 convolution."""
    units = [
        f"Unit: {{stride: {2 if number + 1 == depth and stage < 3 else 1}}}"
        for stage, depth in enumerate(depths)
        for number in range(depth)
    ]
    stem = "Conv2d: {out_channels: 4, kernel_size: 7, stride: 2, padding: 3}, MaxPool2d: {kernel_size: 3, stride: 2}"
    return f"[{stem}, {', '.join(units)}]"


@pytest.mark.parametrize(
    ("layers", "name"),
    [
        (ALEXNET, "alexnet_v2"),
        (slim_resnet(3, 4, 6, 3), "resnet_v1_50"),
        (slim_resnet(3, 4, 23, 3), "resnet_v1_101"),
    ],
    ids=lambda value: value if value in ARAUJO else "",
)
def test_fields_of_the_distill_article(layers: str, name: str) -> None:
    """The same numbers as Araujo, Norris and Sim compute."""
    found = fields(graph_of(layers, 3, 225, 225, more=SLIM_BOTTLENECKS))[-1].extents[0]
    assert found is not None
    assert (found.size, found.stride) == ARAUJO[name]


def test_lenet_by_hand() -> None:
    """Padding sets the start, strides multiply, and Flatten makes one place of all."""
    extents = [reach.extents[0] for reach in fields(cnnspec.graph("mnist/lenet"))]
    assert [(e.size, e.stride, e.start) for e in extents if e is not None][:7] == [
        (5, 1, -2), (5, 1, -2), (6, 2, -2), (14, 2, -2), (14, 2, -2), (16, 4, -2), (32, 0, -2),
    ]  # fmt: skip


def test_vectors_have_no_fields() -> None:
    """A network over vectors has no places."""
    assert fields(graph_of("[Linear: {out_features: 3}]", 8))[0].extents == ()


# MARK: chains and branches against the modules


def pairs(least: int, most: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(least, most), min_size=2, max_size=2)


CONVS = st.fixed_dictionaries(
    {"out_channels": st.just(2), "kernel_size": pairs(1, 4)},
    optional={"stride": pairs(1, 3), "padding": pairs(0, 3), "dilation": pairs(1, 3)},
)
SAME = st.fixed_dictionaries(
    {"out_channels": st.just(2), "kernel_size": pairs(1, 5), "padding": st.just("same")},
    optional={"dilation": pairs(1, 2)},
)
MAX_POOLS = st.fixed_dictionaries(
    {"kernel_size": pairs(2, 3)},
    optional={"stride": pairs(1, 3), "padding": pairs(0, 1), "ceil_mode": st.booleans(), "dilation": pairs(1, 2)},
)
MEANS = st.fixed_dictionaries({"kernel_size": pairs(2, 4)}, optional={"stride": pairs(1, 3), "padding": pairs(0, 1)})
REVERSED = st.fixed_dictionaries(
    {"out_channels": st.just(2), "kernel_size": pairs(1, 4)},
    optional={"stride": pairs(1, 3), "padding": pairs(0, 2), "dilation": pairs(1, 2)},
)
PADS = st.fixed_dictionaries({"padding": st.lists(st.integers(-2, 3), min_size=4, max_size=4)})
KEEPING = st.sampled_from([{"ReLU": {}}, {"BatchNorm2d": {}}, {"Dropout": {}}, {"Softmax2d": {}}])
RESIZING = st.sampled_from(
    [
        {"Upsample": {"scale_factor": 2.0}},
        {"Upsample": {"scale_factor": 1.5}},
        {"PixelUnshuffle": {"downscale_factor": 1}},
    ]
)


def lines(name: str, arguments: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Any]:
    return arguments.map(lambda given: {name: given})


PATHS = st.lists(st.one_of(lines("Conv2d", SAME), KEEPING), max_size=3)
LINES = st.one_of(
    lines("Conv2d", CONVS),
    lines("MaxPool2d", MAX_POOLS),
    lines("AvgPool2d", MEANS),
    lines("ConvTranspose2d", REVERSED),
    lines("ZeroPad2d", PADS),
    RESIZING,
    KEEPING,
    st.lists(PATHS, min_size=2, max_size=3).map(lambda paths: {"Add": paths}),
    st.lists(PATHS, min_size=2, max_size=2).map(lambda paths: {"Multiply": paths}),
)
SIZES = (96, 80)
CROPPED = 2  # places that one line can cut off


@given(st.lists(LINES, min_size=1, max_size=4))
@settings(max_examples=examples(50, of=15), deadline=None)
def test_fields_are_what_reaches_a_place(layers: list[Any]) -> None:
    """Away from the edges, the places that spoil an output are the field: its size, its stride and its start."""
    import json

    try:
        graph = graph_of(json.dumps(layers), 2, *SIZES)
    except AssertionError:
        assume(condition=False)
    assume(max(graph.output.sizes) < 300)
    net = module(graph)
    for dim, extents in enumerate(zip(*(reach.extents for reach in fields(graph)), strict=True), 1):
        jumps = [found.stride or 1 for found in extents if found is not None]
        cut = CROPPED * max(jumps) * len(graph.nodes)  # what may be missing at the edges of the maps on the way
        assert extents[-1] is not None
        reached = along(spoilt(net, graph.input, dim), dim)
        assume(reached.any())  # a stride can read only the zeros that a transposed convolution puts between values
        holds_inside(extents[-1], reached, SIZES[dim - 1], extents[-1].size + cut)


def holds_inside(extent: Extent, reached: Tensor, size: int, distance: Fraction | int) -> None:
    """Compares with the spans of those places whose field keeps a distance from the edges."""
    compared = {}
    for place, column in enumerate(reached.T):
        nominal = extent.at(place)
        if nominal and nominal[0] >= distance and nominal[1] < size - distance:
            assert column.nonzero().flatten()[[0, -1]].tolist() == list(nominal)
            compared[place] = nominal
    period = len(extent.fields.spans)
    moved = [
        compared[place + period][0] - first for place, (first, _) in compared.items() if place + period in compared
    ]
    if len(moved) >= period:
        assert extent.size == max(last - first + 1 for first, last in compared.values())
        assert {extent.stride} == {Fraction(shift, period) for shift in moved}


UNEVEN = (
    "[Concat: [[Conv2d: {out_channels: 1, kernel_size: 2, stride: 2}], [Conv2d: {out_channels: 1, kernel_size: 5}]]]"
)


def test_paths_of_unequal_strides() -> None:
    """Where paths stride unequally the field is their hull at each place, and has no stride."""
    graph = graph_of(f"[{UNEVEN[1:-1]}, Conv2d: {{out_channels: 2, kernel_size: 2}}]", 2, 8, 8)
    joined, last = (reach.extents[0] for reach in fields(graph)[-2:])
    assert joined == extent(5, None, 0)  # 0–4, 1–5, 2–6, 3–7
    assert last == extent(6, None, 0)
    reached = along(spoilt(module(graph), graph.input, 1), 1)
    assert [column.nonzero().flatten()[[0, -1]].tolist() for column in reached.T] == [[0, 5], [1, 6], [2, 7]]


ROWS_THEN_ALL = (
    "[Linear: {in_features: 12, out_features: 3}, Flatten: {start_dim: 2}, Linear: {in_features: 36, out_features: 2}]"
)


@pytest.mark.parametrize(
    ("layers", "stride"),
    [
        ("[Multiply: [[], [AdaptiveAvgPool2d: {output_size: 1}, Sigmoid]]]", 0),
        ("[AdaptiveAvgPool2d: {output_size: 1}]", 12),
        ("[Softmax: {dim: 2}, Softmax: {dim: 3}]", 0),
        ("[Flatten, Linear: {out_features: 2}]", 0),
        ("[Flatten: {start_dim: 2}, Softmax: {dim: -1}]", 0),
        (ROWS_THEN_ALL, 0),
    ],
)
def test_whole_inputs(layers: str, stride: int) -> None:
    """What mixes all places has the whole input as its field."""
    graph = graph_of(layers, 2, 12, 12)
    reach = fields(graph)[-1]
    assert reach.whole
    assert reach.extents == (extent(12, Fraction(stride), 0, whole=True),) * 2
    assert all(spoilt(module(graph), graph.input, dim).all() for dim in (1, 2))


def test_merged_dimensions_keep_their_places() -> None:
    """Rows and columns counted through are still places: each has its own field."""
    graph = graph_of("[Conv2d: {out_channels: 2, kernel_size: 3, padding: 1}, Flatten: {start_dim: 2}]", 2, 4, 6)
    assert fields(graph)[-1].extents == (extent(3, None, -1),) * 2


@pytest.mark.parametrize(
    "between",
    [
        "LayerNorm: {normalized_shape: 2}, Linear: {in_features: 2, out_features: 2}, GELU, Dropout",
        "Add: [[Tanh], [LayerScale, StochasticDepth: {p: 0.5, mode: row}]]",
        "Permute: {dims: [0, 3, 2, 1]}, Permute: {dims: [0, 3, 2, 1]}",
    ],
)
def test_places_are_followed_through_another_order(between: str) -> None:
    """With the channels last, rows stand where channels did, and each keeps its field until they are back."""
    conv = "Conv2d: {out_channels: 2, kernel_size: 3, stride: 2}"
    layers = f"[{conv}, Permute: {{dims: [0, 2, 3, 1]}}, {between}, Permute: {{dims: [0, 3, 1, 2]}}, {conv}]"
    graph = graph_of(layers, 2, 15, 13)
    reach = fields(graph)
    assert reach[-1].extents == (extent(7, Fraction(4), 0),) * 2
    assert reach[1].extents == (extent(15, Fraction(0), 0, whole=True), extent(3, Fraction(2), 0))
    for dim in (1, 2):
        for place, column in enumerate(along(spoilt(module(graph), graph.input, dim), dim).T):
            assert column.nonzero().flatten()[[0, -1]].tolist() == [4 * place, 4 * place + 6]


def test_fields_of_enormous_maps_end() -> None:
    """A field that would take too long to tell is not told."""
    layers = chain(
        ("ConvTranspose2d", {"out_channels": 1, "kernel_size": 1, "stride": 2_000_003}), ("Flatten", {"start_dim": 2})
    )
    assert fields(graph_of(layers, 1, 2, 2))[-1].extents == (None, None)
