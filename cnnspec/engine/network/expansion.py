"""What the parts of an expansion share: its state, and the five ways to expand lines.

    Expander ──is an──► Expansion   spec, nodes so far, where errors go; item, once, chain, scope, run

Heads, patches and `share` take an Expansion, so none of them depends on the expander.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from msgspec import Struct, field

from cnnspec.engine.diagnostics import Label, Sink
from cnnspec.engine.network.context import Context, Flow, ScopeBuilder
from cnnspec.engine.network.graph import Node, maker
from cnnspec.engine.network.patch_bases import BaseNetwork
from cnnspec.engine.network.reporter import Reporter
from cnnspec.engine.spec import Item, Spec
from cnnspec.engine.spec.model import Patch
from cnnspec.engine.syntax import LayerName, Meter, Value


class Mark(Struct, frozen=True):
    """What a patch has put somewhere: the nodes ``first`` to ``end``; or, where it removes, what goes on instead."""

    first: int
    end: int
    label: Label

    def is_on(self, value: int) -> bool:
        return self.first <= maker(value) < self.end


class PatchHits(Struct):
    """What the patches of a spec reach, over all its expansions."""

    networks: list[tuple[BaseNetwork, ...]] = field(default_factory=list)
    made: set[Patch] = field(default_factory=set)  # those that have changed something
    idle: set[Patch] = field(default_factory=set)  # those that their `when` leaves out


class Expansion(Reporter, ABC):
    """The state of one expansion. Its methods expand lines into a scope and return the value that flows on."""

    def __init__(self, spec: Spec, sink: Sink, meter: Meter, reached: PatchHits | None = None) -> None:
        super().__init__(sink, meter)
        self.spec = spec
        self.reached = reached or PatchHits()
        self.env: dict[str, Value] = {}  # the params of the spec
        self.marks: list[Mark] = []  # what patches inserted or removed
        self.nodes: list[Node] = []
        self.aux = False  # whether the lines belong to an aux head
        self.reused = False  # whether the lines run modules that exist already: `share`

    @abstractmethod
    def item(
        self, item: Item, flow: Flow, scope: ScopeBuilder, context: Context, several: tuple[Flow, ...] = ()
    ) -> Flow:
        """Expand one line of a chain, with its loops and patches."""

    @abstractmethod
    def once(self, item: Item, taken: tuple[Flow, ...], scope: ScopeBuilder, context: Context) -> Flow:
        """Expand one round of a line, without its patches."""

    @abstractmethod
    def chain(self, items: tuple[Item, ...], flow: Flow, scope: ScopeBuilder, context: Context) -> Flow:
        """Expand lines one after the other."""

    @abstractmethod
    def scope(
        self, items: tuple[Item, ...], flow: Flow, inner: ScopeBuilder, outer: ScopeBuilder, context: Context
    ) -> Flow:
        """Expand lines into a scope and put it into ``outer``, unless it stays empty."""

    @abstractmethod
    def arranged(self, item: Item, op: LayerName, taken: tuple[Flow, ...], context: Context) -> tuple[Flow, ...]:
        """What a line takes, in the order in which the operation names its inputs."""

    @abstractmethod
    def run(
        self, item: Item, op: LayerName, name: str, taken: tuple[Flow, ...], scope: ScopeBuilder, context: Context
    ) -> Flow:
        """Expand a layer, a block or a scope under a given name."""
