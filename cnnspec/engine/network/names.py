"""Names in a scope: what a line is called, and what `from` may call."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair
from cnnspec.engine.network.context import UNKNOWN, Context, Flow, ScopeBuilder
from cnnspec.engine.network.reporter import Broken, Reporter
from cnnspec.engine.spec import Item
from cnnspec.engine.spec.name_lookup import nowhere
from cnnspec.engine.spec.names import folded, id_fault, id_help
from cnnspec.engine.spec.validation_errors import WHOLE
from cnnspec.engine.syntax import Node, Scalar, Silent
from cnnspec.engine.syntax.evaluate import in_yaml

REMOVED = "removed here"  # what the reason says where a patch leaves a line out


def name_line(reporter: Reporter, item: Item, flow: Flow, scope: ScopeBuilder, context: Context) -> str:
    """A line's name in its scope: its id, or its position."""
    if item.id is None:
        name = _claim(reporter, scope.next_name(item), item.op, scope, context)
    else:
        scope.count(item)
        name = name_group(reporter, item.id, flow, scope, context)
    scope.write(item, name)
    return name


def name_group(reporter: Reporter, node: Scalar, flow: Flow, scope: ScopeBuilder, context: Context) -> str:
    """An id that takes no position: a group's, which calls its last line though no scope comes of it."""
    value = reporter.value(node, context, flow)
    if isinstance(value, bool) or not isinstance(value, int | str):
        reporter.fail("bad-id", f"an id is a text or a whole number, not {in_yaml(value)}", node, context)
    name = node.text if "$" not in node.text else str(value)
    if fault := id_fault(name):
        is_there = folded(name) != name and folded(name) in scope.keys
        help = f"choose another name: `{folded(name)}` stands above" if is_there else id_help(name)
        reporter.fail("bad-id", fault, node, context, help=help)
    return _claim(reporter, name, node, scope, context)


def _claim(reporter: Reporter, name: str, place: Node, scope: ScopeBuilder, context: Context) -> str:
    first = scope.keys.get(name)
    if first == place.span:
        _fail_repeated(reporter, name, place, context)
    if first is not None:
        labels = (Label(first, "first here"),)
        message = f"two items of one scope have the id `{name}`"
        help = "an id is a key of the state dict: give one of them another"
        reporter.fail("duplicate-id", message, place, context, "again here", help, labels)
    scope.keys[name] = place.span
    return name


def _fail_repeated(reporter: Reporter, name: str, place: Node, context: Context) -> NoReturn:
    """One line comes into a scope several times: it is repeated, or several lines are patched with it."""
    of_patch = context.trace is not None and context.trace.text.startswith("patch ")
    message = f"{'all lines that this patch puts here' if of_patch else 'all repeats'} have the id `{name}`"
    help = "leave the id out: the lines are then numbered" if of_patch else ""
    written = f"{name}$(index + 1)"
    edit = Edit(place.span, written)
    repairs = () if place.span.source.shipped else (Repair(f"number it: `id: {written}`", (edit,)),)
    reporter.sink.error("duplicate-id", message, place.span, help=help, trace=context.trace, repairs=repairs)
    raise Broken


def sources(reporter: Reporter, item: Item, flow: Flow, scope: ScopeBuilder, context: Context) -> tuple[Flow, ...]:
    """What a line takes: the line above, or what its `from` names. Raises Broken, with every id that is not there."""
    if item.sources is None:
        return (flow,)
    found = []
    for word in item.sources:
        found.append(source(reporter, word, flow, scope, context))
        if reporter.sink.full:
            raise Broken
    if None in found:
        raise Broken
    return tuple(flow for flow in found if flow is not None)


def source(
    reporter: Reporter,
    word: Scalar,
    flow: Flow,
    scope: ScopeBuilder,
    context: Context,
    missing: Callable[[Scalar, str, list[str]], Diagnostic] = nowhere,
) -> Flow | None:
    """What one id stands for, ``flow`` being the line above; None where it is not there, which is told."""
    name = named_id(reporter, "from", word, flow, context)
    if name == "prev":
        return flow
    if name == "input":
        return context.entry
    found = scope.look_up(lambda s: s.ids.get(name))
    if found is not None:
        return found
    if reason := scope.reason(name):
        message = f"`{name}` is not there: its line is left out"
        help = "leave this line out as well, or give `from` another id"
        if reason.text == REMOVED:
            help = f"replace `{name}` rather than remove it: `from` then takes what stands in its place"
        reporter.sink.error("undefined-from", message, word.span, labels=(reason,), help=help, trace=context.trace)
        return None
    if scope.look_up(lambda s: UNKNOWN if name in s.keys or s.unsure else None):
        raise Silent  # the line of that id has an error of its own
    reporter.report([missing(word, name, scope.visible_ids())], context.trace)
    return None


def named_id(reporter: Reporter, key: str, word: Scalar, flow: Flow, context: Context) -> str:
    """The id that `from` or `share` names, which an expression may give. Raises Broken where it gives no id."""
    value = reporter.value(word, context, flow)
    if isinstance(value, int | str) and not isinstance(value, bool):
        return str(value)
    message = f"`{key}` takes {'ids' if key == 'from' else 'an id'}, and `{word.text}` is {in_yaml(value)}"
    repairs = _elements(word, len(value)) if key == "from" and isinstance(value, tuple) else ()
    reporter.fail("wrong-type", message, word, context, repairs=repairs)


def _elements(word: Scalar, number: int) -> tuple[Repair, ...]:
    """``"$(taps[0])", "$(taps[1])"`` for a list of ids that `from` names as a whole."""
    if not number or not WHOLE.fullmatch(word.text):
        return ()
    ids = ", ".join(f'"$({word.text[1:]}[{place}])"' for place in range(number))
    before = word.span.source.line(word.span.line)[: word.span.column - 1].rstrip()
    text = ids if before.endswith(("[", ",")) else f"[{ids}]"
    return (Repair(f"name each element: `{text}`", (Edit(word.span, text),)),)


def leave_out(item: Item, scope: ScopeBuilder, reason: Label) -> None:
    """A line is not there, for messages about lines that name its ids: few ask, and a group may hold very many."""
    scope.left_out[item] = reason


def leave_broken(item: Item, scope: ScopeBuilder) -> None:
    """Lines below may name the ids of a broken line: they are silent, not undefined."""
    computed = item.id is not None and "$" in item.id.text
    if item.id is not None and not computed:
        scope.ids.setdefault(item.id.text, UNKNOWN)
    scope.unsure |= item.body is not None or item.paths is not None or computed or item.hides_ids
