"""What cannot be imported: told where it stands in the user's own code, with all that is wrong in one run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cnnspec.engine.diagnostics import SpecError
from cnnspec.engine.explanations import codes, page
from cnnspec.pytorch.importing import import_target
from tests.importing import unsayable

FILE = Path(unsayable.__file__)
FOLDER = FILE.parent / "messages"
NAMES = [name for name, value in vars(unsayable).items() if getattr(value, "__module__", "") == unsayable.__name__]
INPUT = {"input": (3, 32, 32)}


@pytest.mark.parametrize("name", NAMES)
def test_message_reads_as_its_golden_file(
    name: str, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The messages are those that were reviewed, and nothing is given."""
    monkeypatch.chdir(FILE.parent)
    with pytest.raises(SpecError) as raised:
        import_target(f"{FILE.name}:{name}", INPUT)
    golden(FOLDER / f"{name}.txt", str(raised.value))


PYTHON = [code for code in codes() if page(code).language == "python"]


@pytest.mark.parametrize("code", PYTHON)
def test_examples_of_the_pages_do_what_they_say(code: str, tmp_path: Path) -> None:
    """The failing example of a page gives this message and no other; the fixed one is imported."""
    failing, fixed = (
        tmp_path / f"failing_{code.replace('-', '_')}.py",
        tmp_path / f"mended_{code.replace('-', '_')}.py",
    )
    failing.write_text(page(code).failing)
    fixed.write_text(page(code).fixed)
    with pytest.raises(SpecError) as raised:
        import_target(f"{failing}:Net", INPUT)
    assert {d.code for d in raised.value.diagnostics} == {code}
    assert import_target(f"{fixed}:Net", INPUT).text.startswith("# yaml-language-server")


def test_every_code_of_the_importer_has_a_golden_file() -> None:
    """Each code is among the messages that were reviewed."""
    told = "".join(path.read_text() for path in FOLDER.glob("*.txt"))
    assert {code for code in PYTHON if f"error[{code}]" not in told} <= set()
