"""The Python side."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import cnnspec


def test_public_names() -> None:
    """These are the names that a user can rely on."""
    assert set(cnnspec.__all__) == {
        "CheckpointError", "CnnspecError", "DataError", "Diagnostic", "DivergedError", "Graph", "OutputError", "Recipe",
        "Spec", "SpecError", "UsageError", "batches", "build", "check", "compare", "evaluate", "export", "from_dict",
        "graph", "import_module", "load", "load_data", "loads", "plugin", "resume", "train",
    }  # fmt: skip
    assert all(hasattr(cnnspec, name) for name in cnnspec.__all__)
    assert set(dir(cnnspec)) >= set(cnnspec.__all__)
    with pytest.raises(AttributeError, match="no attribute 'grahp'"):
        cnnspec.grahp  # noqa: B018


def test_load_chooses_variant_params_and_input(tmp_path: Path) -> None:
    """A spec is loaded by name or path; the graph follows what is set on it."""
    spec = cnnspec.load("mnist/resnet50", num_classes=7, input=(3, 64, 64))
    assert (spec.title, spec.variant, dict(spec.settings)) == ("mnist/resnet50", "resnet50", {"num_classes": 7})
    assert cnnspec.graph(spec).output == (7,)
    copy = tmp_path / "copy.yaml"
    copy.write_text(spec.source.text)
    again = cnnspec.load(copy, "resnet50", input=spec.input_override, **spec.settings)
    assert cnnspec.graph(again).tensors == cnnspec.graph(spec).tensors
    assert cnnspec.graph("mnist/resnet50").params == cnnspec.graph(spec, num_classes=10, input=(1, 28, 28)).params


def test_lists_and_layers_as_params() -> None:
    """Lists and layers are given as plain Python values, and are checked as in a spec."""
    assert cnnspec.graph("mnist/resnet18", depths=[1, 1, 1, 1]).params < cnnspec.graph("mnist/resnet18").params
    types = [n.type for n in cnnspec.graph("mnist/lenet", activation={"ELU": {"alpha": 0.5}}).nodes]
    assert types.count("ELU") == 4
    assert isinstance(cnnspec.build("mnist/lenet", activation="Sigmoid").get_submodule("1"), torch.nn.Sigmoid)
    for settings in ({"depths": [1, True]}, {"depths": 3}, {"block": "Stage"}, {"block": "Nothing"}, {"nothing": 1}):
        with pytest.raises(cnnspec.UsageError):
            cnnspec.load("mnist/resnet18", **settings)
    with pytest.raises(cnnspec.SpecError, match="`ELU` has no argument `alfa`"):
        cnnspec.graph("mnist/lenet", activation={"ELU": {"alfa": 1}})


def test_errors_carry_their_diagnostics(tmp_path: Path) -> None:
    """A wrong spec raises with all its diagnostics, as values and as text; the family has one base."""
    path = tmp_path / "wrong.yaml"
    path.write_text("cnnspec: 1\ninput: [1, 8, 8]\nlayers:\n  - Conv2d: {out_channels: 4, kernel_size: 9}\n")
    with pytest.raises(cnnspec.CnnspecError, match=r"error\[window-too-large\]: a 9×9 window") as caught:
        cnnspec.build(path)
    assert isinstance(caught.value, cnnspec.SpecError)
    (found,) = caught.value.diagnostics
    assert (found.code, found.span.line, found.span.column) == ("window-too-large", 4, 31)
    assert found == cnnspec.check(path)[0]
    assert found.help == "set `padding: 1` or more, or set `kernel_size: 8` or less"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_repairs_are_offered_only_where_they_mend(tmp_path: Path) -> None:
    """A setting that would only move the mistake elsewhere is not proposed."""
    path = tmp_path / "wrong.yaml"
    head = "cnnspec: 1\ninput: [1, 8, 8]\nlayers:\n  - Conv2d: {out_channels: 4, kernel_size: 9}\n"
    path.write_text(f"{head}  - MaxPool2d: {{kernel_size: 3}}\n")
    assert cnnspec.check(path)[0].help == ""
    mended = path.read_text().replace("kernel_size: 9", "kernel_size: 9, padding: 1")
    path.write_text(mended)
    assert [d.code for d in cnnspec.check(path)] == ["window-too-large"]


def test_build_takes_a_device_and_a_spec() -> None:
    """A loaded spec builds on the device that is asked for."""
    net = cnnspec.build(cnnspec.load("mnist/lenet"), device="meta")
    assert next(net.parameters()).is_meta
    assert not next(cnnspec.build("mnist/lenet").parameters()).is_meta


@pytest.mark.parametrize(
    "call",
    [
        lambda: cnnspec.check("mnist/resnet", "nope"),
        lambda: cnnspec.load("mnist/lenet", activation={"ELU": 3}),
        lambda: cnnspec.load("mnist/lenet", activation={3: {}}),
        lambda: cnnspec.load("mnist/lenet", activation={"ELU": {}, "ReLU": {}}),
        lambda: cnnspec.load("mnist/lenet", input=5),
        lambda: cnnspec.load("mnist/lenet", input=(1, 0, 3)),
        lambda: cnnspec.check("x" * 5000 + ".yaml"),
        lambda: cnnspec.check("a\0b"),
        lambda: cnnspec.build("mnist/lenet", device="nope"),
    ],
)
def test_calls_that_make_no_sense(call: Callable[[], object]) -> None:
    """Whatever is given, what is wrong is a UsageError."""
    with pytest.raises(cnnspec.UsageError):
        call()


def test_ids_may_be_any_name_but_a_modules_own(tmp_path: Path) -> None:
    """No attribute of cnnspec's own modules is in the way of an id."""
    path = tmp_path / "ids.yaml"
    names = ["title", "steps", "output", "size", "chain"]
    lines = "".join(f"  - ReLU:\n    id: {name}\n" for name in names)
    path.write_text(f"cnnspec: 1\ninput: [3]\nlayers:\n{lines}")
    assert [name for name, _ in cnnspec.build(path).named_children()] == names
