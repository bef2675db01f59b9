"""What people read follows the glossary, and so do the names of what is finished."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.words.allowed import ALLOWED, Allowed
from tests.words.finished import FINISHED, FINISHED_NAMES
from tests.words.names import names
from tests.words.prose import without_code
from tests.words.scan import REPOSITORY, findings, scan, scan_all

# Sentences that were once in this project, each with the words that a reader stumbled over.
REFUSED = {
    "A locked database is told of.": ["is told", "told of"],
    "`foreach` walks lists, and `x` is none": ["is none"],
    "A section that would tell nothing is not there.": ["is not there"],
    "runs/x was begun otherwise": ["begun"],
    "Write it anew when it is new.": ["anew"],
    "a text that is no file": ["that is no", "is no file"],
    "A batch is taken for a\n  channel.": ["is taken for"],
    "warns of what is hardly ever meant": ["hardly ever"],
    "of each the centre is taken": ["of each the", "centre"],
    "Nothing of a checkpoint is believed": ["Nothing of"],
    "the normalisation behind a layer": ["normalisation", "behind a"],
    "labelled in grey, and modelled": ["labelled", "grey", "modelled"],
    "whatever stands above": ["whatever", "stands above"],
    "this repair mends it": ["mends"],
    "mine.yaml: sound": [": sound"],
    "4 channels arrive": ["channels arrive"],
    "leave it out, near are `a` and `b`": ["leave it out", "near are `"],
    "makes 3×4 for nobody": ["for nobody"],
}

ACCEPTED = [
    "`foreach` needs a list; `x` is an int",
    "the value is None, and `mended` is a name",
    "A locked database is reported.",
    "the input is no longer valid, and no larger than 4",
    "the sound of a bell",
    "[a link](fixes.md#anew) and https://example.org/colour",
    "normalize, initialize, color, labeled, fulfill, exercise, promise, otherwise, precise, noise, wise",
    "analyses of indices; the sum total; levels; equality",
]


@pytest.mark.parametrize(("sentence", "phrases"), REFUSED.items())
def test_glossary_refuses(sentence: str, phrases: list[str]) -> None:
    """Each old sentence is refused for these words."""
    assert [f.phrase for f in findings("x.md", sentence)] == phrases


@pytest.mark.parametrize("sentence", ACCEPTED)
def test_glossary_accepts(sentence: str) -> None:
    """Plain sentences, code and addresses have no findings."""
    assert findings("x.md", without_code(sentence)) == []


PYTHON = '''"""A module that is told,

and mended."""
anew = colour("grey", 'a' "not "  # of its
              # own
              f"{anew} is "
              "parted")
x = "`colour` " r"but" " for"
'''


def test_python_is_read_as_people_read_it(tmp_path: Path) -> None:
    """Literals, docstrings and comments count, at their lines and over their ends; code and values do not."""
    path = tmp_path / "x.py"
    path.write_text(PYTHON)
    assert [(f.line, f.phrase) for f in scan([tmp_path])] == [
        (1, "is told"),
        (3, "mended"),
        (4, "grey"),
        (4, "of its own"),
        (7, "parted"),
        (8, "but for"),
    ]
    assert str(next(scan([path]))).endswith("x.py:1: is told → use is reported, is shown; or say who reports it")


def test_names_are_found_once_a_function(tmp_path: Path) -> None:
    """Functions, parameters, variables and attributes; `left` only where it has no `right`."""
    path = tmp_path / "x.py"
    path.write_text("def told(given, *, left):\n    found = 1\n    found = 2\n    self._kept = found\n")
    lines = [line.rpartition("x.py:")[2] for line in names([path])]
    assert lines == ["1: given", "1: left", "1: told", "2: found", "4: _kept"]
    path.write_text("left, right = 1, 2\n")
    assert list(names([path])) == []


@pytest.mark.parametrize("path", FINISHED)
def test_words_follow_the_glossary(path: str) -> None:
    """`python -m tests.words PATH` prints what to change."""
    assert "\n".join(map(str, scan([REPOSITORY / path]))) == ""


@pytest.mark.parametrize("path", FINISHED_NAMES)
def test_names_say_what_a_value_is(path: str) -> None:
    """`python -m tests.words --names PATH` prints what to rename."""
    assert "\n".join(names([REPOSITORY / path])) == ""


def test_finished_paths_exist_and_are_in_order() -> None:
    """Each path once, so that a merge keeps both sides."""
    for paths in (FINISHED, FINISHED_NAMES):
        assert paths == sorted(set(paths))
        assert all((REPOSITORY / path).exists() for path in paths)


@pytest.mark.parametrize("entry", ALLOWED)
def test_allowed_uses_are_used(entry: Allowed) -> None:
    """What is allowed has a reason, and is still there."""
    assert entry.reason
    assert any(entry.allows(f.path, f.phrase) for f in scan_all(REPOSITORY.glob(entry.path)))
