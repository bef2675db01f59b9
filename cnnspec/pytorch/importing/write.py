"""Items -> text, as the shipped specs are laid out.

- Conv2d: {out_channels: 64, kernel_size: 3}       arguments on one line where they fit
  id: conv1                                        words below the operation
- ReLU                                             a bare name where there is nothing else
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cnnspec.engine.spec.items import GROUP, SCOPE
from cnnspec.engine.syntax.scalars import ScalarError, resolve
from cnnspec.pytorch.importing.items import ImportedItem

if TYPE_CHECKING:
    from cnnspec.pytorch.importing.define import Definition

WIDTH = 120
PLAIN = re.compile(r"[A-Za-z_$/](?:[^:#{}\[\],'\"\\]|:(?=\w))*")


def document(
    sections: Mapping[str, Any],
    layers: Sequence[ImportedItem],
    blocks: Mapping[str, Mapping[str, Any]],
    heads: Mapping[str, tuple[Mapping[str, Any], Sequence[ImportedItem]]] | None = None,
) -> str:
    """The whole file. ``sections`` are what comes before the layers, ``heads`` the words and lines of aux heads."""
    out = ["# yaml-language-server: $schema=cnnspec.schema.json", "cnnspec: 1"]
    for name, value in sections.items():
        if name == "params":
            out += ["", "params:", *(row for key, param in value.items() for row in entry(key, param, 2))]
        else:
            out += entry(name, value, 0)
    out += ["", "layers:", *chain(layers, 2)]
    for i, (name, (words, lines)) in enumerate((heads or {}).items()):
        out += [*(["", "aux:"] if i == 0 else []), f"  {identifier(name)}:"]
        out += [*(row for key, value in words.items() for row in entry(key, value, 4)), "    layers:", *chain(lines, 6)]
    for i, (name, block) in enumerate(blocks.items()):
        out += ["", *(["blocks:"] if i == 0 else []), f"  {name}:"]
        if block["params"]:
            out += entry("params", block["params"], 4)
        out += ["    layers:", *chain(block["layers"], 6)]
    return "\n".join(out) + "\n"


def blocks_of(definitions: Mapping[str, Definition]) -> dict[str, dict[str, Any]]:
    """Definitions as the section `blocks` has them."""
    return {name: {"params": made.declared(), "layers": made.layers} for name, made in definitions.items()}


def entry(key: str, value: Any, indent: int) -> list[str]:
    """``key: value``, on one line where it fits."""
    line = f"{' ' * indent}{key}: {flow(value)}"
    if len(line) <= WIDTH or not value or not isinstance(value, Mapping | list | tuple):
        return [line]
    if isinstance(value, Mapping):
        return [f"{' ' * indent}{key}:", *(row for k, v in value.items() for row in entry(k, v, indent + 2))]
    start, more = f"{' ' * (indent + 2)}[", " " * (indent + 3)
    wrapped = textwrap.wrap(", ".join(map(flow, value)) + "]", WIDTH, initial_indent=start, subsequent_indent=more)
    return [f"{' ' * indent}{key}:", *wrapped]


def chain(items: Sequence[ImportedItem], indent: int) -> list[str]:
    return [row for item in items for row in dashed(lines_of(item, indent + 2), indent)]


def dashed(rows: Sequence[str], indent: int) -> list[str]:
    """The rows of an item behind its dash."""
    first, *rest = rows
    return [f"{' ' * indent}- {first}", *(f"{' ' * indent}  {row}" for row in rest)]


def lines_of(item: ImportedItem, column: int = 0) -> list[str]:
    """An item's own rows without their indent; its operation stands at ``column``."""
    words = [*_words(item, column)]
    if item.share is not None:
        return [f"share: {identifier(item.share)}", *words]
    if item.body is not None and item.op in (SCOPE, GROUP):
        return [f"{item.op}:", *_unindented(chain(item.body, column + 2), column), *words]
    if item.paths is not None:
        return [f"{item.op}:", *_unindented([*_paths(item, column + 2)], column), *words]
    if not item.args:
        bare = item.op if not words else f"{item.op}:" if item.sources is not None else f"{item.op}: {{}}"
        return [bare, *words]
    return [*_unindented(entry(item.op, item.args, column), column), *words]


def rows(items: Sequence[ImportedItem]) -> int:
    """How many rows some lines take."""
    return sum(len(lines_of(item)) for item in items)


def _unindented(rows: Sequence[str], column: int) -> list[str]:
    return [row[column:] for row in rows]


def _paths(item: ImportedItem, indent: int) -> Iterator[str]:
    """The rows of a join's paths."""
    conditions = item.conditions or [None] * len(item.paths or ())
    for path, when in zip(item.paths or (), conditions, strict=True):
        if when is not None:
            rows = [
                f"when: {flow(when)}",
                *(["layers:", *_unindented(chain(path, indent + 4), indent + 2)] if path else ["layers: []"]),
            ]
        else:
            rows = _unindented(chain(path, indent + 2), indent + 2) if path else ["[]"]
        yield from dashed(rows, indent)


def _words(item: ImportedItem, column: int) -> Iterator[str]:
    if item.id is not None:
        yield f"id: {identifier(item.id)}"
    if item.sources is not None:
        named = [identifier(source) for source in item.sources]
        yield f"from: {named[0] if len(named) == 1 else '[' + ', '.join(named) + ']'}"
    if item.repeat is not None:
        yield f"repeat: {flow(item.repeat)}"
    if item.foreach is not None:
        yield from _unindented(entry("foreach", item.foreach, column), column)
    if item.when is not None:
        yield f"when: {flow(item.when)}"


def identifier(text: str) -> str:
    return text if text.isdecimal() and not (len(text) > 1 and text[0] == "0") else flow(text)


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value).replace("e-0", "e-")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
    return "[" + ", ".join(map(flow, value)) + "]"


def text(value: str) -> str:
    """A text, quoted where YAML would read it as something else."""
    try:
        is_text = bool(value) and resolve(value) == value
    except ScalarError:
        is_text = False
    safe = is_text and value.isprintable() and PLAIN.fullmatch(value) and value == value.strip() and " #" not in value
    if safe:
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
