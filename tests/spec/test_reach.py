"""What `from` may name, found in the text alone: no false alarm, and no id that is missed."""

from __future__ import annotations

import pytest

from cnnspec.engine.checking import diagnose
from cnnspec.engine.diagnostics import Source

HEAD = "cnnspec: 1\ninput: [3, 8, 8]\nparams: {deep: true}\nlayers:\n"

SOUND = {
    "an id of a group": "  - layers:\n      - ReLU:\n        id: a\n  - Add:\n    from: [prev, a]\n",
    "an id of an unnamed path": (
        "  - Add:\n      - - ReLU:\n          id: a\n      - []\n  - Add:\n    from: [prev, a]\n"
    ),
    "a named path": "  - Add:\n      left: [ReLU]\n      right: []\n  - Add:\n    from: [prev, left]\n",
    "an id of the scope around": "  - ReLU:\n    id: a\n  - Sequential:\n      - Add:\n        from: [prev, a]\n",
    "an id that is computed": "  - ReLU:\n    id: a$(index)\n    repeat: 2\n  - Add:\n    from: [prev, a1]\n",
    "the reserved words": "  - Add:\n    from: [prev, input]\n",
}


@pytest.mark.parametrize("lines", SOUND.values(), ids=SOUND)
def test_what_can_be_reached_is_accepted(lines: str) -> None:
    """Ids above a line, in its scope and around it, are found."""
    assert diagnose(Source("a.yaml", HEAD + lines)) == ()


WRONG = {
    "inside a Sequential": (
        "  - Sequential:\n      - ReLU:\n        id: a\n  - Add:\n    from: [prev, a]\n",
        "is inside",
    ),
    "inside a named path": (
        "  - Add:\n      left:\n        - ReLU:\n          id: a\n      right: []\n  - Add:\n    from: [prev, a]\n",
        "is inside",
    ),
    "below": ("  - Add:\n    from: [prev, a]\n  - ReLU:\n    id: a\n", "is below"),
    "nowhere": ("  - Add:\n    from: [prev, a]\n", "no line above"),
    "left out by when": ("  - ReLU:\n    id: a\n    when: $(not deep)\n  - Add:\n    from: [prev, a]\n", "omitted"),
    "left out by repeat": ("  - ReLU:\n    id: a\n    repeat: 0\n  - Add:\n    from: [prev, a]\n", "omitted"),
    "left out with its group": (
        "  - layers:\n      - ReLU:\n        id: a\n    when: $(not deep)\n  - Add:\n    from: [prev, a]\n",
        "omitted",
    ),
}


@pytest.mark.parametrize(("lines", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_reached_is_told_once_with_its_reason(lines: str, said: str) -> None:
    """One message for an id that is out of reach, and it says why."""
    (found,) = diagnose(Source("a.yaml", HEAD + lines))
    assert found.code == "undefined-from"
    assert said in found.message


def test_an_id_under_a_misspelt_word_is_not_missed() -> None:
    """A line whose `id` is misspelt may be the one that is named: only the misspelling is told."""
    text = HEAD + "  - ReLU:\n    idd: a\n  - Add:\n    from: [prev, a]\n"
    assert [d.code for d in diagnose(Source("a.yaml", text))] == ["unknown-word"]
