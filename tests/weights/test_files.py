"""Weights from files: what is read, what is refused, and that a network is loaded whole or not at all."""

from __future__ import annotations

import json
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save, save_file
from torch import Tensor, nn
from torchvision import models

import cnnspec
from cnnspec.engine.diagnostics import CheckpointError, UsageError
from cnnspec.pytorch.train import Recipe, train
from cnnspec.pytorch.weights import load_weights
from tests.cli.runner import run

SPEC = """
cnnspec: 1
input: [1, 8, 8]
params: {num_classes: 10}
layers:
  - Conv2d: {out_channels: 4, kernel_size: 3, bias: false}
    id: conv
  - BatchNorm2d: {}
    id: norm
  - ReLU
  - Flatten
  - Linear: {out_features: $num_classes}
    id: fc
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SPEC)
    return path


@pytest.fixture
def state(spec: Path) -> dict[str, Tensor]:
    """Weights of another network of the same spec, none of whose tensors is as it was made."""
    torch.manual_seed(1)
    trained = cnnspec.build(spec)
    with torch.no_grad():
        for tensor in trained.state_dict(keep_vars=True).values():
            tensor.copy_(torch.rand(tensor.shape) * 9)
    return dict(trained.state_dict())


def same(module: nn.Module, state: dict[str, Tensor]) -> bool:
    ours = module.state_dict()
    return list(ours) == list(state) and all(torch.equal(ours[name], state[name]) for name in state)


def saved(path: Path, content: Any, **how: Any) -> Path:
    torch.save(content, path, **how)
    return path


# ------------------------------------------------------------------------------------------------------- formats


def test_safetensors_are_loaded(spec: Path, state: dict[str, Tensor], tmp_path: Path) -> None:
    """The ending does not matter: a file is known by its first bytes."""
    for name in ("w.safetensors", "w.bin"):
        save_file(state, tmp_path / name)
        assert same(cnnspec.build(spec, weights=tmp_path / name), state)


WRAPPED: dict[str, Callable[[dict[str, Tensor]], object]] = {
    "as it is": lambda state: state,
    "ordered": OrderedDict,
    "of a training script": lambda state: {"epoch": 3, "state_dict": state, "optimizer": {"lr": 0.1}},
    "under another name": lambda state: {"model": state},
    "of DataParallel": lambda state: {f"module.{name}": tensor for name, tensor in state.items()},
    "of torch.compile": lambda state: {"model": {f"_orig_mod.module.{name}": t for name, t in state.items()}},
    "of parameters": lambda state: {n: nn.Parameter(t, requires_grad=t.is_floating_point()) for n, t in state.items()},
}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=list(WRAPPED))
def test_state_dicts_are_loaded(
    spec: Path, state: dict[str, Tensor], tmp_path: Path, wrap: Callable[[dict[str, Tensor]], object], zipped: bool
) -> None:
    """In torch's own format and in the one before it, whatever scripts and wrappers have put around them."""
    path = saved(tmp_path / "w.pth", wrap(state), _use_new_zipfile_serialization=zipped)
    assert same(cnnspec.build(spec, weights=str(path)), state)


def test_a_run_is_loaded(tmp_path: Path, spec: Path) -> None:
    """A folder of a run gives its weights; training may start from them, and notes down where they are."""
    first = train(cnnspec.load(spec), Recipe(epochs=1, data="fake", batch_size=500), tmp_path / "run").folder
    trained = load_file(first / "weights.safetensors")
    built = cnnspec.build(spec, weights=first)
    assert all(torch.equal(tensor, trained[name]) for name, tensor in built.state_dict().items())
    second = run(
        *("train", str(spec), "--data", "fake", "--epochs", "1", "--batch-size", "500", "--lr", "1e-12"),
        *("--weights", str(first), "--out", str(tmp_path / "second")),
    )
    assert second.exit_code == 0, second.output
    after = load_file(tmp_path / "second" / "weights.safetensors")
    assert torch.allclose(after["fc.weight"], trained["fc.weight"], atol=1e-6)
    assert f'"weights": "{first}"' in (tmp_path / "second" / "settings.json").read_text()


def test_training_from_weights_that_do_not_fit_writes_nothing(tmp_path: Path, spec: Path) -> None:
    """The command ends with 5 before there is a folder."""
    save_file({"fc.weight": torch.zeros(2)}, tmp_path / "w.safetensors")
    given = ("--weights", str(tmp_path / "w.safetensors"), "--out", str(tmp_path / "run"))
    done = run("train", str(spec), "--data", "fake", *given)
    assert done.exit_code == 5
    assert "does not fit" in done.stderr
    assert not (tmp_path / "run").exists()


