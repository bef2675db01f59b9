"""`foreach` and `repeat`: a context for each time that a line runs."""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.diagnostics import listing
from cnnspec.network.context import Context, Flow
from cnnspec.network.reporter import Reporter
from cnnspec.spec import Item
from cnnspec.syntax import Entry, Map, Node, Value, shown

MAX_ROUNDS = 100_000


def rounds(say: Reporter, item: Item, flow: Flow, scope_key: str, context: Context) -> Iterator[Context]:
    """The contexts of a line's rounds; an item with both words runs its repeat in each step of its foreach."""
    for outer in _foreach(say, item.foreach, flow, context) if item.foreach else (context,):
        if item.repeat is None:
            yield outer
            continue
        times = _times(say, item.repeat, outer, flow)
        named = not scope_key.rpartition(".")[2].isdigit()
        whole = scope_key if scope_key and named else f"{times} repeats"
        for index in range(times):
            say.meter.spend((len(outer.env) + len(scope_key)) // 16)
            frame = outer.frame(f"{ordinal(index + 1)} of {whole}")
            yield outer.with_names({"index": index}, frame if times > 1 else outer.trace)


def _foreach(say: Reporter, node: Map, flow: Flow, context: Context) -> Iterator[Context]:
    lists = {entry.key.text: _list(say, entry, context, flow) for entry in node}
    if len({len(values) for values in lists.values()}) > 1:
        said = listing([f"`{name}` has {len(values)}" for name, values in lists.items()])
        say.fail("unequal-lists", f"`foreach` walks lists of one length, but {said}", node.entries[0].key, context)
    steps = list(zip(*lists.values(), strict=True))
    for index, values in enumerate(steps):
        say.meter.spend((len(context.env) + len(lists)) // 4)
        names = dict(zip(lists, values, strict=True)) | {"index": index}
        yield context.with_names(names, context.frame(f"{ordinal(index + 1)} of {len(steps)} steps"))


def _list(say: Reporter, entry: Entry, context: Context, flow: Flow) -> tuple[Value, ...]:
    values = say.value(entry.value, context, flow)
    if not isinstance(values, tuple):
        help = f"write `{entry.key.text}: [{shown(entry.value)}]`" if isinstance(values, int) else ""
        message = f"`foreach` walks lists, and `{entry.key.text}` is none"
        say.fail("wrong-type", message, entry.value, context, help=help)
    return tuple(values)


def _times(say: Reporter, node: Node, context: Context, flow: Flow) -> int:
    times = say.value(node, context, flow)
    if not isinstance(times, int) or isinstance(times, bool) or not 0 <= times <= MAX_ROUNDS:
        computed = f", which is {times}" if shown(node) != str(times) else ""
        message = f"`repeat` is a whole number from 0 to {MAX_ROUNDS:,}, not {shown(node)}{computed}"
        say.fail("bad-repeat", message, node, context)
    return int(times)


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``11th``."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
