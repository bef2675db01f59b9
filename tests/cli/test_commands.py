"""The commands that build nothing: what they print, and how they end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cnnspec
from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.spec import builtin_blocks
from tests.cli.runner import run

SOUND = "cnnspec: 1\ninput: [1, 8, 8]\nparams: {width: 4}\nvariants: {wide: {width: 64}}\nlayers:\n  - Flatten\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(SOUND + "  - Linear: {out_features: $width}\n")
    return path


def test_check_says_what_is_sound(spec: Path) -> None:
    """A sound spec is one line and exit code 0."""
    result = run("check", "mnist/lenet", str(spec))
    assert (result.exit_code, result.stdout) == (0, f"mnist/lenet: OK\n{spec}: OK\n2 specs, all OK\n")


def test_check_goes_on_after_a_spec_that_is_wrong(tmp_path: Path, spec: Path) -> None:
    """Every spec is checked, whatever the ones before it are; mistakes end it with 3."""
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SOUND + "  - Linear: {out_features: none}\n  - Reluu\n")
    result = run("check", str(wrong), "mnist/nothing", str(spec))
    assert result.exit_code == 3
    assert f"{spec}: OK" in result.stdout
    assert result.stdout.endswith("2 errors in 1 spec, 1 OK, 1 not checked\n")
    assert "no spec is called `mnist/nothing`" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("summary", "lenet5", "--depth", "-1"), "it takes at least 1, not -1"),
        (("summary", "lenet5", "--depth", "one"), "it takes a whole number, not one"),
        (("check", "lenet5", "--format", "xml"), "'--format': 'xml' is not one of"),
    ],
)
def test_an_option_says_in_plain_words_what_it_takes(arguments: tuple[str, ...], said: str) -> None:
    """No word of the library that reads the options reaches whoever gives them."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert not any(word in result.stderr for word in ("Value error", "Input should", "pydantic"))


def test_a_binary_file_is_not_shown(tmp_path: Path) -> None:
    """Of a file that is no text one line is said, and none of its bytes."""
    path = tmp_path / "weights.yaml"
    path.write_bytes(bytes(range(256)) * 40)
    result = run("check", str(path))
    assert (result.exit_code, len(result.stdout.splitlines())) == (3, 9)
    assert "error[not-utf8]: this is a binary file, not text" in result.stdout
    path.write_text("cnnspec: 1\n", encoding="utf-16")
    assert "save the file as UTF-8" in run("check", str(path)).stdout


def test_sizes_of_several_inputs_are_asked_for_by_their_names(tmp_path: Path) -> None:
    """The help shows a name that the spec has."""
    path = tmp_path / "two.yaml"
    path.write_text(
        "cnnspec: 1\ninput: {left: [1, 8, 8], right: [1, 8, 8]}\nlayers:\n  - Add:\n    from: [left, right]\n"
    )
    assert (
        "--input left=3,64,64 on the command line, input={'left': [3, 64, 64]}"
        in run("summary", str(path), "--input", "1,8,8").stderr
    )


def test_a_folder_of_shipped_specs_names_them() -> None:
    """What is no spec, and holds some, is answered with their names."""
    result = run("check", "mnist")
    assert result.exit_code == 2
    assert "it is a folder of specs: `mnist/alexnet`, " in result.stderr


