"""A second run in training: what it does more. Heads that only training runs become `aux`; anything else is noted."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from cnnspec.engine.diagnostics import Span
from cnnspec.engine.spec.names import PARAM
from cnnspec.pytorch.importing.operand import Operand
from cnnspec.pytorch.importing.program import ImportedHead, ImportedProgram, Line, Path, dotted
from cnnspec.pytorch.importing.record import MARK, Recorder
from cnnspec.pytorch.importing.tidy import alive, arriving, leaving

WEIGHT = 0.3  # of the loss of a head, where GoogLeNet's paper has it; no module says


@dataclass(frozen=True, slots=True)
class Trained:
    """The heads of a network, and what has to be said of its training."""

    heads: tuple[ImportedHead, ...] = ()
    notes: tuple[str, ...] = ()


def trained(
    module: nn.Module, images: Mapping[str, Tensor], program: ImportedProgram, unused: Iterable[Path], place: Span
) -> Trained:
    """Runs the module in training and holds that against the run in evaluation; ``unused`` are those of its modules
    that the latter calls none of. The module is left as it was.

    The run is on the meta device, where it costs nothing, unless the module needs values.
    """
    for run in (_without_values, _with_values):
        try:
            recorder, output = run(module, images, place)
        except Exception as error:  # noqa: BLE001 - the user's code may raise anything
            raised = error
        else:
            return _Comparison(program, recorder, [*unused]).trained(named(output))
    return Trained(notes=(f"it cannot be run in training: {type(raised).__name__}",))


def _without_values(module: nn.Module, images: Mapping[str, Tensor], place: Span) -> tuple[Recorder, Any]:
    """A run of a copy without memory for weights."""
    recorder = Recorder(weightless(module).train(), next(iter(images.values())).shape[0], place, training=True)
    return recorder, recorder.run({name: image.to("meta") for name, image in images.items()})


def weightless(module: nn.Module) -> nn.Module:
    """A copy on the meta device."""
    memo: dict[int, Any] = {}
    for tensor in (*module.parameters(), *module.buffers()):
        memo[id(tensor)] = nn.Parameter(tensor.to("meta")) if isinstance(tensor, nn.Parameter) else tensor.to("meta")
    return copy.deepcopy(module, memo)


def _with_values(module: nn.Module, images: Mapping[str, Tensor], place: Span) -> tuple[Recorder, Any]:
    with training(module):
        recorder = Recorder(module, next(iter(images.values())).shape[0], place, training=True)
        return recorder, recorder.run({name: image.clone() for name, image in images.items()})


@contextmanager
def training(module: nn.Module) -> Iterator[None]:
    """While a module is in training; its statistics are put back."""
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    try:
        with torch.random.fork_rng(devices=[]):
            module.train()
            yield
    finally:
        for name, tensor in module.eval().state_dict().items():
            tensor.copy_(before[name])


def named(output: Any) -> dict[str, Any]:
    """Outputs by name: those of a mapping or a named tuple are theirs."""
    if isinstance(output, Mapping):
        return {str(key): value for key, value in output.items()}
    if isinstance(output, tuple) and hasattr(output, "_fields"):
        return dict(zip(output._fields, output, strict=True))
    if isinstance(output, tuple | list):
        return {f"output{number}": value for number, value in enumerate(output, 1)}
    return {"": output}


class _Comparison:
    def __init__(self, program: ImportedProgram, recorder: Recorder, unused: list[Path]) -> None:
        self.program = program
        self.lines = recorder.translator.lines
        self.unsaid = recorder.translator.sink
        run = alive(program.lines, program.wanted)
        self.unused = [path for path in unused if not any(_is_in(line, path) for line in run)]
        self.same: dict[int, int] = {-1 - n: -1 - n for n in range(len(program.inputs))}

    def trained(self, outputs: Mapping[str, Any]) -> Trained:
        given = {name: getattr(tensor, MARK, None) for name, tensor in outputs.items()}
        for operand in given.values():
            if isinstance(operand, Operand) and operand.blocked is not None:
                self.unsaid.add(operand.blocked)
        values = {name: operand.value for name, operand in given.items() if isinstance(operand, Operand)}
        lines = alive(self.lines, {value for value in values.values() if value is not None})
        inside = {path: [line for line in lines if _is_in(line, path)] for path in self.unused}
        own = [line for line in lines if not any(line in part for part in inside.values())]
        different = self.compare(own)
        heads = [self.head(path, part, lines, values) for path, part in inside.items() if part]
        order = [*outputs]
        found = tuple(sorted((head for head in heads if head is not None), key=lambda head: order.index(head.output)))
        unsaid = next(iter(self.unsaid.in_order()), None)
        place = unsaid.span if unsaid is not None else None if different is None else different.span
        return Trained(found, tuple(_notes(found, place)))

    def compare(self, own: list[Line]) -> Line | None:
        """The first line that evaluation has not; those that both have become known as the same."""
        ours = alive(self.program.lines, self.program.wanted)
        for line, other in zip(own, ours, strict=False):
            inputs = tuple(self.same.get(value) for value in line.inputs)
            if (*_said(line), inputs) != (*_said(other), other.inputs):
                return line
            self.same[line.value] = other.value
        return own[len(ours)] if len(own) > len(ours) else None

    def head(
        self, path: Path, part: list[Line], lines: list[Line], outputs: Mapping[str, int | None]
    ) -> ImportedHead | None:
        """The module at a path as a head: on one value of the network, and giving one output of its own."""
        taken, made = [*arriving(part)], [*leaving(part, lines, {v for v in outputs.values() if v is not None})]
        name = next((name for name, value in outputs.items() if made == [value]), None)
        if len(path) != 1 or len(taken) != 1 or taken[0] not in self.same or name is None:
            return None
        if not (PARAM.fullmatch(path[0]) and PARAM.fullmatch(name)):
            return None  # no head is called so
        first = len(self.program.lines) + 1  # head lines are numbered behind the network's
        numbers = {line.value: first + line.value for line in part} | {taken[0]: self.same[taken[0]]}
        moved = [
            replace(line, value=numbers[line.value], inputs=tuple(numbers[value] for value in line.inputs))
            for line in part
        ]
        type = next(frame.type for line in part for frame in line.frames if frame.path == path)
        return ImportedHead(path, type, self.same[taken[0]], name, tuple(moved))


def _said(line: Line) -> tuple[Any, ...]:
    """What a line is, the first values of its weights aside."""
    return line.type, {name: value for name, value in line.args.items() if name != "init_value"}, line.path


def _is_in(line: Line, path: Path) -> bool:
    return any(frame.path == path for frame in line.frames)


def _notes(heads: tuple[ImportedHead, ...], different: Span | None) -> Iterator[str]:
    for head in heads:
        yield f"the loss of `{dotted(head.path)}` is weighted by {WEIGHT}: no module says by how much"
    if different is not None:
        yield f"training does more than the spec says: {different.source.name}:{different.line}"
