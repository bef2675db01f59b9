"""One version of a text, read and expanded: what all answers are made of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from cnnspec.engine.checking import Examined, examine
from cnnspec.engine.diagnostics import Sink, Source, UsageError
from cnnspec.engine.layers import Shape
from cnnspec.engine.network import Graph, Meter, Node, Scope
from cnnspec.engine.spec import Item, Spec
from cnnspec.engine.syntax import Map, parse
from cnnspec.engine.syntax import Node as SyntaxNode
from cnnspec.engine.syntax.marks import kind

Run = Node | Scope  # what a line gave, once for each of its rounds


class Analysis:
    """A text under the variant that is in view. Everything is computed when it is first asked for, and kept."""

    def __init__(self, source: Source, variant: str | None = None, meter: Meter | None = None) -> None:
        self.source = source
        self.kind = kind(source)
        self.variant = variant
        self.meter = meter

    @cached_property
    def tree(self) -> SyntaxNode | None:
        """The text as a tree; None where it is not YAML."""
        return parse(self.source, Sink())

    @property
    def top(self) -> Map | None:
        """The tree, if it is a mapping as all texts are."""
        return self.tree if isinstance(self.tree, Map) else None

    @cached_property
    def examined(self) -> Examined:
        """The text read and expanded under the variant in view, by default the first that is checked."""
        if self.kind != "spec":
            return Examined(None, (), ())
        try:
            return examine(self.source, self.variant, self.meter, alone=True)
        except UsageError:  # the variant that was in view is gone
            self.variant = None
            return examine(self.source, None, self.meter, alone=True)

    @property
    def spec(self) -> Spec | None:
        """The spec, as far as it could be read."""
        return self.examined.spec

    @property
    def graph(self) -> Graph | None:
        """The network in view."""
        return self.examined.graphs[0] if self.examined.graphs else None

    @property
    def is_whole(self) -> bool:
        """Whether the variant in view is the only one."""
        return self.variant is None and (self.spec is None or not self.spec.variants)

    @cached_property
    def runs(self) -> dict[Item, list[Run]]:
        """What each line of this text gave, in order of execution."""
        found: dict[Item, list[Run]] = {}
        for item, run in self._runs():
            if item.span.source is self.source:
                found.setdefault(item, []).append(run)
        return found

    def _runs(self) -> Iterator[tuple[Item, Run]]:
        if self.graph is None:
            return
        for scope in self.graph.root.scopes():
            if isinstance(scope.opened.line, Item):
                yield scope.opened.line, scope
        for node in self.graph.nodes:
            yield node.item, node

    def shapes(self, run: Run) -> dict[str, Shape]:
        """The outputs of a line by name; one that has no other name is called `output`."""
        if isinstance(run, Node):
            return {name: output.shape for name, output in run.outputs.items()}
        return {"output": self.graph.shape(run.output)} if self.graph else {}

    def input_shapes(self, run: Run) -> tuple[Shape, ...]:
        """The shapes that arrive at a line."""
        if isinstance(run, Node):
            return run.input_shapes
        return tuple(self.graph.shape(value) for value in run.inputs) if self.graph else ()
