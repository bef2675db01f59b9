"""Refusals that torch has no error for: what the language says of a text, and policies about tensors that torch takes.

Every other refusal has to coincide with an error of torch's. Policies that speak of one layer type stand in
tests/layers/policies.py.
"""

from __future__ import annotations

LANGUAGE = {
    "aux-mismatch": "an aux head of another shape than the network's output: torch has no word for heads",
    "bad-patch": "an edit of a base that cannot be made; torch knows no bases",
    "bad-expression": "an expression that cannot be read or has no value; torch knows no expressions",
    "bad-id": "a name that no module can have, or none that a key can hold",
    "bad-input": "sizes of the input are positive whole numbers",
    "bad-repeat": "a line is repeated a whole number of times, within bounds",
    "duplicate-id": "two modules of one name; in Python the second takes the place of the first",
    "empty-join": "a join of nothing",
    "empty-network": "a network without layers: an empty nn.Sequential gives its input",
    "idle-patch": "a patch of a line that the base has not got",
    "init-bounds": "bounds between which torch would draw without end",
    "lone-join": "a join of one tensor",
    "missing-argument": "an argument that has no default: torch raises a TypeError",
    "no-such-tensor": "a rule for a parameter that its layers never have",
    "not-a-name": "a name that cannot be written",
    "null-layer": "no layer at all",
    "number-out-of-bounds": "a number past what the language holds",
    "output-not-chosen": "a line with several outputs where one tensor is wanted",
    "patched-twice": "two patches that take the same line away",
    "recursive-block": "a block that never ends",
    "share-mismatch": "one module for what asks for two: torch has no word for it either",
    "too-deep": "blocks past all bounds",
    "too-large": "a budget: a tensor past all memory",
    "too-much-work": "a budget: loops past all bounds",
    "too-many-layers": "a budget: a network past all bounds",
    "undefined-from": "a line that takes what is not there",
    "undefined-share": "a line that runs the module of a line that is not there",
    "unequal-lists": "lists that are walked together and are of different lengths",
    "unknown-argument": "no such argument: where the layer can be made of the others, torch raises a TypeError",
    "unknown-layer": "no such layer or block",
    "unknown-name": "an expression that names nothing",
    "unknown-word": "no such word beside an operation",
    "unreached-init": "a rule for a layer that is not there",
    "wrong-dtype": "numbers of a kind that a layer does not take; torch converts some, and refuses others late",
    "wrong-inputs": "a line that is given other inputs than it names",
    "wrong-type": "an argument of another type, or out of its range: torch often takes it and means something else",
}
