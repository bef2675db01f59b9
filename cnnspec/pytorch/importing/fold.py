"""Items -> items and blocks: each class of modules a block, written once.

Classes are defined from the inside outwards, so that a line of one block may call another. Copies that have too little
in common are several blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cnnspec.engine.layers import JOINS, REGISTRY
from cnnspec.engine.spec.items import GROUP, SCOPE
from cnnspec.pytorch.importing.align import NotAlike
from cnnspec.pytorch.importing.builtin import as_builtin, default_params, is_equal
from cnnspec.pytorch.importing.define import Definition, define
from cnnspec.pytorch.importing.items import ImportedItem, walk
from cnnspec.pytorch.importing.program import CodeOrigin, Path
from cnnspec.pytorch.importing.repeats import shorten
from cnnspec.pytorch.importing.write import rows

SHORT = 6  # rows of a module that is written where it stands, if it stands nowhere else
LONG = 4  # rows of a sequence that may become a block
OFTEN = 3  # copies of it
MOST_STRUCTURES = 16  # of copies that are tried together
MOST_FLAGS = 2  # params of a block that only say which lines are there


def fold(
    scopes: list[ImportedItem], origins: Mapping[Path, CodeOrigin], *, alike: bool = False
) -> tuple[list[ImportedItem], dict[str, Definition]]:
    """The network and its heads, and the blocks in the order in which they are first called.

    If ``alike``, only copies with the same lines share a block.
    """
    folder = _Folder(origins, alike)
    scopes = leveled(folder.units(scopes))
    for op in _inside_out(scopes):
        scopes = folder.define(op, scopes)
    scopes = folder.sequences(scopes)
    scopes = [replace(scope, body=shorten(scope.body or [])) for scope in scopes]
    return scopes, _in_order(scopes, folder.blocks)


class _Folder:
    def __init__(self, origins: Mapping[Path, CodeOrigin], alike: bool = False) -> None:
        self.origins = origins
        self.alike = alike
        self.blocks: dict[str, Definition] = {}
        self.defaults: dict[str, dict[str, Any]] = {}

    def define(self, op: str, scopes: list[ImportedItem]) -> list[ImportedItem]:
        """The scopes with every module of a class as a call of its block."""
        copies = [item for item in _below(scopes) if item.op == op and item.body is not None]
        built_in = as_builtin(copies, self.blocks)
        if built_in is not None:
            name = built_in[0].op
            self.defaults[name] = default_params(name)
            return _replaced(scopes, {id_of(c): call for c, call in zip(copies, built_in, strict=True)})
        if len(copies) == 1 and _is_short(copies[0]):
            return _replaced(scopes, {id_of(copies[0]): replace(copies[0], op=SCOPE)})
        calls: dict[Any, ImportedItem] = {}
        for group in self.groups(op, copies):
            calls |= self.called(self.definition(op, group), group)
        return _replaced(scopes, calls)

    def units(self, scopes: list[ImportedItem]) -> list[ImportedItem]:
        """Plain sequences of a convolution, a norm and an activation as what they are.

        Without the activation they are that where the same line of another copy has one.
        """
        found: dict[Any, ImportedItem] = {}
        whole: set[tuple[str, str | None]] = set()
        for length in (3, 2):
            for owner, item in _owned(scopes):
                line = (owner, item.id)
                if item.op == SCOPE and len(item.body or ()) == length and (length == 3 or line in whole):
                    call = as_builtin([item], {})
                    found |= {} if call is None else {id_of(item): call[0]}
                    whole |= {line} if call is not None and owner and item.id else set()
        self.defaults["ConvNormAct"] = default_params("ConvNormAct")
        return _replaced(scopes, found)

    def sequences(self, scopes: list[ImportedItem]) -> list[ImportedItem]:
        """Plain sequences that are there again and again as calls of a block."""
        groups: dict[Any, list[ImportedItem]] = {}
        for item in _below(scopes):
            if item.op == SCOPE and _is_closed(item) and rows(item.body or []) >= LONG:
                groups.setdefault(_structure(item.body or []), []).append(item)
        calls: dict[Any, ImportedItem] = {}
        for copies in groups.values():
            if len(copies) >= OFTEN:
                calls |= self.called(self.definition(_common_name(copies), copies), copies)
        return _replaced(scopes, calls)

    def called(self, definition: Definition, copies: list[ImportedItem]) -> dict[Any, ImportedItem]:
        """What to write for each copy."""
        every = zip(copies, definition.calls, strict=True)
        return {id_of(c): replace(c, op=definition.name, args=args, body=None) for c, args in every}

    def groups(self, op: str, copies: list[ImportedItem]) -> list[list[ImportedItem]]:
        """Copies that are one block: all of them, or of those of one structure each as many as go together."""
        if not self.alike and self.best(op, copies) is not None:
            return [copies]
        groups: dict[Any, list[ImportedItem]] = {}
        for copy in copies:
            groups.setdefault(_structure(copy.body or []), []).append(copy)
        if self.alike or not 2 < len(groups) <= MOST_STRUCTURES:
            return [*groups.values()]
        together: list[list[ImportedItem]] = []
        for group in groups.values():
            for other in together:
                both = [copy for copy in copies if copy in other or copy in group]
                if self.best(op, both) is not None:
                    other[:] = both
                    break
            else:
                together.append(group)
        return together

    def best(self, op: str, copies: list[ImportedItem]) -> Definition | None:
        """The shorter definition: of the copies' lines as they are, or with what repeats folded first."""
        found = []
        for bodies in ([copy.body or [] for copy in copies], [shorten(copy.body or []) for copy in copies]):
            try:
                chosen = [replace(copy, body=body) for copy, body in zip(copies, bodies, strict=True)]
                found.append(define(op, chosen, self.origin(copies), self.defaults))
            except NotAlike:
                continue
        few = sorted((made for made in found if made.flags <= MOST_FLAGS), key=lambda made: rows(made.layers))
        return next((made for made in few if self.holds(made, copies)), None)

    def holds(self, made: Definition, copies: list[ImportedItem]) -> bool:
        """Whether each call gives just the lines of its copy: what is guessed over the copies is tried."""
        name = self.name(made.name)
        blocks = {**self.blocks, name: made}
        tried: set[str] = set()
        for copy, args in zip(copies, made.calls, strict=True):
            call = replace(copy, op=name, args=args, body=None)
            text = f"{copy.shape} {args}"
            if text not in tried and not is_equal(call, replace(copy, op=SCOPE), blocks):
                return False
            tried.add(text)
        return True

    def origin(self, copies: list[ImportedItem]) -> list[CodeOrigin | None]:
        return [self.origins.get(copy.path) for copy in copies]

    def definition(self, op: str, copies: list[ImportedItem]) -> Definition:
        made = self.best(op, copies) or define(op, copies, self.origin(copies), self.defaults)
        made.name, made.layers = self.name(op), shorten(made.layers)
        self.blocks[made.name] = made
        self.defaults[made.name] = {param.name: param.default for param in made.params.ordered()}
        return made

    def name(self, op: str) -> str:
        """A block's name: that of the class, with a capital and no name of a layer."""
        word = re.sub(r"\W", "", op.partition(" ")[0]).lstrip("_0123456789") or "Block"
        word = word[0].upper() + word[1:]
        taken = {*REGISTRY, *JOINS, SCOPE, GROUP, *self.blocks}
        return next(name for name in (word, *(f"{word}{n}" for n in range(2, 1000))) if name not in taken)


