"""The section `blocks`: layers written in YAML, with params, inputs by name and outputs by name.

blocks:
  AttentionGate:
    input: [x, gate]
    params: {width: int}
    layers: [...]
  Backbone:
    outputs: {c3: stage2, c4: stage3}
    layers: [...]
"""

from __future__ import annotations

from collections.abc import Collection

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Sink, did_you_mean, listing
from cnnspec.engine.layers import BUILT_IN
from cnnspec.engine.spec.edits import respell
from cnnspec.engine.spec.heads import read_outputs
from cnnspec.engine.spec.items import SCOPE, ItemReader
from cnnspec.engine.spec.model import Block
from cnnspec.engine.spec.names import PARAM, input_name_fault
from cnnspec.engine.spec.params import declare
from cnnspec.engine.syntax import Entry, Map, Node, Scalar, Seq, shown

KEYS = ("description", "input", "params", "layers", "outputs")
INPUT_FORM = "write `input: [x, gate]`: a name of each input; a call says what they are, with `from: {x: …, gate: …}`"


def read_block(entry: Entry, items: ItemReader, layers: Collection[str], sink: Sink) -> Block | None:
    """The block of one entry, or None where its name or its layers are wrong; what is wrong goes to the sink."""
    name, node = entry.key, entry.value
    if not (name.text[:1].isupper() and PARAM.fullmatch(name.text)):
        help = "the name of a block starts with a capital letter and has letters, digits and `_`"
        upper = name.text[:1].upper() + name.text[1:]
        near = f"did you mean `{upper}`?" if PARAM.fullmatch(name.text) else ""
        sink.error("bad-name", f"`{name.text}` cannot name a block", name.span, near, help=help)
    elif name.text in BUILT_IN or name.text == SCOPE:
        sink.error("bad-name", f"`{name.text}` is already the name of a layer", name.span, help="choose another name")
    elif not isinstance(node, Map) or node.get("layers") is None:
        is_list = isinstance(node, Seq)
        help = "put its lines under the key `layers`" if is_list else "write `layers: [items]` in it"
        sink.error("missing-key", f"block `{name.text}` needs the key `layers`", name.span, help=help)
    else:
        return _defined(name, node, items, layers, sink)
    return None


def _defined(name: Scalar, node: Map, items: ItemReader, layers: Collection[str], sink: Sink) -> Block:
    for entry in node:
        if entry.key.text not in KEYS:
            sink.add(_unknown_key(name, entry))
    params = declare(node.get("params"), layers, sink)
    description = node.get("description")
    return Block(
        name,
        params,
        items.chain(node.get("layers"), "layers"),
        description.text if isinstance(description, Scalar) else "",
        _inputs(node.get("input") or node.get("inputs"), sink),
        read_outputs(node.get("outputs"), sink),
    )


def _unknown_key(name: Scalar, entry: Entry) -> Diagnostic:
    key = entry.key.text
    help = f"the keys are {listing([f'`{each}`' for each in KEYS])}"
    if key == "inputs":
        repairs: tuple[Repair, ...] = (Repair("write `input`", (Edit(entry.key.span, "input"),)),)
        return Diagnostic(
            "unknown-key", "unknown key `inputs` in a block", Label(entry.key.span), help=help, repairs=repairs
        )
    repairs = respell(entry.key.span, key, KEYS)
    near = Label(entry.key.span, did_you_mean(key, KEYS))
    return Diagnostic("unknown-key", f"unknown key `{key}` in block `{name.text}`", near, help=help, repairs=repairs)


def _inputs(node: Node | None, sink: Sink) -> tuple[Scalar, ...]:
    """The names of a block's inputs; those that cannot be one are told and left out."""
    if node is None:
        return ()
    nodes = node.items if isinstance(node, Seq) else (node,)
    if isinstance(node, Map):
        message = "inputs of a block are only names: the sizes come from the call"
        names = f"[{', '.join(node.names())}]"
        one_line = node.span.line == node.span.end_line
        repairs = (Repair(f"write `input: {names}`", (Edit(node.span, names),)),) if one_line else ()
        sink.add(Diagnostic("wrong-type", message, Label(node.span), help=INPUT_FORM, repairs=repairs))
        return tuple(entry.key for entry in node if not input_name_fault(entry.key.text))
    found: dict[str, Scalar] = {}
    for each in nodes:
        if not isinstance(each, Scalar) or not isinstance(each.value, str):
            sink.error("wrong-type", f"an input is a name, not {shown(each)}", each.span, help=INPUT_FORM)
        elif fault := input_name_fault(each.text):
            sink.error("bad-id", fault, each.span, help="the name of an input must be valid as an id")
        elif each.text in found:
            first = (Label(found[each.text].span, "first here"),)
            sink.error("duplicate-id", f"two inputs have the name `{each.text}`", each.span, labels=first)
        else:
            found[each.text] = each
    return tuple(found.values())
