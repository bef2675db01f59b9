"""Operations are declared as torch has them: names, arguments, defaults and bounds."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torchvision.transforms import v2

from cnnspec.engine.recipe.losses import LOSSES
from cnnspec.engine.recipe.operation import Operation
from cnnspec.engine.recipe.optimizers import OPTIMIZERS, Optimizer
from cnnspec.engine.recipe.schedulers import SCHEDULERS
from cnnspec.engine.recipe.transforms import TRANSFORMS

ALL = [*LOSSES.values(), *OPTIMIZERS.values(), *SCHEDULERS.values(), *TRANSFORMS.values()]
NOT_SAID = {  # what torch takes besides, and no recipe says
    "self", "params", "optimizer", "last_epoch", "foreach", "fused", "maximize", "capturable", "differentiable",
    "size_average", "reduce", "reduction", "ignore_index", "total_steps", "epochs", "steps_per_epoch", "scale_fn",
    "mode", "center", "max_size", "antialias", "inplace", "fill",
}  # fmt: skip
INFERRED = {("CosineAnnealingLR", "T_max"), ("OneCycleLR", "max_lr")}  # left out, they follow from the run


def theirs(operation: type[Operation]) -> dict[str, inspect.Parameter]:
    """The parameters of the class that an operation stands for."""
    return dict(inspect.signature(getattr(import_module(operation.module), operation.__name__)).parameters)


@pytest.mark.parametrize("operation", ALL, ids=[o.__name__ for o in ALL])
def test_arguments_and_defaults_are_torchs(operation: type[Operation]) -> None:
    """Each argument is one of torch's with torch's default, and of torch's none is forgotten."""
    known = theirs(operation)
    assert set(known) - set(operation.model_fields) <= NOT_SAID
    for name, field in operation.model_fields.items():
        default = known[name].default
        if (operation.__name__, name) in INFERRED:
            assert default is inspect.Parameter.empty
            continue
        assert field.is_required() == (default is inspect.Parameter.empty), name
        if not field.is_required():
            assert field.default == getattr(default, "value", default), name


def test_every_optimizer_and_scheduler_of_torch_is_known_or_left_out() -> None:
    """What torch has and a recipe has not is listed with its reason."""
    optimizers = {
        n for n, c in vars(torch.optim).items() if inspect.isclass(c) and issubclass(c, torch.optim.Optimizer)
    }
    assert optimizers - set(OPTIMIZERS) == {"Optimizer", "LBFGS", "Muon", "SparseAdam"}
    base = torch.optim.lr_scheduler.LRScheduler
    schedulers = {n for n, c in vars(torch.optim.lr_scheduler).items() if inspect.isclass(c) and issubclass(c, base)}
    functions = {"LambdaLR", "MultiplicativeLR", "SequentialLR", "ChainedScheduler"}
    assert schedulers - set(SCHEDULERS) == {"LRScheduler", "_LRScheduler", *functions}


NUMBERS = st.sampled_from([-1.0, 0.0, 1e-9, 0.5, 0.999, 1.0, 1.5, 1e6, float("nan"), float("inf")])
GIVEN = {
    "weight_decay": NUMBERS,
    "eps": NUMBERS,
    "momentum": NUMBERS,
    "dampening": NUMBERS,
    "lambd": NUMBERS,
    "alpha": NUMBERS,
    "t0": NUMBERS,
    "momentum_decay": NUMBERS,
    "initial_accumulator_value": NUMBERS,
    "beta2_decay": NUMBERS,
    "rho": NUMBERS,
    "lr_decay": NUMBERS,
    "d": NUMBERS,
}
PAIRS = {"betas": st.tuples(NUMBERS, NUMBERS), "etas": st.tuples(NUMBERS, NUMBERS)}


@pytest.mark.parametrize("name", OPTIMIZERS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_an_optimizer_that_is_taken_is_taken_by_torch(name: str, data: st.DataObject) -> None:
    """torch refuses no value that the declaration takes; the declaration refuses rates that are no positive number."""
    model = OPTIMIZERS[name]
    known = {key: strategy for key, strategy in {**GIVEN, **PAIRS}.items() if key in model.model_fields}
    if name == "Adafactor":
        known["eps"] = st.tuples(NUMBERS, NUMBERS)
    values: dict[str, Any] = data.draw(st.fixed_dictionaries({}, optional={"lr": NUMBERS, **known}))
    try:
        made = model.model_validate(values)
    except ValidationError:
        return
    assert isinstance(made, Optimizer)
    assert 0 < made.lr < float("inf")
    weight = torch.nn.Parameter(torch.ones(2, 2))
    optimizer = getattr(torch.optim, name)([weight], **made.arguments())
    assert optimizer.param_groups[0]["lr"] == made.lr


REQUIRED: dict[str, dict[str, Any]] = {
    "RandomCrop": {"size": 6, "padding": 1},
    "CenterCrop": {"size": 6},
    "RandomResizedCrop": {"size": 6},
    "Resize": {"size": 6},
    "Pad": {"padding": 1},
    "RandomPosterize": {"bits": 2},
    "RandomSolarize": {"threshold": 128},
    "RandomAdjustSharpness": {"sharpness_factor": 2},
    "RandomRotation": {"degrees": 10},
    "RandomAffine": {"degrees": (-10.0, 10.0), "translate": (0.1, 0.1), "shear": 5},
    "GaussianBlur": {"kernel_size": 3},
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_makes_images_of_bytes(name: str) -> None:
    """Each takes uint8 images of three channels and gives such."""
    made = TRANSFORMS[name].model_validate(REQUIRED.get(name, {}))
    arguments = made.arguments()
    if name == "AutoAugment":
        arguments["policy"] = v2.AutoAugmentPolicy(arguments["policy"])
    image = getattr(v2, name)(**arguments)(torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8))
    assert image.dtype == torch.uint8
    assert image.shape[0] == 3
