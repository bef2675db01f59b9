"""torchvision's own weights, downloaded by its own code from a server that the test starts on this machine."""

from __future__ import annotations

import gc
import hashlib
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch
from torchvision import models
from torchvision.models import SqueezeNet1_1_Weights

import cnnspec
from cnnspec.engine.diagnostics import DataError, OutputError, UsageError
from cnnspec.pytorch.weights.published import entry

ENTRY = SqueezeNet1_1_Weights.IMAGENET1K_V1
# urllib leaves the sockets of failed calls to the collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What a failed download leaves behind is collected here, where its warning is ignored."""
    yield
    gc.collect()


@dataclass
class Server:
    """Files by name, and what was asked for. A file whose promised length is longer than it is breaks off."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    promised: int = 0

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        name = handler.path.lstrip("/")
        self.asked.append(name)
        data = self.files.get(name)
        handler.send_response(404 if data is None else 200)
        handler.send_header("Content-Length", str(max(len(data or b""), self.promised)))
        handler.end_headers()
        handler.wfile.write(data or b"")


class Handler(BaseHTTPRequestHandler):
    def __init__(self, server: Server, *rest: Any) -> None:
        self.files = server
        super().__init__(*rest)

    def do_GET(self) -> None:
        self.files.answer(self)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server on the loopback interface, from which torchvision is told to take the weights of SqueezeNet."""
    files = Server()
    listening = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, files))
    files.address = f"http://127.0.0.1:{listening.server_port}"
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("no_proxy", "*")
    yield files
    listening.shutdown()
    listening.server_close()


def publish(server: Server, monkeypatch: pytest.MonkeyPatch, data: bytes, digest: str | None = None) -> str:
    """Puts a file on the server under a name with its hash, and points torchvision to it."""
    name = f"squeezenet1_1-{digest or hashlib.sha256(data).hexdigest()[:8]}.pth"
    server.files[name] = data
    monkeypatch.setattr(ENTRY.value, "url", f"{server.address}/{name}")
    return name


def network() -> tuple[torch.nn.Module, bytes]:
    theirs = models.squeezenet1_1().eval()
    file = io.BytesIO()
    torch.save(theirs.state_dict(), file)
    return theirs, file.getvalue()


def test_weights_are_downloaded_once_and_loaded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of the spec; the second time the file is there already."""
    theirs, data = network()
    name = publish(server, monkeypatch, data)
    for words in ("IMAGENET1K_V1", "DEFAULT", "SqueezeNet1_1_Weights.IMAGENET1K_V1"):
        ours = cnnspec.build("squeezenet1_1", weights=f"torchvision:{words}").eval()
        x = torch.randn(1, 3, 48, 48)
        assert torch.equal(ours(x), theirs(x))
    assert server.asked == [name]


def test_a_download_says_nothing_on_standard_output(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What torch.hub prints goes where messages go."""
    publish(server, monkeypatch, network()[1])
    cnnspec.build("squeezenet1_1", weights="torchvision:DEFAULT")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Downloading" in printed.err


def failure(weights: str = "torchvision:IMAGENET1K_V1", spec: str = "squeezenet1_1") -> cnnspec.CnnspecError:
    with pytest.raises(cnnspec.CnnspecError) as caught:
        cnnspec.build(spec, weights=weights)
    return caught.value


