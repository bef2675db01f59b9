"""Program -> text: the lines in order, as chains, folded into blocks, and written.

Program ─► tidy ─► scopes ─► chains ─► names ─► fold ─► settings ─► write
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnspec.diagnostics import Sink, SpecError
from cnnspec.importing.chains import chain_of, shapes_of
from cnnspec.importing.fold import fold
from cnnspec.importing.items import Item
from cnnspec.importing.names import name
from cnnspec.importing.program import Head, Program
from cnnspec.importing.scopes import Group, head_scope, scopes
from cnnspec.importing.settings import settings
from cnnspec.importing.tidy import tidy
from cnnspec.importing.training import WEIGHT
from cnnspec.importing.write import blocks_of, document
from cnnspec.layers import REGISTRY, Shape
from cnnspec.spec.items import SCOPE


def text_of(program: Program, sink: Sink, description: str) -> str:
    """The spec of a program. Raises SpecError with what is in the sink, and what else no spec says."""
    program = tidy(program)
    for line in program.lines:
        if line.type not in REGISTRY:
            sink.error("no-layer-for-call", f"no layer is a `{line.type}`", line.span)
    trees = _trees(program, sink) if not len(sink) else []
    if len(sink):
        raise SpecError(sink.in_order())
    shapes = shapes_of((*program.lines, *(line for head in program.heads for line in head.lines)), program.inputs)
    starts = [-1, *(head.source for head in program.heads)]
    network, *heads = [_scope(tree, shapes, start) for tree, start in zip(trees, starts, strict=True)]
    ids = name(network.body or [], program.inputs, _named(program), heads)
    folded, blocks = fold([network, *heads], program.origins)
    (network, *heads), params = settings(folded, program)
    aux = {head.path[0]: (_words(head, ids), item.body or []) for head, item in zip(program.heads, heads, strict=True)}
    return document(_sections(program, params, description, ids), network.body or [], blocks_of(blocks), aux)


def _trees(program: Program, sink: Sink) -> list[Group]:
    return [scopes(program, sink), *(head_scope(program, head, sink) for head in program.heads)]


def _scope(tree: Group, shapes: dict[int, Shape], start: int) -> Item:
    return Item(op=SCOPE, body=chain_of(tree, shapes, start), shape=shapes[start])


def _named(program: Program) -> list[int]:
    """The values that are called by their ids outside the chain."""
    outputs = [] if {*program.outputs} == {""} else [*program.outputs.values()]
    return [*outputs, *(head.source for head in program.heads)]


def _words(head: Head, ids: Mapping[int, str]) -> dict[str, Any]:
    """What is said of a head beside its lines."""
    output = {} if head.output == head.path[0] else {"output": head.output}
    return {"from": ids[head.source], "weight": WEIGHT, **output}


def _sections(program: Program, params: Mapping[str, Any], description: str, ids: Mapping[int, str]) -> dict[str, Any]:
    sizes = {key: list(shape) for key, shape in program.inputs.items()}
    outputs = {} if {*program.outputs} == {""} else {key: ids[value] for key, value in program.outputs.items()}
    sections = {
        "name": program.name,
        "description": description,
        "input": sizes if len(sizes) > 1 else next(iter(sizes.values())),
        "outputs": outputs,
        "params": params,
    }
    return {key: value for key, value in sections.items() if value}
