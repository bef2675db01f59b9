"""Layers that write their output over their input: whether another line, or a gradient, needs what they overwrite.

    Sigmoid ──► ReLU: {inplace: true}       in-place-gradient: Sigmoid's gradient is made of its output
    x ──┬─► ReLU: {inplace: true} ──► …     in-place-shared: the join gets max(0, x) twice
        └─► Add

Each node's output is a part of some tensor in memory: of one that it makes, or of its input's where it works in place
or passes a view on. torch counts the changes of such a tensor as a whole and refuses a gradient that was to read it as
it was (https://docs.pytorch.org/docs/stable/notes/autograd.html#in-place-correctness-checks); that another line reads
changed values it does not see.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from cnnspec.engine.diagnostics import Diagnostic, Label, Sink, Span
from cnnspec.engine.layers import Shape
from cnnspec.engine.layers.base import setting
from cnnspec.engine.network.graph import INPUT, Node, maker
from cnnspec.engine.network.setting_fixes import repairs
from cnnspec.engine.spec import Item

LOOKED_AT = 1000  # writers of one tensor that a reader is held against: a hostile text has very many
LOOKED_AT_IN_ALL = 50_000  # of all readers together


PARTS = "parts"


class Clash(Struct, frozen=True):
    """``writer`` overwrites what ``other`` needs: None stands for the network's output."""

    writer: Node
    other: Node | None
    # "input" or "output", whichever the gradient of ``other`` needs; "parts": ``other`` gives views that nothing may
    # overwrite; None: it reads it afterwards
    kept: str | None


class _Part(Struct, frozen=True):
    """A part of a tensor in memory: the numbers ``first`` to ``end`` of what the node ``owner`` made.

    A view that counts them in another order is taken for all of them, and so is each part of it.
    """

    owner: int
    first: int
    end: int
    in_order: bool = True
    split: int | None = None  # the node that gave it as one of several views

    def of(self, shared: range, reorders: bool, split: int | None = None) -> _Part:
        """The part that a view of this one is, which has the numbers ``shared`` of it."""
        split = self.split if split is None else split
        if not self.in_order:
            return _Part(self.owner, self.first, self.end, self.in_order, split)
        return _Part(self.owner, self.first + shared.start, self.first + shared.stop, not reorders, split)

    def meets(self, other: _Part) -> bool:
        return self.first < other.end and other.first < self.end


def check_in_place(nodes: Sequence[Node], inputs: Sequence[Shape], outputs: Collection[int] | None, sink: Sink) -> None:
    """Says what is wrong with the nodes that work in place, at their lines."""
    told: set[tuple[Item, Span, bool]] = set()
    for clash in clashes(nodes, inputs, outputs):
        if sink.full:
            return
        line = (clash.writer.item, clash.writer.span, clash.kept is None)
        if line not in told:  # one that overwrites what many others read is told once
            told.add(line)
            sink.add(_diagnostic(clash))


def _diagnostic(clash: Clash) -> Diagnostic:
    item, other = clash.writer.item, clash.other
    argument = item.args.entry("inplace") if item.args else None
    code, message, label = _words(clash)
    return Diagnostic(
        code,
        message,
        Label(argument.span if argument else item.span, f"`{clash.writer.type}` overwrites its input"),
        labels=(Label(other.span, label),) if other else (),
        trace=clash.writer.trace,
        repairs=repairs(item, (setting(inplace=False),)),
    )


def _words(clash: Clash) -> tuple[str, str, str]:
    """Code, message, and what to say at the other line."""
    if clash.other is None:
        return "in-place-shared", "this line overwrites a tensor that is the network's output", ""
    if clash.kept == PARTS:
        message = f"this line overwrites an output of `{clash.other.type}`, which PyTorch refuses"
        return "in-place-gradient", message, "returns parts of one tensor"
    if clash.kept is None:
        message = f"this line overwrites a tensor that `{clash.other.type}` reads later"
        return "in-place-shared", message, "reads the overwritten values"
    message = f"the gradient of `{clash.other.type}` needs its {clash.kept}, which this line overwrites"
    return "in-place-gradient", message, f"saves its {clash.kept} for backward"


