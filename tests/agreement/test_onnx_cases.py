"""ONNX's single-node backend cases: the shapes that its reference gives are ours, where our layers can say the node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from onnx import helper

from cnnspec.engine.layers import REGISTRY, Shape
from tests.agreement.onnx_layers import TRANSLATED, Case, Inexpressible, layers

pytestmark = pytest.mark.filterwarnings("ignore")  # of ONNX's own reference

FILES = """
    averagepool batch_normalization concat conv convtranspose depthtospace flatten globalaveragepool globalmaxpool
    groupnormalization instance_normalization layernormalization lrn maxpool pad resize spacetodepth upsample
""".split()
EXPRESSED = {
    "AveragePool": 10, "BatchNormalization": 4, "Concat": 4, "Conv": 6, "ConvTranspose": 9, "DepthToSpace": 1,
    "Flatten": 3, "GlobalAveragePool": 2, "GlobalMaxPool": 2, "GroupNormalization": 2, "InstanceNormalization": 2,
    "LRN": 2, "LayerNormalization": 13, "MaxPool": 16, "Pad": 5, "Resize": 19, "SpaceToDepth": 2, "Upsample": 1,
}  # fmt: skip
INEXPRESSIBLE = {
    "a Concat along another dimension than the channels": 8,
    "a Flatten that includes the batch": 6,
    "a LayerNorm over the batch": 6,
    "a pool whose padding is more than half of its kernel, which torch refuses": 3,
    "a pool with unequal padding": 4,
    "a resize that samples at other places than torch's": 10,
    "a resize with antialias": 4,
    "a resize with exclude_outside": 2,
    "a resize with keep_aspect_ratio_policy": 4,
    "an average pool with dilation": 6,
    "channels in another order than torch's": 3,
    "there is no CircularPad2d": 1,
    "there is no ConvTranspose1d or 3d": 2,
}


def cases() -> Iterator[tuple[str, Case, tuple[int, ...]]]:
    """Name, node and expected shape of every case of one of the operators."""
    from onnx.backend.test.case import node

    for file in FILES:  # a file registers its cases as it is imported; all files together take ten seconds
        import_module(f"{node.__name__}.{file}")
    return _cases(node._NodeTestCases)


def _cases(found: Any) -> Iterator[tuple[str, Case, tuple[int, ...]]]:
    for case in found:
        nodes = case.model.graph.node
        if len(nodes) == 1 and nodes[0].op_type in TRANSLATED:
            given, expected = case.data_sets[0]
            tensors = iter(given)
            inputs = tuple(next(tensors) if name else None for name in nodes[0].input)
            attributes = {a.name: helper.get_attribute_value(a) for a in nodes[0].attribute}
            yield case.name, Case(nodes[0].op_type, attributes, inputs), expected[0].shape


def shape(case: Case) -> tuple[int, ...]:
    """The shape that our layers give, with the batch. Raises Inexpressible."""
    arriving = [x.shape for x in case.inputs if x is not None] if case.op == "Concat" else [case.x]
    xs = [Shape(x[1:]) for x in arriving]
    for name, arguments in layers(case):
        xs = [REGISTRY[name].model_validate(arguments).infer(*xs)]
    return (case.x[0], *xs[0])


def test_shapes_are_those_of_onnx() -> None:
    """Every case has the shape that ONNX expects, but for those that no layer says: so many for each reason."""
    expressed: Counter[str] = Counter()
    inexpressible: Counter[str] = Counter()
    for name, case, expected in cases():
        try:
            found = shape(case)
        except Inexpressible as reason:
            inexpressible[str(reason)] += 1
            continue
        assert found == expected, name
        expressed[case.op] += 1
    assert expressed == EXPRESSED
    assert inexpressible == INEXPRESSIBLE
    assert (expressed.total(), inexpressible.total()) == (103, 59)
