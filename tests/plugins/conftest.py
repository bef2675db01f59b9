"""Each test has its own registry, module path and folder, which holds the files of docs/how-to/plugins.md."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.plugins import files, packages, register
from cnnspec.pytorch.build import module
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "how-to" / "plugins.md").read_text(encoding="utf-8")
FILES = {m[1]: m[2] for m in re.finditer(r"```(?:python|yaml)\n# (\w+\.\w+)[^\n]*\n(.*?)```", PAGE, re.DOTALL)}


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test loads is gone when it is over."""
    known = (REGISTRY, register._ORIGINS, files._LOADED)
    before = [dict(each) for each in known]
    modules = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    yield
    for each, content in zip(known, before, strict=True):
        each.clear()
        each.update(content)  # type: ignore[arg-type]
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
    packages.offered.cache_clear()
    module._target.cache_clear()
