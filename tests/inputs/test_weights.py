"""What is said of weights is what checking each size finds: layers that have others, and inputs that take the same."""

from __future__ import annotations

import pytest

from cnnspec.engine.diagnostics import Sink
from cnnspec.engine.inputs import Inputs, solve
from cnnspec.engine.network import expand
from tests.inputs.specs import MAPS, STATED, text
from tests.inputs.test_agreement import spec_of

WAYS = """
- Conv2d: {out_channels: 2, kernel_size: 3, padding: 1}
  when: $(in.height > 12)
- Upsample: {size: 8}
  when: $(in.height % 2 == 0)
- AdaptiveAvgPool2d: {output_size: [null, 2]}
- Conv2d: {out_channels: 5, kernel_size: 1}
- Flatten
- Linear: {out_features: 3}
"""
INFERRED = "\n".join(STATED.splitlines()[:-1]) + "\n- Linear: {out_features: 3}\n"
SPECS = {"ways": WAYS, "inferred": INFERRED, "norms": "- Conv2d: {out_channels: 2, kernel_size: 2}\n- LayerNorm"}
SIZES = [(h, w) for h in range(1, 31) for w in (1, 6, 9, 20, 29)]


def tensors(found: Inputs, sizes: tuple[int, ...]) -> dict[str, object] | None:
    """The shapes of the state dict by layer, as the checker finds them for one input; None where it is refused."""
    sink = Sink()
    graph = expand(found.with_input(sizes), sink)
    if len(sink) or graph is None:
        return None
    return {node.key: [tuple(tensor.shape) for tensor in node.tensors.values()] for node in graph.nodes if node.tensors}


@pytest.mark.parametrize("name", SPECS)
def test_weights_fit_the_inputs_that_ask_for_the_same(name: str) -> None:
    """Layers are named whose weights are others or absent for some input, and an input fits where all are the same."""
    found = solve(spec_of(text(SPECS[name], "[2, 26, 20]")))
    own = tensors(found, (26, 20))
    assert own is not None
    assert found.fits is not None
    of_sizes = {sizes: made for sizes in SIZES if (made := tensors(found, sizes)) is not None}
    assert [sizes for sizes, made in of_sizes.items() if (sizes in found.fits) != (made == own)] == []
    differing = {key for made in of_sizes.values() for key in made.keys() | own if made.get(key) != own.get(key)}
    assert {layer.key for layer in found.weights} == differing
    assert differing


def test_a_stated_size_of_weights_depends_on_nothing() -> None:
    """A Linear whose `in_features` is stated has the same weights for whatever is accepted."""
    found = solve(spec_of(MAPS["stated"]))
    assert found.accepted
    assert not found.weights
