"""What a plain scalar means: YAML 1.2's core schema, in which `no` is a text, `010` is 10 and `1e-3` a number."""

from __future__ import annotations

import re

NULL = {"", "~", "null", "Null", "NULL"}
BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INT = re.compile(r"[-+]?[0-9]+")
BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
MAX_DIGITS = 40


class ScalarError(ValueError):
    """A scalar that stands for no value a spec may hold; the text says why."""


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain (unquoted) scalar.

    Raises ScalarError for numbers of more than 40 characters, for infinities and for nan.
    """
    if text in NULL:
        return None
    if text in BOOL:
        return BOOL[text]
    if text[0] not in "+-.0123456789":
        return text
    if text.isdecimal() and text.isascii():
        return int(_bounded(text))
    if FLOAT.fullmatch(text):
        return _number(text)
    if BASED.fullmatch(text):
        return int(_bounded(text), 0)
    if NOT_FINITE.fullmatch(text):
        raise ScalarError(f"{text} is not a finite number")
    return text


def _number(text: str) -> int | float:
    if INT.fullmatch(text):
        return int(_bounded(text))
    value = float(_bounded(text))
    if value in (float("inf"), float("-inf")):
        raise ScalarError(f"{text} is too large for a number")
    return value


def _bounded(text: str) -> str:
    if len(text) > MAX_DIGITS:
        raise ScalarError(f"a number of {len(text):,} characters is too long")
    return text
