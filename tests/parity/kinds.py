"""What is made of a built network, and whether that is still the network: a verdict for each kind.

Each is asked with the network, its weights livened, and images of the size that published weights take. It gives a word
for the table, ``equal`` where all is well. What takes long is asked for one member of each family.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

import cnnspec
from cnnspec.engine.source import heading, python
from cnnspec.pytorch.exporting.onnx import as_onnx, furthest
from cnnspec.pytorch.exporting.program import ExportedNetwork
from cnnspec.pytorch.importing import import_module
from tests.exports import executed
from tests.parity.alike import liven, outputs, same, same_buffers, shapes
from tests.parity.builders import NAMES, family, published
from tests.parity.lengths import of_yaml

EQUAL, DIFFERS, LEFT_OUT = "equal", "differs", ""
BATCH = 2
CLOSE = 1e-5  # of the largest output: what reordered sums come to


@dataclass(frozen=True)
class Kind:
    """A column of the table: ``about`` it, how it is asked, and the ``code`` that its verdict is about."""

    name: str
    about: str
    ask: Callable[[str, nn.Module, Tensor], str]
    code: tuple[str, ...] = ()
    each: bool = False  # of every builder, not of one a family


def written(name: str, network: nn.Module, images: Tensor) -> str:
    """Of the exported source: its keys in their order, its outputs in evaluation and training, its buffers then."""
    spec = cnnspec.load(name)
    graph = cnnspec.graph(spec)
    with torch.device("meta"):
        made = executed(python(graph, heading(spec, graph)))()
    if shapes(made) != shapes(network):
        return DIFFERS
    buffers = {key for key, _ in network.named_buffers()}
    state = network.state_dict()
    made.load_state_dict({key: state[key].clone() if key in buffers else state[key] for key in state}, assign=True)
    equal = all(
        same(outputs(made, images, training=training), outputs(network, images, training=training))
        for training in (False, True)
    )
    network.eval()
    return EQUAL if equal and same_buffers(made, network) else DIFFERS


def translated(name: str, network: nn.Module, images: Tensor) -> str:
    """Of the ONNX file: how far onnxruntime's outputs are from torch's, for batches of one and three."""
    spec = cnnspec.load(name, input=list(images.shape[1:]))
    made = ExportedNetwork(network, cnnspec.graph(spec), {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = as_onnx(made)
        distance = max(furthest(made, data, batch) for batch in (1, 3))
    return f"{distance:.0e}" if distance <= CLOSE else DIFFERS


def compiled(name: str, network: nn.Module, images: Tensor) -> str:
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
    return f"{verdict(again.eval()(images), network(images))}, {of_yaml(text)} lines"


def verdict(one: Tensor, other: Tensor) -> str:
    return EQUAL if torch.equal(one, other) else DIFFERS


KINDS = (
    Kind(
        "python",
        "`cnnspec export --to python`: the same keys in order, outputs equal to the bit in evaluation and training",
        written,
        ("cnnspec/engine/source/**/*.py",),
        each=True,
    ),
    Kind(
        "onnx",
        "`cnnspec export --to onnx`, run in onnxruntime: the largest difference as a share of the largest output",
        translated,
        ("cnnspec/pytorch/exporting/*.py",),
    ),
    Kind("torch.compile", "the forward pass is compiled as one graph (`fullgraph=True`)", compiled),
    Kind("torch.export", "the program that it makes, the batch free, gives the same outputs", exported),
    Kind(
        "import",
        "the built module as a spec again, in so many lines, which builds back to the same keys and outputs",
        imported,
        ("cnnspec/pytorch/importing/**/*.py",),
    ),
)


def asked(name: str) -> list[Kind]:
    """The kinds that are asked of a builder."""
    return [kind for kind in KINDS if kind.each or stands_for_family(name)]


@torch.no_grad()
def verdicts(name: str, kinds: list[Kind]) -> dict[str, str]:
    """The word for each kind; what is raised is one, too, and leaves the others to be asked."""
    torch.manual_seed(0)
    network = liven(cnnspec.build(name)).eval()
    size = published(name)[1]
    images = torch.randn(BATCH, 3, size, size)
    found = {}
    for kind in kinds:
        try:
            found[kind.name] = kind.ask(name, network, images)
        except Exception as error:  # noqa: BLE001 - the table shows what went wrong
            found[kind.name] = type(error).__name__
    return found


def stands_for_family(name: str) -> bool:
    """The smallest stands for its family, and of the residual networks the best known."""
    members = [other for other in NAMES if family(other) == family(name)]
    return name == ("resnet50" if "resnet50" in members else min(members, key=params))


def params(name: str) -> int:
    number: int = published(name)[0]["num_params"]
    return number
