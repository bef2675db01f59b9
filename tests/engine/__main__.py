"""`python -m tests.engine [--pyodide]`: build the wheel, install it alone, and run the engine's commands on every spec.

wheel ──► empty environment ──► every_spec.py     site-packages under 60 MB, no torch
      └─► Pyodide in node   ──► every_spec.py     PyYAML without libyaml, no subprocess, no threads
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from argparse import ArgumentParser
from pathlib import Path

from tests.conftest import REPOSITORY

PROGRAM = Path(__file__).with_name("every_spec.py")
MOST = 60  # MB of site-packages without pip and setuptools
OTHERS = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils")
PYODIDE = "314.0.7"
NEEDED = ("msgspec", "pydantic", "rich", "typer")  # wheels for Python 3.14 on Emscripten are on PyPI
TAG = (
    "--python-version",
    "3.14",
    "--implementation",
    "cp",
    "--abi",
    "cp314",
    "--platform",
    "pyemscripten_2026_0_wasm32",
)


def main() -> None:
    """Raises CalledProcessError or AssertionError where something does not hold."""
    parser = ArgumentParser(prog="python -m tests.engine", description=__doc__.splitlines()[0])
    parser.add_argument("--pyodide", action="store_true", help="run under Pyodide in node, which npm installs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (under_pyodide if options.pyodide else in_empty_environment)(Path(folder))


def in_empty_environment(folder: Path) -> None:
    """The wheel in an environment with nothing else."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", wheel(folder)], check=True)
    subprocess.run([python, PROGRAM], check=True, cwd=folder)
    site = next((folder / "venv/lib").glob("python*/site-packages"))
    own = [p for p in site.rglob("*") if p.is_file() and p.relative_to(site).parts[0].split("-")[0] not in OTHERS]
    size = sum(path.stat().st_size for path in own) / 1e6
    print(f"site-packages without pip and setuptools: {size:.1f} MB")
    assert size < MOST, size


def wheel(folder: Path) -> Path:
    """The project's wheel, built into a folder."""
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, REPOSITORY]
    subprocess.run(build, check=True)
    return next(folder.glob("cnnspec-*.whl"))


def under_pyodide(folder: Path) -> None:
    """The wheel and what it needs, unpacked into Pyodide; PyYAML as pure Python, from its source."""
    wheels = folder / "wheels"
    wheels.mkdir()
    wheel(wheels)
    pip = [sys.executable, "-m", "pip"]
    download = [*pip, "download", "--quiet", "--only-binary=:all:", *TAG, "--dest", wheels, *NEEDED]
    subprocess.run(download, check=True)
    pure = [*pip, "wheel", "--quiet", "--no-deps", "--no-binary=:all:", "--wheel-dir", wheels, "pyyaml"]
    subprocess.run(pure, check=True, env={**os.environ, "PYYAML_FORCE_LIBYAML": "0"})
    subprocess.run(["npm", "install", "--silent", "--prefix", folder, f"pyodide@{PYODIDE}"], check=True)
    script = folder / "pyodide.mjs"
    script.write_text(PROGRAM.with_name("pyodide.mjs").read_text())
    subprocess.run(["node", script, wheels, PROGRAM], check=True, cwd=folder)


if __name__ == "__main__":
    main()
