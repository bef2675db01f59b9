"""The network's own params: what its constructor calls so, where one line is just that.

`num_classes` is the last linear layer's size, and `dropout` what every Dropout has. Anything else stays a number where
it stands: a constructor's name for it may mean more than one line shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cnnspec.importing.items import Item, walk
from cnnspec.importing.program import Program

CLASSES = "num_classes"
DROPOUT = "dropout"


def settings(scopes: list[Item], program: Program) -> tuple[list[Item], dict[str, Any]]:
    """The network and its heads with what its constructor was given as params, and the params."""
    given = program.origins[()].arguments
    wanted: dict[tuple[int, str], str] = {}
    params: dict[str, Any] = {}
    last = [item for item in walk(scopes) if item.op == "Linear" and _is_output(item, program)]
    drops = [item for item in walk(scopes) if item.op == "Dropout"]
    if drops and {item.args.get("p", 0.5) for item in drops} == {given.get(DROPOUT)}:
        params[DROPOUT] = {"type": "float", "default": given[DROPOUT], "min": 0, "max": 1}
        wanted |= {(item.value, item.op): "p" for item in drops}
    if last and {item.args["out_features"] for item in last} == {given.get(CLASSES)}:
        params[CLASSES] = {"type": "int", "default": given[CLASSES], "min": 1}
        wanted |= {(item.value, item.op): "out_features" for item in last}
    names = {"p": DROPOUT, "out_features": CLASSES}
    return [_set(item, wanted, names) for item in scopes], params


def _is_output(item: Item, program: Program) -> bool:
    return item.value in {*program.outputs.values(), *(head.lines[-1].value for head in program.heads)}


def _set(item: Item, wanted: Mapping[tuple[int, str], str], names: Mapping[str, str]) -> Item:
    argument = wanted.get((item.value, item.op))
    args = item.args if argument is None else {**item.args, argument: f"${names[argument]}"}
    body = None if item.body is None else [_set(i, wanted, names) for i in item.body]
    paths = None if item.paths is None else [[_set(i, wanted, names) for i in path] for path in item.paths]
    return replace(item, args=args, body=body, paths=paths)
