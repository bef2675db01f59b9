"""`foreach` and `repeat`: a context for each time that a line runs."""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.engine.diagnostics import count, listing
from cnnspec.engine.network.context import Context, Flow
from cnnspec.engine.network.reporter import Reporter
from cnnspec.engine.spec import Item, Path
from cnnspec.engine.spec.missing_dollar import without_dollar
from cnnspec.engine.syntax import Entry, Map, Node, Scalar, Value, shown
from cnnspec.engine.syntax.evaluate import in_yaml

MAX_ROUNDS = 100_000
TURN = 6  # steps of the Meter, for a context of its own
ENDINGS = ["th" if n in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th") for n in range(100)]


def rounds(reporter: Reporter, line: Item | Path, flow: Flow, scope_key: str, context: Context) -> Iterator[Context]:
    """The contexts of a line's rounds; a line with both words runs its repeat in each step of its foreach."""
    for outer in _foreach(reporter, line.foreach, flow, context) if line.foreach else (context,):
        if line.repeat is None:
            yield outer
            continue
        times = _times(reporter, line.repeat, outer, flow)
        whole = scope_key if is_named(scope_key) else count(times, "repeat")
        for index in range(times):
            reporter.meter.spend(TURN + (len(outer.env) + len(scope_key)) // 16)
            frame = outer.frame(f"{ordinal(index + 1)} of {whole}")
            names = {"index": index}
            way = outer.control_path.in_round(line.repeat, index, names)
            yield outer.with_names(names, frame if times > 1 else outer.trace, way)


def is_named(scope_key: str) -> bool:
    """Whether a scope has a name that says more than its position."""
    return bool(scope_key) and not scope_key.rpartition(".")[2].isdigit()


def _foreach(reporter: Reporter, node: Map, flow: Flow, context: Context) -> Iterator[Context]:
    lists = {entry.key.text: _list(reporter, entry, context, flow) for entry in node}
    if len({len(values) for values in lists.values()}) > 1:
        said = listing([f"`{name}` has {len(values)}" for name, values in lists.items()])
        reporter.fail(
            "unequal-lists", f"`foreach` needs lists of the same length, but {said}", node.entries[0].key, context
        )
    steps = list(zip(*lists.values(), strict=True))
    of = count(len(steps), "step")
    for index, values in enumerate(steps):
        reporter.meter.spend(TURN + (len(context.env) + len(lists)) // 4)
        names = dict(zip(lists, values, strict=True)) | {"index": index}
        frame = context.frame(f"{ordinal(index + 1)} of {of}")
        yield context.with_names(names, frame, context.control_path.in_round(node, index, names))


def _list(reporter: Reporter, entry: Entry, context: Context, flow: Flow) -> tuple[Value, ...]:
    values = reporter.value(entry.value, context, flow)
    if not isinstance(values, tuple):
        help = f"write `{entry.key.text}: [{shown(entry.value)}]`" if isinstance(values, int) else ""
        message = f"`foreach` needs a list, but `{entry.key.text}` is not one"
        reporter.fail("wrong-type", message, entry.value, context, help=help)
    return tuple(values)


def _times(reporter: Reporter, node: Node, context: Context, flow: Flow) -> int:
    times = reporter.value(node, context, flow)
    if not isinstance(times, int) or isinstance(times, bool) or not 0 <= times <= MAX_ROUNDS:
        computed = f", which is {in_yaml(times)}" if isinstance(node, Scalar) and "$" in node.text else ""
        message = f"`repeat` must be a whole number from 0 to {MAX_ROUNDS:,}, not {shown(node)}{computed}"
        repairs = without_dollar(node, context.env)
        reporter.fail("bad-repeat", message, node, context, help=_whole(node, times), repairs=repairs)
    return int(times)


def _whole(node: Node, times: Value) -> str:
    """How a number of rounds that is none is made one."""
    if isinstance(node, Scalar) and "/" in node.text and "//" not in node.text:
        return "`//` divides and rounds down"
    near = str(times).removesuffix(".0")
    return f"write `repeat: {near}`" if near.isdigit() and int(near) <= MAX_ROUNDS else ""


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``11th``."""
    return f"{number}{ENDINGS[number % 100]}"
