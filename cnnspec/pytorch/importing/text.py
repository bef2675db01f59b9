"""Program -> text: the lines in order, as chains, folded into blocks, and written.

Program ─► tidy ─► scopes ─► chains ─► names ─► fold ─► settings ─► write
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from cnnspec.engine.diagnostics import Diagnostic, Label, Sink, Span, SpecError
from cnnspec.engine.layers import REGISTRY, Shape
from cnnspec.engine.spec import Item as SpecItem
from cnnspec.engine.spec.items import SCOPE
from cnnspec.engine.spec.names import id_fault, input_name_fault, output_fault
from cnnspec.pytorch.importing.chains import chain_of, shapes_of
from cnnspec.pytorch.importing.define import Definition
from cnnspec.pytorch.importing.fold import fold
from cnnspec.pytorch.importing.items import ImportedItem, walk
from cnnspec.pytorch.importing.names import aliased, name
from cnnspec.pytorch.importing.program import ImportedHead, ImportedProgram, Path, dotted
from cnnspec.pytorch.importing.scopes import ScopeGroup, head_scope, scopes
from cnnspec.pytorch.importing.tidy import tidy
from cnnspec.pytorch.importing.training import WEIGHT
from cnnspec.pytorch.importing.verify import Unsound
from cnnspec.pytorch.importing.write import blocks_of, document

# The network's own params: what its constructor calls so, where one line is just that.
#
# `num_classes` is the last linear layer's size, and `dropout` what every Dropout has. Anything else stays a number
# where it stands: a constructor's name for it may mean more than one line shows.

CLASSES = "num_classes"
DROPOUT = "dropout"


def settings(scopes: list[ImportedItem], program: ImportedProgram) -> tuple[list[ImportedItem], dict[str, Any]]:
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


def _is_output(item: ImportedItem, program: ImportedProgram) -> bool:
    return item.value in {*program.outputs.values(), *(head.lines[-1].value for head in program.heads)}


def _set(item: ImportedItem, wanted: Mapping[tuple[int, str], str], names: Mapping[str, str]) -> ImportedItem:
    argument = wanted.get((item.value, item.op))
    args = item.args if argument is None else {**item.args, argument: f"${names[argument]}"}
    body = None if item.body is None else [_set(i, wanted, names) for i in item.body]
    paths = None if item.paths is None else [[_set(i, wanted, names) for i in path] for path in item.paths]
    return replace(item, args=args, body=body, paths=paths)


HELP = "a spec is stricter here than PyTorch; `cnnspec explain` says more of the code"


class Form(Enum):
    """How much of a program is written once. Whatever is guessed is tried, and a plainer form stands behind it."""

    CLASSES = "one block for each class"
    COPIES = "one block for the copies of a class that have the same lines"
    LINES = "no blocks and no repeats"


@dataclass(frozen=True, slots=True)
class WrittenSpec:
    """A spec, and the lines of the network and of its heads that it was written from."""

    text: str
    scopes: list[ImportedItem]


class Writer:
    """Writes a program. Raises SpecError with what is in the sink, and what else no spec says."""

    def __init__(self, program: ImportedProgram, sink: Sink, description: str) -> None:
        self.program = program = tidy(_called(program))
        self.description = description
        for line in program.lines:
            if line.type not in REGISTRY:
                sink.error("no-layer-for-call", f"no layer is a `{line.type}`", line.span)
        self.trees = _trees(program, sink) if not len(sink) else []
        for tree in self.trees:
            check_names(tree, sink)
        if len(sink):
            raise SpecError(sink.in_order())
        lines = (*program.lines, *(line for head in program.heads for line in head.lines))
        self.spans = {line.value: line.span for line in lines}
        self.shapes = shapes_of(lines, program.inputs)

    def written(self, form: Form) -> WrittenSpec:
        program = self.program
        starts = [-1, *(head.source for head in program.heads)]
        scopes = [_scope(tree, self.shapes, start) for tree, start in zip(self.trees, starts, strict=True)]
        if form is Form.LINES:
            scopes = [unfolded(scope) for scope in scopes]
        network, *heads = scopes
        ids = name(network.body or [], program.inputs, _named(program), heads)
        scopes = [replace(scope, body=aliased(scope.body or [])) for scope in scopes]
        blocks: dict[str, Definition] = {}
        if form is not Form.LINES:
            scopes, blocks = fold(scopes, program.origins, alike=form is Form.COPIES)
        (network, *heads), params = settings(scopes, program)
        aux = {
            head.path[0]: (_words(head, ids), item.body or []) for head, item in zip(program.heads, heads, strict=True)
        }
        sections = _sections(program, params, self.description, ids)
        return WrittenSpec(document(sections, network.body or [], blocks_of(blocks), aux), [network, *heads])

    def located(self, found: Unsound, written: WrittenSpec, fallback: Span) -> list[Diagnostic]:
        """What the checker says of a spec without blocks, at the lines of the module that it was written from."""
        values: dict[int, int] = {}
        if found.spec is not None:
            chains = [found.spec.layers, *(head.layers for head in found.spec.aux)]
            for scope, chain in zip(written.scopes, chains, strict=True):
                values |= dict(_values(scope.body or [], chain))
        placed = []
        for diagnostic in found.diagnostics:
            above = [line for line in values if line <= diagnostic.span.line]
            span = self.spans.get(values[max(above)], fallback) if above else fallback
            placed.append(Diagnostic(diagnostic.code, diagnostic.message, Label(span), help=HELP))
        return placed


def _values(items: Sequence[ImportedItem], read: Sequence[SpecItem]) -> Iterator[tuple[int, int]]:
    """The line of the text that each item stands on, and the value that it makes."""
    for item, other in zip(items, read, strict=True):
        yield other.span.line, item.value
        yield from _values(item.body or [], other.body or [])
        for path, branch in zip(item.paths or [], other.paths or [], strict=True):
            yield from _values(path, branch.items)


def unfolded(item: ImportedItem) -> ImportedItem:
    """A scope in which each module is a scope of its own."""
    body = None if item.body is None else [unfolded(inner) for inner in item.body]
    paths = None if item.paths is None else [[unfolded(inner) for inner in path] for path in item.paths]
    return replace(item, op=item.op if body is None else SCOPE, body=body, paths=paths)


def check_names(tree: ScopeGroup, sink: Sink) -> None:
    """Tells of modules with weights whose names no id can be."""
    seen: set[Path] = set()
    for line in tree.lines():
        if not line.stateful or line.path is None:
            continue
        for end in range(1, len(line.path) + 1):
            path, fault = line.path[:end], id_fault(line.path[end - 1])
            if fault and path not in seen:
                help = "an attribute of another name has other keys in the state dict: rename them in a checkpoint, too"
                sink.error("bad-id", f"`{dotted(path)}` cannot be imported: {fault}", line.span, help=help)
            seen.add(path)


def _called(program: ImportedProgram) -> ImportedProgram:
    """The program with names of its inputs that no line of the network has, and names that outputs may have."""
    own = {line.path[0] for line in program.lines if line.path}
    names = {key: f"{key}_in" if key in own or input_name_fault(key) else key for key in program.inputs}
    if len(names) == 1:
        names = dict.fromkeys(names, "input")
    outputs: dict[str, int] = {}
    for key, value in program.outputs.items():
        word = re.sub(r"\W", "_", key)
        outputs[f"output_{word}" if key and (word in outputs or word != key or output_fault(word)) else key] = value
    return replace(program, inputs={names[key]: shape for key, shape in program.inputs.items()}, outputs=outputs)


def _trees(program: ImportedProgram, sink: Sink) -> list[ScopeGroup]:
    return [scopes(program, sink), *(head_scope(program, head, sink) for head in program.heads)]


def _scope(tree: ScopeGroup, shapes: dict[int, Shape], start: int) -> ImportedItem:
    return ImportedItem(op=SCOPE, body=chain_of(tree, shapes, start), shape=shapes[start])


def _named(program: ImportedProgram) -> list[int]:
    """The values that are called by their ids outside the chain."""
    outputs = [] if {*program.outputs} == {""} else [*program.outputs.values()]
    return [*outputs, *(head.source for head in program.heads)]


def _words(head: ImportedHead, ids: Mapping[int, str]) -> dict[str, Any]:
    """What is said of a head beside its lines."""
    output = {} if head.output == head.path[0] else {"output": head.output}
    return {"from": ids[head.source], "weight": WEIGHT, **output}


def _sections(
    program: ImportedProgram, params: Mapping[str, Any], description: str, ids: Mapping[int, str]
) -> dict[str, Any]:
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
