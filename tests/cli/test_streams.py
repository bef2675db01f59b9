"""Standard streams that are full, closed, without a reader or not UTF-8: every command, in every format it prints."""

from __future__ import annotations

import codecs
import errno
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import EnumType
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import get_args, get_type_hints
from unittest.mock import patch

import pytest
from PIL import Image

from cnnspec import load
from cnnspec.cli import output
from cnnspec.cli.app import main
from cnnspec.cli.commands import MODULES
from cnnspec.cli.streams import StreamLines
from cnnspec.pytorch.evaluate import pictures
from cnnspec.pytorch.report import write as written
from cnnspec.pytorch.report.charts.saved import DrawnPicture
from cnnspec.pytorch.sweep.start import begin
from cnnspec.pytorch.train import Recipe, train
from tests.sweep.conftest import SWEEP, planned
from tests.train.conftest import SMALL

NETS = "from torch import nn\nclass Net(nn.Sequential):\n    def __init__(self):\n        super().__init__(nn.ReLU())\n"
BINARY = ("onnx", "torch")  # formats that are written to files alone
DOCUMENTS = ("json", "markdown", "csv", "sarif", "github", "gitlab")
ARGUMENTS = {
    "check": ["small.yaml"],
    "fmt": ["--check", "lenet5"],
    "explain": ["window-too-large"],
    "summary": ["small.yaml"],
    "inputs": ["small.yaml"],
    "diagram": ["small.yaml"],
    "layers": ["ReLU"],
    "zoo": ["first"],
    "recipes": ["mnist/lenet"],
    "sweeps": ["alexnet"],
    "schema": ["--recipe"],
    "import": ["nets.py:Net", "--input", "1,8,8"],
    "export": ["small.yaml"],
    "train": ["small.yaml", "--data", "fake", "--epochs", "1", "--threads", "1", "--out", "new"],
    "sweep": ["sweep.yaml", "--plan"],
    "eval": ["run", "--out", "pictures"],
    "predict": ["run", "test:0"],
    "features": ["run", "test:0", "--layer", "conv", "--out", "maps.png"],
    "compare": ["run", "--out", "page"],
    "report": ["swept", "--out", "page"],
    "data": ["check", "images"],
}


def lines() -> Iterator[tuple[str, ...]]:
    """Each command by itself, and with each format that it has."""
    for name, place in MODULES.items():
        if name == "lsp":
            continue  # which talks to an editor
        module, _, own = place.partition(":")
        hints = {} if own == "app" else get_type_hints(getattr(import_module(f"cnnspec.cli.{module}"), own))
        yield (name, *ARGUMENTS[name])
        for option in {"format", "to"} & hints.keys():
            kinds = [kind for kind in (hints[option], *get_args(hints[option])) if isinstance(kind, EnumType)]
            yield from ((name, *ARGUMENTS[name], f"--{option}", kind) for kind in kinds[0] if kind not in BINARY)


