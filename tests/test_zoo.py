"""The networks of the papers, against torchvision's builders of the same names and what it publishes of them.

At small sizes, and large networks by their shapes alone; ``make parity`` does all of it in full.
"""

from __future__ import annotations

import pytest
import torch

import cnnspec
from cnnspec.engine.spec import known_specs
from tests.exports import at
from tests.members import MEMBERS
from tests.parity.alike import liven, outputs, same, same_buffers, settings, shapes, twin
from tests.parity.builders import NAMES, SMALLEST, WITHOUT_AUX, family, published, smallest, theirs
from tests.test_papers import HAND, LARGE

RUN = [name for name in MEMBERS if name in NAMES]  # with real weights


def test_all_68_builders_are_compared() -> None:
    """Every classifier of torchvision is, but for the three families of transformers."""
    assert len(NAMES) == 68


def test_every_builder_ships() -> None:
    """Variants are named as torchvision's builders, and none is left out; the others are held to their papers."""
    ours = [name for name in known_specs() if "/" not in name and name != "first"]
    assert sorted(ours) == sorted([*NAMES, *HAND, *LARGE])


def test_every_family_runs() -> None:
    """Outputs are compared for a member of each family at least."""
    assert {family(name) for name in RUN} == {family(name) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_state_dict_is_torchvisions(name: str) -> None:
    """Keys, their order and shapes are torchvision's, so that its checkpoints load; so are epsilons and momenta."""
    built, written = cnnspec.build(name, device="meta"), theirs(name, "meta", init_weights=False)
    assert shapes(built) == shapes(written)
    assert settings(built) == settings(written)


@pytest.mark.parametrize("name", NAMES)
def test_graph_counts_what_torchvision_publishes(name: str) -> None:
    """Parameters, and thousand millions of MACs at the size that the weights take."""
    meta, crop = published(name)
    graph = cnnspec.graph(name, input=[3, crop, crop])
    assert graph.params - (graph.aux_params if name in WITHOUT_AUX else 0) == meta["num_params"]
    assert round(graph.macs / 1e9, 3) == meta["_ops"]


# The aux head of inception_v3 takes nothing smaller than its own 299: tests/inputs/test_agreement.py asks without it.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "inception_v3"])
def test_smallest_input_is_the_published(name: str) -> None:
    """The smallest image that torchvision's network takes passes; one row and column less is refused."""
    size = smallest(name)
    assert cnnspec.graph(name, input=[3, size, size]).output == (1000,)
    if size > 1:
        with pytest.raises(cnnspec.SpecError):
            cnnspec.graph(name, input=[3, size - 1, size - 1])


@pytest.mark.parametrize("name", SMALLEST)
def test_published_smallest_input_is_wrong(name: str) -> None:
    """torchvision's own network takes a smaller image than it is said to."""
    assert min(published(name)[0]["min_size"]) > SMALLEST[name]
    image = torch.zeros(1, 3, SMALLEST[name], SMALLEST[name], device="meta")
    assert theirs(name, "meta").eval()(image).shape == (1, 1000)


@pytest.mark.parametrize("name", ["densenet121", "squeezenet1_0", "squeezenet1_1"])
def test_published_smallest_input_is_that_of_the_network(name: str) -> None:
    """torch runs it, and nothing smaller."""
    size = smallest(name)
    network = theirs(name).eval()
    assert network(torch.zeros(1, 3, size, size)).shape == (1, 1000)
    with pytest.raises(RuntimeError):
        network(torch.zeros(1, 3, size - 1, size - 1))


@pytest.mark.parametrize("name", RUN)
def test_outputs_are_torchvisions_to_the_bit(name: str) -> None:
    """With torchvision's weights, outputs are its own in evaluation and training, and so are the running statistics."""
    torch.manual_seed(0)
    written = liven(theirs(name, init_weights=False))
    built = twin(name, written)
    images = torch.randn(2, *cnnspec.graph(at(name, MEMBERS[name])).input)
    for training in (False, True):
        assert same(outputs(built, images, training=training), outputs(written, images, training=training))
    assert same_buffers(built, written)


@pytest.mark.parametrize("width_mult", [0.35, 0.75, 1.4])
def test_width_multiplier_is_torchvisions(width_mult: float) -> None:
    """MobileNetV2's multiplier rounds channels as torchvision does, and leaves the last layer as wide below 1."""
    built = cnnspec.build("mobilenet_v2", width_mult=width_mult, num_classes=10, device="meta")
    assert shapes(built) == shapes(theirs("mobilenet_v2", "meta", width_mult=width_mult, num_classes=10))