def test_a_file_that_is_not_there_is_told_with_its_address(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """And with where it may be put by hand."""
    name = publish(server, monkeypatch, b"")
    server.files.clear()
    error = failure()
    assert isinstance(error, DataError)
    assert f"could not be downloaded from {server.address}/{name}: Not Found" in error.message
    assert f"hub/checkpoints/{name}" in error.help


def test_a_server_that_does_not_answer_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port on which nobody listens."""
    monkeypatch.setattr(ENTRY.value, "url", "http://127.0.0.1:9/squeezenet1_1-b8a52dc0.pth")
    error = failure()
    assert isinstance(error, DataError)
    assert "could not be downloaded" in error.message
    assert "refused" in error.message


def test_a_wrong_hash_is_told_and_the_file_not_kept(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What arrives is not what torchvision published."""
    publish(server, monkeypatch, network()[1], digest="00000000")
    error = failure()
    assert isinstance(error, DataError)
    assert "is not what it should be" in error.message
    assert "00000000" in error.message
    assert [path for path in (tmp_path / "hub").rglob("*") if path.is_file()] == []


def test_a_download_that_breaks_off_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a file has another hash."""
    data = network()[1]
    publish(server, monkeypatch, data[: len(data) // 2], digest=hashlib.sha256(data).hexdigest()[:8])
    server.promised = len(data)
    assert isinstance(failure(), DataError)


def test_a_damaged_file_in_the_cache_is_told(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With its path, so that it can be removed."""
    name = publish(server, monkeypatch, b"no weights")
    error = failure()
    assert isinstance(error, DataError)
    assert f"{tmp_path / 'hub' / 'hub' / 'checkpoints' / name} is damaged" in error.message
    assert "weights_only" not in error.message
    assert "remove the file" in error.help


def test_code_in_a_download_does_not_run(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not even where its hash is right."""
    file = io.BytesIO()
    torch.save({"weight": Runs(tmp_path / "ran")}, file)
    publish(server, monkeypatch, file.getvalue())
    assert isinstance(failure(), DataError)
    assert not (tmp_path / "ran").exists()


class Runs:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.path, "it ran"))


def test_a_cache_that_cannot_be_written_is_told(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file stands where the folder should be: the exit code is that of the disk."""
    publish(server, monkeypatch, network()[1])
    (tmp_path / "hub").write_text("")
    error = failure()
    assert isinstance(error, OutputError)
    assert "hub/checkpoints/squeezenet1_1-" in error.message


@pytest.mark.parametrize(
    ("spec", "weights", "message", "help"),
    [
        ("resnet50", "IMAGENET1K_V3", "`ResNet50_Weights` has no `IMAGENET1K_V3`", "did you mean `IMAGENET1K_V"),
        ("resnet50", "COCO", "`ResNet50_Weights` has no `COCO`", "IMAGENET1K_V1, IMAGENET1K_V2 and DEFAULT"),
        ("resnet50", "ResNet5_Weights.DEFAULT", "no weights `ResNet5_Weights`", "did you mean `ResNet50_Weights`?"),
        ("mnist/resnet50", "DEFAULT", "no builder `mnist/resnet50`", "torchvision:ResNet50_Weights.IMAGENET1K_V2"),
        ("first", "", "no builder `first`", "name them in full"),
    ],
)
def test_unknown_names_are_usage_errors(spec: str, weights: str, message: str, help: str) -> None:
    """With the nearest name, or with all."""
    with pytest.raises(UsageError) as caught:
        cnnspec.build(spec, device="cpu", input=None, weights=f"torchvision:{weights}")
    assert message in caught.value.message
    assert help in caught.value.help


def test_a_spec_of_a_users_own_folder_is_known_by_its_variant(tmp_path: Path) -> None:
    """A copy of a shipped spec, under one of its variants, has the builder's name."""
    (tmp_path / "mine.yaml").write_text(cnnspec.load("resnet50").source.text)
    title = cnnspec.load(tmp_path / "mine.yaml", "resnet50").title
    assert entry("IMAGENET1K_V2", title) is models.ResNet50_Weights.IMAGENET1K_V2


def test_every_builder_that_ships_has_published_weights() -> None:
    """DEFAULT is there for each network of the zoo that torchvision builds."""
    builders = models.list_models(module=models)
    for name in (name for name in cnnspec.engine.spec.known_specs() if name in builders):
        assert entry("DEFAULT", name) is models.get_model_weights(name).DEFAULT
