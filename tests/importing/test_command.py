"""`cnnspec import`: what it prints, and where, and what it says of a command that makes no sense."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from tests.cli.runner import run

NET = """\
import torch
from torch import nn

print("a word of the module's own")


class Net(nn.Module):
    def __init__(self, width, act=True):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)
        self.act = act

    def forward(self, x):
        x = self.conv(x)
        return torch.relu(x) if self.act else x


ready = Net(4)
number = 3
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file `nets.py`, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "nets.py"
    path.write_text(NET)
    return path


def test_spec_goes_to_standard_output_alone(file: Path) -> None:
    """What the module prints and what is noted stand on standard error, so the output is a spec."""
    done = run("import", "nets.py:Net", "--input", "3,8,8", "--arg", "width=4", "--arg", "act=false")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("# yaml-language-server: $schema=cnnspec.schema.json\ncnnspec: 1\nname: Net\n")
    assert "ReLU" not in done.stdout
    assert "a word of the module's own" in done.stderr


def test_arguments_go_by_position_or_by_name(file: Path) -> None:
    """An `--arg` without a name is an argument by position."""
    assert run("import", "nets.py:Net", "--input", "3,8,8", "--arg", "4").stdout.count("- ReLU") == 1


def test_spec_is_written_to_a_file(file: Path) -> None:
    """`--out` writes the spec, which the checker finds sound."""
    assert run("import", "nets.py:ready", "--input", "3,8,8", "--out", "net.yaml").stdout == "net.yaml is written\n"
    assert run("check", "net.yaml").exit_code == 0
    assert run("import", "nets.py:ready", "--input", "3,8,8", "--out", "no/net.yaml").exit_code == 7


def test_nothing_is_written_where_something_cannot_be_said(file: Path) -> None:
    """A refused import ends with 3, a message and no file."""
    file.write_text(NET.replace("torch.relu(x)", "x * 2"))
    done = run("import", "nets.py:ready", "--input", "3,8,8", "--out", "net.yaml")
    assert done.exit_code == 3
    assert "error[no-layer-for-call]: no layer multiplies by a number\n   --> nets.py:15:16" in done.stderr
    assert not Path("net.yaml").exists()
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nets.py:ready"], "--input says how large an input of the network is"),
        (["nets.py:Net", "--input", "3,8,8"], "missing a required argument: 'width'"),
        (["nets.py:Met", "--input", "3,8,8"], "did you mean `Net`?"),
        (["nets.py:number", "--input", "3,8,8"], "is an int, which cannot be called"),
        (["nets.py", "--input", "3,8,8"], "name a class or function in it: `nets.py:Net`"),
        (["torchvision.models.ResNet", "--input", "3,8,8"], "that is meant: `torchvision.models:ResNet`"),
        (["no-module", "--input", "3,8,8"], "names no class, function or file"),
        (["other.py:Net", "--input", "3,8,8"], "there is no file `other.py`"),
        (["no_such_module:Net", "--input", "3,8,8"], "there is no module `no_such_module`"),
        (["builtins:dict", "--input", "3,8,8"], "gives a dict, which is no nn.Module"),
        (["nets.py:ready", "--input", "3,8,x"], "--input takes sizes"),
        (["nets.py:Net", "--input", "3,8,8", "--arg", "width=[1"], "--arg width"),
        (["program.pt2"], "there is no file `program.pt2`"),
        (["program.pt2", "--input", "3,8,8"], "already has its inputs and its module"),
    ],
)
def test_a_command_that_makes_no_sense_ends_with_2(file: Path, arguments: list[str], said: str) -> None:
    """Each slip is told by what it is, with no traceback."""
    done = run("import", *arguments)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_a_size_with_a_batch_in_front(file: Path) -> None:
    """Where a run on four sizes fails, the first of them may be a batch."""
    done = run("import", "nets.py:ready", "--input", "1,3,8,8")
    assert done.exit_code == 3
    assert "`--input 3,8,8`, if the 1 in front is a batch" in done.stderr


def test_a_file_that_is_no_python(file: Path) -> None:
    """A syntax error is told with its line."""
    file.write_text("import torch\nclass Net(:\n")
    done = run("import", "nets.py:Net", "--input", "3,8,8")
    assert done.exit_code == 2
    assert "nets.py:2:" in done.stderr


def test_a_damaged_program(file: Path) -> None:
    """A `.pt2` file that is none is a usage error."""
    Path("program.pt2").write_text("nothing")
    done = run("import", "program.pt2")
    assert done.exit_code == 2
    assert "`program.pt2` is no exported program" in done.stderr


def test_an_exported_program_is_imported(file: Path) -> None:
    """A program needs neither its code nor an input; its modules become scopes under their keys."""
    network = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU6(), nn.AvgPool2d(2)).eval()
    torch.export.save(torch.export.export(network, (torch.randn(2, 3, 9, 9),)), "program.pt2")
    done = run("import", "program.pt2")
    assert done.exit_code == 0, done.stderr
    lines = [
        "Conv2d: {out_channels: 8, kernel_size: 3, bias: false}",
        "BatchNorm2d",
        "ReLU6",
        "AvgPool2d: {kernel_size: 2}",
    ]
    assert "\n".join(f"  - {line}" for line in lines) in done.stdout
