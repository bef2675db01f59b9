"""What the source of a network says of it: its title, its class name, its origin, and which params stay free.

A param stays free, as an argument of the network's class, where it is the argument of layers and nothing else: where
another value of it changes those arguments and no shape, no layer and no connection beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Sink
from cnnspec.engine.network import Graph, Node, Scope, expand
from cnnspec.engine.source import initial
from cnnspec.engine.source.making import said_in
from cnnspec.engine.source.naming import class_name
from cnnspec.engine.spec import Spec

FILE = re.compile(r"\.ya?ml\b")
VOWELS = set("aeiouy")


@dataclass(frozen=True, slots=True)
class Heading:
    """What the file says of its network, and the params that are arguments of its class."""

    title: str
    class_name: str
    description: str = ""
    reference: str = ""
    weights: str = ""  # the file beside the source that holds them
    free: Mapping[str, Any] = field(default_factory=dict)


def heading(spec: Spec, graph: Graph) -> Heading:
    """The heading of a spec as it is set."""
    free = {name: graph.root.opened.names[name] for name in dict.fromkeys(_bare(graph)) if _is_free(spec, graph, name)}
    return Heading(spec.title, title(spec), spec.description, spec.reference, free=free)


def title(spec: Spec) -> str:
    """``ResNet50`` for resnet50: words are spelled as the description spells them."""
    words = {word.replace("-", "") for word in re.findall(r"[A-Za-z][A-Za-z0-9-]*", spec.description)}
    file, _, variant = FILE.sub("", spec.title).rpartition("/")[2].partition(":")
    name = variant if variant.startswith(file) else f"{file} {variant}".strip()
    spelled = re.sub(r"(?<![A-Za-z0-9])[A-Za-z]+", lambda match: _spelled(match[0], words), name.replace("_", " "))
    return class_name(spelled)


def _spelled(word: str, words: set[str]) -> str:
    found = next((w for w in sorted(words) if w.lower().startswith(word.lower()) and w != w.lower()), None)
    if found is not None:
        return found[: len(word)]
    return word.upper() if len(word) <= 3 and not VOWELS & set(word) else word[:1].upper() + word[1:]


def _bare(graph: Graph) -> Iterator[str]:
    """The params that stand alone as arguments of the network's own layers."""
    for node in _own(graph.root):
        yield from filter(None, (_param(node, argument, graph) for argument in node.layer.model_fields_set))


def _param(node: Node, argument: str, graph: Graph) -> str | None:
    """The param of the spec that an argument is, and nothing else."""
    said = said_in(node.item, argument)
    is_param = said is not None and said.op == "name" and said.args[0] in graph.root.opened.names
    return str(said.args[0]) if said is not None and is_param else None


def _own(scope: Scope) -> Iterator[Node]:
    """The layers that are in no block."""
    for child in scope.children:
        if isinstance(child, Node):
            yield child
        elif child.opened.block is None:
            yield from _own(child)


def _is_free(spec: Spec, graph: Graph, name: str) -> bool:
    value = graph.root.opened.names[name]
    for other in _others(value):
        sink = Sink()
        changed = expand(replace(spec, settings={**spec.settings, name: other}), sink)
        if changed is not None and not len(sink):
            return _same_but_for(graph, changed, name)
    return False


def _others(value: Any) -> tuple[Any, ...]:
    """Other values that a param may take."""
    match value:
        case bool():
            return ()
        case int():
            return (value + 1, value - 1)
        case float():
            return (value / 2 if value else 0.25, value + 0.125)
    return ()


def _same_but_for(graph: Graph, other: Graph, name: str) -> bool:
    """Whether two graphs differ in nothing but the arguments that are this param."""
    own = set(_own(graph.root))
    if len(graph.nodes) != len(other.nodes) or initial.said(graph) != initial.said(other):
        return False
    for one, two in zip(graph.nodes, other.nodes, strict=True):
        may_differ = {n for n in one.layer.model_fields_set if one in own and _param(one, n, graph) == name}
        if (one.key, one.type, one.inputs) != (two.key, two.type, two.inputs) or _differing(one, two) - may_differ:
            return False
    return True


def _differing(one: Node, two: Node) -> set[str]:
    """The arguments that differ."""
    before, after = (node.layer.call(node.input_shapes[0]).arguments for node in (one, two))
    return {each for each in {*before, *after} if before.get(each) != after.get(each)}
