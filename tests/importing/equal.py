"""What an imported spec is held against: the module itself, with other weights and images than the importer's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from cnnspec.engine.checking import check_source, check_spec
from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.spec import builtin_blocks, read
from cnnspec.pytorch.build.module import module
from cnnspec.pytorch.importing import Imported, import_module
from tests.parity.alike import liven


def import_equal(network: nn.Module, input: Any, name: str = "", given: Any = None) -> Imported:
    """The import of a network, found to be sound, of its keys and, with its weights, of its outputs to the bit.

    ``input`` holds the sizes of the one input, or those of several by name.
    """
    sizes = input if isinstance(input, Mapping) else {"input": input}
    made = import_module(network, sizes, name, given)
    assert not [d for d in check_source(Source("imported", made.text)) if d.severity == "error"]
    hold(made.text, network, sizes)
    return made


def hold(text: str, network: nn.Module, sizes: Mapping[str, Any]) -> None:
    """Fails where a spec does not build the network."""
    again = built(text)
    ours, theirs = again.state_dict(), network.state_dict()
    left_out = [key for key in theirs if key not in ours]
    shapes = [{key: tuple(t.shape) for key, t in state.items()} for state in (ours, theirs)]
    assert shapes[0] == {key: shape for key, shape in shapes[1].items() if key not in left_out}
    torch.manual_seed(7)
    liven(network)
    again.load_state_dict({key: tensor for key, tensor in network.state_dict().items() if key in ours}, strict=True)
    images = {name: torch.randn(3, *shape) for name, shape in sizes.items()}
    with torch.no_grad():
        one = again.eval()(*images.values())
        other = network.eval()(**images) if len(images) > 1 else network(*images.values())
    assert len(flat(one)) == len(flat(other)) > 0
    assert all(map(torch.equal, flat(one), flat(other)))


def built(text: str) -> nn.Module:
    sink = Sink()
    spec = read(Source("imported", text), sink, builtin_blocks())
    assert spec is not None
    graph, found = check_spec(spec, sink)
    assert graph is not None, found
    return module(graph)


def flat(output: Any) -> list[Tensor]:
    """The tensors of an output, by their order."""
    if isinstance(output, Tensor):
        return [output]
    return [*output.values()] if isinstance(output, Mapping) else [*output]
