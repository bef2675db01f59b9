"""What `from` can reach, as far as the text alone tells: ids above the line, in its scope and in those around it.

Found in blocks that nothing calls as well. Ids that are expressions, and lines that are left out, are the expansion's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec import Struct, field

from cnnspec.engine.diagnostics import Diagnostic, Label, Sink, Span, did_you_mean, listing, nearest
from cnnspec.engine.spec.edits import rename, respell
from cnnspec.engine.spec.items import SCOPE
from cnnspec.engine.spec.model import Block, Item, Spec
from cnnspec.engine.syntax import Map, Scalar

OWN_WORDS = ("prev", "input")
MAX_TOLD = 12  # ids that a message lists


class _LookupScope(Struct):
    """The ids of a scope that stand above the line which is looked at."""

    parent: _LookupScope | None = None
    ids: dict[str, Span] = field(default_factory=dict)
    unsure: bool = False  # an id that is an expression may be any

    def knows(self, name: str) -> bool:
        scope: _LookupScope | None = self
        while scope is not None:
            if scope.unsure or name in scope.ids:
                return True
            scope = scope.parent
        return False

    def visible(self) -> list[str]:
        return [*self.ids, *(self.parent.visible() if self.parent else [])]

    def add(self, id: Scalar | None) -> None:
        if id is not None:
            self.unsure |= "$" in id.text
            self.ids.setdefault(id.text, id.span)


class _Home(Struct, frozen=True):
    """Where an id stands in a definition, and the named scope that holds it."""

    id: Scalar
    owner: Item | None
    inner: Scalar | None  # the id or the path's name of that scope


def check_sources(spec: Spec, own: Collection[str], sink: Sink) -> None:
    """Every `from` of the spec's chain and of its own blocks."""
    homes: dict[str, dict[str, _Home]] = {}
    top = _LookupScope(
        ids={entry.key.text: entry.key.span for entry in spec.input} if isinstance(spec.input, Map) else {}
    )
    walk = _Walk(spec, sink, "the network", homes)
    walk.chain(spec.layers, top)
    for head in spec.aux:
        walk.chain(head.layers, _LookupScope(top))
    for name in own:
        if name in spec.blocks:
            block = spec.blocks[name]
            scope = _LookupScope(ids={input.text: input.span for input in block.inputs})
            inside = _Walk(spec, sink, f"block `{name}`", homes)
            inside.chain(block.layers, scope)
            inside.ends(block, scope)


class _Walk:
    """One definition, from its first line to its last."""

    def __init__(self, spec: Spec, sink: Sink, title: str, homes: dict[str, dict[str, _Home]]) -> None:
        self.spec = spec
        self.sink = sink
        self.title = title
        self.homes = homes  # by definition and id, made when the first is asked for

    def chain(self, items: tuple[Item, ...], scope: _LookupScope) -> None:
        for item in items:
            if self.sink.full:
                return
            self.item(item, scope)

    def item(self, item: Item, scope: _LookupScope) -> None:
        if item.loops:
            for id in own_ids(item):  # a later round may name what an earlier one gave
                scope.add(id)
        if item.hides_ids:
            scope.unsure = True  # it may have been meant to give any id
        for word in item.sources or ():
            if self.sink.full:
                return
            if is_plain(word.text) and line_of(word.text) not in OWN_WORDS and not scope.knows(line_of(word.text)):
                self.undefined(word, item, scope)
        self.inside(item, scope)
        scope.add(item.id)

    def ends(self, block: Block, scope: _LookupScope) -> None:
        """The lines that a block's `outputs` name."""
        for output in block.outputs:
            name = line_of(output.source.text)
            if is_plain(output.source.text) and name not in OWN_WORDS and not scope.knows(name):
                self.sink.add(no_line(output.source, name, scope.visible(), f"block `{block.name.text}`"))

    def inside(self, item: Item, scope: _LookupScope) -> None:
        if item.body is not None:
            self.chain(item.body, _LookupScope(scope) if item.name == SCOPE else scope)
        for path in item.paths or ():
            self.chain(path.items, scope if path.name is None else _LookupScope(scope))
            scope.add(path.name)

    def undefined(self, word: Scalar, item: Item, scope: _LookupScope) -> None:
        if self.sink.full:
            return
        name = line_of(word.text)
        home = self.index().get(self.title, {}).get(name)
        if home and home.id is item.id:
            label = Label(home.id.span, "this line's own id")
            diagnostic = _error(word, f"`{name}` is this line itself", "`prev` is the line above", (label,))
        elif home:
            diagnostic = self.elsewhere(word, name, home)
        else:
            diagnostic = self.outside(word, name) or nowhere(word, name, scope.visible())
        self.sink.add(diagnostic)

    def elsewhere(self, word: Scalar, name: str, home: _Home) -> Diagnostic:
        """The id stands in this definition, below the line or in a scope of its own."""
        below = (home.id.span.line, home.id.span.column) > (word.span.line, word.span.column)
        label = Label(home.id.span, "it is here")
        if below:
            message = f"`{name}` is below this line: `from` can only use lines above"
            help = "move this line below the line with that id"
            return _error(word, message, help, (label,))
        what = f"`{home.owner.name}`" if home.owner else "another scope"
        message = f"`{name}` is inside {what}, where `from` cannot reach it"
        if home.inner is not None:
            help = f"use its output, `from: {home.inner.text}`, or make the line you want its last line"
        else:
            help = "give it an `id` and use that: its output is that of its last line"
        return _error(word, message, help, (label,))

    def outside(self, word: Scalar, name: str) -> Diagnostic | None:
        """The id stands in another definition."""
        for title, homes in self.index().items():
            home = homes.get(name)
            if home and title != self.title:
                message = f"`{name}` is an id of {title}, and {self.title} sees only its own ids"
                help = f"pass it in the call: declare `{name}` under `input` of the block"
                if not self.title.startswith("block"):
                    help = f"name the line that calls {title}: give that an `id`"
                return _error(word, message, help, (Label(home.id.span, "it is here"),))
        return None

    def index(self) -> dict[str, dict[str, _Home]]:
        """Where the ids of each definition stand: of one that is there twice, the first."""
        if not self.homes:
            blocks = {f"block `{name}`": block.layers for name, block in self.own_blocks().items()}
            for title, layers in {"the network": self.spec.layers, **blocks}.items():
                self.homes[title] = {home.id.text: home for home in reversed(list(_homes(layers)))}
        return self.homes

    def own_blocks(self) -> dict[str, Block]:
        source = self.spec.source
        return {name: block for name, block in self.spec.blocks.items() if block.source is source}