def test_torchvisions_weights_fit_the_specs(tmp_path: Path) -> None:
    """A file of torchvision's own network loads into the spec, and gives its outputs."""
    theirs = models.squeezenet1_1(num_classes=5).eval()
    path = saved(tmp_path / "squeezenet.pth", theirs.state_dict())
    ours = cnnspec.build("squeezenet1_1", num_classes=5, weights=path).eval()
    x = torch.randn(1, 3, 64, 64)
    assert torch.equal(ours(x), theirs(x))


def test_old_keys_of_densenets_are_known(tmp_path: Path) -> None:
    """torchvision's own files still have `norm.1` for what is `norm1` today, and no count of batches."""
    theirs = models.densenet121(num_classes=2)
    old = {}
    for name, tensor in theirs.state_dict().items():
        for word in ("norm", "conv"):
            for digit in "12":
                name = name.replace(f".{word}{digit}.", f".{word}.{digit}.") if "denselayer" in name else name
        if not name.endswith("num_batches_tracked"):
            old[name] = tensor
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    built = cnnspec.build("densenet121", num_classes=2, weights=saved(tmp_path / "old.pth", old))
    assert same(built, dict(theirs.state_dict()))


# ------------------------------------------------------------------------------------------------ kinds of numbers


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_numbers_are_converted_to_the_networks_type(
    spec: Path, state: dict[str, Tensor], tmp_path: Path, dtype: torch.dtype
) -> None:
    """As load_state_dict does; whole numbers stay whole."""
    other = {name: t.to(dtype) if t.is_floating_point() else t.to(torch.int32) for name, t in state.items()}
    save_file(other, tmp_path / "w.safetensors")
    built = cnnspec.build(spec, weights=tmp_path / "w.safetensors")
    assert {t.dtype for t in built.parameters()} == {torch.float32}
    assert same(built, {name: t.to(state[name].dtype) for name, t in other.items()})


def test_a_network_of_another_type_keeps_it(spec: Path, state: dict[str, Tensor], tmp_path: Path) -> None:
    """Half precision stays half precision."""
    built = cnnspec.build(spec).half()
    load_weights(built, saved(tmp_path / "w.pth", state), "small")
    assert {t.dtype for t in built.parameters()} == {torch.float16}


def test_whole_numbers_are_no_weights(spec: Path, state: dict[str, Tensor], tmp_path: Path) -> None:
    """Quantised tensors have scales of their own, which a copy would lose."""
    path = saved(tmp_path / "w.pth", state | {"fc.weight": state["fc.weight"].to(torch.int8)})
    with pytest.raises(CheckpointError, match=r"`fc.weight` is 10×144 int8 where the network has 10×144 float32"):
        cnnspec.build(spec, weights=path)


# -------------------------------------------------------------------------------------------------------- misfits


def without(*names: str) -> Callable[[dict[str, Tensor]], dict[str, Tensor]]:
    return lambda state: {name: tensor for name, tensor in state.items() if name not in names}


def renamed(old: str, new: str) -> Callable[[dict[str, Tensor]], dict[str, Tensor]]:
    return lambda state: {name.replace(old, new): tensor for name, tensor in state.items()}


MISFITS: list[tuple[Callable[[dict[str, Tensor]], dict[str, Tensor]], list[str]]] = [
    (without("fc.bias"), ["`fc.bias` is missing"]),
    (lambda state: state | {"extra.weight": torch.ones(3)}, ["the network has no `extra.weight`"]),
    (renamed("fc.", "fcc."), ["`fc.weight` is missing, and there is `fcc.weight`", "the network has no `fcc.bias`"]),
    (
        lambda state: {f"backbone.{name}": tensor for name, tensor in state.items()},
        ["7 missing and 8 unknown keys: `conv.weight` is missing"],
    ),
    (
        lambda state: state | {"fc.weight": torch.ones(1000, 144), "fc.bias": torch.ones(1000)},
        ["`fc.weight` is 1000×144 float32 where the network has 10×144 float32 and `fc.bias` is 1000"],
    ),
    (lambda state: state | {"conv.weight": torch.ones(4, 1, 9)}, ["`conv.weight` is 4×1×9 float32 where"]),
]


