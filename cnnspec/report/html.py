"""Document ──► one HTML page with everything in it: it asks for nothing else, wherever it lies.

Its policy forbids scripts and all addresses; pictures are SVG within it, one for wide and one for narrow pages.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from importlib import resources

from jinja2 import Environment, StrictUndefined

from cnnspec import __version__
from cnnspec.diagnostics import printable
from cnnspec.report.blocks import Block, Document
from cnnspec.report.charts.saved import Drawn

UNIT = re.compile(r"(?<=\d) (?=%|±|s\b)|(?<=±) ")
KEPT = "\u00a0"  # a space at which no line breaks


def page(document: Document, drawn: Mapping[str, Drawn]) -> str:
    """The page. Texts are escaped, all of them: what is set into the template is never markup."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_shown, keep_trailing_newline=True)
    template = environment.from_string(resources.files("cnnspec.report").joinpath("page.html.jinja").read_text("utf-8"))
    return template.render(document=document, version=__version__, kind=_kind, drawn=drawn, address=_address)


def _shown(value: object) -> object:
    """Text without what moves a cursor or turns the direction of reading; a number stays with its unit."""
    return UNIT.sub(KEPT, printable(value)) if isinstance(value, str) else value


def _kind(block: Block) -> str:
    return type(block).__name__


def _address(svg: str) -> str:
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
