"""Networks of all styles, imported: equal, and as readable as their golden files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from cnnspec.engine.diagnostics import SpecError
from cnnspec.pytorch.importing import import_module
from cnnspec.pytorch.importing.construct import constructing
from cnnspec.pytorch.importing.text import Form
from tests.importing import modules
from tests.importing.equal import hold, import_equal

IMAGE = (3, 32, 32)
SIZES: dict[str, Any] = {
    "Siamese": {"left": (1, 16, 16), "right": (1, 16, 16)},
    "OddNames": {"image": (1, 16, 16), "mask": (4, 16, 16)},
}
NAMES = (
    *("Plain", "Residual", "UNet", "FlatUNet", "TwoOutputsInside", "ListLoop", "OneList", "Branches", "Gated"),
    *("OwnLayers", "Shuffle", "Nested", "ByShape", "Attention2d", "Scaled", "mobilenet", "Dense", "Pyramid", "Lazy"),
    *("Siamese", "Again", "Levels", "Headed", "Noisy", "Tree", "Around", "SkipInSkip", "WeightlessLists", "InStep"),
    *("Pieces", "TwoPaths", "FirstChannels", "Underscored", "SharedInBlocks", "Identities", "SometimesResidual"),
    *("Hides", "SizeOfInput", "OneAhead", "SideBySide", "OddNames", "SometimesActive", "NegatedFlag"),
)
FOLDER = Path(__file__).parent / "specs"


@pytest.mark.parametrize("name", NAMES)
def test_import_is_equal_and_reads_as_reviewed(name: str, golden: Callable[[Path, str], None]) -> None:
    """An imported network has the module's keys and outputs; its text is the one that was reviewed."""
    torch.manual_seed(0)
    network, given = constructing(getattr(modules, name))
    made = import_equal(network, SIZES.get(name, IMAGE), name, given)
    assert made.form is Form.CLASSES, "a plainer form had to do"
    golden(
        FOLDER / f"{name}.yaml",
        made.text + "".join(f"# note: {note}\n" for note in made.notes).replace(str(Path.cwd()), "."),
    )


def test_every_network_is_imported() -> None:
    """None of the networks that are no parts of others is left out."""
    own = {name for name, value in vars(modules).items() if getattr(value, "__module__", "") == modules.__name__}
    parts = {"PreAct", "DoubleConv", "Up", "Encoder", "Swish", "Gate", "Conv2dSame", "Leaf", "Doubled"}
    assert own - parts == set(NAMES)


def test_a_spec_of_another_network_is_told_apart() -> None:
    """The comparison fails where a number of the spec is another."""
    network = modules.Plain()
    text = import_module(network, {"input": IMAGE}).text
    with pytest.raises(AssertionError):
        hold(
            text.replace("- ReLU\n", "- ReLU6\n", 1).replace("kernel_size: 2", "kernel_size: 2, stride: 1"),
            network,
            {"input": IMAGE},
        )


def test_the_module_is_left_as_it_was() -> None:
    """Importing changes no weight, no statistic, no hook and no draw of random numbers."""
    network = modules.Headed().eval()
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    import_module(network, {"input": IMAGE})
    assert torch.equal(torch.rand(2), expected)
    assert all(torch.equal(before[key], tensor) for key, tensor in network.state_dict().items())
    assert not network.training
    assert not any(module._forward_hooks for module in network.modules())
    assert torch.is_tensor(network(torch.zeros(1, *IMAGE)))


def test_heads_are_written_with_the_name_of_their_output() -> None:
    """What training alone gives is an aux head, and that its weight is a guess is noted."""
    made = import_module(modules.Headed(), {"input": IMAGE})
    assert "aux:\n  side:\n    from: stem\n    weight: 0.3\n    output: output2\n" in made.text
    assert made.notes == ("the loss of `side` is weighted by 0.3: no module says by how much",)


def test_what_training_does_more_is_noted() -> None:
    """A network that adds noise in training is imported as evaluation runs it, with the line that differs."""
    made = import_module(modules.Noisy(), {"input": IMAGE})
    (note,) = made.notes
    assert note.startswith("training does more than the spec says: ")
    assert "tests/importing/modules.py:" in note


def test_a_network_may_be_a_sequence_but_no_single_layer() -> None:
    """A sequence of torch's needs no class; a layer alone has keys without a name, which no line has."""
    import_equal(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), IMAGE)
    with pytest.raises(SpecError, match="the network itself is a `Conv2d`"):
        import_module(nn.Conv2d(3, 4, 3), {"input": IMAGE})


def test_nothing_of_an_import_is_left_in_torch() -> None:
    """No hook on all modules, nor what torch keeps of one: torch.compile would warn of it."""
    import_module(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), {"input": (3, 8, 8)}, "small")
    assert not torch.nn.modules.module._has_any_global_hook()
