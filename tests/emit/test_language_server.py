"""Editors see what the schema says: yaml-language-server, which VS Code, Neovim and others run, over standard input.

It comes from npm into the environment that the tests run in, once. Without node these tests are skipped.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cnnspec.engine.schema import FILE
from tests.conftest import REPOSITORY
from tests.emit.language_server import LanguageServer
from tests.emit.unseen import UNSEEN, YAML, doubtful, visible
from tests.test_mistakes import OF_SPECS as MISTAKES
from tests.test_mistakes import expected

VERSION = "1.25.0"  # the last that runs on node 20
INSTALLED = Path(sys.prefix) / "share" / "yaml-language-server" / VERSION
SCHEMA = REPOSITORY / "specs" / FILE
SHIPPED = sorted(path for path in (REPOSITORY / "specs").rglob("*.yaml") if path.parent.name != "sweeps")

pytestmark = pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="node and npm are not here")


@pytest.fixture(scope="module")
def command() -> list[str]:
    """The server's command; it is installed where it is not yet, in one step, for processes side by side."""
    program = Path("node_modules", "yaml-language-server", "bin", "yaml-language-server")
    if not (INSTALLED / program).is_file():
        INSTALLED.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=INSTALLED.parent) as folder:
            install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder]
            subprocess.run([*install, f"yaml-language-server@{VERSION}"], check=True, timeout=300)
            if not INSTALLED.exists():
                shutil.copytree(folder, f"{folder}-done", symlinks=True)
                Path(f"{folder}-done").rename(INSTALLED)
    return ["node", str(INSTALLED / program), "--stdio"]


def settings(**schemas: list[str]) -> dict[str, Any]:
    """An editor's settings: schemas by their files' patterns, and nothing from the net."""
    yaml = {"schemaStore": {"enable": False}, "validate": True, "hover": True, "completion": True, "schemas": schemas}
    return {"yaml": yaml}


@pytest.fixture(scope="module")
def server(command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """A server whose settings give the schema to every file called spec-…, once it has heard of them.

    It asks for its settings after it has started, and answers what it is asked before as if it had none.
    """
    with LanguageServer(command, settings(**{SCHEMA.as_uri(): ["spec-*.yaml"]})) as running:
        path = tmp_path_factory.mktemp("ready") / "spec-ready.yaml"
        running.open(path, "layers: no list\n")
        while not running.found(path):
            del running.diagnostics[path.as_uri()]
        yield running


@pytest.fixture
def write(server: LanguageServer, tmp_path: Path) -> Any:
    """Opens a text, and asks about the place that is marked by a |."""

    def ask(method: str, text: str) -> Any:
        before, _, after = text.partition("|")
        path = tmp_path / "spec-asked.yaml"
        server.open(path, before + after)
        return server.ask(method, path, before.count("\n") + 1, len(before) - before.rfind("\n"))

    return ask


def shown(diagnostics: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """The line and the message of each."""
    return [(found["range"]["start"]["line"] + 1, found["message"]) for found in diagnostics]


def test_shipped_specs_are_right_and_lead_to_the_schema(command: list[str]) -> None:
    """Without any setting each has no mistake; one that is put into it is found, so its first line was followed."""
    with LanguageServer(command, settings()) as server:
        for path in SHIPPED:
            server.open(path, path.read_text(encoding="utf-8"))
        assert {path.stem: shown(server.found(path)) for path in SHIPPED} == {path.stem: [] for path in SHIPPED}
        spoilt = {path.with_name(f"spoilt-{path.name}"): path.read_text(encoding="utf-8") for path in SHIPPED}
        for path, text in spoilt.items():
            server.open(path, text.replace("\nlayers:", "\nlayer: []\nlayers:", 1))
        for path in spoilt:
            assert [message for _, message in shown(server.found(path))] == ["Property layer is not allowed."], path


def test_mistakes_are_shown_at_their_lines(server: LanguageServer, tmp_path: Path) -> None:
    """Each mistake that a schema can see is shown in its line, and nothing is shown where there is none to see."""
    opened = {path: tmp_path / f"spec-{path.name}" for path in MISTAKES if not of_yaml(path)}
    for path, place in opened.items():
        server.open(place, path.read_text())
    for path, place in opened.items():
        found, wanted = shown(server.found(place)), visible(path.stem, expected(path))
        assert bool(found) == bool(wanted) or doubtful(expected(path)), (path.stem, found)
        above = ABOVE.get(path.stem, 0)
        located = {line - above for _, line in wanted if line > 1}  # what is wrong with a whole file has no line
        assert located <= {line for line, _ in found}, (path.stem, found)


ABOVE = {"dash-forgotten": 1}  # a name over two lines: the server shows its first, we the one that lacks its dash


def of_yaml(path: Path) -> bool:
    """Whether the server's reader of YAML stumbles, rather than the schema."""
    return any(UNSEEN.get(code) == YAML for code, _, _ in expected(path))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Conv2d: {out_channels: 8, kernal_size: 3}", "Property kernal_size is not allowed."),
        ("Conv2d: {out_channels: 8}", 'Missing property "kernel_size".'),
        ("Conv2d: {out_channels: 0, kernel_size: 3}", "Value is below the minimum of 1."),
        ("MaxPool2d: {kernel_size: [1, 2, 3]}", "Array has too many items. Expected 2 or fewer."),
        ("Dropout: {p: half}", "takes a number from 0 to 1, or an expression: $name or $(...)"),
        ("Cov2d: {out_channels: 8}", "Property Cov2d is not allowed."),
        ("Conv2d", "the name of a layer or block that needs no arguments, or a $param"),
    ],
)
def test_a_message_says_what_is_wrong(server: LanguageServer, tmp_path: Path, line: str, said: str) -> None:
    """No message is about alternatives that do not fit: it names the argument, the bound, or what is missing."""
    path = tmp_path / "spec-message.yaml"
    server.open(path, f"cnnspec: 1\ninput: [3, 8, 8]\nlayers:\n  - {line}\n")
    assert (4, said) in shown(server.found(path))


