"""Copies of a module -> one block: its lines, its params, and the arguments of each call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cnnspec.engine.layers import REGISTRY
from cnnspec.pytorch.importing.align import AlignedChain, AlignedColumn, Branch, NotAlike, family, likeness, merge
from cnnspec.pytorch.importing.conditions import condition
from cnnspec.pytorch.importing.items import ImportedItem
from cnnspec.pytorch.importing.params import NO_DEFAULT, Params
from cnnspec.pytorch.importing.program import CodeOrigin
from cnnspec.pytorch.importing.solve import ParamSolver

COUNTED = re.compile(r"\$\(index(?: \+ (\d+))?\)|(\d+)")
WORDS = {"activation": "act", "normalisation": "norm"}


@dataclass(slots=True, eq=False)
class Definition:
    """A block. ``calls`` are the arguments of each copy, ``flags`` how many params only say what is there."""

    name: str
    params: Params
    layers: list[ImportedItem]
    calls: list[dict[str, Any]] = field(default_factory=list)
    flags: int = 0

    def declared(self) -> dict[str, Any]:
        return {param.name: param.declaration() for param in self.params.ordered()}


def define(
    name: str,
    copies: Sequence[ImportedItem],
    origins: Sequence[CodeOrigin | None],
    known: Mapping[str, Mapping[str, Any]],
) -> Definition:
    """The block that all copies are. ``known`` are the defaults of other blocks' params. Raises Unlike."""
    columns = merge([AlignedChain(body, copy.shape) for body, copy in zip(_entered([*copies]), copies, strict=True)])
    _check_repeats(columns)
    entering = {i: copy.shape[0] for i, copy in enumerate(copies) if copy.shape}
    leaving = {i: copy.out[0] for i, copy in enumerate(copies) if copy.out}
    made = _Definer(ParamSolver(Params(len(copies)), origins, entering, leaving), known)
    layers = made.chain(columns, ())
    flags = made.conditions()
    params = made.solver.params
    calls = [
        {key: value for param in params.ordered() for key, value in param.call(i).items()} for i in range(len(copies))
    ]
    return Definition(name, params, layers, calls, flags)


def _check_repeats(columns: Sequence[AlignedColumn]) -> None:
    """Raises Unlike where a layer has two lines in a scope, each for some of the copies: the body is there twice."""
    seen: set[tuple[str, str]] = set()
    for column in _scope_columns(columns):
        line = (column.first.op, column.first.id or "")
        if column.first.stateful and line[1] and line in seen:
            raise NotAlike
        seen.add(line)
        _check_repeats(column.body or ())


def _scope_columns(columns: Sequence[AlignedColumn]) -> Iterator[AlignedColumn]:
    """The lines of one scope, those of the paths of its joins too."""
    for column in columns:
        yield column
        for branch in column.paths or ():
            yield from _scope_columns(branch.columns)


def _entered(copies: list[ImportedItem]) -> list[list[ImportedItem]]:
    """The lines of each copy; the first takes its input by name where the same line of another copy does so."""
    named = [item for copy in copies for item in copy.body or () if item.sources == ("input",)]
    bodies = []
    for copy in copies:
        first, *rest = copy.body or [ImportedItem("")]
        entered = replace(first, sources=("input",))
        alike = first.sources is None and first.id and any(likeness(item, entered) for item in named)
        bodies.append([entered if alike else first, *rest] if copy.body else [])
    return bodies


@dataclass(slots=True, eq=False)
class _Pending:
    """A line or a path that some copies lack; told once all values are known."""

    item: ImportedItem
    mask: dict[int, bool]
    channels: dict[int, int]
    word: str
    own: list[str]
    shortcut: bool
    path: int | None = None


