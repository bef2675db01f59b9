"""Flatten nested settings into names and comparable values: ``optimizer: Adam``, ``optimizer.Adam.lr: 0.1``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnspec.pytorch.report.labels import value_text


def flat(name: str, value: Any) -> list[tuple[str, Any]]:
    """Return (name, value) pairs. An operation gets the name itself, and each of its arguments a dotted name."""
    if not isinstance(value, Mapping):
        return [(name, frozen(value))]
    inner = [pair for key, part in value.items() for pair in flat(f"{name}.{key}", part)]
    operations = [key for key in value if key[:1].isupper()]
    return [(name, operations[0]), *inner] if operations else inner


def frozen(value: Any) -> Any:
    """Turn lists into tuples and mappings into text, so that values can be compared and hashed."""
    if isinstance(value, Mapping):
        return value_text(value)
    return tuple(map(frozen, value)) if isinstance(value, list | tuple) else value
