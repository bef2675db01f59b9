"""Items: the lines of a spec before they are text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cnnspec.engine.layers import Shape
from cnnspec.pytorch.importing.program import Path

NO_SHAPE = Shape()


@dataclass(slots=True, eq=False)
class ImportedItem:
    """One line of a spec.

    ``name`` is what its module is called and has to stay called where it has weights; ``id`` what the line says.
    """

    op: str
    args: dict[str, Any] = field(default_factory=dict)
    name: str | None = None
    id: str | None = None
    alias: str | None = None  # what scopes below call it where its id is hidden from them
    share: str | None = None  # the name of the line whose module this one runs once more
    sources: tuple[Any, ...] | None = None  # `from`: values until they have names
    body: list[ImportedItem] | None = None
    paths: list[list[ImportedItem]] | None = None
    conditions: list[str | None] | None = None  # `when` of each path
    when: str | None = None
    repeat: Any = None
    foreach: dict[str, Any] | None = None
    value: int = 0
    shape: Shape = NO_SHAPE  # that reaches it
    out: Shape = NO_SHAPE  # that it makes
    stateful: bool = False
    path: Path = ()
    entry: int | None = None  # of a scope: the value that its chain begins with

    def children(self) -> Iterator[list[ImportedItem]]:
        """The chains below this line."""
        if self.body is not None:
            yield self.body
        yield from self.paths or ()


def walk(items: list[ImportedItem]) -> Iterator[ImportedItem]:
    """Every line of a chain and below, in order."""
    for item in items:
        yield item
        for chain in item.children():
            yield from walk(chain)
