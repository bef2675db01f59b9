"""torch's own operator tests: the samples of its functions have our shapes, and what they must refuse is refused."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from cnnspec.engine.layers import REGISTRY, Refusal, Shape

pytestmark = [
    pytest.mark.deep,  # importing them takes longer than the rest of the folder
    pytest.mark.filterwarnings("ignore"),  # of torch's own test code
]

POOL = ("kernel_size", "stride", "padding")
NAMES = {  # the arguments behind the input, in the order of the function
    "conv2d": ("weight", "bias", "stride", "padding", "dilation", "groups"),
    "conv_transpose2d": ("weight", "bias", "stride", "padding", "output_padding", "groups", "dilation"),
    "max_pool2d": (*POOL, "dilation", "ceil_mode", "return_indices"),
    "avg_pool2d": (*POOL, "ceil_mode", "count_include_pad", "divisor_override"),
}
LAYERS = {
    "conv2d": "Conv2d",
    "conv_transpose2d": "ConvTranspose2d",
    "max_pool2d": "MaxPool2d",
    "avg_pool2d": "AvgPool2d",
}
SAMPLES = {"conv2d": 30, "conv_transpose2d": 12, "max_pool2d": 1440, "avg_pool2d": 7}
ERRORS = {"conv2d": 10, "conv_transpose2d": 0, "max_pool2d": 7, "avg_pool2d": 5}
OUTSIDE = {  # samples and errors that a spec cannot have
    "conv2d": 2,  # errors of tensors of two types: a network has one
    "avg_pool2d": 1,  # a sample divided by −2
}


@cache
def operators() -> dict[str, Any]:
    from torch.testing._internal.common_methods_invocations import op_db  # takes seconds

    found = {op.name.rpartition(".")[2]: op for op in op_db if not op.variant_test_name}
    return {name: found[name] for name in NAMES}


def given(name: str, sample: Any) -> dict[str, Any]:
    """The arguments of a call by their names."""
    return dict(zip(NAMES[name], sample.args, strict=False)) | sample.kwargs


def stated(name: str, sample: Any) -> dict[str, Any]:
    """The arguments of our layer; one value in brackets holds for both dimensions, and no value is the default."""
    arguments = {n: v for n, v in given(name, sample).items() if n not in ("weight", "bias", "return_indices")}
    plain = {n: tuple(v) if isinstance(v, list | tuple) else v for n, v in arguments.items()}
    plain = {n: v[0] if isinstance(v, tuple) and len(v) == 1 else v for n, v in plain.items() if v not in ((), None)}
    return plain | (of_weight(name, given(name, sample)) if name.startswith("conv") else {})


def of_weight(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What the shape of a weight says."""
    weight, groups = arguments["weight"].shape, arguments.get("groups", 1)
    channels = {"in_channels": weight[1] * groups, "out_channels": weight[0]}
    if name == "conv_transpose2d":
        channels = {"in_channels": weight[0], "out_channels": weight[1] * groups}
    return channels | {"kernel_size": tuple(weight[2:]), "bias": arguments.get("bias") is not None}


def shape(name: str, sample: Any) -> tuple[int, ...]:
    """What our layer gives, without the batch. Raises Refusal and ValidationError."""
    layer = REGISTRY[LAYERS[name]].model_validate(stated(name, sample))
    return tuple(layer.infer(Shape(sample.input.shape[-3:])))


def run(name: str, sample: Any) -> tuple[int, ...]:
    y = operators()[name](sample.input, *sample.args, **sample.kwargs)
    return tuple((y[0] if isinstance(y, tuple) else y).shape[-3:])


def outside(name: str, sample: Any) -> bool:
    """Whether a spec cannot say it."""
    arguments = given(name, sample)
    types = {v.dtype for v in (sample.input, *arguments.values()) if isinstance(v, torch.Tensor)}
    return len(types) > 1 or (arguments.get("divisor_override") or 0) < 0


def errors(name: str) -> Iterator[Any]:
    """The calls that torch must refuse, of those about shapes and arguments."""
    if operators()[name].error_inputs_func is not None:
        yield from (error.sample_input for error in operators()[name].error_inputs("cpu"))


@pytest.mark.parametrize("name", NAMES)
def test_op_db_agrees(name: str) -> None:
    """All samples have torch's shapes and all errors are refused; so many, and so few outside of the language."""
    samples = list(operators()[name].sample_inputs("cpu", torch.float32))
    wrong = list(errors(name))
    assert (len(samples), len(wrong)) == (SAMPLES[name], ERRORS[name])
    assert sum(outside(name, sample) for sample in (*samples, *wrong)) == OUTSIDE.get(name, 0)
    for sample in samples:
        assert outside(name, sample) or shape(name, sample) == run(name, sample), given(name, sample)
    for sample in wrong:
        if not outside(name, sample):
            with pytest.raises((Refusal, ValidationError)):
                shape(name, sample)
