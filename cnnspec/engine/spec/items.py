"""Node -> Item: one operation key, and the words beside it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from cnnspec.engine.diagnostics import Diagnostic, Label, Sink, Span, did_you_mean, listing, nearest
from cnnspec.engine.layers import JOINS, REGISTRY
from cnnspec.engine.spec.edits import as_list, positional, rename, respell, written
from cnnspec.engine.spec.frameworks import foreign_item
from cnnspec.engine.spec.joins import ids_as_paths, no_path, nothing_beside_from, sources_inside
from cnnspec.engine.spec.layout import (
    arguments_outside,
    dash_before,
    fields_of,
    first_span,
    no_argument,
    no_colon,
    no_list,
    no_names,
    second_operation,
)
from cnnspec.engine.spec.model import Item, Path
from cnnspec.engine.spec.split_values import cuts
from cnnspec.engine.spec.validation_errors import WORDS_BESIDE as WORDS
from cnnspec.engine.syntax import UNREAD, Entry, Map, Node, Scalar, Seq, shown

GROUP = "layers"
SCOPE = "Sequential"
SHARE = "share"
PATH_WORDS = ("when", "repeat", "foreach", GROUP)
ITEM = "a line is a name, or `Name: {arguments}`, with `id`, `from` and the like next to it"


class ItemReader:
    """Reads chains; what is wrong goes to the sink and the line is left out."""

    def __init__(
        self, sink: Sink, blocks: Collection[str] = (), params: Collection[str] = (), layers: Collection[str] = ()
    ) -> None:
        self.sink = sink
        self.layers = layers or REGISTRY  # all layers and blocks that lines may use
        self.blocks = blocks  # all that the section defines, under whatever names
        self.params = params  # all that are declared anywhere in the text

    def chain(self, node: Node | None, owner: str) -> tuple[Item, ...]:
        """The items of a list."""
        if node is None:
            return ()
        if not isinstance(node, Seq):
            self.sink.add(no_list(node, owner))
            return (_broken(Scalar(first_span(node), "", "")),)  # its output is unknown, not the input handed on
        return tuple(self.item(child) for child in node.items if not self.sink.full)

    def item(self, node: Node) -> Item:
        if foreign := foreign_item(node, self.layers, self.params):
            return self.foreign(node, foreign)
        match node:
            case Scalar(value=None, text=taken) if taken == UNREAD:
                return _broken(Scalar(node.span, "", ""))
            case Scalar(value=str()):
                return self.bare(node)
            case Map():
                return self.mapping(node)
            case _:
                empty = isinstance(node, Scalar) and node.value is None
                span = dash_before(node) if empty else first_span(node)
                message = "a layer is missing after this `-`" if empty else f"{shown(node)} is not a layer"
                self.sink.error("not-an-item", message, span, help=ITEM)
                return _broken(Scalar(span, "", ""))

    def foreign(self, node: Node, diagnostic: Diagnostic) -> Item:
        """An item that is written as in another framework; its words hold all the same."""
        self.sink.add(diagnostic)
        key = Scalar(diagnostic.span, "", "")
        if not isinstance(node, Map):
            return Item(key, key, broken=True, unread=True, foreign=True)
        words = self.words({entry.key.text: entry for entry in node if entry.key.text in WORDS})
        return Item(key, node, broken=True, unread=True, foreign=True, **words)

    def bare(self, node: Scalar) -> Item:
        if node.text not in (SCOPE, GROUP, SHARE):
            return Item(node, node)
        needs = "the id of a line" if node.text == SHARE else "a list of items"
        self.sink.error("missing-argument", f"`{node.text}` needs {needs}", node.span)
        return _broken(node)

    def mapping(self, node: Map) -> Item:
        before = len(self.sink)
        if missing := no_colon(node):
            return self.foreign(node, missing)
        op = self.operation(node)
        key = op.key if op else Scalar(first_span(node), "", "")
        common = self.words({entry.key.text: entry for entry in node if entry.key.text in WORDS})
        if op is None:
            return Item(key, node, broken=True, unread=True, **common)
        of_words = len(self.sink)
        body = paths = args = None
        if key.text == SHARE:
            return self.sharing(key, node, op, common)
        if key.text in (SCOPE, GROUP):
            body = self.chain(op.value, key.text)
        elif key.text in JOINS:
            paths = self.paths(key, op.value, node)
            self.without_names(key, node, common)
        else:
            args = self.arguments(key, op.value)
        own_fault = (len(self.sink) > before and body is None and paths is None) or bool(cuts(args))
        unread = (len(self.sink) > of_words and body is None and paths is None) or self.outside_arguments(node, op)
        unread_loop = "foreach" in node.names() and common["foreach"] is None
        broken = own_fault or unread_loop
        return Item(key, node, args, body, paths, broken=broken, unread=unread, unread_loop=unread_loop, **common)

    def without_names(self, join: Scalar, node: Map, words: dict[str, Any]) -> None:
        """A join takes a list of ids: what it joins has no names."""
        names, ids = words.pop("source_names", ()), words.get("sources") or ()
        if not names:
            return
        entry = node.entry("from")
        assert entry is not None
        message = f"`{join.text}` joins tensors in order, so its inputs have no names"
        repairs = as_list(entry.value, map(written, ids))
        self.sink.add(Diagnostic("wrong-inputs", message, Label(entry.span), repairs=repairs))

    def sharing(self, key: Scalar, node: Map, op: Entry, common: dict[str, Any]) -> Item:
        """`- share: conv1`: the module of the line of that id, once more."""
        if isinstance(op.value, Scalar) and op.value.value is not None:
            return Item(key, node, shared=op.value, **common)
        help = "write `share: conv1`: the id of a line above, whose module runs again"
        self.sink.error("wrong-type", f"`share` must be an id, not {shown(op.value)}", op.span, help=help)
        return Item(key, node, broken=True, unread=True, **common)

    @staticmethod
    def outside_arguments(node: Map, op: Entry) -> bool:
        """Whether arguments of the operation stand beside it, where they were told already."""
        return any(entry is not op and entry.key.text in fields_of(op.key.text) for entry in node)

    def operation(self, node: Map) -> Entry | None:
        """The one entry that is not a word."""
        found = [entry for entry in node if entry.key.text not in WORDS]
        ops = [entry for entry in found if is_operation(entry.key.text)]
        fields = fields_of(ops[0].key.text) if ops else ()
        outside = [entry for entry in found if entry not in ops and entry.key.text in fields]
        if outside:
            self.sink.add(arguments_outside(ops[0], outside))
        for entry in found:
            if entry not in ops and entry not in outside:
                self.unknown_word(entry, ops[0].key.text if ops else "")
        if len(ops) > 1:
            both = listing([f"`{entry.key.text}`" for entry in ops])
            message = f"a line has one operation, but this one has {both}"
            self.sink.add(second_operation(ops[1], message))
        elif not found:
            self.sink.error("no-operation", "this line has no operation", first_span(node), help=ITEM)
        return ops[0] if ops else None

    def unknown_word(self, entry: Entry, operation: str) -> None:
        name = entry.key.text
        if name in self.blocks and not operation:
            return  # no block can have this name, which is told where it is defined
        known: Collection[str] = WORDS
        help = f"the keys next to an operation are {listing([f'`{word}`' for word in WORDS])}"
        if operation == SHARE and not nearest(name, WORDS):
            help = "`share` takes no arguments, because it runs an existing module; put keys next to it"
        elif operation and not nearest(name, WORDS):
            help = f"arguments go inside: `Name: {{{name}: …}}`; {help}"
        elif not operation:
            name = name.rpartition(".")[2] if name.rpartition(".")[2] in REGISTRY else name
            known = REGISTRY if nearest(name, REGISTRY) else (*WORDS, SHARE, GROUP)
            help = "names of layers and blocks start with a capital letter; `cnnspec layers` lists them"
        message, label = (
            f"`{entry.key.text}` is neither a layer nor a key such as `id`",
            Label(entry.key.span, did_you_mean(name, known)),
        )
        repairs = respell(entry.key.span, name, known)
        if not operation and name in self.params:
            help, repairs = f"`{name}` is a param: write `${name}`", rename(entry.key.span, f"${name}")
            label = Label(entry.key.span, "a param")
        self.sink.add(Diagnostic("unknown-word", message, label, help=help, repairs=repairs))

    def words(self, found: dict[str, Entry]) -> dict[str, Any]:
        values: dict[str, Any] = {
            name: found[name].value for name in ("id", "repeat", "when") if name in found and self.scalar(found[name])
        }
        if "from" in found:
            values["sources"], values["source_names"] = self.sources(found["from"])
        if "foreach" in found:
            values["foreach"] = self.foreach(found["foreach"])
        return values

    def scalar(self, entry: Entry) -> bool:
        if isinstance(entry.value, Scalar) and entry.value.value is not None:
            return True
        what = {"id": "a name", "repeat": "a whole number", "when": "a condition"}[entry.key.text]
        message = f"`{entry.key.text}` is {what}, not {shown(entry.value)}"
        self.sink.error("wrong-type", message, entry.span)
        return False

    def sources(self, entry: Entry) -> tuple[tuple[Scalar, ...] | None, tuple[Scalar, ...]]:
        """The ids that a line takes, and where `from` is a mapping the names of the inputs that it gives them to."""
        names: tuple[Scalar, ...] = ()
        nodes = entry.value.items if isinstance(entry.value, Seq) else (entry.value,)
        if isinstance(entry.value, Map):
            names = tuple(inner.key for inner in entry.value)
            nodes = tuple(inner.value for inner in entry.value)
        good = tuple(node for node in nodes if isinstance(node, Scalar) and node.value is not None)
        if len(good) == len(nodes) and nodes:
            return good, names
        message = f"`from` must be an id, a list of ids or a mapping of inputs to ids, not {shown(entry.value)}"
        help = "without `from`, a line takes the output of the line above"
        self.sink.add(Diagnostic("wrong-type", message, Label(entry.span), help=help))
        return None, ()

    def foreach(self, entry: Entry) -> Map | None:
        if isinstance(entry.value, Map) and entry.value.entries:
            return entry.value
        lists = entry.value.span.text if isinstance(entry.value, Seq) else "[64, 128]"
        help = f"write `foreach: {{width: {lists}}}`, and `$width` in the line"
        self.sink.error("wrong-type", "`foreach` maps names to lists", entry.span, help=help)
        return None

    def arguments(self, key: Scalar, value: Node) -> Map | None:
        if isinstance(value, Scalar) and value.value is None:
            return None
        if isinstance(value, Map) and positional(value) is None:
            return value
        self.sink.add(no_names(key, value))
        return None

    def paths(self, key: Scalar, value: Node, node: Map) -> tuple[Path, ...] | None:
        """The paths of a join in either form, or None where it has none and joins what `from` names."""
        misplaced = sources_inside(key, value, node) if isinstance(value, Map) else None
        if misplaced := misplaced or nothing_beside_from(key, value, node) or ids_as_paths(key, value, node):
            self.sink.add(misplaced)
            return None
        match value:
            case Scalar(value=None):
                return None
            case Seq():
                return tuple(self.path(child, key) for child in value.items)
            case Map() if value.entry(GROUP) and (value.entry("foreach") or value.entry("repeat")):
                return (self.path(value, key),)
            case Map() if arguments := [entry for entry in value if _is_argument(entry)]:
                for entry in arguments:
                    self.sink.add(no_argument(key, entry))
                return None
            case Map():
                return tuple(self.path(entry.value, key, entry.key) for entry in value)
            case _:
                help = "give a list of paths, a mapping of names to paths, or `from: [a, b]`"
                self.sink.error("wrong-type", f"`{key.text}` cannot join {shown(value)}", key.span, help=help)
                return (_unknown_path(key.span), _unknown_path(key.span))

    def path(self, node: Node, join: Scalar, name: Scalar | None = None) -> Path:
        span = name.span if name else first_span(node)
        if isinstance(node, Map) and not _has_operation(node) and any(node.entry(word) for word in PATH_WORDS):
            return self.path_with_words(node, name)
        if isinstance(node, Scalar) and node.value is None and node.text == UNREAD:
            return _unknown_path(span, name)
        if not isinstance(node, Seq):
            self.sink.add(no_path(node, name, join.text))
            return _unknown_path(span, name)
        return Path(self.chain(node, "path"), span, name)

    def path_with_words(self, node: Map, name: Scalar | None) -> Path:
        """``{when: ..., layers: [...]}``, ``{foreach: ..., layers: [...]}``."""
        for entry in node:
            if entry.key.text not in PATH_WORDS:
                message = f"unknown key `{entry.key.text}` in a path"
                label = Label(entry.key.span, did_you_mean(entry.key.text, PATH_WORDS))
                repairs = respell(entry.key.span, entry.key.text, PATH_WORDS)
                help = f"the keys are {listing([f'`{word}`' for word in PATH_WORDS])}"
                self.sink.add(Diagnostic("unknown-word", message, label, help=help, repairs=repairs))
        span = name.span if name else first_span(node)
        if node.get(GROUP) is None:
            help = "`layers: []` passes the input through"
            if not any(nearest(name, (GROUP,)) for name in node.names()):  # else misspelt, which is told above
                self.sink.error("missing-argument", "this path needs the key `layers`", first_span(node), help=help)
            return _unknown_path(first_span(node), name)
        words = self.words({entry.key.text: entry for entry in node if entry.key.text in ("repeat", "foreach")})
        items = self.chain(node.get(GROUP), GROUP)
        if "foreach" in node.names() and words["foreach"] is None:
            return _unknown_path(span, name)
        return Path(items, span, name, node.get("when"), words.get("repeat"), words.get("foreach"))


def _broken(op: Scalar) -> Item:
    return Item(op, op, broken=True)


def _unknown_path(span: Span, name: Scalar | None = None) -> Path:
    """A path that could not be read: its output is unknown, where an empty one hands its input on."""
    return Path((_broken(Scalar(span, "", "")),), span, name)


def is_operation(name: str) -> bool:
    """Whether a key names an operation: a capital, a `$param`, the group, or the word that shares a module."""
    return name[:1].isupper() or name[:1] == "$" or name in (GROUP, SHARE)


def _is_argument(entry: Entry) -> bool:
    """Whether what stands among the paths of a join is an argument: a number, say, and no layer by its name."""
    value = entry.value
    return isinstance(value, Scalar) and value.value is not None and not is_operation(value.text)


def _has_operation(node: Map) -> bool:
    return any(is_operation(name) and name != GROUP for name in node.names())
