"""Two traces -> the first difference, in words."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import zip_longest

from cnnspec.diagnostics import CnnspecError
from cnnspec.emit.verify.replay import replay
from cnnspec.emit.verify.run import run
from cnnspec.emit.verify.trace import Module, Pass, Step, Trace, Unlike
from cnnspec.network import Graph

DEFECT = "this is a defect of cnnspec: please report it with the spec"


def verify(graph: Graph, source: str) -> None:
    """Raises CnnspecError where a source is not the network of a graph."""
    numbers: dict[Hashable, int] = {}
    expected = replay(graph, numbers)
    try:
        compare(run(source, graph, numbers), expected)
    except Unlike as difference:
        what = str(difference)
    except Exception as error:  # noqa: BLE001 - a wrong program raises errors of every kind
        what = f"it raises {type(error).__name__}: {error}"
    else:
        return
    raise CnnspecError(f"the Python source of `{graph.name}` is not that network: {what}. Nothing is written", DEFECT)


def compare(found: Trace, expected: Trace) -> None:
    """Raises Unlike with the first difference."""
    same_modules(found.modules, expected.modules)
    for one, other in zip_longest(found.created, expected.created):
        if one != other:
            raise Unlike(f"it creates `{one}` where the network creates `{other}`, which changes initial weights")
    for fill, wanted in zip_longest(found.fills, expected.fills):
        if fill != wanted:
            raise Unlike(f"it initializes {shown(fill)}, not {shown(wanted)}")
    same_pass(found.evaluation, expected.evaluation, "evaluation")
    same_pass(found.training, expected.training, "training")


def same_modules(found: Sequence[Module], expected: Sequence[Module]) -> None:
    ours, theirs = ({module.key: module for module in modules} for modules in (found, expected))
    for key, module in theirs.items():
        if key not in ours:
            raise Unlike(f"`{key}` is missing")
        if ours[key] != module:
            raise Unlike(f"`{key}` is {shown(ours[key][1:])}, not {shown(module[1:])}")
    for module in found:
        if module.key not in theirs:
            raise Unlike(f"the network has no `{module.key}`")
    for one, other in zip_longest(found, expected):
        if one != other:
            raise Unlike(f"`{one and one.key}` stands where the network has `{other and other.key}`")


def same_pass(found: Pass, expected: Pass, mode: str) -> None:
    for number, (step, wanted) in enumerate(zip_longest(found.steps, expected.steps), 1):
        if step is None or wanted is None or not same_step(step, wanted):
            raise Unlike(f"in {mode}, call {number} is {called(step)}, not {called(wanted)}")
    if found.outputs != expected.outputs or list(found.outputs) != list(expected.outputs):
        raise Unlike(f"in {mode}, it returns other values")


def same_step(step: Step, wanted: Step) -> bool:
    """Whether a call is the wanted one; a layer without a key may have any."""
    key = wanted.key or step.key
    return step._replace(key=key) == wanted._replace(key=key)


def called(step: Step | None) -> str:
    if step is None:
        return "nothing"
    of = ", ".join(f"value {number}" for number in step.inputs)
    call = f"{step.target.removeprefix('torch.nn.')}({step.arguments}) of {of}"
    return f"`{step.key}`, {call}" if step.key else call


def shown(what: tuple[str, ...] | None) -> str:
    return "nothing" if what is None else " ".join(what)
