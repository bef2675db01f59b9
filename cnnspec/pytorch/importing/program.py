"""A network as its own code runs it: lines of registered layers, in the order of their calls.

Program
├── inputs     name -> shape; input number i is the value -1 - i
├── lines      each a layer with its arguments, the values that it takes, and the module calls that were open
├── outputs    name -> value
├── heads      what runs in training alone
└── origins    path -> the class of each module and what its constructor was given
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cnnspec.engine.diagnostics import Span
from cnnspec.engine.layers import Shape

Path = tuple[str, ...]  # of a module: ("layer1", "0", "conv1")


@dataclass(frozen=True, slots=True)
class CodeFrame:
    """One call of a module: a second call of the same module has another number."""

    number: int
    path: Path
    type: str  # its class; "Sequential" for torch's own containers


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One layer at one place of the flow. ``args`` hold what is no default and does not follow from the input."""

    value: int  # the name of what it makes
    type: str
    args: dict[str, Any]
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    frames: tuple[CodeFrame, ...]  # the calls that were open, outermost first
    path: Path | None  # of its module, or of the module that owns its weights
    stateful: bool  # whether it has parameters or buffers, and so must keep its path
    span: Span
    again: bool = False  # runs the module of a line before it once more


@dataclass(frozen=True, slots=True)
class CodeOrigin:
    """Where a module comes from: its class, and the plain values that its constructor was given."""

    type: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class ImportedHead:
    """What runs in training alone: a module on a value of the network, whose output has a name of its own."""

    path: Path
    type: str
    source: int
    output: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ImportedProgram:
    """What was recorded. One output without a name is what the network gives; others are given by name."""

    name: str
    inputs: dict[str, Shape]
    lines: tuple[Line, ...]
    outputs: dict[str, int]
    origins: Mapping[Path, CodeOrigin] = field(default_factory=dict)
    heads: tuple[ImportedHead, ...] = ()

    @property
    def wanted(self) -> set[int]:
        """The values that somebody takes besides the lines."""
        return {*self.outputs.values(), *(head.source for head in self.heads)}


def dotted(path: Path) -> str:
    """``layer1.0.conv1``; the network itself has no path."""
    return ".".join(path)