LINES = list(lines())
TEXTS = [line for line in LINES if line[0] not in ("train", "compare", "report", "eval")]  # which take a second or more


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one of everything that a command reads."""
    folder = tmp_path_factory.mktemp("streams")
    (folder / "small.yaml").write_text(SMALL)
    (folder / "sweep.yaml").write_text(SWEEP)
    (folder / "nets.py").write_text(NETS)
    train(load(folder / "small.yaml"), Recipe.of(data="fake", epochs=1, threads=1), folder / "run")
    begin(folder / "swept", planned(folder / "sweep.yaml"), "", {}, extend=False)
    for label in ("cat", "dog"):
        (folder / "images" / label).mkdir(parents=True)
        for number in range(5):
            Image.new("L", (8, 8), number).save(folder / "images" / label / f"{number}.png")
    return folder


@dataclass
class Stream(io.RawIOBase):
    """A descriptor that fails with an error number, or keeps what it is given."""

    number: int = 0
    data: bytearray = field(default_factory=bytearray)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if self.number:
            raise OSError(self.number, os.strerror(self.number))
        self.data += data
        return len(data)


@dataclass(frozen=True)
class Ended:
    """How a command has ended, and the bytes that its streams were given."""

    code: int
    out: bytes
    err: bytes


def ended(line: tuple[str, ...], out: Stream | None, err: Stream | None, encoding: str = "utf-8") -> Ended:
    """`cnnspec` with these arguments and streams, None being a closed one. A traceback is an exception here."""
    texts = [None if s is None else io.TextIOWrapper(io.BufferedWriter(s), encoding) for s in (out, err)]
    output.console.cache_clear()
    code: object = 0
    with (
        patch.object(sys, "argv", ["cnnspec", *line]),
        patch.object(sys, "stdout", texts[0]),
        patch.object(sys, "stderr", texts[1]),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    output.console.cache_clear()
    assert isinstance(code, int)
    return Ended(code, bytes(out.data if out else b""), bytes(err.data if err else b""))


@pytest.fixture
def here(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folder to work in, where pictures are empty: drawing takes the most of the time."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        written, "DrawnPicture", SimpleNamespace(of=lambda picture: DrawnPicture(picture, "<svg/>", b"", "<svg/>"))
    )
    for name in ("confusion", "mistakes", "maps"):
        monkeypatch.setattr(pictures, name, lambda *_: b"")
    return tmp_path


@pytest.mark.parametrize("line", LINES, ids=" ".join)
@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "standard output cannot be written: No space left on device"), (None, "standard output is closed")],
    ids=["full", "closed"],
)
def test_output_that_cannot_be_written_ends_a_command_with_7(
    here: Path, line: tuple[str, ...], number: int | None, said: str
) -> None:
    """A full or closed standard output is an error of input and output, which is told on standard error."""
    end = ended(line, None if number is None else Stream(number), Stream())
    assert (end.code, said in end.err.decode()) == (7, True)


@pytest.mark.parametrize("line", TEXTS, ids=" ".join)
def test_a_reader_that_goes_away_changes_nothing(here: Path, line: tuple[str, ...]) -> None:
    """A command whose output is no longer read ends silently, with the code that it would have had."""
    assert ended(line, Stream(errno.EPIPE), Stream()) == Ended(0, b"", b"")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16"])
@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_every_encoding_takes_all_output(here: Path, line: tuple[str, ...], encoding: str) -> None:
    """Where an encoding lacks a character another stands for it; documents are UTF-8 whatever the encoding is."""
    if encoding != "ascii" and line not in TEXTS:
        pytest.skip("the same in every encoding")
    end = ended(line, Stream(), Stream(), encoding)
    assert (end.code, end.err) == (0, b"")
    documents = ("diagram", "export", "schema", "zoo", "recipes", "sweeps", "import")
    is_document = line[0] in documents or line[-1] in DOCUMENTS
    assert end.out.decode("utf-8" if is_document else encoding)


def test_a_document_is_the_same_in_every_encoding(here: Path) -> None:
    """What `--out` writes and what is printed are the same bytes."""
    assert ended(("diagram", "small.yaml", "--out", "a.svg"), Stream(), Stream()).code == 0
    printed = ended(("diagram", "small.yaml"), Stream(), Stream(), "ascii")
    assert printed.out == (here / "a.svg").read_bytes()
    assert "×".encode() in printed.out


def test_an_error_keeps_its_code_where_nobody_hears_it(here: Path) -> None:
    """A message that standard error does not take is lost; the exit code is that of the mistake."""
    for number in (errno.ENOSPC, errno.EPIPE, None):
        for name in ("nothing", "--nothing"):
            assert ended(("summary", name), Stream(), None if number is None else Stream(number)).code == 2
    assert ended(("summary", "nothing\xd7"), Stream(), error := Stream(), "ascii").code == 2
    assert b"no spec is called `nothingx`" in error.data


def test_mistakes_outlive_a_reader_that_goes_away(here: Path) -> None:
    """`check` of a spec that is wrong ends with 3, whoever has read its messages."""
    (here / "wrong.yaml").write_text(SMALL + "  - Nope\n")
    assert ended(("check", "wrong.yaml"), Stream(errno.EPIPE), Stream()).code == 3


def test_standard_input_that_is_closed_is_one_text_of_several(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be checked, which ends the command with 7, and the others are checked all the same."""
    monkeypatch.setattr(sys, "stdin", None)
    end = ended(("check", "-", "small.yaml"), Stream(), Stream())
    assert (end.code, b"small.yaml" in end.out) == (7, True)
    assert end.err == b"error: standard input is closed\n"


def test_help_and_version_are_output_too() -> None:
    """What typer prints goes through the same streams."""
    for line in (("--help",), ("--version",), ("check", "--help")):
        assert ended(line, Stream(errno.ENOSPC), Stream()).code == 7
        assert ended(line, Stream(), Stream(), "ascii").code == 0


@pytest.mark.parametrize(
    ("written", "shown"),
    [("::error::x", "\\x3a:error::x"), (":::error::x", "\\x3a::error::x"), ("::: a.yaml:3", "::: a.yaml:3")],
)
def test_places_in_a_second_file_read_as_they_are(written: str, shown: str) -> None:
    """What may be a command of a runner is shown escaped; the `:::` before a second file is none."""
    lines = StreamLines(data := io.BytesIO(), "utf-8")
    lines.write(f"{written}\n")
    lines.flush()
    assert data.getvalue().decode() == f"{shown}\n"


def test_a_look_alike_or_an_escape_stands_for_what_an_encoding_lacks() -> None:
    """Look-alikes where there are some; a byte of a file name that is no text is shown as that byte."""
    assert codecs.encode("3×3 … é 图 \udcff", "ascii", "cnnspec.replace") == rb"3x3 ... \xe9 \u56fe \xff"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    ("shell", "code"),
    [
        ("zoo first >/dev/full", 7),
        ("zoo first >&-", 7),
        ("check - <&-", 7),
        ("nothing 2>/dev/full", 2),
        ("nothing 2>&-", 2),
    ],
)
def test_descriptors_of_a_real_process(shell: str, code: int, tmp_path: Path) -> None:
    """A shell's redirections end a process as the table of exit codes says."""
    done = subprocess.run(
        f"{sys.executable} -m cnnspec {shell}", shell=True, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
