"""What a network is exported to, compared with the module that cnnspec builds: ``make exports``.

Each function takes a name and, where the network is to be run smaller than its spec says, a height and width. They
raise AssertionError where anything differs. ``python -m tests.exports NAME…`` does so for other networks.
"""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

import cnnspec
from cnnspec.engine.network import Graph
from cnnspec.engine.source import Heading, heading, python
from cnnspec.engine.source.naming import spelled
from cnnspec.engine.spec import Spec, known_specs
from cnnspec.pytorch.build.module import module
from cnnspec.pytorch.build.samples import samples
from cnnspec.pytorch.exporting.onnx import as_onnx, furthest
from cnnspec.pytorch.exporting.program import ExportedNetwork, apart, as_program
from tests.conftest import TESTS
from tests.members import MEMBERS

SMALL = (32, 64, 96, 128)  # heights and widths at which most networks have something to do
CLOSE = 1e-5  # of the largest output: what reordered sums come to
CLASS = "Net"
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")  # buffers that training changes


def small(name: str) -> Spec:
    """A spec at the smallest of a few inputs that it takes; as it is where it takes less already."""
    spec = cnnspec.load(name)
    first, *sizes = cnnspec.graph(spec).input
    for size in SMALL:
        if len(sizes) < 2 or size >= sizes[0]:
            break
        try:
            smaller = cnnspec.load(name, input=[first, *(size for _ in sizes)])
            cnnspec.graph(smaller)
        except cnnspec.SpecError:
            continue
        return smaller
    return spec


def at(name: str, size: int | None) -> Spec:
    """A spec at a height and width."""
    if size is None:
        return cnnspec.load(name)
    first, *sizes = cnnspec.graph(name).input
    return cnnspec.load(name, input=[first, *(size for _ in sizes)])


# -------------------------------------------------------------------------------------------------------- Python


def python_equal(name: str, size: int | None = None) -> None:
    """The source has the keys, the initial weights and the outputs of the network, in evaluation and training."""
    spec = at(name, size)
    graph = cnnspec.graph(spec)
    same_network(graph, python(graph, heading(spec, graph)))


def same_network(graph: Graph, source: str) -> None:
    """A source holds the network of a graph, to the bit."""
    ours, theirs = (seeded(make) for make in (lambda: module(graph), executed(source)))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(map(same, ours.state_dict().values(), theirs.state_dict().values())), "initial weights"
    theirs.load_state_dict(ours.state_dict(), strict=True)
    for training in (False, True):
        assert same_outputs(*(outputs(net.train(training), graph) for net in (ours, theirs))), f"training: {training}"
    assert all(map(same, ours.buffers(), theirs.buffers())), "buffers after training"


def same_bits(graph: Graph, source: str, modes: tuple[bool, ...] = (False, True)) -> None:
    """The same with weights that are drawn here, once for both: torch's own initial weights take most of the time."""
    with torch.device("meta"):
        ours, theirs = module(graph), executed(source)()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    torch.manual_seed(0)
    state = {key: drawn(key, tensor) for key, tensor in ours.state_dict().items()}
    for net in (ours, theirs):
        counted = {key: tensor.clone() if key.endswith(STATISTICS) else tensor for key, tensor in state.items()}
        net.load_state_dict(counted, strict=True, assign=True)
    for training in modes:
        assert same_outputs(*(outputs(net.train(training), graph) for net in (ours, theirs))), f"training: {training}"
    assert all(map(same, ours.buffers(), theirs.buffers())), "buffers after training"


def drawn(key: str, tensor: Tensor) -> Tensor:
    """A tensor of another key's shape with values that keep activations finite."""
    if not tensor.is_floating_point():
        return torch.zeros(tensor.shape, dtype=tensor.dtype)
    found = torch.empty(tensor.shape)
    if tensor.ndim < 2 or key.endswith(STATISTICS):
        return found.uniform_(0.5, 1.5)
    return found.uniform_(-1, 1).div_(max(1, tensor[0].numel()) ** 0.5)


def same_structure(graph: Graph, source: str) -> None:
    """A source has the keys and shapes of a graph; nothing is allocated."""
    with torch.device("meta"):
        net = executed(source)()
    found = {key: tuple(tensor.shape) for key, tensor in net.state_dict().items()}
    assert list(found.items()) == [(key, tensor.shape) for key, tensor in ordered(graph).items()]
    inputs = [torch.empty(2, *shape, device="meta") for shape in graph.inputs.values()]
    given = net.eval()(*inputs)
    shapes = [tuple(tensor.shape[1:]) for tensor in (given.values() if isinstance(given, dict) else [given])]
    assert shapes == [graph.shape(value) for value in graph.output_values]


def free_params_equal(name: str) -> None:
    """The params that are arguments of the class change it as they change the spec."""
    spec = cnnspec.load(name)
    graph = cnnspec.graph(spec)
    head = heading(spec, graph)
    made = executed(python(graph, head))
    for param, value in head.free.items():
        other = value + 1 if isinstance(value, int) else value / 2
        with torch.device("meta"):
            found = {key: tuple(tensor.shape) for key, tensor in made(**{spelled(param): other}).state_dict().items()}
        assert found == {key: t.shape for key, t in cnnspec.graph(cnnspec.load(name, **{param: other})).tensors.items()}


