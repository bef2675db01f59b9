"""The section `patch`: edits of what a spec extends.

patch:
  - replace: layer4.*.conv2            in the place of each line with such a key
    layers: [...]
  - insert_before: fc                  between it and what it takes
    layers: [...]
  - insert_after: layer1.*.bn2         between it and what takes it
    layers: [...]
  - remove: maxpool                    what it took goes on in its stead
"""

from __future__ import annotations

from cnnspec.engine.diagnostics import Diagnostic, Label, Repair, Sink, Span, did_you_mean, listing
from cnnspec.engine.diagnostics import Edit as TextEdit
from cnnspec.engine.spec.edits import respell
from cnnspec.engine.spec.items import GROUP, ItemReader
from cnnspec.engine.spec.layout import first_span
from cnnspec.engine.spec.model import Item, Patch
from cnnspec.engine.spec.pattern import Pattern
from cnnspec.engine.syntax import Entry, Map, Node, Scalar, Seq, shown

REPLACE, BEFORE, AFTER, REMOVE = "replace", "insert_before", "insert_after", "remove"
EDITS = (REPLACE, BEFORE, AFTER, REMOVE)
WORDS = (*EDITS, GROUP, "when")
MEANT = {  # what others call it
    "with": GROUP,
    "by": GROUP,
    "items": GROUP,
    "delete": REMOVE,
    "insert": AFTER,
    "add": AFTER,
    "append": AFTER,
    "prepend": BEFORE,
    "before": BEFORE,
    "after": AFTER,
}
FORM = "a patch is `replace`, `insert_before`, `insert_after` or `remove` with a key, and `layers` to insert"
KEYS = "`cnnspec summary --full` shows the keys of a base; `*` matches any one part, `**` any number of parts"


def read_patches(node: Node, sink: Sink, items: ItemReader) -> tuple[Patch, ...]:
    """The patches of a section; one that is wrong is left out, which is told."""
    if not isinstance(node, Seq):
        sink.error("wrong-type", f"`patch` must be a list of edits, not {shown(node)}", _start(node), help=FORM)
        return ()
    found = (_Entry(child, number, sink, items).patch() for number, child in enumerate(node.items, 1) if not sink.full)
    return tuple(patch for patch in found if patch is not None)


def _start(node: Node) -> Span:
    return node.span if isinstance(node, Scalar) else first_span(node)


class _Entry:
    """One entry of the section."""

    def __init__(self, node: Node, number: int, sink: Sink, items: ItemReader) -> None:
        self.node = node
        self.number = number
        self.sink = sink
        self.items = items

    def patch(self) -> Patch | None:
        if not isinstance(self.node, Map):
            self.sink.error(
                "wrong-type", f"a patch must be a mapping, not {shown(self.node)}", _start(self.node), help=FORM
            )
            return None
        edit = self.edit(self.node)
        layers = self.layers(self.node, edit)
        if edit is None or layers is None:
            return None
        assert isinstance(edit.value, Scalar)
        when = self.node.get("when")
        return Patch(self.number, edit.key, edit.value, Pattern.of(edit.value.text), layers, when)

    def edit(self, node: Map) -> Entry | None:
        """The one entry that says what is done, and to which lines."""
        known = [entry for entry in node if entry.key.text in WORDS]
        for entry in node:
            if entry not in known:
                self.unknown(entry)
        edits = [entry for entry in known if entry.key.text in EDITS]
        if len(edits) > 1:
            both = listing([f"`{entry.key.text}`" for entry in edits])
            message, help = f"a patch has one action, but this one has {both}", "start another patch with `- `"
            self.sink.error("bad-patch", message, edits[1].key.span, help=help)
            return None
        if not edits:
            if len(known) == len(node.entries):
                self.sink.error("bad-patch", "this patch has no action", first_span(node), help=FORM)
            return None
        return edits[0] if self.target_is_sound(edits[0]) else None

    def unknown(self, entry: Entry) -> None:
        name = entry.key.text
        meant = MEANT.get(name)
        near = f"did you mean `{meant}`?" if meant else did_you_mean(name, WORDS)
        repairs = respell(entry.key.span, meant or name, WORDS)
        message = f"unknown key `{name}` in a patch"
        self.sink.add(Diagnostic("unknown-key", message, Label(entry.key.span, near), help=FORM, repairs=repairs))

    def target_is_sound(self, entry: Entry) -> bool:
        node, word = entry.value, entry.key.text
        if not isinstance(node, Scalar) or node.value is None or isinstance(node.value, bool) or not node.text:
            message = f"`{word}` takes the key of a line, not {shown(node)}"
            self.sink.error("bad-patch", message, entry.span, help=KEYS)
        elif "$" in node.text:
            message = "the key of a patch cannot contain expressions"
            help = "`*` matches any part of a key; `when` makes a patch conditional"
            self.sink.error("bad-patch", message, node.span, help=help)
        elif fault := Pattern.of(node.text).fault:
            self.sink.error("bad-patch", f"`{node.text}` is not a key: {fault}", node.span, help=KEYS)
        else:
            return True
        return False

    def layers(self, node: Map, edit: Entry | None) -> tuple[Item, ...] | None:
        """The lines that it puts there; None where they are wrong as a whole."""
        entry = node.entry(GROUP)
        items = self.items.chain(entry.value, GROUP) if entry else ()
        fault = self.fault(node, edit, entry) if edit else None
        if fault is not None:
            self.sink.add(fault)
        return items if fault is None and (items or (edit and edit.key.text == REMOVE)) else None

    @staticmethod
    def fault(node: Map, edit: Entry, entry: Entry | None) -> Diagnostic | None:
        """What is wrong with an edit and the lines that go with it, or with their lack."""
        word = edit.key.text
        if entry is not None and word == REMOVE:
            repairs = (Repair("write `replace`", (TextEdit(edit.key.span, REPLACE),)),)
            labels = (Label(edit.key.span, "inserts nothing"),)
            return Diagnostic("bad-patch", "`remove` takes no `layers`", Label(entry.key.span), labels, repairs=repairs)
        if entry is None and word != REMOVE and all(e.key.text in WORDS for e in node):
            message = f"`{word}` needs `{GROUP}` to insert"
            help = f"write `{GROUP}: [...]` in line with `{word}:`"
            return Diagnostic("missing-argument", message, Label(edit.key.span), help=help)
        if entry is not None and isinstance(entry.value, Seq) and not entry.value.items:
            help = f"write `remove: {shown(edit.value)}`" if word == REPLACE else "remove the patch"
            return Diagnostic("bad-patch", f"`{word}` has no lines to insert", Label(entry.span), help=help)
        return None
