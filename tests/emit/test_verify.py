"""A source that is not its network is found by its dataflow, without torch, and nothing is written."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

import cnnspec
from cnnspec.engine.source import python
from cnnspec.engine.verify import signatures, verify
from cnnspec.engine.verify.trace import DEFAULTS, LAYERS, TraceRecorder
from cnnspec.pytorch.exporting import export
from tests.cli.runner import run
from tests.exports import named
from tests.fuzz.probe import check

SPEC = """
cnnspec: 1
input: [4, 8, 8]
layers:
  - {Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}, id: one}
  - {Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}, id: two}
  - {BatchNorm2d: {}, id: bn}
  - {LayerScale: {init_value: 0.5}, id: gamma}
  - {Add: , from: [prev, one]}
  - {ReLU: {inplace: true}}
  - {Concat: [[], [{MaxPool2d: {kernel_size: 3, stride: 1, padding: 1}}]]}
  - {Slice: {start: 1, end: 5}}
  - Flatten
  - {Linear: {out_features: 3}, id: fc}
init:
  Conv2d: {weight: {kaiming_normal_: {mode: fan_out}}}
  Linear: {weight: {normal_: {std: 0.01}}}
aux:
  head: {from: one, weight: 0.3, layers: [Flatten, {Linear: {out_features: 3}, id: fc}]}
