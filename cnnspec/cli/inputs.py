"""`cnnspec inputs`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnnspec.api import graph
from cnnspec.cli.options import Name, Settings, Variant
from cnnspec.cli.output import say, write
from cnnspec.cli.specs import load_spec
from cnnspec.cli.tables import table_width
from cnnspec.engine.diagnostics import CnnspecError, Span, count, listing, printable, printable_json
from cnnspec.engine.diagnostics.wrap import wrapped

if TYPE_CHECKING:
    from cnnspec.engine.inputs import Inputs, Region, Sizes
    from cnnspec.engine.layers import Shape


class InputsFormat(StrEnum):
    text = "text"
    json = "json"


MOST_RANGES = 4  # of one constraint
MOST_LAYERS = 4  # whose weights depend on the input, by name; the rest is counted


def inputs(
    name: Name,
    variant: Variant = None,
    set_: Settings = None,
    format: Annotated[InputsFormat, typer.Option("--format", help="The output format.")] = InputsFormat.text,
) -> None:
    """Show which heights and widths a network accepts, and which lines limit them.

    The number of channels is that of the spec. The answer is solved from the formulas of the layers, not found by
    trying sizes. For sequences it is about the length, for volumes also the depth, for flat vectors the number of
    features, and for several inputs about each of them. Auxiliary heads are ignored, because they run in training
    only; `check` checks them for the input of the spec.
    """
    from cnnspec.engine.inputs import solve

    spec = load_spec(name, variant, None, set_)
    found = solve(spec)
    if found.smallest is None and found.is_complete:
        graph(spec)  # raises what is wrong with the stated input, with the repairs that work
        raise CnnspecError(f"{spec.title} accepts its own input; no other size was found")
    if format is InputsFormat.json:
        write(printable_json(json.dumps(_record(found), ensure_ascii=False)))
        return
    for line in (*_accepted(found), *_fixed(found), *_constraints(found), *_weights(found), *_unknown(found)):
        _print(line)


def _accepted(found: Inputs) -> Iterable[str]:
    from cnnspec.engine.inputs.answer import Several
    from cnnspec.engine.inputs.words import region_words

    refused = "" if found.accepts(*found.own) else ", which is not accepted"
    if found.smallest is None:
        yield f"no accepted input of {found.spec.title} was found"
        yield f"stated {found.stated}{refused}"
        return
    said = ["this size only"] if found.is_only_stated else region_words(found.accepted, found.names)
    accepts = "accepts" if found.is_complete else "is known to accept"
    one = len(found.stated) > 1 and not isinstance(found.stated, Several)
    channels = f" with {count(found.stated[0], 'channel')}" if one else ""
    yield f"{found.spec.title} {accepts} inputs{channels} of{' any of' if len(said) > 1 else ''}"
    yield from (f"  {line}" for line in said)
    yield f"smallest {found.shape(found.smallest)}, stated {found.stated}{refused}"


def _fixed(found: Inputs) -> Iterable[str]:
    """The expressions whose values the built network fixes, and what the spec accepts in place of its input."""
    from cnnspec.engine.inputs.words import region_words

    if not found.fixed:
        return
    for read in found.fixed[:MOST_LAYERS]:
        yield f"\n{read.span}"
        yield f"  `{read.text}` reads the input, and becomes {read.value} when the network is built"
    if (more := len(found.fixed) - MOST_LAYERS) > 0:
        yield f"  and {count(more, 'more expression')}"
    accepts = "is known to accept" if found.restated_unknown else "accepts"
    yield f"\nif you change the input in the spec and build it again, {found.spec.title} {accepts}"
    yield from (f"  {line}" for line in region_words(found.restated, found.names))


def _constraints(found: Inputs) -> Iterable[str]:
    """For each line that decides: where it is, what it asks, and what it says to an input that does not meet it."""
    from cnnspec.engine.inputs.words import region_words

    for constraint in found.constraints:
        yield f"\n{constraint.span}"
        asked = region_words(constraint.inputs, found.names)
        short = len(asked) == 1 or constraint.inputs != found.restated
        asks = "is known to take" if ~constraint.inputs & found.restated_unknown else "asks for"
        yield f"  {asks} {'; or '.join(asked[:MOST_RANGES]) if short else 'just these'}"
        yield f"  {constraint.refused} is refused: {constraint.why}"


def _weights(found: Inputs) -> Iterable[str]:
    """That trained weights fit only inputs for which they have the same shapes."""
    from cnnspec.engine.inputs.words import region_words

    if not found.weights:
        return
    named = [f"{layer.key} ({layer.type}, {layer.span})" for layer in found.weights[:MOST_LAYERS]]
    more = len(found.weights) - MOST_LAYERS
    named += [f"{more} more"] if more > 0 else []
    yield f"\nthe number of weights depends on the input: {listing(named)}"
    if found.fits is not None:
        said = "; ".join(region_words(found.fits, found.names))
        yield f"  those of {found.stated} fit {said}"


def _unknown(found: Inputs) -> Iterable[str]:
    """Why an answer is not whole."""
    if found.restated_unknown:
        lines = listing([str(span) for span in found.unfollowed[:MOST_LAYERS]])
        why = f": the output size of {lines} has no formula" if lines else ": there are too many cases"
        yield f"\nnot every size was checked{why}"


def _print(line: str) -> None:
    """A line with its indent kept where it is wrapped; an empty one before it where it begins so."""
    text = line.lstrip("\n")
    if text != line:
        say("")
    indent = len(text) - len(text.lstrip())
    for part in f"{' ' * indent}{wrapped(printable(text.lstrip()), table_width(), indent)}".split("\n"):
        say(part)


def _record(found: Inputs) -> dict[str, Any]:
    """The answer as JSON holds it; sets of sizes in words and in numbers."""
    return {
        "name": found.spec.title,
        "axes": list(found.names),
        "stated": _listed(found.stated),
        "smallest": None if found.smallest is None else _listed(found.shape(found.smallest)),
        "accepted": _boxes(found.accepted, found.names),
        "restated": _boxes(found.restated, found.names),
        "fixed": [{**_place(read.span), "expression": read.text, "value": read.value} for read in found.fixed],
        "complete": found.is_complete,
        "constraints": [
            {
                "accepted": _boxes(constraint.inputs, found.names),
                **_place(constraint.span),
                "code": constraint.code,
                "message": constraint.why,
                "refused": _listed(constraint.refused),
            }
            for constraint in found.constraints
        ],
        "weights": [{"key": layer.key, "type": layer.type, **_place(layer.span)} for layer in found.weights],
        "weights_fit": None if found.fits is None else _boxes(found.fits, found.names),
        "unfollowed": [_place(span) for span in found.unfollowed],
    }


def _listed(shape: Shape) -> Any:
    """Sizes as JSON holds them; those of several inputs by name."""
    from cnnspec.engine.inputs.answer import Several

    return {name: list(part) for name, part in shape.parts.items()} if isinstance(shape, Several) else list(shape)


def _place(span: Span) -> dict[str, Any]:
    return {"file": span.source.name, "line": span.line, "column": span.column}


def _boxes(region: Region, names: Iterable[str]) -> list[dict[str, Any]]:
    return [{name: _sizes(sizes) for name, sizes in zip(names, box, strict=True)} for box in region.boxes]


def _sizes(sizes: Sizes) -> dict[str, Any]:
    """``ranges`` below ``start``; from there on, the sizes that leave one of ``rests`` when divided by ``period``."""
    from cnnspec.engine.inputs.words import described

    return {
        "words": described(sizes),
        "ranges": [list(run) for run in sizes.runs(sizes.start)],
        "start": sizes.start,
        "period": sizes.period,
        "rests": [rest for rest in range(sizes.period) if sizes.cycle >> rest & 1],
    }
