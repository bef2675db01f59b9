"""A schema as text that people can read: what fits into a line stands in one."""

from __future__ import annotations

import json
from typing import Any

WIDTH = 120


def text(value: Any, indent: str = "", before: int = 0) -> str:
    """JSON, indented; ``before`` is how many characters stand on the line already."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + before + len(line) < WIDTH or not isinstance(value, dict | list) or not value:
        return line
    inner = indent + "  "
    if isinstance(value, list):
        parts, (first, last) = [text(item, inner) for item in value], "[]"
    else:
        keys = {json.dumps(key): item for key, item in value.items()}
        parts, (first, last) = [f"{key}: {text(item, inner, len(key) + 3)}" for key, item in keys.items()], "{}"
    body = ",\n".join(inner + part for part in parts)
    return f"{first}\n{body}\n{indent}{last}"
