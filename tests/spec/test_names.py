"""Ids that a module could not hold are refused."""

from __future__ import annotations

import ast
import keyword

import pytest
import torch
from torch import nn

from cnnspec.engine.spec.names import PRIVATE, TAKEN, folded, id_fault, id_help
from cnnspec.pytorch.build.modules import Chain, ManyInputs, Program, TwoInputs


def test_taken_names_are_those_of_torch() -> None:
    """Every public attribute of the modules that scopes become is refused as an id, and nothing else is."""
    attributes = {name for cls in (nn.Module, nn.Sequential) for name in dir(cls())}
    assert {name for name in attributes if not name.startswith("_")} == TAKEN


def test_private_names_are_those_of_torch_and_of_our_modules() -> None:
    """Of names that begin with `_` those are refused that a module of torch or of ours has, and nothing else."""
    empty = Program((), (0,))
    networks = [cls("Net", {}, empty, empty, (), ()) for cls in (TwoInputs, ManyInputs)]
    modules = (nn.Module(), nn.Sequential(), nn.ModuleList(), Chain(), *networks)
    attributes = {name for module in modules for name in dir(module)}
    assert {name for name in attributes if name.startswith("_") and not name.startswith("__")} == PRIVATE


@pytest.mark.parametrize(
    "name",
    [
        *("", "a.b", "forward", "__class__", "__conv", "_modules", "_steps"),
        *("prev", "input", "in", "a\x1b[31m", "x" * 101, "class", "lambda"),
        *("ﬁ", "ｃｌａｓｓ", "ｆorward", "ª", "gro\N{COMBINING DIAERESIS}ße"),
    ],
)
def test_bad_ids(name: str) -> None:
    """An id is printable, has no dot, and hides no attribute of a module, and is no word of Python."""
    assert id_fault(name)


@pytest.mark.parametrize("name", ["conv1", "0", "block1-0", "größe", "branch3x3_2a", "layer 1", "_conv", "½", "层"])
def test_good_ids(name: str) -> None:
    """Any other text is an id."""
    assert id_fault(name) == ""
    nn.Module().add_module(name, nn.ReLU())


@pytest.mark.parametrize("name", keyword.kwlist)
def test_words_of_python_break_what_torch_writes(name: str) -> None:
    """torch.fx, and torch.onnx with it, cannot read back the line that calls a child of such a name."""
    network = nn.Sequential()
    network.add_module(name, nn.ReLU())
    with pytest.raises(SyntaxError):
        torch.fx.symbolic_trace(network)


@pytest.mark.parametrize("name", ["ﬁ", "ｃｌａｓｓ", "ª", "Ａ", "ϐ"])
def test_names_that_python_folds(name: str) -> None:
    """Python reads an attribute of such a name as another; the help is the name that it reads, where that is an id."""
    read = ast.parse(f"self.{name}").body[0].value.attr  # type: ignore[attr-defined]
    assert read == folded(name) != name
    assert id_help(name) == f"call it `{read}{'_' * (read == 'class')}`"
