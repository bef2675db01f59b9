"""The types of params: `int`, `float`, `bool`, `str`, `layer`, `list[...]`, each with `?` where null may stand."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from msgspec import Struct

from cnnspec.engine.diagnostics import did_you_mean
from cnnspec.engine.syntax import LayerName

WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text",
    "layer": "a layer or block",
}
MAX_TEXT = 60
MEANT = {
    "integer": "int",
    "number": "float",
    "string": "str",
    "boolean": "bool",
    "module": "layer",
    "list": "list[int]",
}
EXACT = {"int": int, "float": float, "bool": bool, "str": str}
LIST = re.compile(r"list\[(.+)\]")


class TypeMismatch(ValueError):
    """A value that is not of a param's type; the text says what the type takes."""

    def __init__(self, message: str, value: Any = None) -> None:
        super().__init__(message)
        self.value = value


class ParamType(Struct, frozen=True):
    """``base`` is a word of WORDS, or None for a list of ``item``."""

    base: str | None
    item: ParamType | None = None
    optional: bool = False

    @classmethod
    def parse(cls, text: str) -> ParamType | None:
        """The type that a word names, or None where it names none."""
        text = text.strip()
        if len(text) > MAX_TEXT:
            return None
        optional = text.endswith("?")
        text = text.removesuffix("?")
        if text in WORDS:
            return cls(text, None, optional)
        match = LIST.fullmatch(text)
        item = cls.parse(match[1]) if match else None
        return cls(None, item, optional) if item else None

    @classmethod
    def of(cls, value: Any, layers: Collection[str]) -> ParamType | None:
        """The type of a literal default; a text that names a layer or block is a layer."""
        if isinstance(value, bool):
            return cls("bool")
        if isinstance(value, int):
            return cls("int")
        if isinstance(value, float):
            return cls("float")
        if isinstance(value, LayerName):
            return cls("layer")
        if isinstance(value, str):
            return cls("layer") if value in layers else cls("str")
        return cls._of_list(value, layers) if isinstance(value, tuple) else None

    @classmethod
    def _of_list(cls, values: tuple[Any, ...], layers: Collection[str]) -> ParamType | None:
        types = {cls.of(value, layers) for value in values}
        if types == {cls("int"), cls("float")}:
            return cls(None, cls("float"))
        only = types.pop() if len(types) == 1 else None
        return cls(None, only) if only else None

    def convert(self, value: Any, layers: Collection[str]) -> Any:
        """The value as this type holds it: an int for a float, a layer's name for a text.

        Raises TypeMismatch.
        """
        if value is None and self.optional:
            return None
        if self.item is not None:
            if not isinstance(value, tuple):
                raise TypeMismatch(f"takes {self.words}")
            exact = EXACT.get(str(self.item.base))
            if exact and all(type(v) is exact for v in value):
                return value
            return tuple(self.item.convert(v, layers) for v in value)
        return self._scalar(value, layers)

    def _scalar(self, value: Any, layers: Collection[str]) -> Any:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if self.base == "float" and number:
            return float(value)
        if self.base == "layer" and isinstance(value, str | LayerName):
            return self._layer(value if isinstance(value, LayerName) else LayerName(value), layers)
        wanted = {"int": int, "bool": bool, "str": str}.get(str(self.base))
        if wanted and isinstance(value, wanted) and not (wanted is int and isinstance(value, bool)):
            return value
        raise TypeMismatch(f"takes {self.words}")

    @staticmethod
    def _layer(layer: LayerName, layers: Collection[str]) -> LayerName:
        if layer.name not in layers:
            near = did_you_mean(layer.name, layers)
            raise TypeMismatch(f"takes a layer or block, but `{layer.name}` does not exist{near and '; ' + near}")
        return layer

    @property
    def words(self) -> str:
        """What the type takes, in words."""
        if self.item is not None:
            inner = self.item.words.removeprefix("a ").removeprefix("an ")
            words = f"a list of {inner if 'or' in inner else inner + 's'}"
        else:
            words = WORDS[str(self.base)]
        return f"{words}, or null" if self.optional else words

    def __str__(self) -> str:
        inner = f"list[{self.item}]" if self.item is not None else str(self.base)
        return f"{inner}?" if self.optional else inner
