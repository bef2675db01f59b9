"""Params of a definition: what each copy gives it, how it is declared, and what a call states.

A value that a copy never reads is ANY: the line that would read it is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cnnspec.engine.layers import REGISTRY


class _Any:
    def __repr__(self) -> str:
        return "ANY"


ANY = _Any()
NO_DEFAULT = object()


@dataclass(slots=True, eq=False)
class ImportedParam:
    """``values`` has one for each copy."""

    name: str
    kind: str  # a word of the language's types, without `?`
    values: list[Any]
    suggested: Any = NO_DEFAULT  # the default that the constructor or torch has, if a copy has it
    optional: bool = False  # null stands for a line that is not there
    is_entry: bool = False  # how many channels reach the block: no call states it

    @property
    def default(self) -> Any:
        known = [value for value in self.values if value is not ANY]
        if self.is_entry:
            return self.suggested
        if self.optional or any(value is ANY for value in self.values):
            return None
        return self.suggested if self.suggested is not NO_DEFAULT and self.suggested in known else NO_DEFAULT

    @property
    def type(self) -> str:
        nullable = self.default is None or any(value is None for value in self.values)
        return f"{self.kind}?" if nullable else self.kind

    def declaration(self) -> Any:
        """What stands behind the name in `params`."""
        if self.default is None or self.default is NO_DEFAULT:
            return self.type
        if self.is_entry:
            return {"type": "int", "default": self.default}
        plain = self.kind in ("int", "bool", "layer") or (self.kind == "float" and not float(self.default).is_integer())
        if plain and not self.type.endswith("?"):
            return self.default
        return {"type": self.type, "default": self.default}

    def call(self, copy: int) -> Mapping[str, Any]:
        """What the call for a copy states."""
        value, default = self.values[copy], self.default
        if self.is_entry or value is ANY or (default is not NO_DEFAULT and value == default):
            return {}
        return {self.name: value}


@dataclass(slots=True, eq=False)
class Params:
    """The params of one definition, in the order in which its lines need them."""

    copies: int
    found: dict[str, ImportedParam] = field(default_factory=dict)

    def add(self, name: str, kind: str, values: Mapping[int, Any], *, suggested: Any = NO_DEFAULT) -> ImportedParam:
        every = [values.get(copy, ANY) for copy in range(self.copies)]
        self.found[name] = ImportedParam(name, kind, every, suggested)
        return self.found[name]

    def ordered(self) -> list[ImportedParam]:
        """What a call has to state first."""
        return sorted(self.found.values(), key=lambda param: param.default is not NO_DEFAULT)

    def free(self, *names: str) -> str:
        """The first name that is not taken, numbered if need be."""
        wanted = [*names, *(f"{names[-1]}{n}" for n in range(2, 100))]
        return next(name for name in wanted if name not in self.found)

    def fit(self, param: ImportedParam, kind: str, values: Mapping[int, Any]) -> bool:
        """Whether a param has these values, where both are known."""
        known = [copy for copy in values if param.values[copy] is not ANY]
        return param.kind == kind and bool(known) and all(param.values[copy] == values[copy] for copy in known)

    def fill(self, param: ImportedParam, values: Mapping[int, Any]) -> None:
        """Takes over values that nothing asked for yet."""
        for copy, value in values.items():
            param.values[copy] = value


def kind_of(values: Mapping[int, Any]) -> str | None:
    """The type that holds all values; None where there is none."""
    kinds = {_kind(value) for value in values.values() if value is not None}
    if kinds == {"int", "float"}:
        return "float"
    return kinds.pop() if len(kinds) == 1 else None


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return type(value).__name__
    if isinstance(value, tuple | list):
        return f"list[{kind_of(dict(enumerate(value))) or 'int'}]"
    if isinstance(value, dict) or value in REGISTRY:
        return "layer"
    return "str"


def alike(values: Mapping[int, Any]) -> dict[int, Any]:
    """Sizes that are single in some copies and lists in others, as lists in all."""
    lists = [value for value in values.values() if isinstance(value, tuple | list)]
    if not lists:
        return dict(values)
    return {i: (v,) * len(lists[0]) if isinstance(v, int | float) else v for i, v in values.items()}


def like(default: Any, values: Mapping[int, Any]) -> Any:
    """A default as the values are: a list where they are lists."""
    first = next(iter(values.values()))
    single = isinstance(first, tuple) and type(default) is int
    return (default,) * len(first) if single else default
