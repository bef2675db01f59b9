"""``python -m tests.mutants [NAME…] [-j PROCESSES]``: put each defect into a copy, run the tests that shall find it.

Prints which are killed and which survive, and ends with 1 where one does. First the tests have to pass without any
defect: tests that always fail would find everything.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

from tests.mutants.defects import DEFECTS, Defect

REPOSITORY = Path(__file__).parent.parent.parent
COPIED = ("cnnspec", "specs", "recipes", "tests", "docs", "README.md", "pyproject.toml")
KILLED = 1  # pytest's exit code where a test fails


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of the names of defects; all if none is given")
    parser.add_argument("-j", type=int, default=2, metavar="PROCESSES", dest="processes")
    given = parser.parse_args()
    chosen = [d for d in DEFECTS if not given.names or any(name in d.name for name in given.names)]
    start = perf_counter()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.processes) as pool:
        sound(chosen, Path(folder))
        verdicts = list(pool.map(lambda defect: tried(defect, Path(folder)), chosen))
    killed = sum(verdicts)
    print(f"{killed} of {len(chosen)} defects killed in {perf_counter() - start:.0f} s")
    sys.exit(0 if killed == len(chosen) else 1)


def sound(defects: list[Defect], folder: Path) -> None:
    """Ends the program where a test fails that no defect was put before."""
    done = ran(copied(folder), *dict.fromkeys(path for defect in defects for path in defect.tests.split()))
    if done.returncode != 0:
        sys.exit(f"the tests fail without any defect:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    print(f"without a defect: {done.stdout.splitlines()[-1]}", flush=True)


def tried(defect: Defect, folder: Path) -> bool:
    """Whether the tests find the defect."""
    copy = copied(folder)
    spoil(defect, copy / "cnnspec" / defect.file)
    done = ran(copy, *(["-k", defect.only] if defect.only else []), *defect.tests.split())
    killed = done.returncode == KILLED
    print(f"{'killed  ' if killed else 'SURVIVED'}  {defect.file:24} {defect.name}", flush=True)
    if not killed and done.returncode != 0:
        print(done.stdout[-2000:], done.stderr[-2000:], flush=True)
    shutil.rmtree(copy, ignore_errors=True)
    return killed


def copied(folder: Path) -> Path:
    """The repository once more."""
    copy = Path(tempfile.mkdtemp(dir=folder))
    for name in COPIED:
        link_or_copy(REPOSITORY / name, copy / name)
    return copy


def link_or_copy(source: Path, target: Path) -> None:
    """The package is copied, for it is spoilt, and the tests, which look for it beside them."""
    if source.name in ("cnnspec", "tests"):
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.symlink_to(source, target_is_directory=source.is_dir())


def spoil(defect: Defect, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(defect.old) == 1, (
        f"{defect.name}: its snippet stands {text.count(defect.old)} times in {path.name}"
    )
    path.write_text(text.replace(defect.old, defect.new), encoding="utf-8")


def ran(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Pytest in one process, to the first failure."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "--no-header", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=copy, env=environment(copy), capture_output=True, text=True, check=False)


def environment(copy: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


if __name__ == "__main__":
    main()
