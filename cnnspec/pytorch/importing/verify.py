"""A spec that was written is held against the module: built back, its keys compared, its outputs to the bit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cnnspec.engine.checking import check_spec
from cnnspec.engine.diagnostics import CnnspecError, Diagnostic, Sink, Source, plain
from cnnspec.engine.spec import Spec, builtin_blocks, read
from cnnspec.pytorch.build.module import module

DEFECT = "this is a defect of cnnspec, or the module changes a tensor in place that another line still reads"


class Unsound(CnnspecError):
    """A spec that was written and does not pass the checker, and what stands against it."""

    def __init__(self, spec: Spec | None, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(f"the spec that was written is not sound: {plain(diagnostics[0])}", DEFECT)
        self.spec, self.diagnostics = spec, tuple(diagnostics)


def built(text: str) -> nn.Module:
    """The network that a text says. Raises Unsound where it says none."""
    sink = Sink()
    spec = read(Source("the spec that was written", text), sink, builtin_blocks())
    graph, found = check_spec(spec, sink) if spec is not None else (None, sink.in_order())
    if found or graph is None:
        raise Unsound(spec, found)
    return module(graph)


@dataclass(frozen=True, slots=True)
class HeldValues:
    """What a module holds, and what it gives for some images."""

    state: Mapping[str, Tensor]
    images: Mapping[str, Tensor]
    output: Any


def verify(text: str, held: HeldValues, left_out: Collection[str]) -> None:
    """Raises CnnspecError where the network of a text is not the module; the keys in ``left_out`` are not its own."""
    with torch.random.fork_rng(devices=[]):
        network = built(text)
    kept = {key: tensor for key, tensor in held.state.items() if key not in left_out}
    _check_keys(network.state_dict(), kept)
    network.load_state_dict(kept, strict=True)
    with torch.no_grad():
        output = network.eval()(*held.images.values())
    if not _same(output, held.output):
        raise CnnspecError("the spec that was written does not give the module's outputs; nothing is written", DEFECT)


def _check_keys(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> None:
    """The same names, and the same shape of each."""
    shapes = [{key: tuple(tensor.shape) for key, tensor in state.items()} for state in (ours, theirs)]
    wrong = [key for key in {**shapes[0], **shapes[1]} if shapes[0].get(key) != shapes[1].get(key)]
    if wrong:
        there = shapes[0].get(wrong[0], "not there")
        what = f"`{wrong[0]}` is {there}, and {shapes[1].get(wrong[0], 'not there')} in the module"
        raise CnnspecError(f"the spec that was written has other keys: {what}; nothing is written", DEFECT)


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, Tensor) and isinstance(theirs, Tensor):
        return ours.shape == theirs.shape and bool(((ours == theirs) | (ours.isnan() & theirs.isnan())).all())
    if isinstance(ours, Mapping):
        values = [*theirs.values()] if isinstance(theirs, Mapping) else [*theirs]
        return len(values) == len(ours) and all(map(_same, ours.values(), values))
    return False