def ordered(graph: Graph) -> dict[str, Any]:
    """The graph's tensors in the order of the module's."""
    state = module(graph, "meta").state_dict()
    return {key: graph.tensors[key] for key in state}


def executed(source: str) -> Any:
    """The class of the network, which is the last of a source."""
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(compile(source, "exported.py", "exec"), namespace)
    classes = [value for value in namespace.values() if isinstance(value, type) and value.__module__ == "exported"]
    return classes[-1]


def seeded(make: Any, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return make()


def outputs(net: nn.Module, graph: Graph) -> dict[str, Tensor]:
    """What a network gives by name, with the draws of dropout that a seed gives; a single output has no name."""
    torch.manual_seed(1)
    inputs = samples(graph, 2)
    torch.manual_seed(2)
    with torch.no_grad():
        given = net(*inputs)
    return given if isinstance(given, dict) else {"": given} if isinstance(given, Tensor) else given._asdict()


def same_outputs(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return list(one) == list(other) and all(map(same, one.values(), other.values()))


def same(one: Tensor, other: Tensor) -> bool:
    """To the bit; two that are no number are alike."""
    return torch.equal(torch.nan_to_num(one), torch.nan_to_num(other))


# ------------------------------------------------------------------------------------------- ONNX, torch.export


@contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def network(name: str, size: int | None = None) -> ExportedNetwork:
    """A network in evaluation, with norms that have learnt something."""
    spec = at(name, size)
    made = ExportedNetwork.of(spec, cnnspec.graph(spec), None)
    for norm in made.module.modules():
        if isinstance(norm, nn.BatchNorm2d) and norm.running_mean is not None and norm.running_var is not None:
            norm.running_mean.normal_(std=0.1)
            norm.running_var.uniform_(0.5, 2)
    return made


def onnx_equal(name: str, size: int | None = None) -> float:
    """onnxruntime computes what torch does, for batches of other sizes as well; gives the largest distance."""
    made = network(name, size)
    with quiet():
        data = as_onnx(made)
        distance = max(furthest(made, data, batch) for batch in (1, 3))
    assert distance <= CLOSE, distance
    return distance


def export_equal(name: str, size: int | None = None) -> None:
    """The program that torch.export saves is loaded again, and computes the same to the bit for another batch."""
    made = network(name, size)
    with quiet():
        program = torch.export.load(io.BytesIO(as_program(made))).module()
    inputs = made.example(3)
    with torch.no_grad():
        assert same_outputs(by_name(made.module(*inputs)), by_name(program(*inputs)))


def compile_equal(name: str, size: int | None = None) -> float:
    """torch.compile takes the network as one graph; gives how far its outputs are from eager ones."""
    made = network(name, size)
    torch._dynamo.reset()
    inputs = made.example()
    with quiet(), torch.no_grad():
        wanted = by_name(made.module(*inputs))
        found = by_name(torch.compile(made.module, fullgraph=True)(*inputs))
    distance = max(apart(found[name], tensor) for name, tensor in wanted.items())
    assert distance <= CLOSE, distance
    return distance


def by_name(given: Any) -> dict[str, Tensor]:
    return given if isinstance(given, dict) else {"": given}


def named(title: str = "net") -> Heading:
    """A heading for a graph without a spec."""
    return Heading(title, CLASS)


# -------------------------------------------------------------------------------------------------- make exports

CHECKS: dict[str, Callable[[str, int | None], float | None]] = {
    "python": python_equal,
    "onnx": onnx_equal,
    "torch.export": export_equal,
    "torch.compile": compile_equal,
}


def main() -> None:
    """Every check on each network, a line for each; ends with 1 where one fails.

    Without names: the source of all that ships and of all that the tests import, and every format of the members.
    """
    torch.set_num_threads(1)
    names = sys.argv[1:]
    failed = [run(name, what) for name in names or MEMBERS for what in CHECKS]
    if not names:
        imports = map(str, sorted((TESTS / "importing").glob("*/*.yaml")))
        failed += [run(name, "bits") for name in (*known_specs(), *imports) if name not in MEMBERS]
    sys.exit(any(failed))


def run(name: str, what: str) -> bool:
    """Whether a check fails."""
    start = perf_counter()
    try:
        distance = bits_equal(name) if what == "bits" else CHECKS[what](name, MEMBERS.get(name))
        said, failed = "equal" if distance is None else f"{distance:.1e} apart", False
    except Exception as error:  # noqa: BLE001 - a network that fails does not hide the next
        said, failed = f"FAILS: {type(error).__name__}: {error}", True
    print(f"{name:24} {what:14} {said}  ({perf_counter() - start:.0f} s)", flush=True)
    return failed


def bits_equal(name: str) -> None:
    """The source of a network at a small input, with weights that are drawn here."""
    spec = small(name)
    graph = cnnspec.graph(spec)
    same_bits(graph, python(graph, heading(spec, graph)))


if __name__ == "__main__":
    main()
