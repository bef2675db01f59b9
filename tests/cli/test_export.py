"""`cnnspec export`: what it prints and writes, and how it ends."""

from __future__ import annotations

from pathlib import Path

from tests.cli.runner import run


def test_prints_the_source() -> None:
    """Python source is the format where none is named, and goes to standard output."""
    result = run("export", "mnist/lenet", "--set", "num_classes=7")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "class LeNet(nn.Module):\n    def __init__(self, num_classes: int = 7) -> None:" in result.stdout


def test_writes_a_file(tmp_path: Path) -> None:
    """With --out it says what was written; the variant and the input are those that are asked for."""
    out = tmp_path / "net.py"
    result = run("export", "resnet", "--variant", "resnet34", "--input", "3,64,64", "--out", str(out))
    assert (result.exit_code, result.stdout) == (0, f"{out} is written\n")
    assert "Takes N×3×64×64" in out.read_text()
    assert "class ResNet34(nn.Module):" in out.read_text()


def test_exit_codes(tmp_path: Path) -> None:
    """2 for an unknown format and a file that is not named, 3 for a spec that is wrong, 7 for a place that is none."""
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("cnnspec: 1\ninput: [1, 8, 8]\nlayers: [Relu]\n")
    assert run("export", "mnist/lenet", "--to", "tensorflow").exit_code == 2
    assert run("export", "mnist/lenet", "--to", "onnx").exit_code == 2
    assert run("export", str(wrong)).exit_code == 3
    unwritable = run("export", "mnist/lenet", "--out", str(tmp_path / "nowhere" / "net.py"))
    assert unwritable.exit_code == 7
    assert "cannot be written" in unwritable.stderr
