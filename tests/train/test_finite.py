"""Numbers that are not finite stop a run before the step, with the layer that they come from."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnspec import DivergedError
from cnnspec.engine.recipe import Recipe
from cnnspec.pytorch.data.examples import Examples, Pixels
from cnnspec.pytorch.train.finite import diagnose, is_finite, require_finite
from cnnspec.pytorch.train.loop import epoch
from cnnspec.pytorch.train.train_state import TrainState

CPU = torch.device("cpu")


class Scale(nn.Module):
    """x times a factor, which may be infinite; or through a function whose slope at 0 is infinite."""

    def __init__(self, factor: float = 1.0, root: bool = False) -> None:
        super().__init__()
        self.factor, self.root = factor, root

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x * 0).sqrt() + x if self.root else x * self.factor


def network(middle: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(4, 4), middle, nn.BatchNorm1d(4), nn.Linear(4, 2))


def data() -> Examples:
    images = torch.arange(160, dtype=torch.uint8).view(40, 1, 2, 2)
    return Examples.on(CPU, images, torch.arange(40) % 2, Pixels(mean=(0.3,), std=(0.2,)))


def trained(model: nn.Module, **given: object) -> str:
    """What an epoch says, and that no weight was touched."""
    before = {name: tensor.clone() for name, tensor in model.named_parameters()}
    recipe = Recipe.of(**{"batch_size": 10, "optimizer": {"SGD": {"lr": 0.1}}, **given})
    state = TrainState.of(recipe, model, images=40, classes=2)
    state.epoch = 2
    with pytest.raises(DivergedError) as caught:
        epoch(state, data(), torch.arange(40))
    for name, tensor in model.named_parameters():
        assert torch.equal(tensor.nan_to_num(7), before[name].nan_to_num(7))
    return caught.value.message


def test_an_output_that_is_not_finite_is_traced_to_its_layer() -> None:
    """The first on the way, though all behind it are the same, running means included."""
    message = trained(network(Scale(float("inf"))))
    assert message.startswith("training diverged: the loss is nan at step 1 of epoch 2; ")
    assert message.endswith("the output of `2` (Scale) is not finite")


def test_a_gradient_that_is_not_finite_is_traced_to_its_layer() -> None:
    """With a loss that is: the last layer that has such a gradient is where it comes from."""
    message = trained(network(Scale(root=True)))
    assert message.startswith("training diverged: a gradient is not finite at step 1 of epoch 2; ")
    assert message.endswith("that of `1.bias` comes first on the way back")


def test_what_16_bits_cannot_hold_is_traced_to_its_layer() -> None:
    """In float32 the outputs of this network are finite: it is looked at in the precision that it was trained in."""
    message = trained(network(Scale(1e6)), amp="fp16")
    assert message.startswith("training diverged: the loss is nan at step 1 of epoch 2; ")
    assert message.endswith("the output of `2` (Scale) is not finite")


def test_a_gradient_that_no_scale_makes_finite_ends_training() -> None:
    """Steps are left out, and the scale of the loss halved, until what is not finite cannot be the scale's doing."""
    message = trained(network(Scale(root=True)), amp="fp16", batch_size=2)
    assert message.startswith("training diverged: a gradient is not finite at step 17 of epoch 2; ")
    assert message.endswith("; that of `1.bias` comes first on the way back")


def test_a_weight_that_is_not_finite_is_named() -> None:
    """Before any output is looked at."""
    model = network(nn.ReLU())
    with torch.no_grad():
        model[1].weight[0, 0] = torch.nan
    assert trained(model).endswith("; `1.weight` is not finite")


def test_a_loss_alone_that_is_not_finite() -> None:
    """Where all layers give finite numbers, that is said."""
    model = nn.Sequential(nn.Linear(2, 2))
    error = diagnose(model, torch.tensor(torch.inf), lambda: model(torch.zeros(1, 2)), "step 3")
    assert error.message == "training diverged: the loss is inf at step 3; the outputs of all layers are finite"


@pytest.mark.parametrize("value", [1.0, 3e38, -0.0, 1e-45])
def test_finite_numbers_are_left_as_they_are(value: float) -> None:
    """Huge gradients are finite, however many there are, and looking at them changes no bit."""
    parameter = nn.Parameter(torch.zeros(1000))
    parameter.grad = torch.full((1000,), value)
    assert is_finite(torch.tensor(3e38), [parameter, nn.Parameter(torch.zeros(1))])
    assert parameter.grad.view(torch.int32).unique().tolist() == [torch.tensor(value).view(torch.int32).item()]


@pytest.mark.parametrize("value", [torch.inf, -torch.inf, torch.nan])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_one_number_is_enough(value: float, dtype: torch.dtype) -> None:
    """Anywhere, in any type, among others; or the loss itself."""
    one, other = nn.Parameter(torch.zeros(7)), nn.Parameter(torch.zeros(3, 3, dtype=dtype))
    one.grad, other.grad = torch.ones(7), torch.ones(3, 3, dtype=dtype)
    assert is_finite(torch.tensor(1.0), [one, other])
    assert not is_finite(torch.tensor(value), [one, other])
    other.grad[2, 1] = value
    assert not is_finite(torch.tensor(1.0), [one, other])


def test_a_model_that_is_not_finite_is_not_kept() -> None:
    """Buffers count, too."""
    model = network(nn.ReLU())
    require_finite(model, "step 1")
    model[3].running_var[1] = torch.nan
    with pytest.raises(DivergedError, match=r"after step 9 of epoch 1, `3\.running_var` is not finite"):
        require_finite(model, "step 9 of epoch 1")


def test_an_optimizer_whose_own_numbers_overflow_has_diverged() -> None:
    """ASGD raises a number to `alpha` in Python, which knows no infinity there."""
    model = network(Scale())
    recipe = Recipe.of(batch_size=10, optimizer={"ASGD": {"lr": 255, "alpha": 1e6}})
    with pytest.raises(DivergedError, match="the optimizer's own numbers overflow"):
        epoch(TrainState.of(recipe, model, images=40, classes=2), data(), torch.arange(40))
