"""One builder -> its Record: everything that is compared, at the size that torchvision publishes weights for."""

from __future__ import annotations

import gc
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import nn

import cnnspec
from cnnspec.engine.inputs import solve
from tests.parity.alike import digests, liven, outputs, same, same_buffers, settings, shapes, twin
from tests.parity.builders import WITHOUT_AUX, family, published, smallest, theirs

BATCH = 2  # in training: batch normalisation takes no image alone on a 1×1 map


@dataclass(frozen=True)
class Record:
    """What was found of one builder. A verdict is None where it was not asked."""

    name: str
    family: str
    size: int  # height and width
    tensors: int
    state: bool  # keys, their order, shapes, and the settings that these do not show
    evaluation: bool
    training: bool  # outputs, and the running statistics afterwards
    initial: int  # tensors that a seed gives the same initial values
    params: int
    params_published: int
    macs: int
    ops_published: float
    smallest: int | None
    smallest_published: int
    kinds: dict[str, str] = field(default_factory=dict)  # of what is made of the network: a verdict in a word

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs, initial weights aside."""
        figures = (self.params, round(self.macs / 1e9, 3), self.smallest)
        published = (self.params_published, self.ops_published, self.smallest_published)
        return self.state and self.evaluation and self.training and figures == published

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def measure(name: str) -> Record:
    """Compares one builder. Holds the weights of two networks at a time at most."""
    meta, size = published(name)
    torch.manual_seed(0)
    marks = digests(cnnspec.build(name))
    gc.collect()
    torch.manual_seed(0)
    written = theirs(name)
    initial = sum(marks[key] == mark for key, mark in digests(written).items() if key in marks)
    liven(written)
    graph = cnnspec.graph(name, input=[3, size, size])
    state = same_state(name, written)
    built = twin(name, written)
    evaluation = same_outputs(built, written, size, training=False)
    training = same_outputs(built, written, size, training=True) and same_buffers(built, written)
    return Record(
        name=name,
        family=family(name),
        size=size,
        tensors=len(written.state_dict()),
        state=state,
        evaluation=evaluation,
        training=training,
        initial=initial,
        params=graph.params - (graph.aux_params if name in WITHOUT_AUX else 0),
        params_published=meta["num_params"],
        macs=graph.macs,
        ops_published=meta["_ops"],
        smallest=smallest_square(name),
        smallest_published=smallest(name),
    )


def same_state(name: str, written: nn.Module) -> bool:
    built = cnnspec.build(name, device="meta")
    return shapes(built) == shapes(written) and settings(built) == settings(written)


def same_outputs(built: nn.Module, written: nn.Module, size: int, *, training: bool) -> bool:
    torch.manual_seed(2)
    images = torch.randn(BATCH if training else 1, 3, size, size)
    return same(outputs(built, images, training=training), outputs(written, images, training=training))


def smallest_square(name: str) -> int | None:
    """The smallest height and width from which on all squares are accepted."""
    found = solve(cnnspec.load(name)).smallest
    return None if found is None else max(found)
