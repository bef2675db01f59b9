"""The few modules that torch.nn does not have: joins, a slice, and a scope whose lines do not form a chain."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Add(nn.Module):
    """The sum of its inputs, from the first to the last."""

    def forward(self, x: Tensor, *others: Tensor) -> Tensor:
        for other in others:
            x = x + other
        return x


class Multiply(nn.Module):
    """The product of its inputs, from the first to the last."""

    def forward(self, x: Tensor, *others: Tensor) -> Tensor:
        for other in others:
            x = x * other
        return x


class Concat(nn.Module):
    """Its inputs stacked along the channels."""

    def forward(self, *inputs: Tensor) -> Tensor:
        return torch.cat(inputs, 1)


class Slice(nn.Module):
    """Channels ``start`` to ``end`` (exclusive; None: to the last)."""

    def __init__(self, start: int = 0, end: int | None = None) -> None:
        super().__init__()
        self.start = start
        self.end = end

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.start : self.end]

    def extra_repr(self) -> str:
        return f"{self.start}:{'' if self.end is None else self.end}"


class Chain(nn.Sequential):
    """An ``nn.Sequential`` that prints under the name of its block."""

    _title = "Sequential"  # with `_`, as no id begins

    def _get_name(self) -> str:
        return self._title


class Step(NamedTuple):
    """Run a child on registers; keep its result in one (None: nobody reads it); forget others."""

    child: str
    read: tuple[int, ...]
    write: int | None
    forget: tuple[int, ...]


class Dataflow(nn.Module):
    """Children that do not form a chain, run in order over a few registers.

    Children are looked up by name at each step, so one that is replaced (by a quantizer, say) is the one that runs.
    """

    def __init__(self, title: str, children: dict[str, nn.Module], steps: tuple[Step, ...], output: int) -> None:
        super().__init__()
        self._title = title
        self._steps = steps
        self._output = output
        self._size = 1 + max((r for step in steps for r in (*step.read, step.write or 0)), default=output)
        for name, child in children.items():
            self.add_module(name, child)

    def forward(self, *inputs: Tensor) -> Tensor:
        registers: list[Tensor | None] = [*inputs, *[None] * (self._size - len(inputs))]
        del inputs
        for child, read, write, forget in self._steps:
            result = self._modules[child](*[registers[r] for r in read])  # type: ignore[misc]
            for register in forget:
                registers[register] = None
            if write is not None:
                registers[write] = result
        return registers[self._output]  # type: ignore[return-value]

    def _get_name(self) -> str:
        return self._title
