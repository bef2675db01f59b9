"""The hook of `.pre-commit-hooks.yaml`, run by the real pre-commit in a repository of its own.

pre-commit would install the package with all that it depends on; here the hook runs the one that is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import REPOSITORY

SOUND = "cnnspec: 1\ninput: [1, 8, 8]\nlayers:\n  - Flatten\n"
WRONG = SOUND.replace("Flatten", "Flaten")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose commits run the hook, and whose other YAML is no spec."""
    (hook,) = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
    hook["language"] = "system"
    config = {"repos": [{"repo": "local", "hooks": [hook]}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    (tmp_path / "a.yaml").write_text(SOUND)
    call(tmp_path, "git", "init", "--quiet")
    call(tmp_path, "pre-commit", "install")
    return tmp_path


def call(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(folder / ".git" / "pre-commit"),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def commit(folder: Path) -> subprocess.CompletedProcess[str]:
    call(folder, "git", "add", "--all")
    return call(folder, "git", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--message", "x")


def test_a_sound_spec_is_committed_and_a_wrong_one_is_not(repository: Path) -> None:
    """The commit of a mistake is refused with its message; YAML that is no spec is in nobody's way."""
    done = commit(repository)
    assert done.returncode == 0, done.stderr
    assert "cnnspec check...." in done.stderr
    assert "Passed" in done.stderr
    (repository / "a.yaml").write_text(WRONG)
    done = commit(repository)
    assert done.returncode == 1
    assert "- exit code: 3" in done.stderr
    assert "a.yaml:4:5" in done.stderr


def test_only_yaml_is_given_to_the_hook(repository: Path) -> None:
    """A commit without YAML does not start it."""
    commit(repository)
    (repository / "notes.txt").write_text(WRONG)
    assert "no files to check" in commit(repository).stderr


def test_the_manifest_is_one(tmp_path: Path) -> None:
    """pre-commit itself finds nothing wrong with the file."""
    done = call(tmp_path, "pre-commit", "validate-manifest", str(REPOSITORY / ".pre-commit-hooks.yaml"))
    assert done.returncode == 0, done.stdout
