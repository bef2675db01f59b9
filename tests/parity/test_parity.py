"""The comparison itself: it finds what differs, and counts what it says it counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.parity.__main__ import assembled
from tests.parity.alike import digests, outputs, same, same_buffers, settings, shapes, twin
from tests.parity.builders import NAMES, family, source, theirs
from tests.parity.kept import NETWORK, keep, kept
from tests.parity.kinds import EQUAL as EQUAL_WORD
from tests.parity.kinds import Kind, stands_for_family, verdicts
from tests.parity.lengths import lengths, of_python, of_yaml
from tests.parity.measure import Record
from tests.parity.page import page

EQUAL = Record(
    name="alexnet",
    family="alexnet",
    size=224,
    tensors=16,
    state=True,
    evaluation=True,
    training=True,
    initial=16,
    params=61_100_840,
    params_published=61_100_840,
    macs=714_188_480,
    ops_published=0.714,
    smallest=63,
    smallest_published=63,
    kinds={"torch.compile": EQUAL_WORD},
)


@pytest.fixture(scope="module")
def written() -> nn.Module:
    torch.manual_seed(0)
    return theirs("shufflenet_v2_x0_5")


def test_a_twin_has_the_very_parameters_and_buffers_of_its_own(written: nn.Module) -> None:
    """So two networks take the memory of one, and training one leaves the other's statistics alone."""
    built = twin("shufflenet_v2_x0_5", written)
    assert shapes(built) == shapes(written)
    ours, other = dict(built.named_parameters()), dict(written.named_parameters())
    assert all(ours[key].data_ptr() == parameter.data_ptr() for key, parameter in other.items())
    built.train()(torch.randn(2, 3, 64, 64))
    assert not same_buffers(built, written)


def test_one_bit_is_a_difference(written: nn.Module) -> None:
    """In a tensor of the state dict, and in an output."""
    built = twin("shufflenet_v2_x0_5", written)
    images = torch.randn(1, 3, 64, 64)
    before = outputs(written, images, training=False)
    marks = digests(built)
    assert same(before, outputs(built, images, training=False))
    bias = built.get_parameter("fc.bias")
    built.fc.bias = nn.Parameter(torch.nextafter(bias.detach(), torch.tensor(torch.inf)))
    changed = digests(built)
    assert [key for key, mark in marks.items() if changed[key] != mark] == ["fc.bias"]
    assert not same(before, outputs(built, images, training=False))


def test_names_of_outputs_count() -> None:
    """Heads that change places are a difference."""
    one, two = torch.zeros(1), torch.zeros(1)
    assert same({"a": one, "b": two}, {"a": one, "b": two})
    assert not same({"a": one, "b": two}, {"b": one, "a": two})


@pytest.mark.parametrize("spoil", ["eps", "momentum", "p"])
def test_settings_that_no_tensor_shows_are_seen(spoil: str) -> None:
    """An epsilon, a momentum, the share of a dropout."""
    with torch.device("meta"):
        net = nn.Sequential(nn.BatchNorm2d(3), nn.Dropout(0.5))
        other = nn.Sequential(nn.BatchNorm2d(3), nn.Dropout(0.5))
    assert settings(net) == settings(other)
    setattr(net[spoil == "p"], spoil, 0.25)
    assert settings(net) != settings(other)


@pytest.mark.parametrize(
    "difference",
    [
        {"state": False},
        {"evaluation": False},
        {"training": False},
        {"params": 61_100_841},
        {"macs": 715_188_480},
        {"smallest": 62},
        {"smallest": None},
    ],
)
def test_what_differs_shows(difference: dict[str, object]) -> None:
    """In the verdict, in the row and in the sum."""
    record = replace(EQUAL, **difference)  # type: ignore[arg-type]
    assert EQUAL.is_equal
    assert not record.is_equal
    assert "differs" not in page([EQUAL], lengths())
    text = page([EQUAL, record], lengths())
    assert text.count("differs") == 1
    assert "1 of 2 are equal" in text


def test_what_is_raised_is_a_word_of_the_table() -> None:
    """A kind that fails leaves the others to be asked."""

    def fails(name: str, network: nn.Module, images: torch.Tensor) -> str:
        raise ZeroDivisionError

    asked = [Kind("broken", "", fails), Kind("sound", "", lambda *_: EQUAL_WORD)]
    assert verdicts("squeezenet1_1", asked) == {"broken": "ZeroDivisionError", "sound": EQUAL_WORD}


def test_one_of_each_family_is_asked_what_is_slow() -> None:
    """Of fourteen families, one member, the smallest of most."""
    asked = [name for name in NAMES if stands_for_family(name)]
    assert len(asked) == len({family(name) for name in asked}) == 14
    assert {"alexnet", "efficientnet_b0", "resnet50", "squeezenet1_1"} < set(asked)


def test_lines_are_lines_of_code() -> None:
    """Without blank lines, comments, docstrings, imports and published weights."""
    python = 'import a\n\n"""Text."""\n\nX = [\n    1,  # one\n]\n# none\n\nclass W(WeightsEnum):\n    A = 1\n'
    assert of_python(python) == 3
    assert of_yaml("cnnspec: 1\n\n# none\nlayers: # some\n  - ReLU\n") == 3


def test_lengths_are_of_the_files_that_build_the_networks() -> None:
    """Every family has a spec and a file of torchvision's, and each builder is counted."""
    assert sum(row.builders for row in lengths()) == len(NAMES)
    assert {source(name).parent.name for name in NAMES} == {"models"}


def test_a_part_holds_as_long_as_its_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is kept of a builder is found again once its network changes, and other parts stand beside it."""
    monkeypatch.setattr("tests.parity.kept.FOLDER", tmp_path)
    assert kept("alexnet") == {}
    keep("alexnet", {NETWORK: EQUAL.as_json()})
    keep("alexnet", {"import": EQUAL_WORD})
    assert kept("alexnet") == {NETWORK: EQUAL.as_json(), "import": EQUAL_WORD}
    assert assembled(kept("alexnet")) == replace(EQUAL, kinds={"import": EQUAL_WORD})
    monkeypatch.setattr("tests.parity.kept.lines", lambda name: ("another network",))
    assert kept("alexnet") == {}
