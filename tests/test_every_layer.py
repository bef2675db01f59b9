"""Every registered layer type does what PyTorch's module of the same name does.

A new type is tested by being registered: its samples are drawn from its annotations. Cases that chance would miss go
into tests/layers/cases.py, and what is refused although PyTorch takes it into tests/layers/policies.py.
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from torch.nn.modules import activation

from cnnspec.engine.layers import FAMILIES, JOINS, REGISTRY, Layer, Refusal, Shape
from tests.layers.cases import CASES
from tests.layers.oracle import BATCH, accepts, call, macs, run
from tests.layers.policies import BY_REFUSAL, POLICIES, Policy
from tests.layers.samples import samples
from tests.tiers import examples

EXAMPLES = examples(80, of=30)
NOT_OURS = {  # arguments of torch.nn that no layer type has
    "device": "where a network lives is not part of its architecture",
    "dtype": "nor is the precision of its numbers",
    "_weight": "weights come from `init` and from files",
    "_freeze": "what is trained is a matter of the recipe",
    "return_indices": "a second output, which only MaxUnpool would take",
    "ConvTranspose2d.padding_mode": "torch takes `zeros` alone",
    "Hardtanh.min_value": "torch's old name of min_val",
    "Hardtanh.max_value": "torch's old name of max_val",
}
INFERRED = {"in_channels", "in_features", "num_features", "num_channels", "normalized_shape"}
NOT_ACTIVATIONS = {"MultiheadAttention": "takes a query, keys and values"}


def agrees(layer: Layer, xs: tuple[Shape, ...]) -> bool:
    """Whether the layer takes the shapes, after holding it against PyTorch."""
    y = outcome(layer, xs)
    if isinstance(y, Refusal):
        well_formed(layer, xs, y)
        tries_mend(layer, xs, y)
        refused_for_a_reason(layer, xs, y)
        return False
    torch = run(layer.call(xs[0]), xs)
    shapes = [y] if isinstance(y, Shape) else list(y.values())
    assert [(BATCH, *shape) for shape in shapes] == torch.shapes
    tensors = {name: (tensor.shape, tensor.trained) for name, tensor in layer.tensors(xs[0]).items()}
    assert list(tensors.items()) == list(torch.tensors.items())
    cost = layer.macs(xs[0], shapes[0])
    assert cost is None or cost == macs(layer.call(xs[0]), xs)
    return True


def outcome(layer: Layer, xs: tuple[Shape, ...]) -> Shape | dict[str, Shape] | Refusal:
    try:
        return layer.infer(*xs)
    except Refusal as refusal:
        return refusal


def well_formed(layer: Layer, xs: tuple[Shape, ...], refusal: Refusal) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", refusal.code)
    assert re.fullmatch(r"[a-z0-9`].*[^.!]", refusal.message)
    assert refusal.argument is None or refusal.argument in type(layer).model_fields
    assert all(0 <= dim < len(xs[0]) for dim in refusal.dims)
    assert refusal.label
    assert not refusal.label.endswith(".")
    for words, values in refusal.tries:
        assert words.startswith("set `")
        assert values.keys() <= type(layer).model_fields.keys()


def tries_mend(layer: Layer, xs: tuple[Shape, ...], refusal: Refusal) -> None:
    """Each try ends this refusal; another may stand behind it."""
    stated = {name: getattr(layer, name) for name in layer.model_fields_set}
    for words, values in refusal.tries:
        after = outcome(type(layer).model_validate(stated | values), xs)
        assert not isinstance(after, Refusal) or identity(after) != identity(refusal), words


def identity(refusal: Refusal) -> tuple[str, str | None, str]:
    return refusal.code, refusal.argument, refusal.message


def refused_for_a_reason(layer: Layer, xs: tuple[Shape, ...], refusal: Refusal) -> None:
    policy = BY_REFUSAL.get((type(layer).__name__, refusal.code))
    if policy is not None and policy.unsafe:
        return
    torch = accepts(call(layer, xs), xs)
    excused = torch is None if policy is None else policy.allows(torch)
    assert excused, f"torch takes {layer!r} on {xs}; refused: {refusal.message}"


def id_of(case: Any) -> str:
    return " ".join(map(str, case)).replace("'", "")


@pytest.mark.parametrize("name", REGISTRY)
def test_any_arguments_and_shapes(name: str) -> None:
    """Shapes, parameters, buffers, costs and refusals of drawn samples are PyTorch's."""
    taken = []

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
    @given(samples(REGISTRY[name]))
    def check(sample: tuple[Layer, tuple[Shape, ...]]) -> None:
        taken.append(agrees(*sample))

    check()
    assert any(taken), f"no drawn sample of {name} is taken: its rule is never held against PyTorch"


