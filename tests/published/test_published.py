"""Networks of papers in the language's blocks of several inputs and outputs and its generated paths.

Each has the parameter count of its source, is written out as the source that it is, and where torchvision has it gives
what torchvision's gives, to the bit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.models.segmentation import deeplabv3_resnet50

import cnnspec
from cnnspec.engine.source import heading, python
from cnnspec.engine.verify import verify

HERE = Path(__file__).parent
DFL = 16  # numbers of YOLOv8's convolution that decodes boxes: fixed, and not a part here
BATCH_NORMS = 53_120  # of a ResNet-50, which torchvision's detection backbones freeze into buffers
PARAMS = {
    ("unet_plus_plus", None): 9_042_177,  # 9.04 M: table 1 of the paper
    ("attention_unet", None): 34_878_573,  # LeeJunHyun/Image_Segmentation
    ("hrnet", "hrnet_w18"): 21_299_004,  # timm, as the following ones where nothing else is said
    ("hrnet", "hrnet_w32"): 41_232_680,
    ("hrnet", "hrnet_w48"): 77_469_864,
    ("yolov8", "yolov8n"): 3_157_200 - DFL,  # Ultralytics
    ("yolov8", "yolov8s"): 11_166_560 - DFL,
    ("yolov8", "yolov8m"): 25_902_640 - DFL,
    ("yolov8", "yolov8l"): 43_691_520 - DFL,
    ("yolov8", "yolov8x"): 68_229_648 - DFL,
    ("deeplabv3", None): 39_638_869,  # torchvision, without the auxiliary head
    ("mobileone", "s0"): 5_293_272,
    ("mobileone", "s1"): 4_825_192,
    ("mobileone", "s2"): 7_884_648,
    ("mobileone", "s3"): 10_170_600,
    ("mobileone", "s4"): 14_951_248,
    ("inception_time", None): 455_490,  # tsai: InceptionTime(3, 2)
    ("res2net50", None): 25_699_120,
    ("fpn", None): 26_799_296 + BATCH_NORMS,  # torchvision: resnet_fpn_backbone
}
RUN = {  # the networks that are built and run, with two sizes of their input
    ("unet_plus_plus", None): ((3, 32, 32), (3, 48, 16)),
    ("yolov8", "yolov8n"): ((3, 64, 64), (3, 32, 96)),
    ("mobileone", "s0"): ((3, 64, 64), (3, 33, 50)),
    ("inception_time", None): ((3, 96), (3, 50)),
    ("res2net50", None): ((3, 64, 64), (3, 65, 40)),
}


def spec_of(name: str, variant: str | None) -> cnnspec.Spec:
    return cnnspec.load(HERE / f"{name}.yaml", variant)


@pytest.mark.parametrize(("name", "variant"), PARAMS)
def test_params_are_those_of_the_source(name: str, variant: str | None) -> None:
    assert cnnspec.graph(spec_of(name, variant)).params == PARAMS[name, variant]


def test_a_generator_of_factors_has_one_for_each_channel() -> None:
    """FiLM's generator is a linear layer for each block, which gives a factor and an offset for each channel."""
    graph = cnnspec.graph(spec_of("film", None))
    made = [node for node in graph.nodes if node.type == "Linear" and node.input_shapes == ((4096,),)]
    assert [node.params for node in made] == [(4096 + 1) * 2 * 128] * 4
    assert list(graph.inputs) == ["image", "question"]


@pytest.mark.parametrize("path", sorted(HERE.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_source_is_the_network(path: Path) -> None:
    """The dataflow of the source is that of the graph."""
    variant = next(variant for name, variant in [*PARAMS, ("film", None)] if name == path.stem)
    spec = spec_of(path.stem, variant)
    graph = cnnspec.graph(spec)
    verify(graph, python(graph, heading(spec, graph)))


@pytest.mark.parametrize(("name", "variant"), RUN)
def test_module_and_source_are_equal_at_two_sizes(name: str, variant: str | None) -> None:
    """The network that is built and its source give the same, at the size of the spec and at another."""
    spec = spec_of(name, variant)
    graph = cnnspec.graph(spec)
    built = cnnspec.build(graph).eval()
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(python(graph, heading(spec, graph)), namespace)
    classes = [value for value in namespace.values() if isinstance(value, type) and issubclass(value, nn.Module)]
    written = classes[-1]().eval()
    written.load_state_dict(built.state_dict())
    for size in RUN[name, variant]:
        x = torch.randn(2, *size)
        with torch.no_grad():
            ours, theirs = built(x), written(x)
        pairs = zip(ours.values(), theirs.values(), strict=True) if isinstance(ours, dict) else [(ours, theirs)]
        assert all(torch.equal(one, other) for one, other in pairs)


def randomized(model: nn.Module) -> nn.Module:
    """Every tensor drawn anew, running statistics too: no two parts are alike by chance."""
    generator = torch.Generator().manual_seed(0)
    for tensor in model.state_dict().values():
        if tensor.is_floating_point():
            drawn = torch.rand(tensor.shape, generator=generator)
            tensor.mul_(1 + 0.2 * drawn).add_(0.01 * drawn)
    return model.eval()


def test_deeplabv3_is_torchvisions() -> None:
    """Dilated stages and pyramid pooling, whose last path is resized to the size that arrives, at two sizes."""
    theirs = randomized(deeplabv3_resnet50(weights=None, weights_backbone=None))
    ours = cnnspec.build(spec_of("deeplabv3", None)).eval()
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
    for size in ((64, 64), (97, 65)):
        x = torch.randn(1, 3, *size)
        with torch.no_grad():
            assert torch.equal(ours(x), theirs(x)["out"])


def test_a_feature_pyramid_is_torchvisions() -> None:
    theirs = randomized(
        resnet_fpn_backbone(backbone_name="resnet50", weights=None, trainable_layers=5, norm_layer=nn.BatchNorm2d)
    )
    ours = cnnspec.build(spec_of("fpn", None)).eval()
    body = [value for key, value in theirs.state_dict().items() if key.startswith("body.")]
    keys = [key for key in ours.state_dict() if key.startswith("body.")]
    weights = dict(zip(keys, body, strict=True))
    (pyramid,) = {key.partition(".")[0] for key in ours.state_dict()} - {"body"}
    for level in range(4):
        for ending in ("weight", "bias"):
            weights[f"{pyramid}.lateral{level + 2}.{ending}"] = theirs.state_dict()[
                f"fpn.inner_blocks.{level}.0.{ending}"
            ]
            weights[f"{pyramid}.out{level + 2}.{ending}"] = theirs.state_dict()[f"fpn.layer_blocks.{level}.0.{ending}"]
    ours.load_state_dict(weights)
    for size in ((64, 64), (96, 71)):
        x = torch.randn(1, 3, *size)
        with torch.no_grad():
            found, wanted = ours(x), theirs(x)
        assert list(found) == ["p2", "p3", "p4", "p5", "pool"]
        assert all(torch.equal(*pair) for pair in zip(found.values(), wanted.values(), strict=True))
