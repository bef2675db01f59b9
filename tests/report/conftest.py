"""What these tests share: a real run to make others of, and a browser where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from cnnspec import load
from cnnspec.pytorch.report import document, write_report
from cnnspec.pytorch.report import write as written
from cnnspec.pytorch.report.charts.saved import DrawnPicture
from cnnspec.pytorch.report.from_sweep import study_of
from cnnspec.pytorch.train import Recipe, train
from tests.report.made import Folders, small_sweep
from tests.train.conftest import SMALL

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = Path("/usr/bin/chromium")  # Debian's package


@pytest.fixture(scope="session")
def real_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One epoch, with defaults."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "small.yaml").write_text(SMALL, encoding="utf-8")
    return train(load(folder / "small.yaml"), Recipe(epochs=1, threads=1), folder / "run").folder


@pytest.fixture
def folders(real_run: Path, tmp_path: Path) -> Folders:
    return Folders(real_run, tmp_path)


@pytest.fixture(scope="session")
def sweep_report(real_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a sweep; its runs stand beside it."""
    folder = tmp_path_factory.mktemp("sweep")
    write_report(document(study_of(small_sweep(Folders(real_run, folder)))), folder / "report")
    return folder / "report"


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports are written with empty pictures: drawing takes the most of the time."""
    blank = SimpleNamespace(of=lambda picture: DrawnPicture(picture, "<svg/>", b"", "<svg/>"))
    monkeypatch.setattr(written, "DrawnPicture", blank)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()
