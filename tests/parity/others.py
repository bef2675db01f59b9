"""What is made of a built network, and whether that still gives its outputs: a verdict for each kind.

    compile   torch.compile takes the forward pass as one graph
    export    torch.export takes it, with the batch free

Each kind is a function of a name, the network with its weights and images; it gives a word for the table, ``equal``
where all is well. A kind that is slow is asked for one member of each family, the first.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from tests.parity.builders import NAMES, family

EQUAL, DIFFERS, LEFT_OUT = "equal", "differs", ""
Kind = Callable[[str, nn.Module, Tensor], str]


def compiled(name: str, network: nn.Module, images: Tensor) -> str:
    torch.compiler.reset()
    made = torch.compile(network, backend="eager", fullgraph=True)
    return verdict(made(images), network(images))


def exported(name: str, network: nn.Module, images: Tensor) -> str:
    batch = torch.export.Dim("batch", min=2)
    program = torch.export.export(network, (images,), dynamic_shapes=({0: batch},)).module()
    more = torch.cat([images, images.flip(0)])
    return verdict(program(more), network(more))


def verdict(one: Tensor, other: Tensor) -> str:
    return EQUAL if torch.equal(one, other) else DIFFERS


EACH: dict[str, Kind] = {}
ONE_PER_FAMILY: dict[str, Kind] = {"torch.compile": compiled, "torch.export": exported}
BATCH = 2


@torch.no_grad()
def verdicts(name: str, network: nn.Module, size: int) -> dict[str, str]:
    """The word for each kind; what torch raises is one, too."""
    torch.manual_seed(3)
    images = torch.randn(BATCH, 3, size, size)
    asked = EACH | (ONE_PER_FAMILY if is_first(name) else {})
    found = dict.fromkeys({**EACH, **ONE_PER_FAMILY}, LEFT_OUT)
    for kind, ask in asked.items():
        try:
            found[kind] = ask(name, network, images)
        except Exception as error:  # noqa: BLE001 - the table shows what went wrong, and the others are asked still
            found[kind] = type(error).__name__
    return found


def is_first(name: str) -> bool:
    """Whether a builder stands for its family."""
    return name == next(other for other in NAMES if family(other) == family(name))
