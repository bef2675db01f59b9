"""The spec that a command names: a shipped name, a path, or `-` for what comes on standard input."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from cnnspec.api import load_found, partial_graph_of
from cnnspec.cli.options import parse_input, parse_settings
from cnnspec.cli.stdin import STDIN_NAME, standard_input
from cnnspec.engine.diagnostics import Diagnostic, Source
from cnnspec.engine.network import Graph
from cnnspec.engine.spec import Spec, find
from cnnspec.engine.spec.shipped import STDIN, Found, display, open_source


def load_spec(name: str, variant: str | None, input: str | None, settings: list[str] | None) -> Spec:
    """Return the spec with a variant, an input size and params set. Raises SpecError and UsageError."""
    spec = load_found(*_text(name), variant, parse_input(input), parse_settings(settings))
    return replace(spec, title=spec.heading) if name == STDIN and spec.heading else spec


def load_graph(
    name: str, variant: str | None, input: str | None, settings: list[str] | None
) -> tuple[Graph | None, tuple[Diagnostic, ...]]:
    """Return the graph as far as it is known, and what is wrong. Raises SpecError and UsageError."""
    return partial_graph_of(*_text(name), variant, parse_input(input), parse_settings(settings))


def _text(name: str) -> tuple[Found, Source]:
    if name == STDIN:
        return Found(Path(STDIN), STDIN_NAME), standard_input()
    found = find(name)
    return found, open_source(found.path, display(found.path))
