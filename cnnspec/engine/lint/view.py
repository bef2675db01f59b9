"""A graph as the rules look at it: who made a tensor, who reads it, and what a finding about a layer says."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from msgspec import Struct, field

from cnnspec.engine.diagnostics import Diagnostic, Label, Repair, Span
from cnnspec.engine.layers import Window
from cnnspec.engine.network import Graph, Node
from cnnspec.engine.network.graph import OUTPUTS
from cnnspec.engine.spec.arguments import holds_expression


def passes(node: Node) -> bool:
    """Whether a layer returns its input in evaluation."""
    return node.layer.passes_in_evaluation


def rearranges(node: Node) -> bool:
    """Whether a layer returns the values of its input in evaluation, in any shape or order."""
    return passes(node) or node.layer.role == "reshape"


class Finding(Struct, frozen=True):
    """A warning about one layer; of several about one line the one with the most ``weight`` is told."""

    node: Node
    diagnostic: Diagnostic
    weight: float = 0.0


class View(Struct, frozen=True, dict=True):
    """A graph with its edges in both directions."""

    graph: Graph
    _windows: dict[int, tuple[Window, ...]] = field(default_factory=dict)

    def windows(self, node: Node) -> tuple[Window, ...]:
        """The windows of a convolution or a pool, one for each spatial axis; none for other layers.

        Equal layers are one object in a graph: each is asked once.
        """
        key = id(node.layer)
        if key not in self._windows:
            found = node.layer.windows() if hasattr(node.layer, "windows") else ()
            self._windows[key] = tuple(window for window in found if isinstance(window, Window))
        return self._windows[key]

    @cached_property
    def windowed(self) -> list[Node]:
        """The layers that have windows."""
        return [node for node in self.graph.nodes if self.windows(node)]

    def maker(self, value: int, through: Callable[[Node], bool] = lambda _: False) -> Node | None:
        """The layer that made a value, seen through some layers; None where it is the network's input."""
        while value >= 0:
            node = self.graph.nodes[value % OUTPUTS]
            if not through(node):
                return node
            value = node.inputs[0]
        return None


def place(node: Node, argument: str = "") -> Span:
    """Where a layer says something of itself: at an argument that its line states, else at its name."""
    entry = node.item.args.entry(argument) if node.item.args and argument else None
    return entry.span if entry else node.item.span


def warn(
    code: str,
    node: Node,
    message: str,
    label: str = "",
    *,
    argument: str = "",
    note: str = "",
    help: str = "",
    labels: tuple[Label, ...] = (),
    repairs: tuple[Repair, ...] = (),
    weight: float = 0.0,
) -> Finding:
    """A warning at a layer's line."""
    return Finding(
        node,
        Diagnostic(
            code,
            message,
            Label(place(node, argument), label),
            labels=labels,
            notes=(note,) if note else (),
            help=help,
            trace=node.trace,
            repairs=repairs,
            severity="warning",
        ),
        weight,
    )


def may_set(node: Node, name: str) -> bool:
    """Whether a line's own text can give an argument a value: the file is the user's, and no expression is there."""
    if node.item.span.source.shipped or node.item.name.startswith("$"):
        return False
    entry = node.item.args.entry(name) if node.item.args else None
    return entry is None or not holds_expression(entry.value)


def setting(node: Node, name: str) -> Any:
    """The value of an argument of a layer, None where its type has no such argument."""
    return getattr(node.layer, name, None)
