"""The functions of `init` are those of torch.nn.init: names, arguments, defaults, and which tensors they fill."""

from __future__ import annotations

import inspect
import warnings
from typing import Any, get_args, get_type_hints

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import init

from cnnspec.engine.layers import REGISTRY, Refusal, Shape
from cnnspec.engine.layers.init import FUNCTIONS, Function, Nonlinearity, fans
from cnnspec.engine.network.init import BARE
from tests.layers.cases import CASES
from tests.layers.samples import annotation, values

OURS = list(FUNCTIONS.values())
named = pytest.mark.parametrize("function", OURS, ids=list(FUNCTIONS))
SIZES = st.lists(st.sampled_from([1, 2, 3, 4, 6]), max_size=6).map(tuple)


def theirs() -> list[str]:
    """Whatever torch.nn.init has that fills a tensor in place."""
    return [name for name, value in vars(init).items() if name.endswith("_") and name[0] != "_" and callable(value)]


def parameters(name: str) -> dict[str, inspect.Parameter]:
    """Those that a spec may give: not the tensor, and not a generator."""
    found = inspect.signature(getattr(init, name)).parameters
    return {name: parameter for name, parameter in found.items() if name not in ("tensor", "generator")}


def test_all_of_torch_are_here_and_no_others() -> None:
    """torch.nn.init has these functions."""
    assert sorted(FUNCTIONS) == sorted(theirs())


@named
def test_arguments_are_torchs(function: type[Function]) -> None:
    """Names and defaults are those of the signature; pydantic keeps the order of a base class, which says nothing."""
    wanted = parameters(function.__name__)
    assert set(function.model_fields) == set(wanted)
    for name, field in function.model_fields.items():
        default = wanted[name].default
        assert field.is_required() == (default is inspect.Parameter.empty)
        assert field.is_required() or field.default == default


def test_words_are_torchs() -> None:
    """The nonlinearities are those of torch's own annotation."""
    assert get_args(Nonlinearity) == get_args(get_type_hints(init.kaiming_normal_)["nonlinearity"])


def calls(function: type[Function]) -> st.SearchStrategy[dict[str, Any]]:
    """Some arguments of a function, small numbers among them."""
    needed = {n: values(annotation(f)) for n, f in function.model_fields.items() if f.is_required()}
    free = {n: values(annotation(f)) for n, f in function.model_fields.items() if not f.is_required()}
    return st.fixed_dictionaries(needed, optional=free)


@named
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_a_tensor_is_refused_where_torch_refuses_it(function: type[Function], data: st.DataObject) -> None:
    """What the checker takes is filled, on the CPU as on the meta device; what it refuses torch refuses, too."""
    made, shape = function(**data.draw(calls(function))), data.draw(SIZES)
    tensor = torch.full(shape, 7.0)
    try:
        made.check(shape)
    except Refusal as refusal:
        if refusal.code == "init-bounds":  # torch would not raise, it would never end
            return
        with pytest.raises((ValueError, RuntimeError)):
            fill(made, tensor)
        return
    fill(made, tensor)
    fill(made, torch.empty(shape, device="meta"))
    assert not (tensor == 7).all() or made.model_dump().get("val") == 7


def fill(function: Function, tensor: torch.Tensor) -> None:
    call = function.call()
    place, _, name = call.target.rpartition(".")
    assert place == "torch.nn.init"
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of a mean far outside of the bounds
        getattr(init, name)(tensor, **call.arguments)


@given(shape=SIZES.filter(lambda shape: len(shape) > 1))
@settings(deadline=None)
def test_fans_are_torchs(shape: tuple[int, ...]) -> None:
    """`layer.fan_in` and `layer.fan_out` are counted as torch counts them."""
    assert fans(shape) == init._calculate_fan_in_and_fan_out(torch.empty(shape))


def test_a_vector_has_no_fans() -> None:
    """Fewer than two dimensions have none, and torch raises."""
    assert fans((3,)) is None
    assert fans(()) is None


@pytest.mark.parametrize("name", [name for name in REGISTRY if name in CASES])
def test_types_state_every_parameter_that_they_can_have(name: str) -> None:
    """What `trains` names is what the tensors of all cases name together."""
    found: set[str] = set()
    for arguments, shape in CASES[name]:
        try:
            layer = REGISTRY[name](**arguments)
            shapes = shape if shape and isinstance(shape[0], tuple) else (shape,)
            layer.infer(*map(Shape, shapes))
            found |= {key or BARE for key, tensor in layer.tensors(Shape(shapes[0])).items() if tensor.trained}
        except (Refusal, ValueError):
            continue
    assert found == set(REGISTRY[name].trains)
