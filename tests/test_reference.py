"""The hand-written networks are those of the report."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.reference import NETWORKS, REPORTED_PARAMETERS, GoogLeNet, ResNet, copy_weights, resnet18, vgg16


def outputs_of(model: nn.Module, names: list[str]) -> dict[str, tuple[int, ...]]:
    """The shape each named child gives for one meta image, without the batch."""
    shapes: dict[str, tuple[int, ...]] = {}

    def record(name: str, output: Tensor) -> None:
        shapes[name] = tuple(output.shape[1:])

    for name in names:
        model.get_submodule(name).register_forward_hook(lambda _m, _i, output, name=name: record(name, output))
    model(torch.empty(2, 1, 28, 28, device="meta"))
    return shapes


@pytest.mark.parametrize("name", NETWORKS)
def test_parameter_counts_are_the_reports(name: str) -> None:
    """Each network has exactly as many parameters as the report counts."""
    with torch.device("meta"):
        model = NETWORKS[name]()
    assert sum(p.numel() for p in model.parameters()) == REPORTED_PARAMETERS[name]


@pytest.mark.parametrize("name", NETWORKS)
def test_digits_become_ten_logits(name: str) -> None:
    """A batch of 1×28×28 images gives ten logits each."""
    with torch.device("meta"):
        logits = NETWORKS[name]()(torch.empty(2, 1, 28, 28))
    assert logits.shape == (2, 10)


def test_every_block_of_a_stage_has_the_stages_stride() -> None:
    """The report's ResNet shrinks its map to 1×1 by the third stage."""
    with torch.device("meta"):
        shapes = outputs_of(resnet18(), ["maxpool", "layer1", "layer2", "layer3", "layer4"])
    assert shapes == {
        "maxpool": (64, 14, 14),
        "layer1": (64, 14, 14),
        "layer2": (128, 4, 4),
        "layer3": (256, 1, 1),
        "layer4": (512, 1, 1),
    }


def test_the_first_pools_of_vgg_enlarge_the_map() -> None:
    """The report's VGG goes 28, 29, 30 before it shrinks to 3."""
    with torch.device("meta"):
        shapes = outputs_of(vgg16(), ["features.4", "features.9", "features"])
    assert shapes == {"features.4": (16, 29, 29), "features.9": (32, 30, 30), "features": (128, 3, 3)}


def test_googlenet_has_the_channels_the_auxiliary_heads_expect() -> None:
    """Inception 4a gives 64 channels and 4d gives 66, on 3×3 maps."""
    with torch.device("meta"):
        shapes = outputs_of(GoogLeNet(), ["inception4a", "inception4d", "inception5b"])
    assert shapes == {"inception4a": (64, 3, 3), "inception4d": (66, 3, 3), "inception5b": (128, 1, 1)}


def test_googlenet_cannot_say_no() -> None:
    """The report's GoogLeNet has a ReLU on its logits."""
    with torch.no_grad():
        assert GoogLeNet()(torch.randn(8, 1, 28, 28)).min() >= 0


@pytest.mark.parametrize("name", ["lenet", "alexnet", "vgg16", "googlenet", "resnet18", "resnet50"])
def test_parameters_are_registered_in_the_order_they_run(name: str) -> None:
    """Weights can be transferred by position, because the state dict is in order of execution."""
    model = NETWORKS[name]().eval()
    ran: list[str] = []
    for path, module in model.named_modules():
        if next(module.parameters(recurse=False), None) is not None:
            module.register_forward_hook(lambda _m, _i, _o, path=path: ran.append(path))
    model(torch.zeros(1, 1, 28, 28))
    registered = list(dict.fromkeys(key.rpartition(".")[0] for key, _ in model.named_parameters()))
    assert ran == registered


def test_copied_weights_give_equal_outputs() -> None:
    """A module with another's weights computes the same bits."""
    source, target = resnet18().eval(), resnet18().eval()
    copy_weights(source, target)
    image = torch.randn(2, 1, 28, 28)
    assert torch.equal(source(image), target(image))


def test_weights_that_do_not_fit_are_refused() -> None:
    """Copying between different structures names the two tensors that differ."""
    with torch.device("meta"):
        deep, wide = resnet18(), resnet18()
    assert isinstance(wide, ResNet)
    wide.fc = nn.Linear(512, 11)
    with pytest.raises(ValueError, match=r"fc\.weight is \(10, 512\), fc\.weight is \(11, 512\)"):
        copy_weights(deep, wide)