@pytest.mark.parametrize(("change", "messages"), MISFITS)
def test_what_does_not_fit_is_named_and_nothing_is_loaded(
    spec: Path,
    state: dict[str, Tensor],
    tmp_path: Path,
    change: Callable[[dict[str, Tensor]], dict[str, Tensor]],
    messages: list[str],
) -> None:
    """Keys and shapes are in the message; the network is as it was."""
    built = cnnspec.build(spec)
    before = {name: tensor.clone() for name, tensor in built.state_dict().items()}
    with pytest.raises(CheckpointError) as caught:
        load_weights(built, saved(tmp_path / "w.pth", change(state)), "small")
    assert caught.value.exit_code == 5
    assert f"{tmp_path / 'w.pth'} does not fit `small`: " in caught.value.message
    assert [message for message in messages if message not in caught.value.message] == []
    assert same(built, before)


def test_a_head_for_other_classes_is_told_with_what_helps(spec: Path, state: dict[str, Tensor], tmp_path: Path) -> None:
    """The layer is named with both numbers, and doing what the help says works."""
    path = saved(tmp_path / "w.pth", state)
    with pytest.raises(CheckpointError) as caught:
        cnnspec.build(spec, num_classes=3, weights=path)
    assert "`fc` has 10 outputs in the file and 3 in the network: build it with 10" in caught.value.help
    built = cnnspec.build(spec, num_classes=10, weights=path)
    built.fc = nn.Linear(144, 3)
    assert built(torch.zeros(2, 1, 8, 8)).shape == (2, 3)


def test_numbers_of_another_kind_are_no_other_classes(spec: Path, state: dict[str, Tensor], tmp_path: Path) -> None:
    """A layer that has as many outputs as it should is not to be built with others."""
    path = saved(tmp_path / "w.pth", {**state, "fc.weight": state["fc.weight"].to(torch.complex64)})
    with pytest.raises(CheckpointError, match="complex64 where the network has") as caught:
        cnnspec.build(spec, weights=path)
    assert "outputs" not in caught.value.help


def test_a_key_with_a_line_break_begins_no_line(spec: Path, state: dict[str, Tensor], tmp_path: Path) -> None:
    """At the start of a line in a log of GitHub it would be a command."""
    path = saved(tmp_path / "w.pth", {**state, "a\n::error::b": torch.zeros(1)})
    with pytest.raises(CheckpointError, match="does not fit") as caught:
        cnnspec.build(spec, weights=path)
    assert "\n" not in caught.value.message


def test_keys_behind_a_prefix_are_told(spec: Path, state: dict[str, Tensor], tmp_path: Path) -> None:
    """What stands before all of them is named."""
    path = saved(tmp_path / "w.pth", {f"backbone.{name}": tensor for name, tensor in state.items()})
    with pytest.raises(CheckpointError) as caught:
        cnnspec.build(spec, weights=path)
    assert caught.value.help == "in the file these keys stand behind `backbone.`: take that off"


UNUSUAL: dict[str, Callable[[Tensor], Tensor]] = {
    "sparse_coo": Tensor.to_sparse,
    "meta (without numbers)": lambda tensor: tensor.to("meta"),
    "10×36 complex64": lambda tensor: tensor.to(torch.complex64),
    "10×36 bool": lambda tensor: tensor > 0,
    "1000000000000×36 float32": lambda tensor: tensor[:1].expand(10**12, -1),
    "1×1×1×1×1×1×1×1×… (62 dimensions) float32": lambda tensor: tensor.view(*[1] * 60, *tensor.shape),
}


@pytest.mark.parametrize("what", UNUSUAL)
def test_a_tensor_that_is_no_block_of_numbers_is_named(
    spec: Path, state: dict[str, Tensor], tmp_path: Path, what: str
) -> None:
    """Whatever a state dict holds in the place of weights, the message says what it is, in a line."""
    torch.save({**state, "fc.weight": UNUSUAL[what](state["fc.weight"][:, :36])}, tmp_path / "w.pt")
    network = cnnspec.build(spec, input=[1, 5, 5])
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(CheckpointError) as caught:
        load_weights(network, tmp_path / "w.pt", "small")
    assert caught.value.message.startswith(f"{tmp_path / 'w.pt'} does not fit `small`: `fc.weight` is {what} where")
    assert len(caught.value.message) < 400
    assert same(network, before)


@pytest.mark.filterwarnings("ignore:.*quantize")
def test_quantized_weights_are_refused(spec: Path, state: dict[str, Tensor], tmp_path: Path) -> None:
    """A quantized state dict holds whole numbers with a scale, which are no weights of this network."""
    quantized = torch.quantize_per_tensor(state["fc.weight"], 0.1, 0, torch.qint8)
    torch.save({**state, "fc.weight": quantized}, tmp_path / "w.pt")
    with pytest.raises(CheckpointError, match=r"`fc.weight` is quantized where the network has 10×144 float32"):
        cnnspec.build(spec, weights=tmp_path / "w.pt")


