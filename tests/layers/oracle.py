"""What PyTorch itself does with a layer, on the CPU: the module that the call makes, run in training and evaluation."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnspec.engine.layers import Call, Layer, Shape
from cnnspec.pytorch.build import module as emit

BATCH = 2
EVEN_KERNEL = "Using padding='same' with even kernel lengths"  # torch pads by hand there, and says so once a process


@dataclass(frozen=True)
class Torch:
    """The shapes of what a module gives a batch, and its tensors by name: (shape, trained)."""

    shapes: list[tuple[int, ...]]
    tensors: dict[str, tuple[tuple[int, ...], bool]]

    @property
    def is_empty(self) -> bool:
        return any(0 in shape for shape in self.shapes)


class Factor(nn.Module):
    """A parameter that its scope multiplies by, in a module for itself: its key is all of it."""

    def __init__(self, parameter: nn.Parameter) -> None:
        super().__init__()
        self._parameters[""] = parameter  # register_parameter takes no empty name

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self._parameters[""]


def construct(call: Call) -> nn.Module:
    """What the builder makes of a call."""
    return Factor(emit.parameter(call)) if call.target == "torch.full" else emit.construct(call)


def call(layer: Layer, xs: tuple[Shape, ...]) -> Call:
    """The call with every argument as the spec states it, the inferred ones too."""
    stated = {name: getattr(layer, name) for name in layer.model_fields_set if getattr(layer, name) is not None}
    return Call(layer.call(xs[0]).target, layer.call(xs[0]).arguments | stated)


def run(call: Call, xs: tuple[Shape, ...]) -> Torch:
    """Forward and backward in training, forward in evaluation, of one image as well.

    Raises whatever torch raises, its warnings too.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", EVEN_KERNEL)
        module = construct(call)
        found = _run(module, xs)
        if not isinstance(module, nn.modules.batchnorm._BatchNorm):  # one image may be too few for its statistics
            with torch.no_grad():
                module(*(numbers(module, 1, x) for x in xs))
        return found


def numbers(module: nn.Module, batch: int, x: Shape) -> torch.Tensor:
    """A batch of what a module takes: whole numbers of an embedding, else fractions that a gradient reaches."""
    if isinstance(module, nn.Embedding):
        return torch.randint(0, module.num_embeddings, (batch, *x))
    return torch.rand(batch, *x, requires_grad=True)


def accepts(call: Call, xs: tuple[Shape, ...]) -> Torch | None:
    """What torch gives, where it warns at most; None where it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _run(construct(call), xs)
        except Exception:  # noqa: BLE001 - torch raises errors of every kind
            return None


def _run(module: nn.Module, xs: tuple[Shape, ...]) -> Torch:
    inputs = [numbers(module, BATCH, x) for x in xs]
    trained = module.train()(*(x * 1 for x in inputs))  # a leaf cannot be changed in place
    sum(part.sum() for part in parts(trained)).backward()
    with torch.no_grad():
        evaluated = module.eval()(*inputs)
    assert [part.shape for part in parts(trained)] == [part.shape for part in parts(evaluated)]
    return Torch([tuple(part.shape) for part in parts(evaluated)], _tensors(module))


def parts(given: torch.Tensor | tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    """What a module gives, as several tensors."""
    return given if isinstance(given, tuple) else (given,)


def macs(call: Call, xs: tuple[Shape, ...]) -> float:
    """Half of the floating-point operations that torch counts for an image."""
    with FlopCounterMode(display=False) as counter:
        module = construct(call)
        module(*(numbers(module, BATCH, x) for x in xs))
    return counter.get_total_flops() / 2 / BATCH


def _tensors(module: nn.Module) -> dict[str, tuple[tuple[int, ...], bool]]:
    trained: Any = dict(module.named_parameters())
    return {name: (tuple(value.shape), name in trained) for name, value in module.state_dict().items()}