def _owned(items: list[ImportedItem], owner: str = "") -> Iterator[tuple[str, ImportedItem]]:
    """Every line and the class whose copies it stands in; none where that is the network itself."""
    for item in items:
        yield owner, item
        for chain in item.children():
            yield from _owned(chain, item.op if item.body is not None and item.op not in (SCOPE, GROUP) else owner)


def _below(scopes: list[ImportedItem]) -> Iterator[ImportedItem]:
    """Every line of the network and its heads."""
    for scope in scopes:
        yield from walk(scope.body or [])


def _is_closed(item: ImportedItem) -> bool:
    """Whether the lines of a sequence name none around it."""
    own = {inner.id for inner in walk(item.body or [])} | {"prev"}
    return all(source in own for inner in walk(item.body or []) for source in inner.sources or ())


def _common_name(copies: list[ImportedItem]) -> str:
    """What the copies are called, if all are called the same."""
    names = {re.sub(r"\d+", "", copy.id or "") for copy in copies}
    return "".join(word.capitalize() for word in names.pop().split("_")) if len(names) == 1 else ""


def id_of(item: ImportedItem) -> Any:
    return (item.path, item.value, item.op)


def _replaced(items: list[ImportedItem], calls: Mapping[Any, ImportedItem]) -> list[ImportedItem]:
    return [_replace(item, calls) for item in items]


