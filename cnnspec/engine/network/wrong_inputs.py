"""Messages about what a line is given: too many tensors, inputs of other names, outputs not chosen, other dtypes."""

from __future__ import annotations

from collections.abc import Sequence

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, count, did_you_mean, listing, nearest
from cnnspec.engine.layers import JOINS, Layer
from cnnspec.engine.network.context import Flow
from cnnspec.engine.network.graph import INPUT, Node, maker
from cnnspec.engine.spec import Item, Spec
from cnnspec.engine.spec.name_lookup import MAX_TOLD
from cnnspec.engine.syntax import Map


def output_not_chosen(item: Item, flow: Flow) -> Diagnostic:
    """A line that takes what the line above it gives, which is several tensors."""
    names = list(flow.outputs)[:MAX_TOLD]
    told = listing([f"`{name}`" for name in names])
    message = f"`{item.name}` takes one tensor, but its input has {count(len(flow.outputs), 'output')}: {told}"
    help = f"select one by name: `from: prev.{names[0]}`"
    if item.name in JOINS:
        help = f"end the path with a line that takes one of them: `{{Identity: , from: prev.{names[0]}}}`"
    return Diagnostic("output-not-chosen", message, Label(item.op.span), help=help)


def wrong_inputs(item: Item, name: str, wanted: tuple[str, ...], given: int) -> Diagnostic:
    """A line whose `from` does not give what its operation takes."""
    place = Label(item.source_names[0].span if item.source_names else item.op.span)
    if name in JOINS:
        return _of_join(item, place)
    if not wanted:
        return _of_one(item, given, place)
    told = listing([f"`{each}`" for each in wanted])
    form = ", ".join(f"{each}: …" for each in wanted)
    help = f"pass each by name: `from: {{{form}}}`"
    if not item.source_names:
        message = f"`{name}` takes {count(len(wanted), 'tensor')}, {told}, but gets {given}"
        return Diagnostic("wrong-inputs", message, place, help=help)
    unknown = [each for each in item.source_names if each.text not in wanted]
    missing = [each for each in wanted if each not in {source.text for source in item.source_names}]
    if not unknown:
        message = f"`{name}` lacks its input{'s' * (len(missing) > 1)} {listing([f'`{each}`' for each in missing])}"
        return Diagnostic("wrong-inputs", message, place, help=help)
    word = unknown[0]
    near = nearest(word.text, missing) or (missing[0] if len(missing) == len(unknown) == 1 else None)
    label = Label(word.span, did_you_mean(word.text, missing))
    repairs = (Repair(f"write `{near}`", (Edit(word.span, near),)),) if near else ()
    message = f"`{name}` has no input `{word.text}`"
    return Diagnostic("wrong-inputs", message, label, help=f"its inputs are {told}", repairs=repairs)


def _of_join(item: Item, place: Label) -> Diagnostic:
    if item.source_names:
        message = f"`{item.name}` joins tensors in order and has no named inputs"
        ids = ", ".join(word.text for word in item.sources or ())
        return Diagnostic("wrong-inputs", message, place, help=f"write `from: [{ids}]`")
    message = f"`{item.name}` has paths, which share one input, but its `from` names {len(item.sources or ())}"
    help = "remove the paths to join what `from` names, or give the first line of each path a `from`"
    return Diagnostic("wrong-inputs", message, Label(item.op.span), help=help)


def _of_one(item: Item, given: int, place: Label) -> Diagnostic:
    """An operation that takes one tensor and has no name for it."""
    if item.source_names and given == 1:
        ids = ", ".join(word.text for word in item.sources or ())
        message = f"`{item.name}` has one input, which has no name"
        return Diagnostic("wrong-inputs", message, place, help=f"write `from: {ids}`")
    help = "join them in a line above: `Concat`, `Add` or `Multiply` with this `from`"
    return Diagnostic("wrong-inputs", f"`{item.name}` takes one tensor, not {given}", place, help=help)


def wrong_dtype(
    item: Item, layer: Layer, flow: Flow, nodes: Sequence[Node], spec: Spec, wanted: str | None = None
) -> Diagnostic:
    """A layer that cannot take tensors of a dtype."""
    name = type(layer).__name__
    kinds = listing([f"`{kind}`" for kind in ([wanted] if wanted else layer.takes)], "or")
    message = f"`{name}` takes {kinds}, and {_named(flow, nodes, spec)} is `{flow.dtype}`"
    if wanted:
        message = f"`{name}` needs tensors of the same dtype, but gets `{wanted}` and `{flow.dtype}`"
    help = "use an `Embedding` to turn whole numbers into vectors" if flow.dtype == "int64" else ""
    return Diagnostic("wrong-dtype", message, Label(item.op.span), labels=_made(flow, nodes, spec), help=help)


def _named(flow: Flow, nodes: Sequence[Node], spec: Spec) -> str:
    if flow.value < 0:
        return f"`{(spec.input_names or ('input',))[INPUT - flow.value]}`"
    return f"the output of `{nodes[maker(flow.value)].type}`"


def _made(flow: Flow, nodes: Sequence[Node], spec: Spec) -> tuple[Label, ...]:
    if flow.value >= 0:
        return (Label(nodes[maker(flow.value)].span, f"gives `{flow.dtype}`"),)
    if spec.input is None or spec.input_override is not None:
        return ()
    place = spec.input.entries[INPUT - flow.value] if isinstance(spec.input, Map) else spec.input
    return (Label(place.span, f"`{flow.dtype}`"),)
