"""What expressions are made of, and what can be wrong with one."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

Value = Any  # int | float | bool | str | None | LayerName | tuple of these
NO_VALUE: Any = object()  # of a param whose declaration or default is wrong: what reads it is silent


class Silent(Exception):
    """An expression needs a shape that an earlier error left unknown: no value, and nothing to say."""


class ExpressionError(Exception):
    """What is wrong with an expression, at characters ``start`` to ``end`` of its text.

    ``written`` is what may have been meant in their place.
    """

    def __init__(self, code: str, message: str, start: int, end: int, help: str = "", written: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.start, self.end, self.help = code, message, start, end, help
        self.written = written


class LayerName(Struct, frozen=True, eq=False):
    """The value of a param of type ``layer``: a layer or block by name, with arguments that come along.

    It equals another of the same name, whatever comes along.
    """

    name: str
    args: Any = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LayerName) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        return self.name


class Expr(Struct, frozen=True):
    """A node of an expression: what to do, to what, and where it stands."""

    op: str
    args: tuple[Any, ...]
    start: int
    end: int
