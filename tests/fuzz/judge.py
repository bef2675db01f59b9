"""Whether the checker's word on a text is torch's."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import torch

from cnnspec.engine.diagnostics import Diagnostic
from cnnspec.engine.layers import JOINS, REGISTRY, Call, Shape
from cnnspec.engine.network import Graph
from cnnspec.engine.network.inplace import PARTS
from tests.fuzz import fill, torchside
from tests.fuzz.probe import Checked, Invalid, Refused, check
from tests.fuzz.rules import LANGUAGE
from tests.fuzz.torchside import Part, agreeing, differ
from tests.layers.oracle import call
from tests.layers.policies import BY_REFUSAL

MOST_NUMBERS = 400_000  # of a network that is run
IN_PLACE = {"in-place-gradient", "in-place-shared"}
INFERRED = {"in_channels", "in_features", "num_features", "num_channels", "normalized_shape"}


@dataclass(frozen=True)
class Verdict:
    """What a text was found to be: with a reason for every refusal."""

    accepted: bool
    codes: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()  # layer types
    refused: frozenset[str] = frozenset()
    stated: frozenset[tuple[str, str]] = frozenset()  # arguments of layers that are taken, other than the defaults
    reasons: Counter[str] = field(default_factory=Counter)
    ran: bool = True


def judge(text: str) -> Verdict:
    """Raises Disagreement."""
    checked = check(text)
    if too_large(checked):
        return Verdict(not checked.errors, codes=frozenset(error.code for error in checked.errors), ran=False)
    return refusal(checked, text) if checked.errors else acceptance(checked)


def too_large(checked: Checked) -> bool:
    """Whether torch cannot be asked: the network, or a layer that is refused, holds too many numbers."""
    if checked.graph is not None and numbers(checked.graph) > MOST_NUMBERS:
        return True
    sizes = [getattr(found.layer, name) for found in checked.refused for name in found.layer.model_fields_set]
    return any(type(size) is int and size > MOST_NUMBERS for size in sizes)


def numbers(graph: Graph) -> int:
    return graph.params + sum(node.shape.elements for node in graph.nodes)


def acceptance(checked: Checked) -> Verdict:
    graph = checked.graph
    if graph is None:
        raise AssertionError("no error, and no graph")
    torchside.run_whole(graph)
    stated = {
        (node.type, name)
        for node in graph.nodes
        for name in node.layer.model_fields_set
        if getattr(node.layer, name) != type(node.layer).model_fields[name].default
    }
    return Verdict(accepted=True, taken=frozenset(node.type for node in graph.nodes), stated=frozenset(stated))


def refusal(checked: Checked, text: str) -> Verdict:
    """Every error is torch's as well, or a rule."""
    reasons: Counter[str] = Counter()
    types = {found.type for found in checked.refused} | {found.type for found in checked.invalid}
    if checked.refused:
        reasons.update(shapes(checked))
    for invalid in checked.invalid:
        reasons[constructor(invalid)] += 1
    if checked.clashes:
        reasons.update(in_place(checked))
        types |= {clash.writer.type for clash in checked.clashes}
    said = {found.refusal.code for found in checked.refused} | IN_PLACE
    for error in checked.errors:
        if error.code in fill.OF_TORCH and is_of_init(error, text):
            reasons[fills(checked, text)] += 1
        elif error.code not in said:
            reasons["language"] += 1
            if error.code not in LANGUAGE:
                differ(f"`{error.code}` is no listed rule: {error.message}")
    codes = frozenset(error.code for error in checked.errors)
    return Verdict(accepted=False, codes=codes, refused=frozenset(types & set(REGISTRY)), reasons=reasons)


def is_of_init(error: Diagnostic, text: str) -> bool:
    """Whether an error lies in the section `init`, which is the last of a text."""
    lines = text.splitlines()
    return "init:" in lines and error.span.line > lines.index("init:")


def fills(checked: Checked, text: str) -> str:
    """A function of torch.nn.init that a tensor does not take."""
    assert checked.graph is not None
    if not fill.torch_refuses(text, checked.graph):
        differ("torch fills every tensor with every function of `init`")
    return "torch raises"


def shapes(checked: Checked) -> list[str]:
    """Refusals of what arrives, on the very tensors that arrive in torch."""
    assert checked.graph is not None
    overwritten = any(clash.kept == PARTS for clash in checked.clashes)  # at which torch itself would end
    with agreeing("the lines above a refusal"):
        part = Part(checked.graph, plain=overwritten)
    return [why(found, part, checked) for found in checked.refused]


def why(found: Refused, part: Part, checked: Checked) -> str:
    if not any(error.code == found.refusal.code for error in checked.errors):
        differ(f"`{found.refusal.code}` was found and not told")
    policy = BY_REFUSAL.get((found.type, found.refusal.code))
    if policy is not None and policy.unsafe:
        return "policy"
    inputs = [part.values[value] for value in found.values]
    xs = tuple(Shape(x.shape[1:]) for x in inputs)
    if torchside.refuses(call(found.layer, xs), inputs):
        return "torch raises"
    if policy is None:
        differ(f"torch takes {found.layer!r} on {xs}; refused: {found.refusal.message}")
    return "policy"


def constructor(invalid: Invalid) -> str:
    """Arguments that torch's own constructor has not got or lacks."""
    fields = REGISTRY[invalid.type].model_fields
    unknown = invalid.arguments.keys() - fields.keys()
    missing = {n for n, f in fields.items() if f.is_required()} - invalid.arguments.keys()
    if invalid.type in JOINS or invalid.type == "Identity" or not unknown | missing:
        return "language"
    given: dict[str, Any] = dict.fromkeys(INFERRED & fields.keys(), 4) | invalid.arguments
    target = REGISTRY[invalid.type].target or f"torch.nn.{invalid.type}"
    if not torchside.refuses(Call(target, given), []):
        differ(f"torch takes {invalid.type}({given})")
    return "torch raises"


def in_place(checked: Checked) -> list[str]:
    """Torch finds no gradient where one is said to be lost; values differ where a line is said to read others."""
    graph = checked.graph
    assert graph is not None
    reasons = []
    kinds = {clash.kept is not None for clash in checked.clashes}
    alone = {error.code for error in checked.errors} <= IN_PLACE
    output = graph.live_values if alone else None
    if True in kinds:
        try:
            lost = not Part(graph).backward(output)
        except RuntimeError:  # one of several views of one function, which torch lets nobody overwrite
            lost = True
        if not lost and not any(node.layer.reorders for node in graph.nodes):  # behind those Flatten may copy
            differ("torch finds the gradient that is said to be lost")
        reasons.append("torch raises" if lost else "policy")
    if False in kinds:
        reasons.append("torch differs" if visible(graph) else "policy")
    return reasons


def visible(graph: Graph) -> bool:
    """Whether working in place changes a value, in training or evaluation, or what is left for the gradient."""
    for training in (True, False):
        try:
            sides = [Part(graph, training, plain) for plain in (False, True)]
        except RuntimeError:  # one of several views of one function, which torch lets nobody overwrite
            return True
        ends = [*sides[0].ends, *(set(torchside.wanted(graph, training)) & sides[0].values.keys())]
        if any(not torch.equal(*(torch.nan_to_num(side.values[end]) for side in sides)) for end in ends):
            return True
    return not Part(graph).backward()
