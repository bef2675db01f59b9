"""What is solved is what checking each size finds: no formula stands in two places, and none is solved wrongly."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st

import cnnspec
from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.inputs import Inputs, solve
from cnnspec.engine.network import expand
from cnnspec.engine.spec import Spec, builtin_blocks, known_specs, read
from tests.inputs.specs import HARD, MAPS, OTHERS, text
from tests.tiers import TYPICAL, tiered

RANDOM = random.Random(3)
DIAGONAL = [(n, n) for n in range(1, 301)]
GRID = [(h, w) for h in range(1, 81) for w in RANDOM.sample(range(1, 81), 6)]
FEW = [(n, n) for n in (*range(1, 34, 4), 97, 224)] + [(n, 7 * n % 83 + 1) for n in range(2, 60, 4)]


def spec_of(body: str) -> Spec:
    sink = Sink()
    spec = read(Source("own.yaml", body), sink, builtin_blocks())
    assert spec is not None
    assert not len(sink), [found.message for found in sink]
    return spec


def is_sound(found: Inputs, sizes: tuple[int, ...]) -> bool:
    """What the checker says of an input of these sizes."""
    sink = Sink()
    expand(found.with_input(sizes), sink)
    return not len(sink)


def compare(found: Inputs, points: list[tuple[int, ...]]) -> None:
    wrong = [point for point in points if found.accepts_restated(*point) != is_sound(found, point)]
    assert not wrong, f"{wrong[:5]} of {len(points)}"


@pytest.mark.parametrize("name", MAPS)
def test_every_height_and_width_is_told(name: str) -> None:
    """All heights and widths to 80, and squares to 300, are accepted exactly where checking them finds no mistake."""
    found = solve(spec_of(MAPS[name]))
    assert found.is_complete
    compare(found, [*DIAGONAL, *GRID])
    for constraint in found.constraints:
        refused = tuple(constraint.refused[first] for first, *_ in found.axes)
        assert refused not in constraint.inputs, f"{constraint.span} asks for what it refuses"


@pytest.mark.parametrize("name", HARD)
def test_sizes_that_cannot_be_followed_are_named(name: str) -> None:
    """Where no formula follows a size the line is named, what is said to be accepted is, and the rest is checked."""
    found = solve(spec_of(HARD[name]))
    assert found.restated_unknown
    assert found.unfollowed
    compare(found, GRID[::3])
    known = [point for point in GRID[::3] if point not in found.restated_unknown]
    assert all(is_sound(found, point) == (point in found.restated) for point in known)


@pytest.mark.parametrize("name", OTHERS)
def test_lengths_depths_and_features_are_told(name: str) -> None:
    """Inputs of one size and of three are solved as maps are."""
    found = solve(spec_of(OTHERS[name]))
    rank = len(found.names)
    points = [tuple(RANDOM.randint(1, 40) for _ in range(rank)) for _ in range(600)]
    compare(found, [(n,) * rank for n in range(1, 120)] + points)
    assert found.smallest is not None
    assert is_sound(found, found.smallest)


@pytest.mark.parametrize("name", tiered(name for name in known_specs() if name.startswith(("mnist/", "first"))))
def test_shipped_specs_agree(name: str) -> None:
    """Of every shipped network for small images."""
    found = solve(cnnspec.load(name))
    assert found.is_complete
    compare(found, FEW)


def published() -> list[tuple[str, int]]:
    """torchvision's models among the shipped specs, with the smallest image that its weights are said to take."""
    names = set(known_specs()) & set(torchvision.models.list_models())
    return [
        (name, 1 if name.startswith("efficientnet_v2") else min(weights.meta["min_size"]))  # 33, tests/test_zoo.py
        for name in sorted(names)
        for weights in list(torchvision.models.get_model_weights(name))[:1]
    ]


@pytest.mark.parametrize(
    ("name", "smallest"), [pytest.param(*p, marks=() if p[0] in TYPICAL else pytest.mark.deep) for p in published()]
)
def test_the_smallest_image_is_what_torchvision_says(name: str, smallest: int) -> None:
    """The smallest input of a published network is the `min_size` of torchvision's weights for it."""
    found = solve(cnnspec.load(name))
    assert found.smallest == (smallest, smallest)
    assert found.accepts_from(smallest)
    assert not found.accepts_from(smallest - 1) or smallest == 1


