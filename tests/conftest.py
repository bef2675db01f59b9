"""What every test shares: golden files, and one thread for each process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests import tiers

TESTS = Path(__file__).parent
REPOSITORY = TESTS.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="rewrite the golden files instead of comparing with them")


def pytest_configure(config: pytest.Config) -> None:
    tiers.choose(config.option.markexpr)


FORKING = ("tests.train.many.forked", "tests.torture.kills")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that fork come first: behind an export and a backward pass torch lets no fork of a process train."""
    items.sort(key=lambda item: not any(map(_forks, vars(item.module).values())))  # type: ignore[attr-defined]


def _forks(value: object) -> bool:
    """Whether a name of a test module is that of a module that forks, or comes from one."""
    return getattr(value, "__module__", getattr(value, "__name__", "")) in FORKING


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Tests run side by side, a process for each core."""
    torch.set_num_threads(1)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with a golden file, or writes it under --golden."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--golden"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{path.name} differs; `make golden` rewrites it"

    return compare
