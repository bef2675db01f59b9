"""On the report's networks the linter finds each quirk; on the corrected ones and on published networks it is silent.

Or its warning is right: those that stay are listed with their reason.
"""

from pathlib import Path

import pytest

from cnnspec import check
from cnnspec.engine.checking import check_source
from cnnspec.engine.diagnostics import Source
from cnnspec.engine.spec import known_specs
from tests.tiers import tiered

# The quirks that the report's own text marks, by the warning that finds them and the place that it names.
QUIRKS = {
    "mnist/vgg16": {"pool-enlarges"},  # 28 → 29 → 30
    "mnist/vgg19": {"pool-enlarges"},
    "mnist/googlenet": {"activation-on-logits"},  # a ReLU behind the last linear layer
    "mnist/resnet18": {"padded-window", "norm-of-one-value", "large-receptive-field"},  # the stride in every block
    "mnist/resnet34": {"padded-window", "norm-of-one-value", "large-receptive-field"},
    "mnist/resnet50": {"padded-window", "norm-of-one-value", "large-receptive-field"},
    "mnist/resnet101": {"padded-window", "norm-of-one-value", "large-receptive-field"},
    "mnist/resnet152": {"padded-window", "norm-of-one-value", "large-receptive-field"},
}
# What is true of networks that were made for 224 rows and are given 28.
RIGHT = {
    "mnist/alexnet": {"dropped-rows"},  # 7 rows under a pool of 2
    "mnist/vgg16": {"dropped-rows"},  # 15 rows, and 7
    "mnist/vgg19": {"dropped-rows"},
    "mnist/vgg16_fixed": {"dropped-rows"},  # 7 rows
    "mnist/vgg19_fixed": {"dropped-rows"},
    # A bias before each norm; 5×5 windows on 3×3 maps, 3×3 windows and norms on 1×1 maps.
    "mnist/googlenet": {"bias-before-norm", "padded-window", "norm-of-one-value"},
    "mnist/googlenet_fixed": {"bias-before-norm", "padded-window", "norm-of-one-value"},
    "mnist/resnet18_fixed": {"padded-window"},  # 3×3 windows on the last 2×2 maps
    "mnist/resnet34_fixed": {"padded-window"},
    "mnist/resnet50_fixed": {"padded-window"},
    "mnist/resnet101_fixed": {"padded-window"},
    "mnist/resnet152_fixed": {"padded-window", "large-receptive-field"},  # 26 times 28 rows
    "inception_v3": {"norm-of-one-value"},  # in the aux head, which torchvision cannot train on one image either
}


def codes(name: str) -> set[str]:
    return {diagnostic.code for diagnostic in check(name)}


@pytest.mark.parametrize("name", tiered(known_specs()))
def test_what_is_found_in_a_shipped_network(name: str) -> None:
    assert codes(name) == QUIRKS.get(name, set()) | RIGHT.get(name, set())


def test_the_pools_that_enlarge_are_told_with_their_sizes() -> None:
    found = [d.message for d in check("mnist/vgg16") if d.code == "pool-enlarges"]
    assert found == [
        "this pool returns more rows and columns than its input has: 29×29 from 28×28",
        "this pool returns more rows and columns than its input has: 30×30 from 29×29",
    ]


HEAD = """\
cnnspec: 1
input: [64, 7, 7]
layers:
  - AvgPool2d: {kernel_size: 5, stride: 3}
  - ConvNormAct: {out_channels: 128, kernel_size: 1}
  - Flatten
  - Dropout
  - Linear: {out_features: 1024}
  - ReLU
  - Dropout
  - Linear: {out_features: 10}
  - ReLU
  - Softmax: {dim: 1}
"""


def test_the_report_s_auxiliary_head_does_not_fit_and_ends_in_a_softmax() -> None:
    """The pool of the head meets a 3×3 map in the report; with a map that it fits, the softmax is told of."""
    (error,) = check_source(Source("head.yaml", HEAD.replace("[64, 7, 7]", "[64, 3, 3]")))
    assert (error.code, error.span.line) == ("window-too-large", 4)
    found = [(d.code, d.span.line) for d in check_source(Source("head.yaml", HEAD))]
    assert ("activation-on-logits", 13) in found


@pytest.mark.parametrize("path", sorted(Path("cnnspec/blocks").glob("*.yaml")), ids=lambda path: path.stem)
def test_nothing_is_silenced_in_the_built_in_blocks(path: Path) -> None:
    assert "ignore[" not in path.read_text(encoding="utf-8")
