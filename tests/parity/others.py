"""What is made of a built network, and whether that still gives its outputs: a verdict for each kind.

    torch.compile   takes the forward pass as one graph
    torch.export    takes it, with the batch free
    import          the module as a spec again, which builds back to the same keys and outputs

Each kind is a function of a name, the network with its weights and images; it gives a word for the table, ``equal``
where all is well. A kind that is slow is asked for one member of each family.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

import cnnspec
from cnnspec.importing import import_module
from tests.parity.alike import shapes
from tests.parity.builders import NAMES, family, published
from tests.parity.lengths import of_yaml

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


def imported(name: str, network: nn.Module, images: Tensor) -> str:
    """The verdict with the length of the imported spec, in lines of code."""
    text = import_module(network, {"input": images.shape[1:]}, name).text
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        again = cnnspec.build(path, device="meta")
    if dict(shapes(again)) != dict(shapes(network)):
        return DIFFERS
    again.load_state_dict(network.state_dict(), assign=True)
    found = verdict(again.eval()(images), network(images))
    return f"{found}, {of_yaml(text)} lines"


def verdict(one: Tensor, other: Tensor) -> str:
    return EQUAL if torch.equal(one, other) else DIFFERS


EACH: dict[str, Kind] = {}
ONE_PER_FAMILY: dict[str, Kind] = {"torch.compile": compiled, "torch.export": exported, "import": imported}
BATCH = 2


@torch.no_grad()
def verdicts(name: str, network: nn.Module, size: int) -> dict[str, str]:
    """The word for each kind; what torch raises is one, too."""
    torch.manual_seed(3)
    images = torch.randn(BATCH, 3, size, size)
    asked = EACH | (ONE_PER_FAMILY if stands_for_family(name) else {})
    found = dict.fromkeys({**EACH, **ONE_PER_FAMILY}, LEFT_OUT)
    for kind, ask in asked.items():
        try:
            found[kind] = ask(name, network, images)
        except Exception as error:  # noqa: BLE001 - the table shows what went wrong, and the others are asked still
            found[kind] = type(error).__name__
    return found


def stands_for_family(name: str) -> bool:
    """The smallest stands for its family, and of the residual networks the best known."""
    members = [other for other in NAMES if family(other) == family(name)]
    return name == ("resnet50" if "resnet50" in members else min(members, key=params))


def params(name: str) -> int:
    number: int = published(name)[0]["num_params"]
    return number
