"""The networks of the papers, against torchvision's builders of the same names and what it publishes of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn
from torchvision import models
from torchvision.models.regnet import BlockParams
from torchvision.ops import StochasticDepth

import cnnspec
from cnnspec.spec import known_specs
from tests.test_papers import HAND, LARGE

FAMILIES = (
    *(
        "alexnet",
        "convnext",
        "densenet",
        "efficientnet",
        "mnasnet",
        "mobilenet_v2",
        "mobilenet_v3",
        "regnet",
        "resnet",
        "resnext",
    ),
    *("shufflenet_v2", "squeezenet", "vgg", "wide_resnet"),
)
NAMES = [name for name in models.list_models(module=models) if name.startswith(FAMILIES)]

# With real weights: one or two small members of each family, at a size at which each layer has something to do.
RUN = {
    "alexnet": 95,
    "convnext_tiny": 64,
    "densenet121": 64,
    "efficientnet_b0": 64,
    "efficientnet_v2_s": 33,
    "mnasnet0_5": 64,
    "mobilenet_v2": 64,
    "mobilenet_v3_large": 64,
    "mobilenet_v3_small": 64,
    "regnet_x_400mf": 64,
    "regnet_y_400mf": 64,
    "resnet18": 64,
    "resnet50": 64,
    "resnext50_32x4d": 64,
    "shufflenet_v2_x0_5": 64,
    "squeezenet1_0": 61,
    "squeezenet1_1": 61,
    "vgg11_bn": 32,
}


# What torchvision says of the smallest input is wrong for these (33): they take a single pixel.
SMALLEST = dict.fromkeys(("efficientnet_v2_s", "efficientnet_v2_m", "efficientnet_v2_l"), 1)


@pytest.fixture(scope="module", autouse=True)
def _regnet_on_meta() -> Iterator[None]:
    """RegNet's builder works its widths out in tensors, which the meta device has no values for."""
    found = BlockParams.from_init_params

    def on_cpu(**arguments: Any) -> BlockParams:
        with torch.device("cpu"):
            return found(**arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BlockParams, "from_init_params", on_cpu)
        yield


def theirs(name: str, device: str = "cpu", **arguments: Any) -> nn.Module:
    """torchvision's network with random weights."""
    with torch.device(device):
        return models.get_model(name, weights=None, **arguments)


def shapes(module: nn.Module) -> list[tuple[str, torch.Size]]:
    return [(key, tensor.shape) for key, tensor in module.state_dict().items()]


def settings(module: nn.Module) -> list[tuple[float, ...]]:
    """What no key and no shape shows: of each norm and dropout in their order."""
    norms = [
        (m.eps, getattr(m, "momentum", 0)) for m in module.modules() if isinstance(m, nn.BatchNorm2d | nn.LayerNorm)
    ]
    skipped = [name for name, m in module.named_modules() if not getattr(m, "use_res_connect", True)]
    drops = [
        (m.p,)
        for name, m in module.named_modules()
        if isinstance(m, nn.Dropout | StochasticDepth) and name.rpartition(".")[0] not in skipped
    ]
    return norms + drops


def published(name: str) -> tuple[dict[str, Any], list[int]]:
    """What torchvision says of its weights, and the input that they take."""
    weights = models.get_model_weights(name).DEFAULT
    (crop,) = weights.transforms().crop_size
    return weights.meta, [3, crop, crop]


def test_every_member_of_a_family_ships() -> None:
    """Variants are named as torchvision's builders, and none is left out; the others are held to their papers."""
    ours = [name for name in known_specs() if "/" not in name and name != "first"]
    assert sorted(ours) == sorted([*NAMES, *HAND, *LARGE])


@pytest.mark.parametrize("name", NAMES)
def test_state_dict_is_torchvisions(name: str) -> None:
    """Keys, their order and shapes are torchvision's, so that its checkpoints load; so are epsilons and momenta."""
    built, written = cnnspec.build(name, device="meta"), theirs(name, "meta")
    assert shapes(built) == shapes(written)
    assert settings(built) == settings(written)


