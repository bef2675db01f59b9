"""The wheel holds all that the package needs: it works outside the tree."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cnnspec.engine.explanations import codes
from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the tree."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(out)]
    subprocess.run([*command, str(REPOSITORY)], check=True, capture_output=True)
    return next(out.glob("cnnspec-*.whl"))


def test_wheel_holds_specs_blocks_and_types(wheel: Path) -> None:
    """Every spec and block of the tree is in the wheel, and its marker for type checkers; no test is."""
    names = set(zipfile.ZipFile(wheel).namelist())
    specs = {f"cnnspec/{path.relative_to(REPOSITORY).as_posix()}" for path in (REPOSITORY / "specs").rglob("*.yaml")}
    blocks = {f"cnnspec/blocks/{path.name}" for path in (REPOSITORY / "cnnspec/blocks").glob("*.yaml")}
    assert len(specs) > 5
    assert len(blocks) > 2
    others = {"py.typed", "specs/cnnspec.schema.json", "specs/index.json", "pytorch/report/page.html.jinja"}
    assert specs | blocks | {f"cnnspec/{name}" for name in others} <= names
    assert {f"cnnspec/engine/explanations/{code}.md" for code in codes()} <= names
    assert not any(name.startswith(("tests", "benchmarks")) for name in names)


def test_installed_wheel_works_outside_the_tree(wheel: Path, tmp_path: Path) -> None:
    """From a folder of its own the installed package lists, checks and builds its specs."""
    site = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    program = """
import cnnspec, cnnspec.engine.spec
assert cnnspec.__file__.startswith("SITE"), cnnspec.__file__
names = cnnspec.engine.spec.known_specs()
assert "mnist/resnet152" in names
some = ("mnist/resnet152", "googlenet", "efficientnet_b0", "unet")
assert not [d for name in some for d in cnnspec.check(name) if d.severity == "error"]
print(cnnspec.build("mnist/lenet").get_submodule("fc3"))
""".replace("SITE", str(site))
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "Linear(in_features=84, out_features=10, bias=True)\n", done.stderr
