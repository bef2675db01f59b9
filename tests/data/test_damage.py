"""No damaged file is read with another content: a share of what `make torture` does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cnnspec.pytorch.data import idx
from tests.torture import data as torture


def test_no_damaged_file_is_read_with_another_content() -> None:
    """Whatever is done to IDX and CIFAR files, plain or packed: they are refused, or give the very same bytes."""
    found = torture.run(60, seed=1)
    assert len(found) == 6
    for figures in found.values():
        assert figures.accepted == []
        assert figures.refused + figures.equal == figures.files == 60
        assert figures.refused > 30


def test_the_torture_finds_a_reader_that_does_not_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the comparison of hashes left out, damaged files are accepted, and counted."""
    paths, load, zipped = torture.kinds(tmp_path)["idx, known"]
    monkeypatch.setattr(idx, "check_hash", lambda *arguments: None)
    figures = torture.torture("blind", paths, load, 100, 0, zipped=zipped)
    assert len(figures.accepted) > 5


@pytest.mark.parametrize("damage", torture.DAMAGES)
def test_each_damage_damages(damage: Callable[[bytearray, np.random.RandomState], None]) -> None:
    """What it leaves is nearly always another file."""
    random, whole = np.random.RandomState(0), np.random.RandomState(1).bytes(200)
    changed = 0
    for _ in range(50):
        data = bytearray(whole)
        damage(data, random)
        changed += data != whole
    assert changed > 40
