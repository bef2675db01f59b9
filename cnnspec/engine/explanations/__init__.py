"""A page for each diagnostic code: the rule, why it is one, a spec that breaks it and the same spec fixed.

    # window-too-large: a window does not fit in its input          or `# code (warning): title`
    what happened, why it matters and, after **Fix:**, what to do
    ## Example    a spec that breaks it, in a yaml block; or a module that cannot be imported, in a python block
    ## Fixed      the same, valid

Codes that a small example cannot cause, such as `not-utf8`, have a page without examples.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal

from msgspec import Struct

FOLDER = Path(__file__).parent
HEADING = re.compile(r"# (?P<code>[a-z0-9-]+)(?P<warning> \(warning\))?: (?P<title>.+)\n")
EXAMPLE = re.compile(r"## (?P<name>Example|Fixed)\n\n```(?P<language>yaml|python)\n(?P<text>.*?)```\n", re.DOTALL)


class Page(Struct, frozen=True):
    """``text`` is the explanation in Markdown; ``failing`` and ``fixed`` are examples, or empty.

    They are specs, or, in ``language`` python, modules for `cnnspec import` called ``Net``.
    """

    code: str
    title: str
    text: str
    failing: str
    fixed: str
    severity: Literal["error", "warning"] = "error"
    language: str = "yaml"


@lru_cache(maxsize=1)
def codes() -> tuple[str, ...]:
    """Return every code that has a page, errors before warnings."""
    pages = [page(path.stem) for path in FOLDER.glob("*.md")]
    return tuple(p.code for p in sorted(pages, key=lambda p: (p.severity, p.code)))


def raw(code: str) -> str:
    """Return the text of a page. Raises KeyError for a code without a page."""
    path = FOLDER / f"{code}.md"
    if not re.fullmatch(r"[a-z0-9-]+", code) or not path.is_file():
        raise KeyError(code)
    return path.read_text(encoding="utf-8")


@lru_cache(maxsize=256)
def page(code: str) -> Page:
    """Return the page of a code. Raises KeyError for a code without a page."""
    text = raw(code)
    heading = HEADING.match(text)
    assert heading is not None, code
    examples = {match["name"]: match["text"] for match in EXAMPLE.finditer(text)}
    language = next((match["language"] for match in EXAMPLE.finditer(text)), "yaml")
    return Page(
        heading["code"],
        heading["title"],
        text[heading.end() :].split("## Example")[0].strip(),
        examples.get("Example", ""),
        examples.get("Fixed", ""),
        "warning" if heading["warning"] else "error",
        language,
    )
