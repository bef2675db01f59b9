"""Networks of papers that torchvision has not, against modules written by hand and the papers' own numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torchvision import models

import cnnspec
from tests import papers

HAND: dict[str, Callable[[], nn.Module]] = {
    "lenet5": papers.LeNet5,
    **{f"resnet{6 * n + 2}": lambda n=n: papers.CifarResNet(n) for n in (3, 5, 7, 9, 18)},
    "dcgan": papers.generator,
    "autoencoder": papers.Autoencoder,
}
LARGE: dict[str, Callable[[], nn.Module]] = {
    **{name: lambda name=name: papers.vgg(name) for name in papers.VGG},
    "unet": lambda: papers.UNet(0),
    "unet_same": lambda: papers.UNet(1),
}
TRAINED = {  # numbers of the papers
    "lenet5": 156 + 12 + 1516 + 32 + 48_120 + 10_164 + 850,  # section II.B; the last are the output's, fixed there
    "unet": 31_030_658,
}
MILLIONS = {  # as the papers round them: He et al., table 6; Simonyan and Zisserman, table 2
    "resnet20": 0.27,
    "resnet32": 0.46,
    "resnet44": 0.66,
    "resnet56": 0.85,
    "resnet110": 1.7,
    "vgg_a": 133,
    "vgg_a_lrn": 133,
    "vgg_b": 133,
    "vgg_c": 134,
    "vgg_d": 138,
    "vgg_e": 144,
}


def filled(name: str, by_hand: nn.Module, ours: nn.Module) -> nn.Module:
    """Ours with the weights of the one by hand, by their order; groups of small convolutions are one of ours."""
    values = list(by_hand.state_dict().values())
    if name == "lenet5":
        values = lenet5(by_hand)
    state = ours.state_dict()
    assert [v.numel() for v in values] == [v.numel() for v in state.values()]
    ours.load_state_dict(
        {key: value.reshape(there.shape) for (key, there), value in zip(state.items(), values, strict=True)}
    )
    return ours


def lenet5(net: nn.Module) -> list[torch.Tensor]:
    """Its tensors with the convolutions of C3 stacked as ours are, each group's channels as its table goes round."""
    state = net.state_dict()
    convs = [(papers.TABLE_1[i], state[f"c3.{i}.weight"], state[f"c3.{i}.bias"]) for i in range(16)]
    ring = [
        *((i, (i + 1) % 6, (i + 2) % 6) for i in range(6)),
        *((i, (i + 1) % 6, (i + 2) % 6, (i + 3) % 6) for i in range(6)),
        *((0, 1, 3, 4), (1, 2, 4, 5), (2, 3, 5, 0)),
        range(6),
    ]
    weights = [weight[:, [maps.index(i) for i in order]] for order, (maps, weight, _) in zip(ring, convs, strict=True)]
    biases = [bias for _, _, bias in convs]
    stacked = [torch.cat(part[a:b]) for a, b in ((0, 6), (6, 12), (12, 15), (15, 16)) for part in (weights, biases)]
    values = list(state.values())
    return [*values[:4], *stacked, *values[4 + 32 :]]


def enliven(net: nn.Module) -> nn.Module:
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 2)
    return net


def run(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    torch.manual_seed(1)
    with torch.no_grad():
        result: torch.Tensor = net(x)
    return result


@pytest.mark.parametrize("name", HAND)
def test_outputs_are_those_of_the_module_by_hand(name: str) -> None:
    """With the same weights the same outputs, in evaluation and in training."""
    torch.manual_seed(0)
    by_hand = enliven(HAND[name]())
    ours = filled(name, by_hand, cnnspec.build(name))
    x = torch.randn(2, *cnnspec.graph(name).input)
    for training in (False, True):
        torch.testing.assert_close(run(ours.train(training), x), run(by_hand.train(training), x), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("name", "size"), [("unet", 188), ("unet_same", 32)])
def test_unet_is_the_module_by_hand(name: str, size: int) -> None:
    """Crops and joins at a small size that fits, dropout in training included."""
    torch.manual_seed(0)
    by_hand = LARGE[name]()
    ours = filled(name, by_hand, cnnspec.build(name))
    x = torch.randn(1, 1, size, size)
    for training in (False, True):
        torch.testing.assert_close(run(ours.train(training), x), run(by_hand.train(training), x), atol=1e-5, rtol=1e-4)


def test_unet_gives_the_sizes_of_the_paper() -> None:
    """A tile of 572 gives one of 388 (figure 1)."""
    assert cnnspec.graph("unet").output == (2, 388, 388)
    with torch.device("meta"):
        assert papers.UNet(0)(torch.zeros(1, 1, 572, 572)).shape == (1, 2, 388, 388)


@pytest.mark.parametrize("name", [*HAND, *LARGE])
def test_tensors_are_those_of_the_module_by_hand(name: str) -> None:
    """As many parameters, in tensors of the same sizes."""
    with torch.device("meta"):
        by_hand = (HAND | LARGE)[name]()
    ours = cnnspec.build(name, device="meta")
    if name != "lenet5":  # whose C3 is of small convolutions there
        assert [v.numel() for v in ours.state_dict().values()] == [v.numel() for v in by_hand.state_dict().values()]
    params = sum(p.numel() for p in by_hand.parameters())
    assert params == cnnspec.graph(name).params
    assert TRAINED.get(name, params) == params
    assert MILLIONS.get(name, params / 1e6) == pytest.approx(params / 1e6, rel=0.02)


@pytest.mark.parametrize(
    ("name", "other"), [("vgg_a", "vgg11"), ("vgg_b", "vgg13"), ("vgg_d", "vgg16"), ("vgg_e", "vgg19")]
)
def test_columns_that_torchvision_has(name: str, other: str) -> None:
    """Columns A, B, D and E are torchvision's, key by key."""
    with torch.device("meta"):
        theirs = models.get_model(other, init_weights=False).state_dict()
    ours = cnnspec.build(name, device="meta").state_dict()
    assert [(k, v.shape) for k, v in ours.items()] == [(k, v.shape) for k, v in theirs.items()]


@pytest.mark.parametrize("name", ["vgg_a_lrn", "vgg_c"])
def test_columns_that_torchvision_has_not(name: str) -> None:
    """The convolutions of A-LRN and C on a small image: the first linear layer's input is too large for a test."""
    torch.manual_seed(0)
    by_hand = papers.vgg(name)[:-8].eval()
    ours = cnnspec.build(name, device="meta").get_submodule("features").to_empty(device="cpu").eval()
    filled(name, by_hand, ours)
    x = torch.randn(1, 3, 64, 64)
    torch.testing.assert_close(run(ours, x), run(by_hand, x), atol=1e-5, rtol=1e-4)