@pytest.mark.parametrize("name", ["mnist/lenet", "mnist/googlenet", "mnist/alexnet", "first"])
def test_torch_takes_the_smallest_and_nothing_less(name: str) -> None:
    """The built network runs on the smallest input; torch on the CPU refuses one row or one column less."""
    found = solve(cnnspec.load(name))
    assert found.smallest is not None
    runs(name, found.smallest)
    for axis in (0, 1):
        less = tuple(size - (i == axis) for i, size in enumerate(found.smallest))
        with pytest.raises(Exception, match=r"too small|greater than|must be|should be|Expected|cannot be|mat1"):
            runs(name, less, build_for=found.smallest)


def test_torch_takes_the_smallest_image_of_resnet18() -> None:
    """ResNet-18 runs on a single pixel in evaluation, and on nothing less."""
    found = solve(cnnspec.load("mnist/resnet18_fixed"))
    assert found.smallest == (1, 1)
    runs("mnist/resnet18_fixed", (1, 1))
    with pytest.raises(RuntimeError):
        runs("mnist/resnet18_fixed", (0, 1), build_for=(1, 1))


def runs(name: str, sizes: tuple[int, ...], build_for: tuple[int, ...] | None = None) -> None:
    model = cnnspec.build(name, input=(1, *(build_for or sizes))).eval()
    with torch.no_grad():
        assert model(torch.zeros(2, 1, *sizes)).shape == (2, 10)


SMALL = st.integers(1, 4)
LAYERS = st.one_of(
    st.builds(
        lambda k, s, p, d: {"Conv2d": {"out_channels": 4, "kernel_size": k, "stride": s, "padding": p, "dilation": d}},
        st.lists(SMALL, min_size=2, max_size=2),
        SMALL,
        st.integers(0, 3),
        st.integers(1, 2),
    ),
    st.builds(
        lambda k, s, p, c: {"MaxPool2d": {"kernel_size": k, "stride": s, "padding": min(p, k // 2), "ceil_mode": c}},
        SMALL,
        SMALL,
        st.integers(0, 2),
        st.booleans(),
    ),
    st.builds(lambda k, s: {"ConvTranspose2d": {"out_channels": 4, "kernel_size": k, "stride": s}}, SMALL, SMALL),
    st.builds(lambda p: {"ReflectionPad2d": {"padding": p}}, st.integers(0, 4)),
    st.builds(lambda p: {"ZeroPad2d": {"padding": p}}, st.lists(st.integers(-3, 2), min_size=4, max_size=4)),
    st.builds(lambda f: {"Upsample": {"scale_factor": f}}, st.sampled_from([0.5, 0.75, 1.5, 2.0])),
    st.builds(lambda r: {"PixelUnshuffle": {"downscale_factor": r}}, st.integers(1, 2)),
    st.builds(lambda d: {"GLU": {"dim": d}}, st.integers(2, 3)),
    st.just({"InstanceNorm2d": {}}),
    st.builds(
        lambda k: {"Add": [[{"MaxPool2d": {"kernel_size": k}}], [{"AvgPool2d": {"kernel_size": 3, "stride": k}}]]},
        SMALL,
    ),
)
ENDS = st.one_of(
    st.just([]),
    st.builds(lambda n: ["Flatten", {"Linear": {"out_features": 2, "in_features": n}}], st.integers(1, 600)),
)


def line(item: Any) -> str:
    """An item as one line of YAML."""
    if isinstance(item, dict):
        return "{" + ", ".join(f"{key}: {line(value)}" for key, value in item.items()) + "}"
    if isinstance(item, list):
        return f"[{', '.join(map(line, item))}]"
    return str(item).lower() if isinstance(item, bool) else str(item)


@settings(deadline=None, max_examples=60)
@given(st.lists(LAYERS, min_size=1, max_size=5), ENDS, st.integers(1, 60))
def test_random_chains_agree(layers: list[Any], ends: list[Any], own: int) -> None:
    """Any chain of windows, pads, joins and resizings accepts what checking size by size accepts."""
    body = "\n".join(f"- {line(item)}" for item in [*layers, *ends])
    found = solve(spec_of(text(body, f"[4, {own}, {own + 3}]")))
    compare(found, [(n, n * 5 % 43 + 1) for n in range(1, 44)] + [(n * 3 % 47 + 1, n) for n in range(1, 40, 3)])