def clashes(nodes: Sequence[Node], inputs: Sequence[Shape], outputs: Collection[int] | None) -> Iterator[Clash]:
    """What is wrong with the nodes that work in place; ``outputs`` are the network's, None where they are not known."""
    layers = {id(node.layer): node.layer for node in nodes}  # copies share one
    if not any(layer.overwrites(training=True) for layer in layers.values()):
        return
    for training in (True, False):
        there = [node for node in nodes if training or not node.aux]
        parts = _parts(there, inputs, training)
        writers = _writers(there, parts, training)
        yield from _read_after(nodes, there, parts, writers, outputs)
        if training:
            yield from _needed_by_gradient(nodes, parts, writers, outputs)
            yield from _parts_overwritten(nodes, parts)


def _parts(nodes: Sequence[Node], inputs: Sequence[Shape], training: bool) -> dict[int, _Part]:
    """Where each value lies."""
    parts = {INPUT - place: _Part(INPUT - place, 0, shape.elements) for place, shape in enumerate(inputs)}
    for node in nodes:
        x = node.input_shapes[0]
        whole = parts[node.inputs[0]]
        views = (range(x.elements),) if node.layer.overwrites(training) else node.layer.views(x, training)
        for place, (value, given) in enumerate(zip(node.values, node.outputs.values(), strict=True)):
            shared = views[place] if place < len(views) else None
            own = _Part(value, 0, given.shape.elements)
            split = node.index if node.several else None
            parts[value] = own if shared is None else whole.of(shared, node.layer.reorders, split)
    return parts


def _writers(nodes: Sequence[Node], parts: dict[int, _Part], training: bool) -> dict[int, list[int]]:
    """The nodes that change each tensor, in order."""
    writers: dict[int, list[int]] = defaultdict(list)
    for node in nodes:
        if node.layer.overwrites(training):
            writers[parts[node.index].owner].append(node.index)
    return writers


def _read_after(
    nodes: Sequence[Node],
    there: Sequence[Node],
    parts: dict[int, _Part],
    writers: dict[int, list[int]],
    outputs: Collection[int] | None,
) -> Iterator[Clash]:
    """Reads of a value from before a change, by lines after it; ``there`` are the nodes that run."""
    left = LOOKED_AT_IN_ALL
    reads = [(node, value) for node in there for value in node.inputs]
    for reader, value in [*reads, *((None, value) for value in outputs or () if value in parts)]:
        end = len(nodes) if reader is None else reader.index
        changes = writers.get(parts[value].owner, [])
        between = range(bisect_right(changes, maker(value)), bisect_left(changes, end))
        seen = parts[value]
        if reader is not None and parts[reader.index].owner == seen.owner:
            seen = parts[reader.index]  # a view, which looks at a part
        between = between[: min(LOOKED_AT, left)]
        left -= len(between)
        for index in between:
            if parts[changes[index]].meets(seen):
                yield Clash(nodes[changes[index]], reader, None)


def _needed_by_gradient(
    nodes: Sequence[Node], parts: dict[int, _Part], writers: dict[int, list[int]], outputs: Collection[int] | None
) -> Iterator[Clash]:
    """Changes of a tensor that the gradient of a line above reads once more: the nearest such line."""
    keepers = _keepers(nodes, parts, outputs)
    for owner, changes in writers.items():
        kept = keepers.get(owner, [])
        for change in changes:
            place = bisect_left(kept, (change, ""))
            if place:
                index, what = kept[place - 1]
                yield Clash(nodes[change], nodes[index], what)


def _parts_overwritten(nodes: Sequence[Node], parts: dict[int, _Part]) -> Iterator[Clash]:
    """Changes of one of several views that one function gave, which torch refuses."""
    for node in nodes:
        split = parts[node.inputs[0]].split
        if split is not None and node.layer.overwrites(training=True):
            yield Clash(node, nodes[split], PARTS)


def _keepers(
    nodes: Sequence[Node], parts: dict[int, _Part], outputs: Collection[int] | None
) -> dict[int, list[tuple[int, str]]]:
    """The nodes whose gradient reads a tensor in memory, by that tensor."""
    keepers: dict[int, list[tuple[int, str]]] = defaultdict(list)
    trained = _leading_to(nodes, outputs)
    for node in nodes:
        kept = node.layer.saved_tensors(node.input_shapes[0]) if node.index in trained else ()
        for what in sorted(kept):
            for value in node.values if what == "output" else node.inputs:
                keepers[parts[value].owner].append((node.index, what))
    return keepers


def _leading_to(nodes: Sequence[Node], outputs: Collection[int] | None) -> set[int]:
    """The nodes that the outputs depend on, which are those that get a gradient."""
    if outputs is None:
        return {node.index for node in nodes}
    found = set(outputs)
    for node in reversed(nodes):
        if not found.isdisjoint(node.values):
            found.update((node.index, *node.inputs))
    return found
