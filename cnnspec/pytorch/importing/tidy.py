"""Program -> Program: the same numbers, said as a spec says them.

    Unflatten, Permute, Flatten ─► ChannelShuffle        (a + b) + c ─► Add(a, b, c)
    Permute, LayerNorm, Permute ─► LayerNorm2d
    Identity ─► nothing, unless it keeps a place in a sequence that is numbered
    a join at the head of a module that takes several tensors ─► before the module, which then takes one
    Concat(a, b, c) where Concat(a, b) is there already ─► Concat(it, c)

Lines without weights have no key, so they may move between scopes. What nothing takes is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from cnnspec.pytorch.importing.program import CodeFrame, ImportedProgram, Line, Path


def tidy(program: ImportedProgram) -> ImportedProgram:
    """The program in its shortest words."""
    program = without_identities(program)
    outputs = program.wanted
    lines = list(program.lines)
    for step in (_shuffles, _norms, _sums, _heads, _tails, _stacks):
        lines = alive(step(lines, outputs), outputs)
    return replace(program, lines=tuple(lines))


def without_identities(program: ImportedProgram) -> ImportedProgram:
    """The program without lines that change nothing and hold no key."""
    lines, same = _without_identities(program.lines, {})
    outputs = {key: same.get(value, value) for key, value in program.outputs.items()}
    if any(value < 0 for value in outputs.values()):
        return program  # an input as an output is said by a line
    heads = []
    for head in program.heads:
        inner, within = _without_identities(head.lines[:-1], same)
        last = _reading(head.lines[-1], within)
        heads.append(replace(head, source=same.get(head.source, head.source), lines=(*inner, last)))
    return replace(program, lines=tuple(lines), outputs=outputs, heads=tuple(heads))


def _without_identities(lines: Sequence[Line], same: Mapping[int, int]) -> tuple[list[Line], dict[int, int]]:
    """The lines that are left, and the value that stands for each that is not."""
    same = dict(same)
    numbered = {(line.path[:-1], line.path[-1]) for line in lines if line.stateful and line.path}
    left = []
    for line in lines:
        if line.type == "Identity" and not _keeps_place(line, numbered):
            same[line.value] = same.get(line.inputs[0], line.inputs[0])
        else:
            left.append(_reading(line, same))
    return left, same


def _keeps_place(line: Line, numbered: Iterable[tuple[Path, str]]) -> bool:
    """Whether lines with weights are numbered behind it in its sequence."""
    if line.path is None or not line.path[-1].isdecimal():
        return False
    later = (name for path, name in numbered if path == line.path[:-1] and name.isdecimal())
    return any(int(name) > int(line.path[-1]) for name in later)


def _reading(line: Line, same: Mapping[int, int]) -> Line:
    return replace(line, inputs=tuple(same.get(value, value) for value in line.inputs))


def alive(lines: Iterable[Line], outputs: Iterable[int]) -> list[Line]:
    """The lines that an output needs."""
    needed, kept = set(outputs), []
    for line in reversed([*lines]):
        if line.value in needed:
            kept.append(line)
            needed.update(line.inputs)
    return kept[::-1]


def readers(lines: Iterable[Line]) -> dict[int, list[Line]]:
    """The lines that take each value."""
    found: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        for value in dict.fromkeys(line.inputs):
            found[value].append(line)
    return found


def _shuffles(lines: list[Line], outputs: set[int]) -> list[Line]:
    """Channels that are taken apart in groups, exchanged, and put together: a ChannelShuffle."""
    made = {line.value: line for line in lines}
    return [_shuffle(line, made) or line for line in lines]


def _shuffle(line: Line, made: dict[int, Line]) -> Line | None:
    if line.type != "Flatten":
        return None
    exchange = made.get(line.inputs[0])
    if exchange is None or exchange.type != "Permute":
        return None
    apart = made.get(exchange.inputs[0])
    if apart is None or apart.type != "Unflatten" or len(apart.args["unflattened_size"]) != 2:
        return None
    rank = len(apart.shape) + 1
    exchanged = exchange.args["dims"] == (0, 2, 1, *range(3, rank)) and apart.args["dim"] == 1
    together = line.args.get("start_dim", 1) == 1 and line.shape == apart.input_shapes[0]
    if not (exchanged and together):
        return None
    groups = {"groups": apart.shape[0]}
    return replace(
        line, type="ChannelShuffle", args=groups, inputs=apart.inputs, input_shapes=apart.input_shapes, path=None
    )


def _norms(lines: list[Line], outputs: set[int]) -> list[Line]:
    """A norm over the channels with the channels moved to the end and back: a LayerNorm2d."""
    made = {line.value: line for line in lines}
    taken = readers(lines)
    return [_norm(line, made, taken) or line for line in lines]


def _norm(back: Line, made: dict[int, Line], taken: dict[int, list[Line]]) -> Line | None:
    if back.type != "Permute" or back.args["dims"] != (0, 3, 1, 2):
        return None
    norm = made.get(back.inputs[0])
    forth = made.get(norm.inputs[0]) if norm is not None else None
    if norm is None or norm.type != "LayerNorm" or len(taken[norm.value]) > 1:
        return None
    if forth is None or forth.type != "Permute" or forth.args["dims"] != (0, 2, 3, 1):
        return None
    if norm.args.get("normalized_shape") != forth.input_shapes[0][0] or norm.frames != back.frames:
        return None
    args = {name: value for name, value in norm.args.items() if name != "normalized_shape"}
    moved = replace(norm, value=back.value, inputs=forth.inputs, input_shapes=forth.input_shapes, shape=back.shape)
    return replace(moved, type="LayerNorm2d", args=args)


def _sums(lines: list[Line], outputs: set[int]) -> list[Line]:
    """Sums and products of more than two, from the first to the last as torch takes them."""
    made: dict[int, Line] = {}
    taken = readers(lines)
    for line in lines:
        first = made.get(line.inputs[0])
        if line.type in ("Add", "Multiply") and first is not None and first.type == line.type:
            once = taken[first.value] == [line] and first.value not in outputs and first.value not in line.inputs[1:]
            if once and first.frames == line.frames:
                inputs, shapes = first.inputs + line.inputs[1:], first.input_shapes + line.input_shapes[1:]
                line = replace(line, inputs=inputs, input_shapes=shapes)
        made[line.value] = line
    return [*made.values()]


def _heads(lines: list[Line], outputs: set[int]) -> list[Line]:
    """Moves what joins the inputs of a module out of it, where the module then takes one tensor."""
    for frame in calls(lines):
        inner = [line for line in lines if frame in line.frames]
        moved = _joining(inner)
        lines = [_out_of(line, frame) if line.value in moved else line for line in lines]
    return lines


def calls(lines: Iterable[Line]) -> list[CodeFrame]:
    """The module calls below the network's own, inner ones first."""
    found = {frame: depth for line in lines for depth, frame in enumerate(line.frames) if frame.path}
    return sorted(found, key=lambda frame: -found[frame])