"""
ONE = "self.one = nn.Conv2d(4, 4, 3, padding=1)"
TWO = "self.two = nn.Conv2d(4, 4, 3, padding=1)"
POOL = "F.max_pool2d(x, 3, stride=1, padding=1)"
RELU = "x = F.relu(x + one, inplace=True)\n"
HEAD = "            head = self.head(one)\n"
# What is changed in the source, into what, and a part of the message.
FAULTS: dict[str, tuple[str, str, str]] = {
    "a module that is never set": (f"        {TWO}\n", "", "`self.two` is never set"),
    "another module in its place": (TWO, "self.two = nn.Identity()", "`two` is torch.nn.Identity"),
    "a key of another module": (
        "self.fc = nn.Linear(4 * 8 * 8, 3)\n        for",
        "self.fc = self.more = nn.Linear(256, 3)\n        for",
        "the network has no `more`",
    ),
    "an argument": (TWO, TWO.replace("padding=1", "padding=2"), "padding=2"),
    "a whole number that is a float": (TWO, TWO.replace("3,", "3.0,"), "kernel_size=3.0"),
    "a type": ("nn.BatchNorm2d(4)", "nn.BatchNorm1d(4)", "BatchNorm1d"),
    "the order of keys": (ONE, f"self.two = nn.Identity()\n        {ONE}", "stands where the network has"),
    "a module that is made and dropped": (ONE, f"nn.Conv2d(4, 4, 1)\n        {ONE}", "which changes initial weights"),
    "the value of a parameter": ("1), 0.5)", "1), 0.25)", "0.25"),
    "what a module reads": ("self.two(one)", "self.two(x)", "in evaluation, call 2"),
    "a call that is left out": ("self.bn(self.two(one))", "self.two(one)", "in evaluation, call 3"),
    "a call too many": (f"        {RELU}", f"        self.bn(x)\n        {RELU}", "in evaluation, call 5"),
    "what a join reads": ("x + one", "x + x", "in evaluation, call 5"),
    "a product for a sum": ("x + one", "x * one", "in evaluation, call 5"),
    "a layer in place": (", inplace=True", "", "inplace=False"),
    "a value that a call has overwritten": (
        RELU,
        "out = x + one\n        F.relu(out, inplace=True)\n        x = out\n",
        "in evaluation",
    ),
    "the order of a concatenation": (f"[x, {POOL}]", f"[{POOL}, x]", "in evaluation, call 7"),
    "a slice": ("[:, 1:5]", "[:, 0:4]", "in evaluation, call 7"),
    "an argument of a function": (POOL, POOL.replace("stride=1", "stride=2"), "stride=2"),
    "a head that always runs": (f"        if self.training:\n{HEAD}", HEAD[4:], "in evaluation, call 2"),
    "the outputs of training": ("NetOutputs(x, head)", "NetOutputs(head, x)", "in training, it returns other"),
    "what initializes a tensor": ("fan_out", "fan_in", "it initializes"),
    "a child that hides a method": ("self.two = nn", "self.half = self.two = nn", "is an attribute of every nn.Module"),
    "a syntax error": ("class Net(", "class Net((", "SyntaxError"),
    "what no emitter writes": ("return self.fc(x)", "return (lambda y: self.fc(y))(x)", "has a Lambda"),
    "what looks into Python": ("return self.fc(x)", "return self.fc.__class__(x)", "reads `__class__`"),
    "what comes from elsewhere": ("import torch\n", "import torch\nimport os\n\nos.remove(torch)\n", "remove"),
}


@pytest.fixture(scope="module")
def network() -> tuple[cnnspec.Graph, str]:
    found = check(SPEC)
    assert found.graph is not None
    assert not found.errors
    return found.graph, python(found.graph, named())


def test_the_source_itself_is_the_network(network: tuple[cnnspec.Graph, str]) -> None:
    """Nothing is found in what the emitter wrote."""
    verify(*network)


@pytest.mark.parametrize("about", FAULTS, ids=lambda about: about.replace(" ", "_"))
def test_a_fault_is_found(about: str, network: tuple[cnnspec.Graph, str]) -> None:
    """One change to the source, whatever it is of, is told as a defect of cnnspec's own."""
    graph, source = network
    old, new, said = FAULTS[about]
    assert source.count(old) >= 1, source
    with pytest.raises(cnnspec.CnnspecError, match="is not that network") as error:
        verify(graph, source.replace(old, new, 1))
    assert said in error.value.message
    assert error.value.exit_code == 1


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command ends with 1 and no file is there, neither the source nor its weights."""
    emitted: Callable[..., str] = export.python
    monkeypatch.setattr(export, "python", lambda *given: emitted(*given).replace("F.relu(", "F.gelu(", 1))
    weights = cnnspec.build("mnist/lenet").state_dict()
    torch.save(weights, tmp_path / "weights.pt")
    done = run("export", "mnist/lenet", "--out", str(tmp_path / "net.py"), "--weights", str(tmp_path / "weights.pt"))
    assert done.exit_code == 1, done.output
    assert "is not that network: in evaluation, call 2 is GELU" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["weights.pt"]


def test_what_a_call_overwrites_is_another_value() -> None:
    """A join that reads a tensor before a call in place is not the one that reads it, or a view of it, afterwards."""
    recorder = TraceRecorder({})
    x = recorder.input(0)
    part = x[:, 1:3]
    before = [(x + x).number, (part + part).number]
    overwritten = recorder.call("torch.nn.ReLU", {"inplace": True}, "", (x,))
    after = [(x + x).number, (part + part).number, (overwritten + overwritten).number]
    assert len({*before, *after}) == 5


# ------------------------------------------------------------------------------------------- what it says of torch


@pytest.mark.parametrize("target", [target for target, layer in LAYERS.items() if not layer.is_parameter])
def test_arguments_by_position_are_torchs(target: str) -> None:
    """The names in their order, and the layers that are subclasses of others."""
    name = target.rpartition(".")[2]
    layer = module(target)
    required = [p.name for p in inspect.signature(layer).parameters.values() if p.default is p.empty and p.kind < 2]
    assert signatures.LAYERS.get(name, "").split() == required
    bases = [base.__name__ for base in layer.__mro__[1:] if f"torch.nn.{base.__name__}" in DEFAULTS]
    assert [base for base in (LAYERS[target].subclass_of,) if base] == bases


def module(target: str) -> type[nn.Module]:
    from cnnspec.pytorch.build.module import _target

    found = _target(target)
    assert isinstance(found, type)
    return found


@pytest.mark.parametrize("name", [*signatures.FUNCTIONS, *signatures.TORCH])
def test_functions_are_torchs(name: str) -> None:
    """What follows the input by position has the name that the layer's argument has, and the same default."""
    layer, names, others = {**signatures.FUNCTIONS, **signatures.TORCH}[name]
    defaults = DEFAULTS[f"torch.nn.{layer}"]
    try:
        parameters = inspect.signature(getattr(torch.nn.functional, name, None) or getattr(torch, name)).parameters
    except ValueError:  # of C
        return
    taken = [parameter.name for parameter in parameters.values()][1:]
    assert taken[: len(names.split())] == names.split() or "args" in parameters
    for argument, default in defaults.items():
        if argument in parameters:
            found = parameters[argument].default
            assert found == others.get(argument, default)