def line_of(text: str) -> str:
    """The id in ``backbone.c3``: what stands before the name of an output."""
    return text.partition(".")[0]


def is_plain(text: str) -> bool:
    """Whether a text names one line, rather than computes ids or gives a pattern of them."""
    return "$" not in text and "*" not in text


def no_line(word: Scalar, name: str, ids: list[str], owner: str) -> Diagnostic:
    """An id that no line of a definition has, where `outputs` or an aux head names it."""
    known = listing([f"`{id}`" for id in ids[-MAX_TOLD:]])
    help = f"the ids are {known}" if known else "give a line an `id`, and use it"
    label = Label(word.span, did_you_mean(name, ids))
    repairs = respell(word.span, name, ids) if name == word.text else ()
    message = f"no line of {owner} has the id `{name}`"
    return Diagnostic("undefined-from", message, label, help=help, repairs=repairs)


def nowhere(word: Scalar, name: str, ids: list[str]) -> Diagnostic:
    """An id that is nowhere, with the nearest that is there."""
    known = listing([f"`{id}`" for id in ids[-MAX_TOLD:]])
    help = f"use the id of a line above: {known}" if known else "give a line above an `id`, and use it"
    if name.lstrip("-").isdigit():
        help = f"`from` takes an `id`, not a number; {help.removeprefix('`from` ')}"
    parts = [part.strip() for part in name.split(",")]
    if len(parts) > 1 and {*parts} <= {*ids, *OWN_WORDS}:
        meant: str | None = f"[{', '.join(parts)}]"
        help = "write several ids as a list"
    else:
        meant = "prev" if name == "-1" else nearest(name, ids)
    label = Label(word.span, f"did you mean `{meant}`?" if meant else "")
    scope = " in this scope" if "$" in word.text else ""  # the id of a block's param may be one of the network's
    message = f"no line above{scope} has the id `{name}`"
    repairs = rename(word.span, meant) if name == word.text else ()
    return Diagnostic("undefined-from", message, label, help=help, repairs=repairs)


def _error(word: Scalar, message: str, help: str, labels: tuple[Label, ...]) -> Diagnostic:
    return Diagnostic("undefined-from", message, Label(word.span), labels, help=help)


def own_ids(item: Item) -> Iterator[Scalar]:
    """The ids that a line gives to its own scope: its own, and those of a group's lines and of unnamed paths."""
    if item.id is not None:
        yield item.id
    inner = item.body if item.body is not None and item.name != SCOPE else ()
    for child in inner:
        yield from own_ids(child)
    for path in item.paths or ():
        if path.name is not None:
            yield path.name
        for child in path.items if path.name is None else ():
            yield from own_ids(child)


def _homes(items: tuple[Item, ...], owner: Item | None = None, inner: Scalar | None = None) -> Iterator[_Home]:
    """Every id of a chain, however deep."""
    for item in items:
        if item.id is not None:
            yield _Home(item.id, owner, inner)
        opens = item.name == SCOPE
        yield from _homes(item.body or (), item if opens else owner, item.id if opens else inner)
        for path in item.paths or ():
            if path.name is not None:
                yield _Home(path.name, owner, inner)
            yield from _homes(path.items, item if path.name else owner, path.name or inner)
