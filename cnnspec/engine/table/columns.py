"""The columns of tables and records, by name: what each says of a row, and how it is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from cnnspec.engine.diagnostics import UsageError, did_you_mean, listing
from cnnspec.engine.layers.base import each
from cnnspec.engine.network import Graph
from cnnspec.engine.network.graph import maker
from cnnspec.engine.network.memory import BYTES, Memory, memory, tensor_bytes
from cnnspec.engine.network.receptive_field import Extent, ReceptiveField, fields
from cnnspec.engine.numbers import number, share, short, size
from cnnspec.engine.table.names import Names
from cnnspec.engine.table.rows import Row


class Facts:
    """What columns say of a graph, reckoned when one of them asks."""

    def __init__(self, graph: Graph, dtype: str = "float32", names: Names | None = None) -> None:
        self.graph = graph
        self.dtype = dtype
        self.names = names or {}

    @cached_property
    def memory(self) -> Memory:
        return memory(self.graph, self.dtype)

    @cached_property
    def reaches(self) -> tuple[ReceptiveField, ...]:
        return tuple(fields(self.graph))


@dataclass(frozen=True, slots=True)
class Column:
    """``value`` gives plain data, for programs; ``text`` prints it. None: not known, or not counted."""

    heading: str
    value: Callable[[Facts, Row], Any]
    text: Callable[[Any], str] = str
    left: bool = False
    is_memory: bool = False


def _sizes(value: list[Any] | None) -> str:
    """``64×32×32``; the inputs of a join parted by ``+``."""
    if not value:
        return "–" if value is None else "scalar"
    if isinstance(value[0], list):
        return " + ".join(map(_sizes, value))
    return "×".join("–" if v is None else str(Fraction(v).limit_denominator()) for v in value)


def _named_sizes(value: list[int] | dict[str, list[int]] | None) -> str:
    """``c3 64×32×32, c4 128×16×16`` of several outputs."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_sizes(sizes)}" for name, sizes in value.items())
    return _sizes(value)


def _places(value: list[Any] | None) -> str:
    """``−3, −3``: coordinates, not sizes."""
    return "–" if value is None else ", ".join("–" if v is None else str(v).replace("-", "−") for v in value)


def _input(facts: Facts, row: Row) -> list[Any]:
    shapes = [list(shape) for shape in row.input]
    return shapes[0] if len(shapes) == 1 else shapes


def _output(facts: Facts, row: Row) -> list[int] | dict[str, list[int]] | None:
    if row.output is None:
        return None
    named = {name: list(shape) for name, shape in row.output.items()}
    return named if len(named) > 1 else next(iter(named.values()))


def named_output(facts: Facts, row: Row) -> str:
    """``width·4 × H/4 × W/4``; of several outputs each behind its name."""
    if row.output is None:
        return "–"
    values = row.nodes[0].values if not row.is_scope else row.values
    texts = {name: " × ".join(facts.names[value]) for name, value in zip(row.output, values, strict=True)}
    return ", ".join(f"{name} {text}" for name, text in texts.items()) if len(texts) > 1 else next(iter(texts.values()))


def _kernel(facts: Facts, row: Row) -> list[int] | None:
    kernel = None if row.is_scope else getattr(row.nodes[0].layer, "kernel_size", None)
    return None if kernel is None else list(each(kernel, len(row.input[0]) - 1))


def _share(facts: Facts, row: Row) -> float | None:
    return None if row.macs is None or not facts.graph.macs else row.macs / facts.graph.macs


def _of_field(say: Callable[[Extent], Any]) -> Callable[[Facts, Row], list[Any] | None]:
    """A column of the receptive field of what a row gives: a number for each dimension of the input."""

    def value(facts: Facts, row: Row) -> list[Any] | None:
        if row.value < 0 or not facts.reaches[maker(row.value)].extents:
            return None
        return [None if extent is None else say(extent) for extent in facts.reaches[maker(row.value)].extents]

    return value


def _stride(extent: Extent) -> int | float | None:
    stride = extent.stride
    return stride if stride is None else int(stride) if stride.denominator == 1 else float(stride)


def _weights(facts: Facts, row: Row) -> int:
    tensors = (tensor for node in row.nodes if not node.reused for tensor in node.tensors.values())
    return sum(tensor_bytes(tensor, BYTES[facts.dtype]) for tensor in tensors if tensor.trained)


def _zero(text: Callable[[int | None], str]) -> Callable[[int | None], str]:
    """The same with a dash for 0."""
    return lambda value: text(value or None)


COLUMNS = {
    "key": Column("key", lambda facts, row: row.key, left=True),
    "layer": Column("layer", lambda facts, row: row.type, left=True),
    "input": Column("input", _input, _sizes),
    "output": Column("output", _output, _named_sizes),
    "kernel": Column("kernel", _kernel, _sizes),
    "params": Column("params", lambda facts, row: row.params, _zero(number)),
    "macs": Column("MACs", lambda facts, row: row.macs, short),
    "share": Column("share", _share, share),
    "field": Column("field", _of_field(lambda extent: extent.size), _sizes),
    "jump": Column("jump", _of_field(_stride), _sizes),
    "start": Column("start", _of_field(lambda extent: extent.start), _places),
    "activations": Column(
        "activations",
        lambda facts, row: sum(facts.memory.outputs[node.index] for node in row.nodes),
        size,
        is_memory=True,
    ),
    "kept": Column(
        "kept",
        lambda facts, row: sum(facts.memory.kept_at[node.index] for node in row.nodes),
        _zero(size),
        is_memory=True,
    ),
    "weights": Column("weights", _weights, _zero(size), is_memory=True),
    "line": Column("line", lambda facts, row: row.line),
}
DEFAULT = ("key", "layer", "output", "params", "macs", "share")


def chosen(text: str) -> tuple[str, ...]:
    """The columns that a text names, such as ``key,output,field``. Raises UsageError."""
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in COLUMNS:
            near = did_you_mean(name, COLUMNS)
            raise UsageError(f"there is no column `{name}`", near or f"the columns are {listing(list(COLUMNS))}")
        if names.count(name) > 1:
            raise UsageError(f"--columns names `{name}` twice")
    return names


def about_memory(names: Iterable[str]) -> bool:
    """Whether one of the columns tells of bytes."""
    return any(COLUMNS[name].is_memory for name in names)