HEAD = "cnnspec: 1\ninput: [3, 8, 8]\nlayers:\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "  - Con|v2d: {out_channels: 8, kernel_size: 3}\n",
            ["2-D convolution over a C×H×W map", "torch.nn.Conv2d.html"],
        ),
        ("  - Conv2d: {out_channels: 8, kernel_si|ze: 3}\n", ["A positive whole number, or a list of 2. Required."]),
        ("  - Conv2d: {out_channels: 8, kernel_size: 3, stri|de: 2}\n", ["Default: 1."]),
        ("  - Re|LU\n", ["Rectified linear unit"]),
        ("  - Bottlene|ck: {width: 8}\n", ["A 3×3 convolution between two 1×1"]),
        ("  - ReLU:\n    rep|eat: 3\n", ["This many times in a row"]),
        ("  - Ad|d: [[], [ReLU]]\n", ["The sum of its paths"]),
    ],
)
def test_hover_tells_what_a_word_is(write: Any, text: str, words: list[str]) -> None:
    """A layer, an argument, a word beside an operation and a join are each told of where they stand."""
    told = write("hover", HEAD + text)["contents"]["value"].replace("\\", "")
    assert all(word in told for word in words), told


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("  - |\n", {"Conv2d", "ReLU", "Bottleneck", "Add", "Sequential", "layers"}),
        ("  - Conv2d:\n      |\n", {"kernel_size", "out_channels", "padding_mode"}),
        ("  - Conv2d: {out_channels: 8, ke|}\n", {"kernel_size"}),
        ("  - Conv2d:\n      padding: |\n", {"same", "valid"}),
        ("  - Conv2d: {out_channels: 8, kernel_size: 3}\n    |\n", {"id", "from", "repeat", "foreach", "when"}),
        ("  - ReLU\nblocks:\n  Own:\n    layers:\n      - |\n", {"Conv2d", "BasicBlock"}),
        ("  - ReLU\nlint:\n  ignore:\n    - |\n", {"bias-before-norm"}),
        ("  - ReLU\nparams:\n  a:\n    type: |\n", {"int", "list[int]", "layer?"}),
    ],
)
def test_completion_offers_what_may_stand_there(write: Any, text: str, offered: set[str]) -> None:
    """Layers where a line begins, their arguments inside, and the words of an argument behind it."""
    answer = write("completion", HEAD + text)
    items = answer["items"] if isinstance(answer, dict) else answer
    assert offered <= {item["label"] for item in items}


def test_completing_a_layer_begins_its_arguments(write: Any) -> None:
    """A layer that needs arguments is written with its colon."""
    answer = write("completion", HEAD + "  - |\n")
    written = {item["label"]: item["insertText"] for item in answer["items"]}
    assert written["Conv2d"].startswith("Conv2d:\n")
