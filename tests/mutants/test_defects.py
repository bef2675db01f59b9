"""The defects of ``make mutants`` fit the source as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnnspec
from tests.mutants.defects import DEFECTS, Defect

PACKAGE = Path(cnnspec.__file__).parent


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name.replace(" ", "-"))
def test_a_defect_has_its_one_place(defect: Defect) -> None:
    """The snippet that is replaced stands in its file exactly once."""
    assert (PACKAGE / defect.file).read_text(encoding="utf-8").count(defect.old) == 1


def test_there_are_enough() -> None:
    """Thirty defects at the least, and no two of one name."""
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 30
