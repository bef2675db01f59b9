"""Activations where a shape does not tell whether they do the right thing."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import nn

from cnnspec.engine.layers import REGISTRY, Shape
from tests.layers.oracle import construct


@pytest.mark.parametrize("shape", [(5,), (3, 4, 5), (3, 2, 4, 5)])
@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax", "Softmin"])
def test_softmax_without_dim_is_torchs_own_choice(name: str, shape: tuple[int, ...]) -> None:
    """What torch chooses with a warning is stated in the call, and torch has nothing to warn of."""
    x = torch.rand(2, *shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = getattr(nn, name)()(x)
    call = REGISTRY[name].model_validate({}).call(Shape(shape))
    assert torch.equal(construct(call)(x), expected)
