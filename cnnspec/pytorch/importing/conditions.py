"""Which copies have a line -> `when`: by a null, a flag of the constructor, stride and channels, or a new flag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from cnnspec.engine.spec.names import PARAM
from cnnspec.pytorch.importing.params import ANY
from cnnspec.pytorch.importing.solve import CHANNELS, ParamSolver, Values

Mask = Mapping[int, bool]


def condition(
    solver: ParamSolver, mask: Mask, channels: Values, own: Sequence[str], word: str, *, shortcut: bool
) -> str:
    """The `when` of a line that is there in some copies.

    ``own`` are params that only this line reads; a ``shortcut`` stands in a sum, beside what may change the shape.
    """
    null = next((name for name in own if solver.params.found[name].default is None), None)
    if null is not None:
        solver.params.found[null].optional = True
        return f"$({null} != null)"
    entry, entering = solver.entry_name, {i: solver.entering.get(i, 0) for i in mask}
    sizes = {CHANNELS: channels, entry: entering}
    shapes, single = _same_shapes(solver, mask, sizes), _single(solver, mask)
    equal, differ = _channels(solver, mask, sizes, "=="), _channels(solver, mask, sizes, "!=")
    order = (shapes, single, equal, differ) if shortcut else (single, shapes, differ)
    for text, holds in chain(_flags(solver, mask), *order, _settings(solver, mask)):
        if dict(holds) == dict(mask):
            if entry in text.split():
                solver.entry()
            return f"${text}" if PARAM.fullmatch(text) else f"$({text})"
    name = solver.params.free(word, f"has_{word}", f"with_{word}")
    solver.params.add(name, "bool", mask, suggested=False)
    return f"${name}"


def _flags(solver: ParamSolver, mask: Mask) -> Iterator[tuple[str, Mask]]:
    """Params and constructor arguments that are true or false; the one that is taken is declared."""
    for param in [*solver.params.found.values()]:
        if param.kind == "bool" and all(param.values[i] is not ANY for i in mask):
            yield param.name, {i: bool(param.values[i]) for i in mask}
            yield f"not {param.name}", {i: not param.values[i] for i in mask}
    for name, given in solver.given.items():
        flags = {i: given.get(i) for i in mask}
        if name in solver.params.found or not all(isinstance(flag, bool) for flag in flags.values()):
            continue
        for text, there in ((name, flags), (f"not {name}", {i: not flag for i, flag in flags.items()})):
            if there == dict(mask):
                solver.use(name, flags)
                yield text, mask


def _numbers(solver: ParamSolver, mask: Mask) -> list[tuple[str, Values]]:
    """The whole numbers that can be told of all these copies, what was written last first."""
    found = [(name, known) for name, known in reversed(solver.numbers.items()) if all(i in known for i in mask)]
    return found + [number for number in solver.integers(mask) if number[0] not in solver.numbers]


def _same_shapes(solver: ParamSolver, mask: Mask, sizes: Mapping[str, Values]) -> Iterator[tuple[str, Mask]]:
    """Whether a tensor may be added to what a stride and a convolution make of it."""
    strides = [(name, known) for name, known in solver.integers(mask) if "stride" in name]
    for size, channels in sizes.items():
        for other, known in _numbers(solver, mask):
            same = {i: channels.get(i) == known[i] for i in mask}
            for stride, steps in strides:
                yield f"{stride} == 1 and {size} == {other}", {i: steps[i] == 1 and same[i] for i in mask}
                yield f"{stride} != 1 or {size} != {other}", {i: steps[i] != 1 or not same[i] for i in mask}


def _channels(solver: ParamSolver, mask: Mask, sizes: Mapping[str, Values], sign: str) -> Iterator[tuple[str, Mask]]:
    for size, channels in sizes.items():
        for other, known in _numbers(solver, mask):
            yield f"{size} {sign} {other}", {i: (channels.get(i) == known[i]) == (sign == "==") for i in mask}


def _settings(solver: ParamSolver, mask: Mask) -> Iterator[tuple[str, Mask]]:
    """Whole numbers that only the constructor has; the one that is taken is declared."""
    for name, given in solver.ratios():
        for sign in ("!=", "=="):
            if all(i in given and (given[i] == 1) == (sign == "==") for i in mask if mask[i]) and all(
                i in given and (given[i] == 1) != (sign == "==") for i in mask if not mask[i]
            ):
                solver.use(name, given)
                yield f"{name} {sign} 1", mask


def _single(solver: ParamSolver, mask: Mask) -> Iterator[tuple[str, Mask]]:
    """A setting that is 1, or not: `stride`, `expand_ratio`."""
    for name, known in solver.integers(mask):
        yield f"{name} != 1", {i: known[i] != 1 for i in mask}
        yield f"{name} == 1", {i: known[i] == 1 for i in mask}
