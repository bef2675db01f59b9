"""What expressions are made of, and what can be wrong with one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

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


@dataclass(frozen=True, slots=True)
class LayerName:
    """The value of a param of type ``layer``: a layer or block by name, with arguments that come along."""

    name: str
    args: Any = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Expr:
    """A node of an expression: what to do, to what, and where it stands."""

    op: str
    args: tuple[Any, ...]
    start: int
    end: int
