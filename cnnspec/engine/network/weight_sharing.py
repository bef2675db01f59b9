"""`share`: the module of a line, run once more on what arrives, with the same weights."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import NoReturn

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Label, did_you_mean, listing
from cnnspec.engine.network.context import UNKNOWN, Context, Flow, Made, ScopeBuilder
from cnnspec.engine.network.expansion import Expansion
from cnnspec.engine.network.graph import Node, Scope
from cnnspec.engine.network.names import named_id
from cnnspec.engine.network.reporter import Broken
from cnnspec.engine.spec import Item
from cnnspec.engine.spec.edits import respell
from cnnspec.engine.syntax import Silent
from cnnspec.engine.syntax.evaluate import in_yaml

MAX_TOLD = 12  # ids that a message lists


def share(expansion: Expansion, item: Item, taken: tuple[Flow, ...], scope: ScopeBuilder, context: Context) -> Flow:
    """The output of a line above, of the same scope, whose module runs on what is ``taken``."""
    assert item.shared is not None
    name = named_id(expansion, "share", item.shared, taken[0], context)
    made = scope.made.get(name) or _missing(expansion, item, name, scope, context)
    taken = expansion.arranged(item, made.op, taken, context)
    trace = context.frame(f"share of {name}", item.span)
    reused, expansion.reused = expansion.reused, True
    last = scope.run(made.item)
    try:
        scope.rerun(made.item, made.run)
        out = expansion.run(made.item, made.op, name, taken, scope, replace(made.context, trace=trace))
    finally:
        expansion.reused = reused
        scope.rerun(made.item, last)
    if out is not UNKNOWN:
        _check_alike(expansion, item, made, scope.children[-1], context)
    return out


def _missing(expansion: Expansion, item: Item, name: str, scope: ScopeBuilder, context: Context) -> NoReturn:
    """Says why no line of that id can be shared."""
    assert item.shared is not None
    if reason := scope.own_reason(name):
        message = f"`{name}` does not exist: its line is omitted"
        expansion.fail(
            "undefined-share", message, item.shared, context, labels=(reason,), help="omit this line as well"
        )
    found = scope.ids.get(name, UNKNOWN)
    if found.shape is not None:
        message = f"`{name}` is not a module: joins and groups have no weights to share"
        help = "give the lines inside it ids and share them"
        expansion.fail("undefined-share", message, item.shared, context, help=help)
    if name in scope.ids or name in scope.keys or scope.unsure:
        raise Silent  # the line of that id has an error of its own
    known = listing([f"`{id}`" for id in list(scope.made)[-MAX_TOLD:]])
    help = (
        f"`share` takes the id of a line above, in the same scope: {known}"
        if known
        else "no line above it has a module"
    )
    near = did_you_mean(name, scope.made)
    repairs = respell(item.shared.span, name, scope.made) if name == item.shared.text else ()
    message = f"no line above in this scope has the id `{name}`"
    expansion.sink.error(
        "undefined-share", message, item.shared.span, near, help=help, trace=context.trace, repairs=repairs
    )
    raise Broken


def _check_alike(expansion: Expansion, item: Item, made: Made, child: Node | Scope, context: Context) -> None:
    """One module can serve both only where each layer in it is made alike for both."""
    assert item.shared is not None
    for first, second in zip_longest(_leaves(made.child), _leaves(child)):
        if first is None or second is None or first.key != second.key or first.type != second.type:
            message = f"`{item.shared.text}` would have other layers for this input, and one module cannot have both"
            labels = (Label(made.item.span, "made here"),)
            expansion.fail("share-mismatch", message, item.shared, context, labels=labels)
        before, after = (node.layer.call(node.input_shapes[0]).arguments for node in (first, second))
        if before != after or first.tensors != second.tensors:
            x, y = first.input_shapes[0], second.input_shapes[0]
            message = f"`{first.key}` is built for {x}, but this input is {y}"
            differing = [name for name in after if before.get(name) != after[name]]
            note = "; ".join(f"`{n}` is {_said(before.get(n))} there and {_said(after[n])} here" for n in differing)
            expansion.sink.error(
                "share-mismatch",
                message,
                item.shared.span,
                f"gets {y}",
                labels=(Label(made.item.span, f"built for {x}"),),
                notes=(note,) if note else (),
                help="give both the same input shape, or repeat the layer instead of `share`, with separate weights",
                trace=context.trace,
            )
            raise Broken


def _said(value: object) -> str:
    return in_yaml(value)


def _leaves(child: Node | Scope) -> Iterator[Node]:
    return child.leaves() if isinstance(child, Scope) else iter((child,))
