"""Any optimizer of torch.optim goes on from a checkpoint as if nothing had been."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import Optimizer

from cnnspec import CheckpointError
from cnnspec.pytorch.train.checkpoint import Checkpoints, State
from cnnspec.pytorch.train.checkpoint.generators import generator_state, restore_generators
from cnnspec.pytorch.train.checkpoint.modules import module_state, restore_module
from cnnspec.pytorch.train.checkpoint.optimizers import optimizer_state, restore_optimizer
from cnnspec.pytorch.train.checkpoint.state import grouped

CPU = torch.device("cpu")
Make = Callable[[nn.Module], Optimizer]


def network(width: int = 8) -> nn.Module:
    torch.manual_seed(0)
    layers = (nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.ReLU(), nn.Dropout(0.2), nn.Flatten())
    return nn.Sequential(*layers, nn.Linear(36 * width, 5)).to(memory_format=torch.channels_last)


def steps(model: nn.Module, optimizer: Optimizer, number: int) -> None:
    for _ in range(number):
        optimizer.zero_grad()
        model(torch.randn(4, 3, 8, 8)).square().mean().backward()
        optimizer.step()


def state_of(model: nn.Module, optimizer: Optimizer) -> State:
    tensors, settings = optimizer_state(optimizer, model)
    generators, random = generator_state(CPU)
    groups = {"model": module_state(model), "optimizer": tensors, "generator": generators}
    named = {key: value for name, group in groups.items() for key, value in grouped(name, group).items()}
    return State(named, {"optimizer": settings, "random": random})


def restore(model: nn.Module, optimizer: Optimizer, state: State) -> None:
    restore_module(model, state.group("model"))
    restore_optimizer(optimizer, model, state.group("optimizer"), state.values["optimizer"])
    restore_generators(CPU, state.group("generator"), state.values["random"])


def optimizers() -> dict[str, Make]:
    """All but those that want a closure, sparse gradients or matrices alone; and forms of those that have several."""
    left_out = {"LBFGS", "SparseAdam", "Muon"}
    names = [name for name in torch.optim.__all__ if name not in left_out and name[0].isupper() and name != "Optimizer"]
    kinds = {name: getattr(torch.optim, name) for name in names}
    found: dict[str, Make] = {name: lambda model, kind=kind: kind(model.parameters()) for name, kind in kinds.items()}
    found["fused Adam"] = lambda model: torch.optim.Adam(model.parameters(), fused=True)
    found["AMSGrad"] = lambda model: torch.optim.Adam(model.parameters(), amsgrad=True)
    found["SGD, momentum"] = lambda model: torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    found["two groups"] = lambda model: torch.optim.SGD(groups(model), lr=0.1, momentum=0.9)
    return found


def groups(model: nn.Module) -> list[dict[str, Any]]:
    """Weights that decay, and the rest: in another order than the model's."""
    weights, rest = ([p for p in model.parameters() if (p.dim() > 1) is many] for many in (True, False))
    return [{"params": weights, "weight_decay": 0.1}, {"params": rest}]


OPTIMIZERS = optimizers()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_goes_on_to_the_bit(name: str, tmp_path: Path) -> None:
    """Five steps are the same with a checkpoint after the third, in another process's objects."""
    make = OPTIMIZERS[name]
    model = network()
    optimizer = make(model)
    steps(model, optimizer, 3)
    Checkpoints(tmp_path, 10**7).save(state_of(model, optimizer))
    steps(model, optimizer, 2)
    other = network()
    again = make(other)
    steps(other, again, 1)  # and is somewhere else
    state = Checkpoints(tmp_path, 10**7).load(pytest.fail)
    assert state is not None
    restore(other, again, state)
    steps(other, again, 2)
    for key, tensor in model.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[key]), key
    ours, theirs = state_of(model, optimizer).tensors, state_of(other, again).tensors
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_an_optimizer_that_has_not_stepped_is_saved(tmp_path: Path) -> None:
    """It has no tensors yet."""
    model = network()
    optimizer = torch.optim.Adam(model.parameters())
    state = state_of(model, optimizer)
    assert state.group("optimizer") == {}
    restore(model, optimizer, state)


def altered(key: str, change: Callable[[torch.Tensor], torch.Tensor] | None) -> Callable[[State], State]:
    def alter(state: State) -> State:
        tensors = dict(state.tensors)
        tensor = tensors.pop(key)
        return State(tensors if change is None else {**tensors, key: change(tensor)}, state.values)

    return alter


def with_group(**changed: Any) -> Callable[[State], State]:
    def alter(state: State) -> State:
        settings = state.values["optimizer"]
        group = {k: v for k, v in {**settings["groups"][0], **changed}.items() if v is not None}
        return state.with_values(optimizer={**settings, "groups": [group]})

    return alter


MISFITS: list[tuple[Callable[[State], State], str]] = [
    (altered("model.0.weight", lambda t: t[:4]), "`0.weight` is 4×3×3×3 float32 where the run has 8×3×3×3 float32"),
    (altered("model.0.weight", lambda t: t.double()), "`0.weight` is 8×3×3×3 float64 where the run has"),
    (altered("model.1.running_mean", None), "`1.running_mean` is missing"),
    (altered("optimizer.exp_avg.0.weight", lambda t: t[:1, :1, :1, :1]), "`exp_avg.0.weight` is 1×1×1×1 float32"),
    (altered("optimizer.exp_avg.0.weight", lambda t: t.long()), "`exp_avg.0.weight` is 8×3×3×3 int64"),
    (altered("optimizer.exp_avg_sq.5.bias", None), "`exp_avg_sq.5.bias` is missing"),
    (lambda s: State({**s.tensors, "optimizer.more.5.bias": torch.zeros(1)}, s.values), "no `more.5.bias`"),
    (lambda s: State({**s.tensors, "optimizer.exp_avg.9.bias": torch.zeros(1)}, s.values), "no `exp_avg.9.bias`"),
    (with_group(params=["0.weight"]), "has other parameters, or has them in other groups"),
    (with_group(betas=None), "has other settings: `betas`"),
    (with_group(lr="large"), "has other settings: `lr`"),
    (lambda s: s.with_values(optimizer={**s.values["optimizer"], "type": "SGD"}), "is of SGD, and the run uses Adam"),
    (altered("generator.cpu", lambda t: t[:9]), "random generators cannot be restored"),
    (lambda s: s.with_values(random={**s.values["random"], "python": (3, (1,), None)}), "random generators cannot"),
    (lambda s: s.with_values(random={**s.values["random"], "numpy": ("MT19937", [], 1, 0, 0.0)}), "random generators"),
]


@pytest.mark.parametrize(("alter", "message"), MISFITS)
def test_a_state_of_something_else_is_refused(alter: Callable[[State], State], message: str) -> None:
    """By name, with what it is and what the run has: no kernel ever sees a tensor that it does not expect."""
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    steps(model, optimizer, 1)
    state = alter(state_of(model, optimizer))
    before = torch.get_rng_state()
    with pytest.raises(CheckpointError) as caught:
        restore(model, optimizer, state)
    torch.set_rng_state(before)
    assert message in caught.value.message
