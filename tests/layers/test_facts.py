"""Facts about a layer stand on its class: other files ask it, and name few layers."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache

import pytest

from cnnspec.engine.diagram import diagram
from cnnspec.engine.layers import ACTIVATIONS, BUILT_IN, REGISTRY, Layer
from cnnspec.engine.layers.known_as import OtherName
from cnnspec.engine.spec.frameworks import FrameworkCall, translate
from tests.network.graphs import graph_of
from tests.trees import trees

MOST = 101  # strings outside the layers that name one: vocabularies of frameworks, rules of the linter. It only falls
PLAIN = ("ELU", "SELU", "CELU", "Softsign", "Tanhshrink", "LogSigmoid", "Hardshrink", "Softshrink")


@cache
def named() -> Counter[tuple[str, str]]:
    """How often each file outside of the layers names a layer in a string that is no docstring."""
    found: Counter[tuple[str, str]] = Counter()
    for file, tree in trees().items():
        if file.startswith("engine/layers/"):
            continue
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        docs = {id(n.body[0].value) for n in ast.walk(tree) if isinstance(n, documented) and _begins_with_text(n)}  # type: ignore[attr-defined]
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and node.value in BUILT_IN and id(node) not in docs:
                found[file, str(node.value)] += 1
    return found


def _begins_with_text(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> bool:
    return bool(node.body) and isinstance(node.body[0], ast.Expr)


def test_few_strings_name_a_layer() -> None:
    assert named().total() <= MOST, named().most_common(20)


@pytest.mark.parametrize("name", PLAIN)
def test_an_activation_is_written_in_one_file(name: str) -> None:
    """Import, source, lint, schema and drawings know it from its class; only handlers of arguments name others."""
    assert name in ACTIVATIONS
    files = {file for file, layer in named() if layer == name}
    assert files <= {"pytorch/importing/functions/activation.py"}


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_layer_has_a_role(name: str) -> None:
    assert REGISTRY[name].role is not None


OTHER_NAMES = [(name, other) for name in BUILT_IN for other in REGISTRY[name].known_as]


def test_a_name_elsewhere_is_that_of_one_layer() -> None:
    words = Counter(word for _, other in OTHER_NAMES for word in other.names)
    assert {word for word, times in words.items() if times > 1 or word != word.lower()} == set()


@pytest.mark.parametrize(("name", "other"), OTHER_NAMES, ids=[other.names[0] for _, other in OTHER_NAMES])
def test_a_name_elsewhere_is_answered_with_the_layer(name: str, other: OtherName) -> None:
    """Its stated arguments are those of the layer; what follows it are layers."""
    assert {key for key, _ in other.stated} | {key for _, key in other.renamed} <= REGISTRY[name].model_fields.keys()
    assert set(other.after) <= set(BUILT_IN)
    for word in other.names:
        answer = translate(FrameworkCall(word, {}), ())
        assert answer is not None
        assert name in f"{answer.words} {answer.lines}" or word in ("view", "reshape")  # read with their arguments


class ConvGate(Layer):
    """A layer of a plugin whose name resembles that of a convolution."""

    label = "gate {strength}"
    strength: int = 2


def test_a_layer_is_drawn_by_its_facts_and_not_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its label is filled in, though a name with `Conv` in it promises a kernel."""
    monkeypatch.setitem(REGISTRY, "ConvGate", ConvGate)
    graph = graph_of("[{ConvGate: {strength: 3}}, ReLU]", 4)
    assert "gate 3" in diagram(graph, "mermaid")
