"""Mistakes that no schema sees, with the reason: what only the checker finds.

A mistake of another code must be refused by the schema, and shown at its line by yaml-language-server. Where one
differs from the others of its code, its file and line are listed. So a new mistake finds its class, or a test fails.
"""

from __future__ import annotations

from collections.abc import Sequence

Mistakes = Sequence[tuple[str, int, int]]  # code, line, column

SHAPES = "it follows from the shapes that reach the line"
OTHER_LINE = "it follows from what another line declares"
VALUE = "it follows from the value of an expression"
GRAMMAR = "a pattern does not parse expressions"
FOLDS = "a pattern does not know which letters Python folds into others"
VALUES = "it compares values with each other"
YAML = "it is gone once the text is read: the reader of YAML says so, or nobody"

UNSEEN: dict[str, str] = {
    "aux-mismatch": SHAPES,
    "bad-alias": YAML,
    "bad-key": YAML,
    "bad-number": YAML,
    "bad-order": SHAPES,
    "call-in-expression": GRAMMAR,
    "conflicting-arguments": VALUES,
    "control-character": YAML,
    "crops-everything": SHAPES,
    "division-by-zero": VALUES,
    "duplicate-id": OTHER_LINE,
    "duplicate-key": YAML,
    "empty-join": OTHER_LINE,
    "empty-range": VALUES,
    "empty-spec": YAML,
    "expression-too-large": GRAMMAR,
    "idle-patch": OTHER_LINE,
    "in-place-gradient": SHAPES,
    "in-place-shared": SHAPES,
    "in-place-slope": VALUES,
    "look-alike": YAML,
    "init-bounds": VALUES,
    "init-dimensions": SHAPES,
    "linear-on-map": SHAPES,
    "lone-join": OTHER_LINE,
    "merge-key": YAML,
    "mixes-batch": SHAPES,
    "no-such-dimension": SHAPES,
    "not-divisible": SHAPES,
    "no-such-index": VALUES,
    "nothing-to-normalize": SHAPES,
    "number-out-of-bounds": VALUE,
    "output-padding-too-large": SHAPES,
    "output-not-chosen": OTHER_LINE,
    "over-budget": SHAPES,
    "padding-too-large": SHAPES,
    "patched-twice": OTHER_LINE,
    "recursive-block": OTHER_LINE,
    "same-with-stride": VALUES,
    "scaled-to-nothing": SHAPES,
    "several-documents": YAML,
    "shape-mismatch": SHAPES,
    "share-mismatch": SHAPES,
    "slice": SHAPES,
    "stated-wrongly": SHAPES,
    "split": SHAPES,
    "tag": YAML,
    "too-deep": OTHER_LINE,
    "too-few-channels": SHAPES,
    "too-large": SHAPES,
    "too-many-layers": VALUES,
    "undefined-from": OTHER_LINE,
    "undefined-share": OTHER_LINE,
    "unreached-init": OTHER_LINE,
    "unequal-lists": VALUES,
    "unflatten": SHAPES,
    "unknown-name": OTHER_LINE,
    "unknown-param": OTHER_LINE,
    "window-of-padding": SHAPES,
    "window-too-large": SHAPES,
    "wrong-dtype": SHAPES,
    "wrong-inputs": OTHER_LINE,
    "wrong-rank": SHAPES,
    "yaml-syntax": YAML,
}
UNSEEN_HERE: dict[tuple[str, int], str] = {
    ("aux-keys", 11): VALUE,
    ("bad-params", 10): "the type of a param bounds its choices",
    ("bad-params", 11): "the type of a param says whether it has bounds",
    ("bad-params", 12): VALUES,
    ("bad-params", 15): VALUES,
    ("bad-variant", 8): OTHER_LINE,
    ("bad-variant", 9): OTHER_LINE,
    ("block-of-a-variant", 9): OTHER_LINE,
    ("computed-in-repeat", 10): VALUE,
    ("computed-value", 6): VALUE,
    ("division-in-repeat", 12): VALUE,
    ("float-for-a-param", 10): VALUE,
    ("float-for-a-param", 11): VALUE,
    ("float-for-a-param", 15): VALUE,
    ("float-for-int", 7): VALUE,
    ("float-for-int", 8): VALUE,
    ("from-a-list", 13): VALUE,
    ("from-a-list", 15): VALUE,
    ("index-outside", 7): VALUE,
    ("init-reach", 19): "a layer without weights has no tensor whose name could be wrong",
    ("init-reach", 27): "a pattern may reach layers of any type",
    ("names-that-python-folds", 16): FOLDS,
    ("names-that-python-folds", 18): FOLDS,
    ("names-that-python-folds", 20): FOLDS,
    ("names-that-python-folds", 22): FOLDS,
    ("negative-repeat", 8): VALUE,
    ("no-value", 4): OTHER_LINE,
    ("null-layer", 6): VALUE,
    ("number-in-quotes", 6): VALUES,
    ("number-in-quotes", 8): OTHER_LINE,
    ("number-in-quotes", 10): VALUE,
    ("param-lists", 6): VALUES,
    ("param-signature", 6): "any text may be the default of a param",
    ("powers", 13): VALUE,
    ("repeat-no-number", 8): "2.0 is a whole number to JSON",
    ("repeat-no-number", 12): VALUE,
    ("unreachable", 12): "in a file with blocks of its own any capitalised name may be one of them",
    ("wrong-conditions", 10): VALUE,
    ("upsampling", 8): "one of two arguments is needed",
    ("zero-groups-in-repeat", 10): VALUE,
}
EITHER: dict[str, str] = {
    "bad-expression": "a pattern sees the dollar sign and the outer brackets of an expression, and no more",
}


def visible(file: str, expected: Mistakes) -> set[tuple[str, int]]:
    """The codes and lines among the mistakes of a file that a schema must see."""
    lines = {(code, line) for code, line, _ in expected if (file, line) not in UNSEEN_HERE}
    return {(code, line) for code, line in lines if code not in UNSEEN and code not in EITHER}


def doubtful(expected: Mistakes) -> bool:
    """Whether a schema may see one of the mistakes, or not: broken YAML may still be read as something else."""
    return any(code in EITHER or code == "yaml-syntax" for code, _, _ in expected)
