"""The classes of a source file that are written so far, and which scope is an instance of which class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnnspec.engine.network import Graph, Scope
from cnnspec.engine.source.arguments import SourceArgument
from cnnspec.engine.source.text import Statement
from cnnspec.engine.source.values import Point


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """One class of the source. ``inputs`` are the names of what its `forward` takes, ``gives`` what that returns."""

    name: str
    base: str
    description: str
    arguments: tuple[SourceArgument, ...]
    init: Sequence[Statement]
    forward: Sequence[Statement]
    inputs: Sequence[str]
    gives: str = "Tensor"


Instances = Mapping[Scope, tuple[Class, Point]]


@dataclass(eq=False)
class ClassTable:
    """The classes of one file. ``taken`` are names that no further class may have."""

    graph: Graph
    title: str
    free: Mapping[str, Any] = field(default_factory=dict)  # params of the spec that are arguments of the network
    taken: set[str] = field(default_factory=set)
    found: list[Class] = field(default_factory=list)
    instances: dict[Scope, tuple[Class, Point]] = field(default_factory=dict)
    inline: frozenset[object] = frozenset()
    outside: frozenset[Scope] = frozenset()  # the scopes that are in no block, and know the params of the spec
    outputs_text: str = ""  # of the named tuple that training gives
