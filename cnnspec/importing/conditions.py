"""Which copies have a line -> `when`: by a null, a flag of the constructor, stride and channels, or a new flag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from cnnspec.importing.params import ANY
from cnnspec.importing.solve import CHANNELS, Solver, Values

Mask = Mapping[int, bool]


def condition(solver: Solver, mask: Mask, channels: Values, own: Sequence[str], word: str) -> str:
    """The `when` of a line that is there in some copies. ``own`` are params that only this line reads."""
    null = next((name for name in own if solver.params.found[name].default is None), None)
    if null is not None:
        solver.params.found[null].optional = True
        return f"$({null} != null)"
    for text, holds in chain(_flags(solver, mask), _comparisons(solver, mask, channels)):
        if dict(holds) == dict(mask):
            return text
    name = solver.params.free(word, f"has_{word}", f"with_{word}")
    solver.params.add(name, "bool", mask, False)
    return f"${name}"


def _flags(solver: Solver, mask: Mask) -> Iterator[tuple[str, Mask]]:
    """Params and constructor arguments that are true or false; the one that is taken is declared."""
    for param in [*solver.params.found.values()]:
        if param.kind == "bool" and all(param.values[i] is not ANY for i in mask):
            yield f"${param.name}", {i: bool(param.values[i]) for i in mask}
            yield f"$(not {param.name})", {i: not param.values[i] for i in mask}
    for name, given in solver.given.items():
        flags = {i: given.get(i) for i in mask}
        if name not in solver.params.found and flags == dict(mask):
            solver.use(name, flags)
            yield f"${name}", mask


def _comparisons(solver: Solver, mask: Mask, channels: Values) -> Iterator[tuple[str, Mask]]:
    numbers = [(name, known) for name, known in reversed(solver.numbers.items()) if all(i in known for i in mask)]
    numbers += [n for n in solver.integers(mask) if n[0] not in solver.numbers]
    strides = [(name, known) for name, known in solver.integers(mask) if "stride" in name]
    if all(channels.get(i) for i in mask):
        for other, known in numbers:
            same = {i: channels[i] == known[i] for i in mask}
            for stride, steps in strides:
                yield f"$({stride} == 1 and {CHANNELS} == {other})", {i: steps[i] == 1 and same[i] for i in mask}
                yield f"$({stride} != 1 or {CHANNELS} != {other})", {i: steps[i] != 1 or not same[i] for i in mask}
        for other, known in numbers:
            yield f"$({CHANNELS} != {other})", {i: channels[i] != known[i] for i in mask}
            yield f"$({CHANNELS} == {other})", {i: channels[i] == known[i] for i in mask}
    for name, known in solver.integers(mask):
        yield f"$({name} != 1)", {i: known[i] != 1 for i in mask}
        yield f"$({name} == 1)", {i: known[i] == 1 for i in mask}
