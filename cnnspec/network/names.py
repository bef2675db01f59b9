"""Names in a scope: what a line is called, and what `from` may call."""

from __future__ import annotations

from typing import NoReturn

from cnnspec.diagnostics import Label, did_you_mean, listing
from cnnspec.network.context import UNKNOWN, Context, Flow, ScopeBuilder
from cnnspec.network.reporter import Reporter
from cnnspec.spec import Item
from cnnspec.spec.names import id_fault
from cnnspec.syntax import Node, Scalar, Silent
from cnnspec.syntax.evaluate import in_yaml


def name_line(say: Reporter, item: Item, flow: Flow, scope: ScopeBuilder, context: Context) -> str:
    """A line's name in its scope: its id, or its position."""
    if item.id is None:
        return _claim(say, scope.next_name(), item.op, scope, context)
    scope.position += 1
    return name_group(say, item.id, flow, scope, context)


def name_group(say: Reporter, node: Scalar, flow: Flow, scope: ScopeBuilder, context: Context) -> str:
    """An id that takes no position: a group's, which calls its last line though no scope comes of it."""
    value = say.value(node, context, flow)
    if isinstance(value, bool) or not isinstance(value, int | str):
        say.fail("bad-id", f"an id is a text or a whole number, not {in_yaml(value)}", node, context)
    name = node.text if "$" not in node.text else str(value)
    if fault := id_fault(name):
        say.fail("bad-id", fault, node, context)
    return _claim(say, name, node, scope, context)


def _claim(say: Reporter, name: str, place: Node, scope: ScopeBuilder, context: Context) -> str:
    first = scope.keys.get(name)
    if first == place.span:
        help = f"number it: `id: {name}$(index + 1)`"
        say.fail("duplicate-id", f"all repeats have the id `{name}`", place, context, help=help)
    if first is not None:
        labels = (Label(first, "first here"),)
        message = f"two items of one scope have the id `{name}`"
        say.fail("duplicate-id", message, place, context, "again here", labels=labels)
    scope.keys[name] = place.span
    return name


def sources(say: Reporter, item: Item, flow: Flow, scope: ScopeBuilder, context: Context) -> tuple[Flow, ...]:
    """What a line takes: the line above, or what its `from` names."""
    if item.sources is None:
        return (flow,)
    return tuple(_source(say, word, flow, scope, context) for word in item.sources)


def _source(say: Reporter, word: Scalar, flow: Flow, scope: ScopeBuilder, context: Context) -> Flow:
    name = str(say.value(word, context, flow))
    if name == "prev":
        return flow
    if name == "input":
        return context.entry
    found = scope.look_up(lambda s: s.ids.get(name))
    if found is not None:
        return found
    if scope.look_up(lambda s: UNKNOWN if name in s.skipped else None):
        say.fail("undefined-from", f"`{name}` is not there: its `when` is false", word, context)
    if scope.look_up(lambda s: UNKNOWN if name in s.keys or s.unsure else None):
        raise Silent  # the line of that id has an error of its own
    _undefined(say, word, name, scope, context)


def _undefined(say: Reporter, word: Scalar, name: str, scope: ScopeBuilder, context: Context) -> NoReturn:
    ids = scope.visible_ids()
    near = did_you_mean(name, ids)
    known = listing([f"`{i}`" for i in ids[-12:]]) if ids else ""
    help = f"`from` names an id above this line: {known}" if known else "give a line above an `id`, and name that"
    say.fail("undefined-from", f"no line above has the id `{name}`", word, context, near, help)


def leave_broken(item: Item, scope: ScopeBuilder) -> None:
    """Lines below may name the ids of a broken line: they are silent, not undefined."""
    computed = item.id is not None and "$" in item.id.text
    if item.id is not None and not computed:
        scope.ids.setdefault(item.id.text, UNKNOWN)
    scope.unsure |= item.body is not None or item.paths is not None or computed