def arriving(lines: Iterable[Line]) -> dict[int, None]:
    """The values that lines take from elsewhere, in the order in which they are first taken."""
    lines = [*lines]
    own = {line.value for line in lines}
    return dict.fromkeys(value for line in lines for value in line.inputs if value not in own)


def leaving(inner: Iterable[Line], lines: Iterable[Line], outputs: set[int]) -> dict[int, None]:
    """The values of some lines that others take."""
    own = dict.fromkeys(line.value for line in inner)
    used = {value for line in lines if line.value not in own for value in line.inputs} | outputs
    return dict.fromkeys(value for value in own if value in used)


def _joining(inner: list[Line]) -> set[int]:
    """The lines at the head of a module without which it takes one tensor."""
    outside = arriving(inner)
    if len(outside) < 2:
        return set()
    head: list[Line] = []
    for line in inner:
        if line.stateful or not all(value in outside or value in {h.value for h in head} for value in line.inputs):
            continue
        head.append(line)
        needed = _ancestors(line, head)
        rest = [other for other in inner if other.value not in needed]
        if rest and len(arriving(rest)) == 1:
            return needed
    return set()


def _ancestors(line: Line, among: list[Line]) -> set[int]:
    needed = {line.value}
    for other in reversed(among):
        if other.value in needed:
            needed.update(other.inputs)
    return needed & {other.value for other in among}


def _out_of(line: Line, frame: CodeFrame) -> Line:
    return replace(line, frames=line.frames[: line.frames.index(frame)], path=None)


def _tails(lines: list[Line], outputs: set[int]) -> list[Line]:
    """Moves what makes a second output of a module out of it, where the module then gives one tensor."""
    for frame in calls(lines):
        inner = [line for line in lines if frame in line.frames]
        if len(leaving(inner, lines, outputs)) < 2:
            continue
        moved = _second(inner, lines, outputs)
        lines = [_out_of(line, frame) if line.value in moved else line for line in lines]
    return lines


def _second(inner: list[Line], lines: list[Line], outputs: set[int]) -> set[int]:
    tail: set[int] = set()
    left = [*inner]
    for line in reversed(inner):
        taken = any(line.value in other.inputs for other in left)
        if line.stateful or taken:
            continue
        tail.add(line.value)
        left.remove(line)
        if left and len(leaving(left, lines, outputs)) == 1:
            return tail
    return set()


def _stacks(lines: list[Line], outputs: set[int]) -> list[Line]:
    """Stacks on top of those that are there already, as DenseNet's layers take them."""
    return [*_restacked(lines)]


def _restacked(lines: list[Line]) -> Iterator[Line]:
    made: dict[tuple[object, ...], Line] = {}  # the stacks of each scope, by what is stacked
    same: dict[int, int] = {}
    for line in lines:
        line = replace(line, inputs=tuple(same.get(value, value) for value in line.inputs))
        if line.type != "Concat":
            yield line
        elif (*line.frames, line.inputs) in made:
            same[line.value] = made[(*line.frames, line.inputs)].value
        else:
            stacked = _on_top(line, made)
            made[(*line.frames, line.inputs)] = stacked
            yield stacked


def _on_top(line: Line, made: dict[tuple[object, ...], Line]) -> Line:
    for end in range(len(line.inputs) - 1, 1, -1):
        below = made.get((*line.frames, line.inputs[:end]))
        if below is not None:
            inputs = (below.value, *line.inputs[end:])
            return replace(line, inputs=inputs, input_shapes=(below.shape, *line.input_shapes[end:]))
    return line