@pytest.mark.parametrize(
    "entry",
    [
        {"fc.weight": {"shape": [1] * 100_000 + [10, 144]}},
        {"fc.weight": {"shape": [2**62, 2**62]}},
        {"fc.weight": {"shape": [-10, 144]}},
        {"fc.weight": {"dtype": "F" * 100_000}},
        {"x": {"dtype": "F32", "shape": [0, 2**63], "data_offsets": [0, 0]}},
        {"x" * 100_000: {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}},
    ],
    ids=["dimensions", "size", "negative", "dtype", "overflow", "name"],
)
def test_absurd_headers_have_short_messages(
    spec: Path, state: dict[str, Tensor], tmp_path: Path, entry: dict[str, dict[str, Any]]
) -> None:
    """What a header of safetensors says of its tensors is shown as far as a line has room."""
    raw = save(state)
    end = 8 + struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:end])
    for name, changed in entry.items():
        header[name] = {**header.get(name, {}), **changed}
    text = json.dumps(header).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + raw[end:])
    done = run("export", str(spec), "--weights", str(path), "--out", str(tmp_path / "e.py"))
    assert (done.exit_code, done.stdout) == (5, "")
    assert len(done.stderr) < 600 + len(str(path))


@pytest.mark.parametrize("name", ["w.safetensors", "w.pt"])
def test_a_file_whose_name_is_no_text_is_loaded(
    spec: Path, state: dict[str, Tensor], tmp_path: Path, name: str
) -> None:
    """File systems take names of any bytes."""
    path = tmp_path / os.fsdecode(b"\xff" + name.encode())
    with path.open("wb") as file:
        file.write(save(state)) if path.suffix == ".safetensors" else torch.save(state, file)
    assert same(cnnspec.build(spec, weights=path), state)


def test_a_message_is_bounded(tmp_path: Path) -> None:
    """A network of hundreds of keys names a few, and counts the others."""
    path = saved(tmp_path / "w.pth", models.resnet18().state_dict())
    with pytest.raises(CheckpointError) as caught:
        cnnspec.build("resnet50", weights=path)
    assert len(caught.value.message) < 700
    assert " keys: " in caught.value.message


def test_a_tensor_of_two_names_needs_one(tmp_path: Path) -> None:
    """safetensors keep a shared tensor once; state dicts name it twice."""
    shared = nn.ModuleDict({"a": nn.Linear(2, 2), "b": nn.Linear(2, 2)})
    shared["b"].weight = shared["a"].weight
    once = {name: torch.ones_like(t) for name, t in shared.state_dict().items() if name != "b.weight"}
    load_weights(shared, saved(tmp_path / "w.pth", once), "shared")
    assert (shared["b"].weight == 1).all()
    twice = {name: torch.full_like(t, 2.0) for name, t in shared.state_dict().items()}
    load_weights(shared, saved(tmp_path / "w.pth", twice), "shared")
    assert (shared["b"].weight == 2).all()


def test_the_meta_device_takes_no_weights(spec: Path, state: dict[str, Tensor], tmp_path: Path) -> None:
    """There are no numbers there to put them into."""
    with pytest.raises(UsageError, match="meta device"):
        cnnspec.build(spec, device="meta", weights=saved(tmp_path / "w.pth", state))


# --------------------------------------------------------------------------------------------------- hostile files


@pytest.mark.parametrize("format", ["safetensors", "pth"])
def test_a_file_too_large_for_the_network_is_refused_unread(
    spec: Path, state: dict[str, Tensor], tmp_path: Path, format: str
) -> None:
    """Its end is a hole, so that a small file in a repository could fill the memory."""
    path = tmp_path / f"w.{format}"
    save_file(state, path) if format == "safetensors" else torch.save(state, path)
    with path.open("r+b") as file:
        file.truncate(2**40)
    with pytest.raises(
        CheckpointError, match=r"w\.\w+ has 1,099,511,627,776 bytes, and weights of this network at most 67,"
    ):
        cnnspec.build(spec, weights=path)


class Runs:
    """Unpickled with care for nothing, it would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.path, "it ran"))


def torch_file(content: Any, tmp_path: Path, **how: Any) -> bytes:
    return saved(tmp_path / "whole.pth", content, **how).read_bytes()


def compressed(data: Path, target: Path) -> bytes:
    """The same archive with its files deflated, as no writer of torch's does."""
    with zipfile.ZipFile(data) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return target.read_bytes()


