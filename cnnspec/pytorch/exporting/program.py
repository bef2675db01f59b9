"""A network with its weights, in evaluation, and torch.export's program of it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor, nn

from cnnspec.engine.diagnostics import UsageError
from cnnspec.engine.network import Graph
from cnnspec.engine.spec import Spec
from cnnspec.pytorch.build.module import module as built
from cnnspec.pytorch.build.samples import samples
from cnnspec.pytorch.weights import load_weights

SEED = 0  # of the weights, where none are given: the same call writes the same file
BATCH = 2  # of the example that is traced; it stands for any
ONLY = "output"  # what a network's one output is called


@dataclass(frozen=True, slots=True, eq=False)
class ExportedNetwork:
    """A module with what its file says of it."""

    module: nn.Module
    graph: Graph
    facts: dict[str, str]  # the name, and which text it was built from

    @classmethod
    def of(cls, spec: Spec, graph: Graph, weights: str | os.PathLike[str] | None) -> ExportedNetwork:
        """The network in evaluation, with these weights or new ones. Raises CheckpointError."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            made = built(graph, "cpu")
        if weights is not None:
            load_weights(made, weights, spec.title)
        facts = {
            "name": spec.title,
            "spec_sha256": hashlib.sha256(spec.source.text.encode()).hexdigest(),
            "cnnspec": version("cnnspec"),
        }
        return cls(made.eval(), graph, facts)

    @property
    def inputs(self) -> list[str]:
        return list(self.graph.inputs)

    @property
    def outputs(self) -> list[str]:
        """The names of the outputs; one that is also an input's is told apart."""
        names = list(self.graph.outputs) or [ONLY]
        return [f"{name}_out" if name in self.inputs else name for name in names]

    def example(self, batch: int = BATCH) -> tuple[Tensor, ...]:
        """Inputs of a batch."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            return samples(self.graph, batch)

    def exported(self) -> torch.export.ExportedProgram:
        """The program that torch.export makes, with the batch free. Raises UsageError."""
        with failing("torch.export"):
            return torch.export.export(self.module, self.example(), dynamic_shapes=self.free)

    @property
    def free(self) -> Any:
        """What torch.export takes for a batch of any size."""
        batch = torch.export.Dim("batch")
        free = tuple({0: batch} for _ in self.inputs)
        return (free,) if len(self.inputs) > 2 else free  # more than two arrive as one argument


@contextmanager
def failing(what: str) -> Iterator[None]:
    """Whatever torch raises is said in one line: a network that it cannot take is no defect of the user's text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Exception as error:  # noqa: BLE001 - torch raises errors of every kind
            said = next(iter(str(error).strip().splitlines()), "")
            raise UsageError(f"{what} does not take this network: {type(error).__name__}: {said}") from None


def apart(one: Tensor, two: Tensor) -> float:
    """The largest difference, as a share of the largest value."""
    return float((one - two).abs().max() / two.abs().max().clamp(min=1e-30))


def as_program(network: ExportedNetwork) -> bytes:
    """A `.pt2` file. Raises UsageError."""
    program = network.exported()
    buffer = io.BytesIO()
    with failing("torch.export"):
        torch.export.save(program, buffer, extra_files={"cnnspec.json": json.dumps(network.facts)})
    return buffer.getvalue()