def _replace(item: ImportedItem, calls: Mapping[Any, ImportedItem]) -> ImportedItem:
    if item.body is not None and id_of(item) in calls:
        return calls[id_of(item)]
    body = None if item.body is None else _replaced(item.body, calls)
    paths = None if item.paths is None else [_replaced(path, calls) for path in item.paths]
    return replace(item, body=body, paths=paths)


def _is_short(item: ImportedItem) -> bool:
    reads_input = any("input" in (inner.sources or ()) for inner in walk(item.body or []))
    return not reads_input and rows(item.body or []) <= SHORT


def _structure(items: list[ImportedItem]) -> Any:
    """What the lines of a chain are, their arguments aside."""
    return tuple(
        (
            item.op,
            re.sub(r"\d+", "#", item.id or ""),
            item.share,
            item.sources,
            item.repeat is None,
            None if item.body is None else _structure(item.body),
            None if item.paths is None else tuple(map(_structure, item.paths)),
        )
        for item in items
    )


def leveled(scopes: list[ImportedItem]) -> list[ImportedItem]:
    """Classes that hold themselves, through others or not, as one class for each level, from the innermost."""
    within = _within(scopes)
    circles = {op: {other for other in inner if op in within[other]} for op, inner in within.items()}
    levels: dict[str, dict[int, str]] = {}
    for op in sorted(op for op, circle in circles.items() if circle):
        copies = (item for item in walk(scopes) if item.op == op and item.body is not None)
        for rank, height in enumerate(sorted({_height(item, circles[op]) for item in copies}), 1):
            levels.setdefault(op, {})[height] = f"{op} {rank}"  # a space is in no name of a class

    def renamed(item: ImportedItem) -> ImportedItem:
        body = None if item.body is None else [renamed(inner) for inner in item.body]
        paths = None if item.paths is None else [[renamed(inner) for inner in path] for path in item.paths]
        op = levels[item.op][_height(item, circles[item.op])] if item.op in levels and body is not None else item.op
        return replace(item, op=op, body=body, paths=paths)

    return [renamed(item) for item in scopes] if levels else scopes


def _height(item: ImportedItem, ops: set[str]) -> int:
    """How many scopes of these classes stand in one another below a line."""
    inner = (i for chain in item.children() for i in chain)
    return max(((i.op in ops and i.body is not None) + _height(i, ops) for i in inner), default=0)


def _within(items: list[ImportedItem]) -> dict[str, set[str]]:
    """The classes that become blocks, each with those that stand in it."""
    found: dict[str, set[str]] = {}
    for item in walk(items):
        if item.body is not None and item.op not in (SCOPE, GROUP):
            inner = {i.op for i in walk(item.body) if i.body is not None and i.op not in (SCOPE, GROUP)}
            found.setdefault(item.op, set()).update(inner)
    return found


def _inside_out(items: list[ImportedItem]) -> list[str]:
    """The classes that become blocks, each behind those that stand in it."""
    within = _within(items)
    order: list[str] = []
    while len(order) < len(within):
        order.append(next(op for op in within if op not in order and within[op] <= {*order}))
    return order


def _in_order(items: list[ImportedItem], blocks: Mapping[str, Definition]) -> dict[str, Definition]:
    """The blocks that are called, each behind the first that calls it."""
    found: dict[str, Definition] = {}
    left = [*_called(items)]
    while left:
        name = left.pop(0)
        if name in blocks and name not in found:
            found[name] = blocks[name]
            left += _called(blocks[name].layers)
    return found


def _called(items: list[ImportedItem]) -> Iterator[str]:
    for item in walk(items):
        yield item.op
