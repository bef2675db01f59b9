"""What torch saves for the gradient, what works in place and what is a view: each layer type's word, tried on torch."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnspec.engine.layers import REGISTRY, Layer, Refusal, Shape
from tests.layers.cases import CASES
from tests.layers.oracle import construct, numbers, parts

BATCH = 2

pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel lengths")


def taken(name: str) -> list[tuple[Layer, tuple[Shape, ...]]]:
    """The hand-picked cases of a type that it takes."""
    found = []
    for arguments, shape in CASES[name]:
        layer = REGISTRY[name].model_validate(arguments)
        xs = (Shape(shape),) if REGISTRY[name].inputs == 1 else tuple(map(Shape, shape))
        try:
            layer.infer(*xs)
        except Refusal:
            continue
        found.append((layer, xs))
    return found


def fresh(module: nn.Module, xs: tuple[Shape, ...]) -> list[torch.Tensor]:
    return [numbers(module, BATCH, x) * 1 for x in xs]  # a leaf cannot be changed in place


def saves(module: nn.Module, xs: tuple[Shape, ...], which: int | None) -> bool:
    """Whether the gradient is refused once an input (None: the output) has been changed."""
    inputs = fresh(module, xs)
    ys = parts(module(*inputs))
    for changed in ys if which is None else inputs[which : which + 1]:
        if len(ys) == 1 or which is not None:  # torch lets nobody change one of several views
            changed.mul_(2)
    try:
        sum(y.sum() for y in ys).backward()
    except RuntimeError as error:
        return "modified by an inplace operation" in str(error)
    return False


def shared(module: nn.Module, x: Shape) -> list[range | None]:
    """The numbers of an image that each output shares with the input, by their places in memory."""
    inputs = numbers(module, BATCH, x)
    return [
        range(y.storage_offset(), y.storage_offset() + y[0].numel())
        if y.untyped_storage().data_ptr() == inputs.untyped_storage().data_ptr()
        else None
        for y in parts(module(inputs.detach()))
    ]


@pytest.mark.parametrize("name", REGISTRY)
def test_kept_is_what_torch_saves(name: str) -> None:
    """A gradient is refused exactly where something has changed that the type says it keeps."""
    for layer, xs in taken(name):
        module = construct(layer.call(xs[0])).train()
        kept = layer.saved_tensors(xs[0])
        if not layer.overwrites(training=True):
            read = [i for i in range(len(xs)) if layer.reads_input(i)]
            assert {saves(module, xs, i) for i in read} == {"input" in kept}, (layer, xs)
            assert not any(saves(module, xs, i) for i in range(len(xs)) if i not in read), (layer, xs)
        assert saves(module, xs, None) == ("output" in kept), (layer, xs)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", [name for name, layer in REGISTRY.items() if layer.inputs == 1])
def test_views_and_layers_in_place_share_memory(name: str, training: bool) -> None:
    """The output lies where the type says: in the input, in a part of it, or somewhere else."""
    for layer, (x,) in taken(name):
        module = construct(layer.call(x)).train(training)
        ours = (range(x.elements),) if layer.overwrites(training) else layer.views(x, training)
        assert shared(module, x) == list(ours), layer


@pytest.mark.parametrize("name", [name for name, layer in REGISTRY.items() if "inplace" in layer.model_fields])
def test_overwriting_changes_the_input(name: str) -> None:
    """A type overwrites its input exactly where torch changes that."""
    for layer, (x,) in taken(name):
        for training in (True, False):
            inputs = torch.rand(BATCH, *x) * 16 - 8
            before = inputs._version
            construct(layer.call(x)).train(training)(inputs)
            assert (inputs._version > before) == layer.overwrites(training), (layer, training)