def test_check_json_gives_a_line_for_each_spec(tmp_path: Path, spec: Path) -> None:
    """With --format json each spec is one object, with a record for each diagnostic."""
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SOUND + "  - Relu\n")
    first, second = (
        json.loads(line) for line in run("check", "--format", "json", str(spec), str(wrong)).stdout.splitlines()
    )
    assert first == {"file": str(spec), "diagnostics": []}
    place = {"file": str(wrong), "line": 7, "column": 5, "end_line": 7, "end_column": 9}
    assert second["file"] == second["diagnostics"][0]["file"]
    assert second["diagnostics"] == [
        {
            "code": "unknown-layer",
            "severity": "error",
            "message": "no layer is called `Relu`",
            **place,
            "help": "`cnnspec layers` lists all of them",
            "label": "did you mean `ReLU`?",
            "labels": [],
            "notes": [],
            "trace": [],
            "fixes": [{"words": "write `ReLU`", "safe": False, "edits": [{**place, "text": "ReLU"}]}],
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("check", "mnist/lenett"), 2, "did you mean `mnist/lenet`?"),
        (("check", "nowhere.yaml"), 2, "there is no file `nowhere.yaml`"),
        (("summary", "."), 2, "is a folder"),
        (("check", "/dev/null.yaml"), 2, "there is no file"),
        (("check", "../specs/mnist/lenet"), 2, "no spec is called"),
        (("summary", "mnist/lenet", "--set", "dropot=0.2"), 2, "did you mean `dropout`?"),
        (("summary", "mnist/lenet", "--set", "dropout=2"), 2, "`dropout` is at most 1, not 2"),
        (("summary", "mnist/lenet", "--set", "dropout"), 2, "--set takes PARAM=VALUE"),
        (("summary", "mnist/lenet", "--set", "dropout=[1"), 2, "--set dropout: this `[` is never closed"),
        (("summary", "mnist/lenet", "--set", "input=3"), 2, "has no param `input`"),
        (("summary", "mnist/lenet", "--set", "spec=3"), 2, "has no param `spec`"),
        (("summary", "mnist/lenet", "--set", "activation={ELU: 3}"), 2, "a mapping of one name to a mapping"),
        (("check", "mnist/resnet", "--variant", "nope"), 2, "has no variant `nope`"),
        (("summary", "mnist/lenet", "--set", "dropout="), 2, "there is no value"),
        (("summary", "mnist/lenet", "--input", "1,28,x"), 2, "--input takes sizes"),
        (("summary", "mnist/lenet", "--variant", "big"), 2, "has no variant `big`"),
        (("summary", "mnist/lenet", "--set", "activation=Relu"), 2, "did you mean `ReLU`?"),
        (("layers", "Conv4d"), 2, "no layer or block is called `Conv4d`"),
        (("zoo", "mnist"), 2, "no spec is called"),
        (("summary",), 2, "Missing argument"),
        (("sumary",), 2, "No such command"),
    ],
)
def test_mistakes_of_use_have_a_message_and_a_code(arguments: tuple[str, ...], code: int, said: str) -> None:
    """What a user gets wrong is said on standard error, without a traceback."""
    result = run(*arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_set_and_input_and_variant_reach_the_graph(spec: Path) -> None:
    """Params, input size and variant chosen on the command line are those of the table."""
    table = json.loads(run("summary", str(spec), "--variant", "wide", "--format", "json").stdout)
    assert table["output"] == [64]
    table = json.loads(run("summary", str(spec), "--set", "width=7", "--input", "2,3,3", "--format", "json").stdout)
    assert (table["input"], table["output"], table["params"]) == ([2, 3, 3], [7], 18 * 7 + 7)
    layers = json.loads(
        run("summary", "mnist/lenet", "--set", "activation={ELU: {alpha: 2}}", "--format", "json").stdout
    )
    assert [layer["type"] for layer in layers["layers"]].count("ELU") == 4


def test_layers_lists_and_shows_everything() -> None:
    """Every type and block is listed, and each can be shown."""
    listed = run("layers").stdout
    for name in (*REGISTRY, *builtin_blocks()):
        assert f" {name} " in listed
        assert run("layers", name).exit_code == 0
    assert "kernel_size    required" in run("layers", "Conv2d").stdout
    assert run("layers", "Inception").stdout.startswith("Inception:\n  description: Four parallel paths")


def test_completion_knows_the_names() -> None:
    """A shell that completes a name is offered the shipped ones."""
    environment = {**os.environ, "_CNNSPEC_COMPLETE": "complete_bash", "COMP_CWORD": "2"}
    for words, names in (
        ("cnnspec check mnist/vgg16", {"mnist/vgg16", "mnist/vgg16_fixed"}),
        ("cnnspec summary fi", {"first"}),
    ):
        command = [sys.executable, "-c", "from cnnspec.cli.app import main; main()"]
        done = subprocess.run(
            command, env={**environment, "COMP_WORDS": words}, capture_output=True, text=True, check=False
        )
        assert set(done.stdout.split()) == names


def test_version() -> None:
    """The version is the package's."""
    assert run("--version").stdout == f"cnnspec {cnnspec.__version__}\n"


def test_terminal_codes_and_markup_are_printed_escaped(tmp_path: Path) -> None:
    """Nothing in a spec can colour or move the terminal, and brackets are no markup."""
    path = tmp_path / "hostile.yaml"
    path.write_text('cnnspec: 1\ninput: [1, 8, 8]\nlayers:\n  - "[red]\\e[2J[/red]"\n  - ReLU: {"\\e]0;x\\a": 1}\n')
    result = run("check", str(path))
    assert result.exit_code == 3
    assert "\x1b" not in result.output
    assert "no layer is called `[red]\\x1b[2J[/red]`" in result.stdout


def test_not_utf8_is_located(tmp_path: Path) -> None:
    """A byte that is no UTF-8 is named with its line and column."""
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"cnnspec: 1\ninput: [1, 8, 8] # gr\xf6\xdfe\n")
    result = run("check", str(path))
    assert (result.exit_code, "error[not-utf8]: byte 0xf6" in result.stdout) == (3, True)
    assert "latin.yaml:2:22" in result.stdout
