"""Names in a scope: what a line is called, and what `from` may call."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate
from functools import lru_cache
from typing import NoReturn

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, did_you_mean, listing, nearest
from cnnspec.engine.network.context import UNKNOWN, Context, Flow, ScopeBuilder
from cnnspec.engine.network.reporter import Broken, Reporter
from cnnspec.engine.spec import Item
from cnnspec.engine.spec.edits import rename
from cnnspec.engine.spec.name_lookup import MAX_TOLD, is_plain, nowhere
from cnnspec.engine.spec.names import folded, id_fault, id_help
from cnnspec.engine.syntax import ExpressionError, Node, Scalar, Silent, template
from cnnspec.engine.syntax.evaluate import in_yaml

Missing = Callable[[Scalar, str, list[str]], Diagnostic]  # of an id that no line above has, with those that they have
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
        help = f"choose another name: `{folded(name)}` is used above" if is_there else id_help(name)
        reporter.fail("bad-id", fault, node, context, help=help)
    return _claim(reporter, name, node, scope, context)


def _claim(reporter: Reporter, name: str, place: Node, scope: ScopeBuilder, context: Context) -> str:
    first = scope.keys.get(name)
    if first == place.span:
        _fail_repeated(reporter, name, place, context)
    if first is not None:
        labels = (Label(first, "first here"),)
        message = f"two lines of the same scope have the id `{name}`"
        help = "an id is part of a state-dict key: rename one of them"
        reporter.fail("duplicate-id", message, place, context, "again here", help, labels)
    scope.keys[name] = place.span
    return name


def _fail_repeated(reporter: Reporter, name: str, place: Node, context: Context) -> NoReturn:
    """One line comes into a scope several times: it is repeated, or several lines are patched with it."""
    of_patch = context.trace is not None and context.trace.text.startswith("patch ")
    message = f"{'all lines that this patch inserts' if of_patch else 'all repeats'} have the id `{name}`"
    help = "remove the id: the lines are then numbered" if of_patch else ""
    written = f"{name}$(index + 1)"
    edit = Edit(place.span, written)
    is_id = place.span.source.line(place.span.line)[: place.span.column - 1].rstrip().endswith("id:")
    words = f"number it: `{'id: ' * is_id}{written}`"
    repairs = () if place.span.source.shipped else (Repair(words, (edit,)),)
    reporter.sink.error("duplicate-id", message, place.span, help=help, trace=context.trace, repairs=repairs)
    raise Broken


def sources(reporter: Reporter, item: Item, flow: Flow, scope: ScopeBuilder, context: Context) -> tuple[Flow, ...]:
    """What a line takes: the line above, or what its `from` names. Raises Broken, with every id that is not there."""
    if item.sources is None:
        return (flow,)
    found: list[Flow | None] = []
    for word in item.sources:
        if is_plain(word.text) or item.source_names:
            found.append(source(reporter, word, flow, scope, context))
        else:
            found += [
                resolve(reporter, word, name, flow, scope, context)
                for name in _all_ids(reporter, word, flow, scope, context)
            ]
        if reporter.sink.full:
            raise Broken
    if None in found:
        raise Broken
    return tuple(flow for flow in found if flow is not None)


def reads_own_loop(item: Item) -> bool:
    """Whether the `from` of a line reads a name of its own loop."""
    if not item.loops or item.sources is None:
        return False
    own = {"index", *(item.foreach.names() if item.foreach is not None else ())}
    try:
        texts = [template(word.text) for word in item.sources if "$" in word.text]
    except ExpressionError:  # which is told where it is evaluated
        return False
    return any(text is not None and text.names & own for text in texts)


def source(
    reporter: Reporter,
    word: Scalar,
    flow: Flow,
    scope: ScopeBuilder,
    context: Context,
    missing: Missing = nowhere,
) -> Flow | None:
    """What one id stands for, ``flow`` being the line above; None where it is not there, which is told."""
    name = named_id(reporter, "from", word, flow, context)
    if "*" in name:
        help = "a pattern gives a list of ids: use it in a list under `from`, or name one line"
        reporter.fail("undefined-from", f"`{name}` is a pattern, and this line needs one id", word, context, help=help)
    return resolve(reporter, word, name, flow, scope, context, missing)


def resolve(
    reporter: Reporter,
    word: Scalar,
    name: str,
    flow: Flow,
    scope: ScopeBuilder,
    context: Context,
    missing: Missing = nowhere,
) -> Flow | None:
    """The tensor of ``conv1`` or ``backbone.c3``; None where it is not there, which is told at ``word``."""
    line, dot, output = name.partition(".")
    found = _line(reporter, word, line, flow, scope, context, missing)
    if found is None or (found.shape is None and not found.outputs):
        return found
    if dot and output not in found.outputs:
        reporter.report([_no_output(word, line, output, found)], context.trace)
        return None
    if dot:
        return found.outputs[output]
    if len(found.outputs) > 1:
        reporter.report([not_chosen(word, line, found)], context.trace)
        return None
    return found


def _line(
    reporter: Reporter,
    word: Scalar,
    name: str,
    flow: Flow,
    scope: ScopeBuilder,
    context: Context,
    missing: Missing,
) -> Flow | None:
    if name == "prev":
        return flow
    if name == "input":
        return context.entry
    found = scope.look_up(lambda s: s.ids.get(name))
    if found is not None:
        return found
    if reason := scope.reason(name):
        message = f"`{name}` does not exist: its line is omitted"
        help = "omit this line as well, or use another id in `from`"
        if reason.text == REMOVED:
            help = f"replace `{name}` instead of removing it: `from` then uses the replacement"
        reporter.sink.error("undefined-from", message, word.span, labels=(reason,), help=help, trace=context.trace)
        return None
    if scope.look_up(lambda s: UNKNOWN if name in s.keys or s.unsure else None):
        raise Silent  # the line of that id has an error of its own
    reporter.report([missing(word, name, scope.visible_ids())], context.trace)
    return None


def not_chosen(word: Scalar, line: str, flow: Flow) -> Diagnostic:
    """A line with several outputs where one tensor is wanted."""
    names = [f"{line}.{output}" for output in flow.outputs]
    message = f"`{line}` has {len(names)} outputs, and this line needs one"
    help = f"select one by name: {listing([f'`{name}`' for name in names[:MAX_TOLD]], 'or')}"
    repairs = tuple(Repair(f"take `{name}`", (Edit(word.span, name),)) for name in names[:3] if line in word.text)
    return Diagnostic("output-not-chosen", message, Label(word.span), help=help, repairs=repairs)


def _no_output(word: Scalar, line: str, output: str, flow: Flow) -> Diagnostic:
    names = list(flow.outputs)
    whole = word.text == f"{line}.{output}"
    if not names:
        message = f"`{line}` has one output, which has no name"
        help = f"write `{line}`; of a block, `outputs` names the lines inside it that others can take"
        repairs = rename(word.span, line) if whole else ()
        return Diagnostic("undefined-from", message, Label(word.span), help=help, repairs=repairs)
    label = Label(word.span, did_you_mean(output, names))
    help = f"its outputs are {listing([f'`{name}`' for name in names[:MAX_TOLD]])}"
    near = nearest(output, names)
    repairs = rename(word.span, f"{line}.{near}") if near and whole else ()
    return Diagnostic("undefined-from", f"`{line}` has no output `{output}`", label, help=help, repairs=repairs)


def _all_ids(reporter: Reporter, word: Scalar, flow: Flow, scope: ScopeBuilder, context: Context) -> list[str]:
    """The ids that a word of `from` stands for: a list of them that it computes, and those that a pattern finds."""
    value = reporter.value(word, context, flow)
    found = []
    for name in value if isinstance(value, tuple) else (value,):
        if isinstance(name, bool) or not isinstance(name, int | str):
            message = f"`from` takes ids, but `{word.text}` is {in_yaml(value)}"
            reporter.fail("wrong-type", message, word, context)
        found += [str(name)] if "*" not in str(name) else _matching(reporter, word, str(name), flow, scope, context)
    return found


def _matching(
    reporter: Reporter, word: Scalar, pattern: str, flow: Flow, scope: ScopeBuilder, context: Context
) -> list[str]:
    """The ids above a line that a pattern finds, in the order in which they stand; ``backbone.*``: its outputs."""
    lines, dot, outputs = pattern.partition(".")
    ids = {"prev": flow, **scope.lines()} if lines == "prev" else scope.lines()
    reporter.meter.spend(len(ids) + len(pattern) // 8)
    fits, gives = _pattern(lines), _pattern(outputs)
    found = []
    for name, line in ids.items():
        if fits.match(name) and dot and line.shape is None:
            raise Silent  # a line with an error of its own
        if fits.match(name):
            found += [f"{name}.{output}" for output in line.outputs if gives.match(output)] if dot else [name]
    if found:
        return found
    if scope.look_up(lambda s: UNKNOWN if s.unsure else None):
        raise Silent
    known = listing([f"`{id}`" for id in list(ids)[-MAX_TOLD:]])
    help = f"the ids above it are {known}" if known else "give the lines above an `id`"
    reporter.fail("undefined-from", f"no line above has an id like `{pattern}`", word, context, help=help)


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    """A pattern in which `*` stands for any characters, and everything else for itself."""
    return re.compile(translate(text.replace("[", "[[]").replace("?", "[?]")))


def named_id(reporter: Reporter, key: str, word: Scalar, flow: Flow, context: Context) -> str:
    """The id that `from` or `share` names, which an expression may give. Raises Broken where it gives no id."""
    value = reporter.value(word, context, flow)
    if isinstance(value, int | str) and not isinstance(value, bool):
        return str(value)
    message = f"`{key}` takes an id, but `{word.text}` is {in_yaml(value)}"
    reporter.fail("wrong-type", message, word, context)


def leave_out(item: Item, scope: ScopeBuilder, reason: Label) -> None:
    """A line is not there, for messages about lines that name its ids: few ask, and a group may hold very many."""
    scope.left_out[item] = reason


def leave_broken(item: Item, scope: ScopeBuilder) -> None:
    """Lines below may name the ids of a broken line: they are silent, not undefined."""
    computed = item.id is not None and "$" in item.id.text
    if item.id is not None and not computed:
        scope.ids.setdefault(item.id.text, UNKNOWN)
    scope.unsure |= item.body is not None or item.paths is not None or computed or item.hides_ids