@pytest.mark.parametrize("name", CASES)
def test_hand_picked_cases(name: str) -> None:
    """Shapes, parameters, buffers, costs and refusals at the edges of the rules are PyTorch's."""
    taken = []
    for arguments, shape in CASES[name]:
        xs = (Shape(shape),) if REGISTRY[name].inputs == 1 else tuple(map(Shape, shape))
        taken.append(agrees(REGISTRY[name].model_validate(arguments), xs))
    assert any(taken)


def test_every_type_has_hand_picked_cases() -> None:
    """No registered type is without hand-picked cases."""
    assert REGISTRY.keys() - CASES.keys() == set()


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: f"{p.type}-{p.code}")
def test_policies_are_stricter_than_torch(policy: Policy) -> None:
    """What a policy refuses is refused here and taken by PyTorch, so the policy says something."""
    layer = REGISTRY[policy.type].model_validate(policy.arguments)
    xs = tuple(map(Shape, policy.shapes))
    with pytest.raises(Refusal) as refused:
        layer.infer(*xs)
    assert refused.value.code == policy.code
    assert policy.unsafe or policy.allows(accepts(call(layer, xs), xs) or pytest.fail("torch refuses it as well"))


@pytest.mark.parametrize("name", [name for name in REGISTRY if name not in JOINS and not REGISTRY[name].is_parameter])
def test_arguments_are_torchs(name: str) -> None:
    """A type has the arguments of its module, under the same names and with the same defaults."""
    fields = REGISTRY[name].model_fields
    theirs = signature(name)
    assert fields.keys() == {n for n in theirs if n not in NOT_OURS and f"{name}.{n}" not in NOT_OURS}
    for argument, field in fields.items():
        if argument not in INFERRED:
            assert field.get_default() == theirs[argument].default or field.is_required(), argument
            assert field.is_required() == (theirs[argument].default is inspect.Parameter.empty), argument


def signature(name: str) -> dict[str, inspect.Parameter]:
    place, _, attribute = (REGISTRY[name].target or f"torch.nn.{name}").rpartition(".")
    found = inspect.signature(getattr(import_module(place), attribute))
    return {n: p for n, p in found.parameters.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


def test_inferred_arguments_are_those_the_call_adds() -> None:
    """What is inferred is left out by default, and required by torch."""
    for name, layer in REGISTRY.items():
        for argument in INFERRED & layer.model_fields.keys():
            assert layer.model_fields[argument].default is None
            assert signature(name)[argument].default is inspect.Parameter.empty


def test_no_activation_is_missing() -> None:
    """Every activation of torch.nn that takes one tensor is registered, and nothing else as one."""
    ours = {name for name, layer in vars(FAMILIES["activation"]).items() if REGISTRY.get(name) is layer}
    assert ours == set(activation.__all__) - NOT_ACTIVATIONS.keys()


def test_every_type_stands_in_one_family() -> None:
    """The registry is the families, one after another, and each type says in one line what it does."""
    assert len(REGISTRY) == 75
    for name, layer in REGISTRY.items():
        assert layer.__name__ == name
        assert layer.__doc__
        assert re.fullmatch(r"\S[^\n]*\.", layer.__doc__), name