def hostile(state: dict[str, Tensor], tmp_path: Path) -> dict[str, tuple[bytes, str]]:
    """Bytes in the place of weights, and what is said of them."""
    zipped, legacy = torch_file(state, tmp_path), torch_file(state, tmp_path, _use_new_zipfile_serialization=False)
    torch_file(state, tmp_path)
    packed = compressed(tmp_path / "whole.pth", tmp_path / "packed.zip")
    runs = torch_file({"fc.weight": Runs(tmp_path / "ran")}, tmp_path)
    runs_legacy = torch_file(Runs(tmp_path / "ran"), tmp_path, _use_new_zipfile_serialization=False)
    save_file(state, tmp_path / "w.safetensors")
    safe = (tmp_path / "w.safetensors").read_bytes()
    header = b'{"fc.bias":{"dtype":"F32","shape":[99999999999],"data_offsets":[0,399999999996]}}'
    return {
        "nothing": (b"", "holds no weights: it is empty"),
        "a text": (b"weights", "holds no weights"),
        "a page": (b"<!DOCTYPE html><html>", "it is a page of HTML"),
        "a pointer": (b"version https://git-lfs.github.com/spec/v1\n", "a pointer to a file that Git LFS"),
        "a zip of nothing": (b"PK\x03\x04" + bytes(60), "is damaged"),
        "half an archive": (zipped[: len(zipped) // 2], "is damaged"),
        "the end cut off": (zipped[:-1], "is damaged"),
        "half a pickle": (legacy[: len(legacy) // 2], "is damaged"),
        "a compressed archive": (packed, "is compressed"),
        "code": (runs, "holds Python objects"),
        "code in the old format": (runs_legacy, "holds Python objects"),
        "a plain pickle of code": (pickle.dumps(Runs(tmp_path / "ran"), 2), "holds Python objects"),
        "a plain pickle": (pickle.dumps({"a": 1}, 2), "is damaged"),
        "a list": (torch_file([torch.ones(1)], tmp_path), "holds no state dict, but a list"),
        "an epoch": (torch_file({"epoch": 3}, tmp_path), "`epoch` is an int, not a tensor"),
        "keys that are numbers": (torch_file({0: torch.ones(1)}, tmp_path), "holds no state dict"),
        "a network": (torch_file(nn.Linear(1, 1), tmp_path), "holds Python objects"),
        "a header beyond the file": (struct.pack("<Q", 2**60) + safe[8:], "is damaged"),
        "a header of the size of the file": (struct.pack("<Q", len(safe)) + safe[8:], "is damaged"),
        "numbers cut off": (safe[:-4], "is damaged"),
        "a shape beyond the file": (struct.pack("<Q", len(header)) + header + bytes(16), "is damaged"),
        "no JSON": (struct.pack("<Q", 9) + b"{nothing}", "is damaged"),
    }


def test_a_hostile_file_is_refused_in_words(spec: Path, state: dict[str, Tensor], tmp_path: Path) -> None:
    """No code of a file runs, and each is a CheckpointError that names the file and says what is wrong."""
    built, path = cnnspec.build(spec), tmp_path / "hostile"
    for case, (data, message) in hostile(state, tmp_path).items():
        path.write_bytes(data)
        with pytest.raises(CheckpointError) as caught:
            load_weights(built, path, "small")
        assert message in caught.value.message, case
        assert str(path) in caught.value.message
        assert len(caught.value.message) < 600
        assert not (tmp_path / "ran").exists(), case


def test_the_case_of_code_would_run(tmp_path: Path) -> None:
    """torch runs it when it is told to trust the file: the test above tests something."""
    (tmp_path / "w.pth").write_bytes(torch_file({"fc.weight": Runs(tmp_path / "ran")}, tmp_path))
    torch.load(tmp_path / "w.pth", weights_only=False)
    assert (tmp_path / "ran").exists()


def test_what_is_no_file_is_refused(spec: Path, tmp_path: Path) -> None:
    """A path that leads nowhere, a folder that is no run, and a pipe, which would block."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, message in (
        ("nowhere.pth", "there is no file"),
        ("folder", "is not the folder of a run"),
        ("pipe", "is not a regular file"),
    ):
        with pytest.raises((CheckpointError, UsageError), match=message):
            cnnspec.build(spec, weights=tmp_path / name)