@pytest.mark.parametrize("name", NAMES)
def test_graph_counts_what_torchvision_publishes(name: str) -> None:
    """Parameters, and thousand millions of MACs at the size that the weights take."""
    meta, size = published(name)
    graph = cnnspec.graph(name, input=size)
    assert graph.params == meta["num_params"]
    assert round(graph.macs / 1e9, 3) == meta["_ops"]


@pytest.mark.parametrize("name", NAMES)
def test_smallest_input_is_the_published(name: str) -> None:
    """The smallest image that torchvision's network takes passes; one row and column less is refused."""
    smallest = SMALLEST.get(name) or min(published(name)[0]["min_size"])
    assert cnnspec.graph(name, input=[3, smallest, smallest]).output == (1000,)
    if smallest > 1:
        with pytest.raises(cnnspec.SpecError):
            cnnspec.graph(name, input=[3, smallest - 1, smallest - 1])


@pytest.mark.parametrize("name", SMALLEST)
def test_published_smallest_input_is_wrong(name: str) -> None:
    """torchvision's own network takes a smaller image than it is said to."""
    assert min(published(name)[0]["min_size"]) > SMALLEST[name]
    image = torch.zeros(1, 3, SMALLEST[name], SMALLEST[name], device="meta")
    assert theirs(name, "meta").eval()(image).shape == (1, 1000)


@pytest.mark.parametrize("name", ["densenet121", "squeezenet1_0", "squeezenet1_1"])
def test_published_smallest_input_is_that_of_the_network(name: str) -> None:
    """torch runs it, and nothing smaller."""
    smallest, _ = published(name)[0]["min_size"]
    network = theirs(name).eval()
    assert network(torch.zeros(1, 3, smallest, smallest)).shape == (1, 1000)
    with pytest.raises(RuntimeError):
        network(torch.zeros(1, 3, smallest - 1, smallest - 1))


@pytest.mark.parametrize("name", RUN)
def test_outputs_are_torchvisions_to_the_bit(name: str) -> None:
    """With torchvision's weights, outputs are its own in evaluation and training, and so are the running statistics."""
    torch.manual_seed(0)
    written = theirs(name, **({"init_weights": False} if name.startswith("vgg") else {}))
    for module in written.modules():
        liven(module)
    built = cnnspec.build(name, device="meta").to_empty(device="cpu")
    built.load_state_dict(written.state_dict(), strict=True)
    images = torch.randn(2, 3, RUN[name], RUN[name])
    assert torch.equal(run(built.eval(), images), run(written.eval(), images))
    assert torch.equal(run(built.train(), images), run(written.train(), images))
    assert all(map(torch.equal, built.buffers(), written.buffers()))


@torch.no_grad()
def liven(module: nn.Module) -> None:
    """Makes a fresh norm or scale, which changes next to nothing or cuts a path off, one that has learnt something."""
    if isinstance(module, nn.BatchNorm2d):
        module.running_mean.normal_()
        module.running_var.uniform_(0.5, 2)
    if isinstance(module, nn.BatchNorm2d | nn.LayerNorm):
        module.weight.uniform_(0.5, 1.5)
        module.bias.normal_(std=2)
    if "layer_scale" in module._parameters:
        module.layer_scale.uniform_(0.5, 1.5)


def run(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Outputs, with the draws of dropout that a seed gives."""
    torch.manual_seed(1)
    with torch.no_grad():
        return network(images)


@pytest.mark.parametrize("width_mult", [0.35, 0.75, 1.4])
def test_width_multiplier_is_torchvisions(width_mult: float) -> None:
    """MobileNetV2's multiplier rounds channels as torchvision does, and leaves the last layer as wide below 1."""
    built = cnnspec.build("mobilenet_v2", width_mult=width_mult, num_classes=10, device="meta")
    assert shapes(built) == shapes(theirs("mobilenet_v2", "meta", width_mult=width_mult, num_classes=10))
