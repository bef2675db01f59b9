"""The network's own params: what its constructor calls so, where one line is just that.

`num_classes` is the last linear layer's size, and `dropout` what every Dropout has. Anything else stays a number where it
stands: a constructor's name for it may mean more than one line shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cnnspec.importing.items import Item, walk
from cnnspec.importing.program import Program

CLASSES = "num_classes"
DROPOUT = "dropout"


def settings(items: list[Item], program: Program) -> tuple[list[Item], dict[str, Any]]:
    """The lines with what the network's constructor was given as params, and the params."""
    given = program.origins[()].arguments
    wanted: dict[tuple[int, str], str] = {}
    params: dict[str, Any] = {}
    last = next((item for item in reversed([*walk(items)]) if item.op == "Linear"), None)
    drops = [item for item in walk(items) if item.op == "Dropout"]
    if drops and {item.args.get("p", 0.5) for item in drops} == {given.get(DROPOUT)}:
        params[DROPOUT] = {"type": "float", "default": given[DROPOUT], "min": 0, "max": 1}
        wanted |= {(item.value, item.op): "p" for item in drops}
    if last is not None and _is_output(last, program) and last.args.get("out_features") == given.get(CLASSES):
        params[CLASSES] = {"type": "int", "default": given[CLASSES], "min": 1}
        wanted[last.value, last.op] = "out_features"
    names = {"p": DROPOUT, "out_features": CLASSES}
    return [_set(item, wanted, names) for item in items], params


def _is_output(item: Item, program: Program) -> bool:
    return item.value in program.outputs.values()


def _set(item: Item, wanted: Mapping[tuple[int, str], str], names: Mapping[str, str]) -> Item:
    argument = wanted.get((item.value, item.op))
    args = item.args if argument is None else {**item.args, argument: f"${names[argument]}"}
    body = None if item.body is None else [_set(i, wanted, names) for i in item.body]
    paths = None if item.paths is None else [[_set(i, wanted, names) for i in path] for path in item.paths]
    return replace(item, args=args, body=body, paths=paths)