class _Definer:
    def __init__(self, solver: ParamSolver, known: Mapping[str, Mapping[str, Any]]) -> None:
        self.solver = solver
        self.known = known
        self.pending: list[_Pending] = []

    def chain(self, columns: Iterable[AlignedColumn], places: tuple[str, ...]) -> list[ImportedItem]:
        return [self.item(column, places) for column in columns]

    def item(self, column: AlignedColumn, places: tuple[str, ...]) -> ImportedItem:
        first = column.first
        before = [*self.solver.params.found]
        repeat = self.repeat(column, places)
        id = self.id(column, places)
        inner = (*places, COUNTED.sub("", first.id or "") or first.op.lower())
        op, args = self.operation(column, inner)
        made = ImportedItem(
            op=op,
            args=args,
            id=id,
            share=first.share,
            sources=first.sources,
            repeat=repeat,
            foreach=first.foreach,
            value=first.value,
        )
        if column.body is not None:
            made.body = self.chain(column.body, inner)
        if column.paths is not None:
            self.branches(made, column.paths, places)
        self.absent(made, column, repeat, before, inner)
        return made

    # ------------------------------------------------------------------------------------------------- what is there

    def absent(
        self, made: ImportedItem, column: AlignedColumn, repeat: Any, before: list[str], places: tuple[str, ...]
    ) -> None:
        """Notes a line that some copies lack, unless its `repeat` says so already."""
        mask = {i: column.members[i] is not None for i, shape in enumerate(column.shapes) if shape is not None}
        if all(mask.values()) or repeat is not None:
            return
        own = [name for name in self.solver.params.found if name not in before]
        channels = _channels(column.shapes)
        self.pending.append(_Pending(made, mask, channels, _word(places[-1]), own, "add" in places))

    def branches(self, made: ImportedItem, branches: list[Branch], places: tuple[str, ...]) -> None:
        inner = (*places, made.op.lower())
        made.paths = [self.chain(branch.columns, inner) for branch in branches]
        made.conditions = [None] * len(branches)
        for number, branch in enumerate(branches):
            mask = {i: bool(there) for i, there in enumerate(branch.present) if there is not None}
            if not all(mask.values()):
                word = "residual" if made.op == "Add" else _word(made.op.lower())
                channels, shortcut = _channels(branch.shapes), made.op == "Add"
                self.pending.append(_Pending(made, mask, channels, word, [], shortcut, number))

    def conditions(self) -> int:
        """Tells what is there by what the params say; the number of flags that had to be added."""
        before = len(self.solver.params.found)
        for p in sorted(self.pending, key=lambda pending: pending.path is None):  # a shortcut tells most
            when = condition(self.solver, p.mask, p.channels, p.own, p.word, shortcut=p.shortcut)
            if p.path is None:
                p.item.when = when
            else:
                assert p.item.conditions is not None
                p.item.conditions[p.path] = when
        return len(self.solver.params.found) - before

    # ---------------------------------------------------------------------------------------------- what a line says

    def operation(self, column: AlignedColumn, places: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
        """The layer with its arguments; a param of type layer where the copies have other ones."""
        found = {i: column.members[i] for i in column.present}
        ops = {member.op for member in found.values() if member is not None}
        if len(ops) == 1:
            return ops.pop(), self.arguments(column, places)
        layers = {i: {m.op: m.args} if m.args else m.op for i, m in found.items() if m is not None}
        word = WORDS[family(column.first.op) or "activation"]
        return self.solver.value(layers, word, places[:-1], _channels(column.shapes), column.first.op), {}

    def arguments(self, column: AlignedColumn, places: tuple[str, ...]) -> dict[str, Any]:
        members = {i: column.members[i] for i in column.present}
        op = column.first.op
        names = dict.fromkeys(name for member in members.values() if member is not None for name in member.args)
        ordered = sorted(names, key=[*self.fields(op), *names].index)
        return {name: self.argument(column, name, places) for name in ordered}

    def fields(self, op: str) -> list[str]:
        return [*REGISTRY[op].model_fields] if op in REGISTRY else [*self.known.get(op, ())]

    def argument(self, column: AlignedColumn, name: str, places: tuple[str, ...]) -> Any:
        values: dict[int, Any] = {}
        for i in column.present:
            member = column.members[i]
            assert member is not None
            values[i] = member.args.get(name, self.default(member, name))
        default = self.default(column.first, name)
        return self.solver.value(values, name, places, _channels(column.shapes), default)

    def default(self, item: ImportedItem, name: str) -> Any:
        """What an argument is where a line does not state it."""
        if item.op not in REGISTRY:
            return self.known[item.op][name]
        field = REGISTRY[item.op].model_fields[name]
        if name == "stride" and field.default is None:
            return item.args["kernel_size"]
        return NO_DEFAULT if field.is_required() else field.default

    def repeat(self, column: AlignedColumn, places: tuple[str, ...]) -> Any:
        """How often; a line that is not there is one that is repeated 0 times."""
        if all(member is None or member.repeat is None for member in column.members):
            return None
        values = {}
        for i, shape in enumerate(column.shapes):
            member = column.members[i]
            if shape is not None:
                values[i] = 0 if member is None else 1 if member.repeat is None else member.repeat
        return self.solver.value(values, "depth", places, {})

    def id(self, column: AlignedColumn, places: tuple[str, ...]) -> str | None:
        """The id; numbers in it that differ are counted by a param."""
        first = column.first
        if first.id is None:
            return None
        ids = {i: member.id or "" for i, member in enumerate(column.members) if member is not None}
        tokens = {i: [*COUNTED.finditer(id)] for i, id in ids.items()}
        out, at = "", 0
        for place, match in enumerate([*COUNTED.finditer(first.id)]):
            out += first.id[at : match.start()] + self.token({i: t[place] for i, t in tokens.items()}, places)
            at = match.end()
        return out + first.id[at:]

    def token(self, matches: Mapping[int, re.Match[str]], places: tuple[str, ...]) -> str:
        counted = {match[0] for match in matches.values() if match[2] is None}
        if counted:
            return counted.pop()
        values = {i: int(match[2]) for i, match in matches.items()}
        found = str(self.solver.value(values, "number", places, {}))
        return f"$({found[1:]})" if found[0] == "$" and found[1] != "(" else found


def _channels(shapes: Sequence[Any]) -> dict[int, int]:
    return {i: shape[0] for i, shape in enumerate(shapes) if shape}


def _word(text: str) -> str:
    """A name as a param may have it."""
    word = re.sub(r"\W+", "_", text).strip("_")
    return word if word and not word[0].isdigit() else f"with_{word}"
