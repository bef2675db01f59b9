"""The few modules that torch.nn does not have: joins, a slice, a norm, and a scope whose lines do not form a chain."""

from __future__ import annotations

from collections import namedtuple
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its name in every PyTorch program

from cnnspec.engine.network.graph import LOGITS


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


class Split(nn.Module):
    """Channels in parts of the stated sizes."""

    def __init__(self, split_size_or_sections: int | tuple[int, ...]) -> None:
        super().__init__()
        self.split_size_or_sections = split_size_or_sections

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        sizes = self.split_size_or_sections
        return torch.split(x, sizes if isinstance(sizes, int) else list(sizes), 1)

    def extra_repr(self) -> str:
        return f"{self.split_size_or_sections}"


class Chunk(nn.Module):
    """Channels in so many parts of one size."""

    def __init__(self, chunks: int) -> None:
        super().__init__()
        self.chunks = chunks

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return torch.chunk(x, self.chunks, 1)

    def extra_repr(self) -> str:
        return f"{self.chunks}"


class ResizeLike(nn.Module):
    """A map resized to the size of another."""

    def __init__(self, mode: str = "nearest", align_corners: bool | None = None) -> None:
        super().__init__()
        self.mode = mode
        self.align_corners = align_corners

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        return F.interpolate(x, like.shape[2:], mode=self.mode, align_corners=self.align_corners)

    def extra_repr(self) -> str:
        return f"mode={self.mode}"


class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation over the channels of N×C×H×W, under the keys of ``nn.LayerNorm``."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)


class Chain(nn.Sequential):
    """An ``nn.Sequential`` that prints under the name of its block."""

    _title = "Sequential"  # with `_`, as no id begins

    def _get_name(self) -> str:
        return self._title


class Step(NamedTuple):
    """Run a child on registers; keep each of its results in one (None: nobody reads it); forget others.

    A child that is a parameter multiplies what it reads.
    """

    child: str
    read: tuple[int, ...]
    write: tuple[int | None, ...]
    forget: tuple[int, ...]


class Program(NamedTuple):
    """Steps in order, and the registers of what they are run for."""

    steps: tuple[Step, ...]
    outputs: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many registers there are."""
        used = (r for step in self.steps for r in (*step.read, *step.write) if r is not None)
        return 1 + max((*used, *self.outputs), default=0)


class Dataflow(nn.Module):
    """Children that do not form a chain, run in order over a few registers.

    Children are looked up by name at each step, so one that is replaced (by a quantizer, say) is the one that runs.
    """

    def __init__(self, title: str, children: dict[str, nn.Module | nn.Parameter], program: Program) -> None:
        super().__init__()
        self._title = title
        self._steps, outputs = program
        self._output = outputs
        self._size = program.size
        self._bare = frozenset(name for name, child in children.items() if isinstance(child, nn.Parameter))
        for name, child in children.items():
            if isinstance(child, nn.Parameter):
                self.register_parameter(name, child)
            else:
                self.add_module(name, child)

    def forward(self, *inputs: Tensor) -> Any:
        registers: list[Tensor | None] = [*inputs, *[None] * (self._size - len(inputs))]
        del inputs
        self._run(self._steps, registers)
        if len(self._output) == 1:
            return registers[self._output[0]]
        return tuple([registers[register] for register in self._output])

    def _run(self, steps: tuple[Step, ...], registers: list[Tensor | None]) -> None:
        for child, read, write, forget in steps:
            if child in self._bare:
                result = getattr(self, child) * registers[read[0]]
            else:
                result = self._modules[child](*[registers[r] for r in read])  # type: ignore[misc]
            for register in forget:
                registers[register] = None
            for place, target in enumerate(write):
                if target is not None:
                    registers[target] = result if len(write) == 1 else result[place]

    def extra_repr(self) -> str:
        return "\n".join(f"({name}): Parameter{tuple(p.shape)}" for name, p in self.named_parameters(recurse=False))

    def _get_name(self) -> str:
        return self._title


class Network(Dataflow):
    """A whole network that is no chain: of one input here, of more in the classes below.

    It gives one tensor, or a dict of the outputs by name. In training,
    with aux heads, it gives a named tuple: the network's own output as ``logits``, then that of each head; beside
    several outputs the dict holds those of the heads as well.
    """

    def __init__(
        self,
        title: str,
        children: dict[str, nn.Module | nn.Parameter],
        evaluation: Program,
        training: Program,
        outputs: tuple[str, ...],
        heads: tuple[str, ...],
    ) -> None:
        super().__init__(title, children, evaluation)
        self._evaluation, self._training = evaluation, training
        self._outputs, self._heads = outputs, heads

    def forward(self, input: Tensor) -> Any:  # type: ignore[override]
        return self._give([input])

    def _give(self, registers: list[Tensor | None]) -> Any:
        """The outputs; ``registers`` holds the inputs, and is this call's to use."""
        program = self._training if self.training else self._evaluation
        registers += [None] * (program.size - len(registers))
        self._run(program.steps, registers)
        given = [registers[register] for register in program.outputs]
        heads = self._heads if self.training else ()
        if self._outputs:
            return dict(zip((*self._outputs, *heads), given, strict=True))
        return outputs_type((LOGITS, *heads))(*given) if heads else given[0]


class TwoInputs(Network):
    """Takes them in the order of the spec. They are named one by one because torch.fx traces no ``*inputs``."""

    def forward(self, first: Tensor, second: Tensor) -> Any:  # type: ignore[override]
        return self._give([first, second])


class ManyInputs(Network):
    """Takes three or more in the order of the spec."""

    def forward(self, *inputs: Tensor) -> Any:
        return self._give([*inputs])


@lru_cache(maxsize=64)
def outputs_type(names: tuple[str, ...]) -> Any:
    """The named tuple that a network with aux heads gives in training."""
    return namedtuple("Outputs", names)  # noqa: PYI024 - the names are those of a spec
