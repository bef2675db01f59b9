"""A first try of a user of another framework is answered with the edit, and the edit leaves a sound spec."""

from __future__ import annotations

import pytest

from cnnspec.engine.checking import apply, check_source, diagnose
from cnnspec.engine.diagnostics import Source
from tests.first_tries import TRIES, Try


@pytest.mark.parametrize("given", TRIES, ids=[given.lines.split("\n")[-1][:40] for given in TRIES])
def test_a_first_try_is_answered_with_the_edit(given: Try) -> None:
    source = Source("own.yaml", given.text)
    found = next(diagnostic for diagnostic in check_source(source) if diagnostic.severity == "error")
    assert found.code == given.code
    assert given.help in f"{found.primary.text} {found.help}"
    assert bool(found.repairs) == given.fixed
    if given.fixed:
        first = [repair for diagnostic in check_source(source) for repair in diagnostic.repairs[:1]]
        assert diagnose(apply(source, [edit for repair in first for edit in repair.edits])) == ()
