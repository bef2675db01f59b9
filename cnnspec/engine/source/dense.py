"""A class that is one loop over its children, each called once in a round, as DenseNet's blocks are.

for layer in self.values():
    x = torch.cat([x, layer(x)], 1)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnnspec.engine.network import Scope
from cnnspec.engine.source.childnames import named
from cnnspec.engine.source.construct import Constructor
from cnnspec.engine.source.dataflow import body, is_bare
from cnnspec.engine.source.forward import Forward, ForwardOperation, calling
from cnnspec.engine.source.functions import function, is_function
from cnnspec.engine.source.loops import header, within
from cnnspec.engine.source.making import Maker
from cnnspec.engine.source.names import Unsolved
from cnnspec.engine.source.template import Entry, Leaf, LoopTemplate
from cnnspec.engine.source.text import Doc, Each, Prefixed, SourceLine, Statement, Suite, Text, call, flat, reads
from cnnspec.engine.source.values import Point

TAKEN = frozenset("clear items keys pop popitem setdefault update values".split())  # by nn.ModuleDict


def dense_loop(entries: Sequence[Entry], scopes: Mapping[Point, Scope]) -> LoopTemplate | None:
    """The one loop that the class is, if it is such a class."""
    if len(entries) != 1 or not isinstance(entries[0], LoopTemplate) or entries[0].ragged or entries[0].count == 1:
        return None
    loop = entries[0]
    leaves = [leaf for leaf in loop.body if isinstance(leaf, Leaf) and leaf.always]
    kept = [leaf for leaf in leaves if not is_function(leaf)]
    if len(leaves) < len(loop.body) or len(kept) != 1 or is_bare(kept[0]) or TAKEN & set(kept[0].names):
        return None
    return loop if all(len(scope.inputs) == 1 for scope in scopes.values()) else None


def init(loop: LoopTemplate, maker: Maker, constructor: Constructor) -> list[Statement]:
    """The children by name, in a comprehension."""
    inner = within(loop, maker.top)
    (kept,) = (leaf for leaf in loop.body if isinstance(leaf, Leaf) and not is_function(leaf))
    title = named(kept, inner, maker)
    module = constructor.module(kept, inner)
    before, doc = header(loop, maker.top, inner, reads(module) | reads(title), maker)
    element = Prefixed(f"{flat(title)}: ", module)
    each = Each("{", element, Text(f"{before}{flat(doc)}", reads(doc) | reads(title)), "}")
    return [SourceLine("", call("super().__init__", each))]


def forward(loop: LoopTemplate, scopes: Mapping[Point, Scope], maker: Maker) -> list[Statement]:
    """A loop over the children."""
    leaves = [leaf for leaf in loop.body if isinstance(leaf, Leaf)]
    operations = [
        function(leaf, maker.top, inputs, maker, _keep)
        if is_function(leaf)
        else ForwardOperation(calling("layer"), inputs, ends=True)
        for leaf, inputs in zip(leaves, _wired(loop, leaves, scopes), strict=True)
    ]
    *before, last = body(Forward(operations, ["x"], [len(operations) - 1]))
    assert isinstance(last, SourceLine)
    done = before if flat(last.doc) == "x" else [*before, SourceLine("x = ", last.doc)]
    return [Suite("for layer in ", call("self.values"), tuple(done)), SourceLine("return ", Text("x"))]


def _keep(leaf: Leaf, wanted: str, doc: Doc) -> str:
    """No attribute holds a value for each round."""
    raise Unsolved


def _wired(loop: LoopTemplate, leaves: Sequence[Leaf], scopes: Mapping[Point, Scope]) -> list[tuple[int, ...]]:
    """What each line of a round takes: -1 is what the round before gave. Raises Unsolved."""
    seen: list[set[tuple[int, ...]]] = [set() for _ in leaves]
    for point, scope in scopes.items():
        value = scope.inputs[0]
        for number in range(loop.count_at(point)):
            places = {value: -1}
            for i, leaf in enumerate(leaves):
                child = leaf.children[(*point, number)]
                if any(each not in places for each in child.inputs):
                    raise Unsolved
                seen[i].add(tuple(places[each] for each in child.inputs))
                if len(child.values) > 1:
                    raise Unsolved
                places.setdefault(child.values[0], i)
                value = child.values[0]
        if scope.values != (value,):
            raise Unsolved
    if any(len(each) != 1 for each in seen):
        raise Unsolved
    return [each.pop() for each in seen]
