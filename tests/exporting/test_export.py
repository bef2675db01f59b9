"""Networks as files of other programs: what they compute, what they say of themselves, and what cannot be written."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from safetensors.torch import load_file

import cnnspec
from cnnspec.pytorch.exporting import export as to_export
from cnnspec.pytorch.exporting import onnx as to_onnx
from cnnspec.pytorch.weights.safe import as_bytes
from tests.cli.runner import run
from tests.exports import export_equal, onnx_equal

SEVERAL = """
cnnspec: 1
input: {image: [3, 16, 16], mask: [1, 16, 16]}
layers:
  - Concat:
    from: [image, mask]
  - Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
    id: mixed
  - AdaptiveAvgPool2d: {output_size: 1}
  - Flatten
  - Linear: {out_features: 2}
    id: fc
outputs: {zoomed: mixed, logits: fc}
aux:
  head:
    from: mixed
    weight: 0.3
    layers:
      - Flatten
      - Linear: {out_features: 2}
"""


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """Two inputs, two outputs, and a head for training."""
    path = tmp_path / "several.yaml"
    path.write_text(SEVERAL)
    return path


def test_onnx_file_computes_what_torch_does(tmp_path: Path) -> None:
    """The batch is free, the names are the spec's, and the metadata say what the file is of."""
    assert onnx_equal("mnist/lenet") < 1e-5
    out = tmp_path / "lenet.onnx"
    assert cnnspec.export("mnist/lenet", "onnx", out) == out
    model = onnx.load(out)
    (arrives,), (gives,) = model.graph.input, model.graph.output
    assert (arrives.name, gives.name) == ("input", "output")
    assert [d.dim_param or d.dim_value for d in arrives.type.tensor_type.shape.dim] == ["batch", 1, 28, 28]
    facts = {entry.key: entry.value for entry in model.metadata_props}
    text = cnnspec.load("mnist/lenet").source.text
    assert facts["name"] == "mnist/lenet"
    assert facts["spec_sha256"] == hashlib.sha256(text.encode()).hexdigest()


def test_onnx_has_several_inputs_and_outputs(several: Path) -> None:
    """Their names are the spec's; heads that run in training only are left out."""
    onnx_equal(str(several))
    made = to_onnx.as_onnx(network(several))
    model = onnx.load_model_from_string(made)
    assert [value.name for value in model.graph.input] == ["image", "mask"]
    assert [value.name for value in model.graph.output] == ["zoomed", "logits"]


def network(path: Path) -> Any:
    from tests.exports import network as made

    return made(str(path))


def test_programs_compute_the_same(several: Path) -> None:
    """A program is loaded again, and computes the same to the bit for another batch."""
    export_equal("mnist/lenet")
    export_equal(str(several))


def test_program_says_what_it_is_of(tmp_path: Path) -> None:
    """A JSON file inside it has the name and the mark of the spec's text."""
    out = tmp_path / "lenet.pt2"
    cnnspec.export("mnist/lenet", "torch", out)
    extra = {"cnnspec.json": ""}
    torch.export.load(out, extra_files=extra)
    assert json.loads(extra["cnnspec.json"])["name"] == "mnist/lenet"


