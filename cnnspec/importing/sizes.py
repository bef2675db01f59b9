"""Runs at other sizes of the input: what a module computes from them is a number in the spec, and is noted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn

from cnnspec.diagnostics import Span
from cnnspec.importing.program import Line, Program
from cnnspec.importing.record import Recorder
from cnnspec.importing.training import weightless
from cnnspec.importing.write import flow
from cnnspec.layers import Shape

SPATIAL = 2  # dimensions of a tensor in front of rows and columns: batch and channels
MOST_TOLD = 3  # lines that a note names


def frozen(module: nn.Module, images: Mapping[str, Tensor], program: Program, place: Span) -> tuple[str, ...]:
    """A note of the lines that are others at other sizes of the input; none where the module takes no other size.

    The runs are on the meta device. One is at twice the size, one at an odd size, which paddings may depend on.
    """
    found: set[int] = set()
    for other in _others(images):
        with suppress(Exception):  # a module that takes no such size, or that needs values
            recorder = Recorder(weightless(module).eval(), next(iter(images.values())).shape[0], place)
            recorder.run(other)
            found |= {line.value for line in _different(program.lines, recorder.translator.lines)}
    lines = [line for line in program.lines if line.value in found]
    return (_note(lines, program.inputs),) if lines else ()


def _others(images: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    for more in (0, 1):
        sizes = {
            name: (*image.shape[:SPATIAL], *(2 * size + more for size in image.shape[SPATIAL:]))
            for name, image in images.items()
        }
        yield {name: torch.empty(size, device="meta") for name, size in sizes.items()}


def _different(lines: Sequence[Line], others: Sequence[Line]) -> Iterator[Line]:
    """The lines with other arguments; where the flow itself is another, the first line of it, and no more."""
    for line, other in zip(lines, others, strict=False):
        if (line.type, line.path, line.inputs) != (other.type, other.path, other.inputs):
            yield line
            return
        if _without_values(line.args) != _without_values(other.args):
            yield line
    if len(lines) != len(others):
        yield lines[-1]


def _without_values(args: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments without those read from weights, which the other run does not have."""
    return {name: value for name, value in args.items() if name != "init_value"}


def _note(lines: list[Line], inputs: Mapping[str, Shape]) -> str:
    written = {(line.span.source.name, line.span.line): f"{line.type}: {flow(line.args)}" for line in lines}
    places = [f"`{text}` at {name}:{line}" for (name, line), text in written.items()]
    rest = f" and {len(places) - MOST_TOLD} more" if len(places) > MOST_TOLD else ""
    size = " and ".join(map(str, inputs.values()))
    return f"computed from the size of the input, and right for {size} only: {', '.join(places[:MOST_TOLD])}{rest}"