def test_same_call_writes_the_same_weights(tmp_path: Path) -> None:
    """Without weights a file has new ones, the same each time, and torch's own state is as it was."""
    state = torch.random.get_rng_state()
    models = []
    for number in range(2):
        out = cnnspec.export("mnist/lenet", "onnx", tmp_path / f"{number}.onnx")
        models.append(onnx.load(out))
    one, two = ({w.name: w.raw_data for w in model.graph.initializer} for model in models)
    assert one == two
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("missing", ["onnxscript", "onnxruntime"])
def test_missing_packages_are_named(missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the extra the error has the line that installs it."""
    found = to_onnx.find_spec
    monkeypatch.setattr(to_onnx, "find_spec", lambda name: None if name == missing else found(name))
    with pytest.raises(cnnspec.UsageError, match=missing) as refused:
        cnnspec.export("mnist/lenet", "onnx", tmp_path / "x.onnx")
    assert str(refused.value).endswith("pip install 'cnnspec[onnx]'")


def test_past_what_onnx_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights of 2 GiB and more are refused before anything is traced."""
    monkeypatch.setattr(to_onnx, "LARGEST", 1000)
    with pytest.raises(cnnspec.UsageError, match="2 GiB"):
        cnnspec.export("mnist/lenet", "onnx", tmp_path / "x.onnx")


def test_a_wrong_file_is_not_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose outputs are not torch's is an error, and nothing is written."""
    monkeypatch.setattr(to_onnx, "furthest", lambda *_: 0.5)
    with pytest.raises(cnnspec.CnnspecError, match="differ by"):
        cnnspec.export("mnist/lenet", "onnx", tmp_path / "x.onnx")
    assert not list(tmp_path.iterdir())


def test_a_network_that_torch_cannot_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch's reason is said in one line."""

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("no such thing\nand more")

    monkeypatch.setattr(torch.export, "export", refuse)
    with pytest.raises(cnnspec.UsageError, match=r"does not take this network: RuntimeError: no such thing$"):
        cnnspec.export("mnist/lenet", "torch", tmp_path / "x.pt2")


def test_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file cannot be written, what was there stays and nothing is left beside it."""
    path = tmp_path / "net.py"
    path.write_text("before")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.write", full)
    with pytest.raises(cnnspec.OutputError):
        cnnspec.export("mnist/lenet", "python", path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_unknown_formats_and_missing_files() -> None:
    """A format is one of three; all but the source are written to a file."""
    with pytest.raises(cnnspec.UsageError, match="no format `onx`") as near:
        cnnspec.export("mnist/lenet", "onx")
    assert "onnx" in near.value.help
    with pytest.raises(cnnspec.UsageError, match="written to a file") as unnamed:
        cnnspec.export("mnist/lenet", "torch")
    assert unnamed.value.help == "name it: --out lenet.pt2"


def test_source_is_the_text_or_a_file(tmp_path: Path) -> None:
    """Without a file the source is given back; a file has the permissions that a new one has."""
    text = cnnspec.export(cnnspec.load("mnist/lenet", num_classes=3))
    out = cnnspec.export(cnnspec.load("mnist/lenet", num_classes=3), out=tmp_path / "lenet.py")
    assert isinstance(out, Path)
    assert out.read_text() == text
    (tmp_path / "plain").touch()
    assert stat.S_IMODE(out.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_broken_spec_is_told_as_anywhere(tmp_path: Path) -> None:
    """Its mistakes are diagnostics."""
    path = tmp_path / "wrong.yaml"
    path.write_text("cnnspec: 1\ninput: [1, 8, 8]\nlayers: [Relu]\n")
    with pytest.raises(cnnspec.SpecError, match="no layer is called"):
        cnnspec.export(path)


def test_weights_stand_beside_the_source(tmp_path: Path) -> None:
    """They are safetensors, and the docstring says how they are loaded."""
    weights = tmp_path / "trained.safetensors"
    torch.manual_seed(3)
    trained = cnnspec.build("mnist/lenet")
    weights.write_bytes(as_bytes(trained))
    out = cnnspec.export("mnist/lenet", "python", tmp_path / "net.py", weights=weights)
    assert isinstance(out, Path)
    assert 'load_file("net.safetensors")' in out.read_text()
    saved = load_file(tmp_path / "net.safetensors")
    assert all(torch.equal(saved[name], tensor) for name, tensor in trained.state_dict().items())
    with pytest.raises(cnnspec.UsageError, match="beside the source"):
        cnnspec.export("mnist/lenet", "python", weights=weights)


def test_verify_says_what_it_compared(tmp_path: Path) -> None:
    """The source is built and run beside the network, and one line on standard error says so."""
    done = run("export", "mnist/lenet", "--verify", "--out", str(tmp_path / "net.py"))
    assert done.exit_code == 0
    said = (
        "10 tensors of the state dict and their initial values, outputs for 2×1×28×28 in evaluation and training: equal"
    )
    assert said in done.stderr
    assert (tmp_path / "net.py").is_file()


def test_verify_needs_a_network_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the built network itself raises, as a plugin's module may, that is told."""
    monkeypatch.setattr(torch.nn.Conv2d, "forward", lambda *_: 1 / 0)
    with pytest.raises(cnnspec.UsageError, match="the built network cannot be run: ZeroDivisionError"):
        cnnspec.export("mnist/lenet", on_verified=print)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("F.relu", "F.gelu", "its outputs in evaluation differ"),
        ("self.conv2(", "self.conv3(", "it raises AttributeError"),
        ("conv2", "other", "it has the key `other.weight` where the network has `conv2.weight`"),
        (
            "super().__init__()\n",
            "super().__init__()\n        torch.rand(1)\n",
            "the initial values of `conv1.weight` differ",
        ),
    ],
)
def test_verify_ends_with_1_where_they_differ(
    old: str, new: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the check without torch would have missed, nothing is written."""
    emitted = to_export.python
    monkeypatch.setattr(to_export, "python", lambda *given: emitted(*given).replace(old, new))
    monkeypatch.setattr(to_export, "verify", lambda *_: None)
    done = run("export", "mnist/lenet", "--verify", "--out", str(tmp_path / "net.py"))
    assert done.exit_code == 1, done.output
    assert what in done.output
    assert not list(tmp_path.iterdir())


def test_verify_is_of_source_alone(tmp_path: Path) -> None:
    """ONNX is compared with torch whatever is asked."""
    done = run("export", "mnist/lenet", "--verify", "--out", str(tmp_path / "net.onnx"))
    assert done.exit_code == 2
    assert "ONNX is always compared" in done.output
