"""The axes of a sweep, and what is set beside them: both name a param, a setting of the recipe, or the network.

optimizer.Adam.lr: [0.001, 0.0005]                            values
optimizer.Adam.lr: {from: 1e-5, to: 0.1, scale: log}          a range; in a grid `steps: 5`
optimizer.SGD.momentum: {values: [0, 0.9], when: {optimizer: SGD}}
params.dropout: [0, 0.2]                                      a param of the spec
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cnnspec.engine.diagnostics import Label, Sink, did_you_mean, listing
from cnnspec.engine.diagnostics.diagnostic import Diagnostic
from cnnspec.engine.recipe.overrides import Setting
from cnnspec.engine.recipe.read import KEYS as RECIPE_KEYS
from cnnspec.engine.recipe.read import MARK
from cnnspec.engine.spec.edits import rename, respell
from cnnspec.engine.spec.params import to_plain
from cnnspec.engine.sweep_file.model import INPUT, PARAMS, RECIPE, SPEC, VARIANT, Axis, Range, Settings, flow
from cnnspec.engine.syntax import Entry, LocatedMeter, Map, Node, Scalar, Seq, shown

WORDS = (SPEC, VARIANT, INPUT, RECIPE)  # what is no param and no setting of the recipe
FORMS = ("values", "from", "to", "scale", "steps", "when")
SETTABLE = tuple(key for key in RECIPE_KEYS if key != MARK)
MAX_STEPS = 10_000
MAX_VALUES = 1000  # of an axis, each of which is tried before anything is planned
MAX_AXES = 100
NAMED, VALUE = 4, 4  # steps of the meter that a name takes, and a value of an axis
MOST_SHOWN = 8  # values in a message
LISTED = (VARIANT, INPUT, RECIPE)  # whose values are no numbers
HELP = "an axis is a list, for example [0.1, 0.01], or a range, for example {from: 1e-5, to: 0.1, scale: log}"


class AxisReader:
    """Reads axes and settings; what is wrong goes to the sink."""

    def __init__(self, sink: Sink, work: LocatedMeter) -> None:
        self.sink, self.work = sink, work

    def read(self, node: Node | None, networks: Axis | None) -> Iterator[Axis]:
        """The axes of the section, those of the networks left to who reads networks."""
        if node is None:
            return
        if not isinstance(node, Map):
            help = "write `axes: {optimizer.Adam.lr: [0.001, 0.0005]}`"
            self.sink.error("wrong-type", f"`axes` must be a mapping, not {shown(node)}", node.span, help=help)
            return
        above: dict[str, Axis | None] = {SPEC: networks} if networks else {}
        for entry in node.entries[MAX_AXES : MAX_AXES + 1]:
            message = f"a sweep has at most {MAX_AXES} axes, and this one has {len(node.entries):,}"
            self.sink.error("bad-axis", message, entry.key.span, help="use `set:` for what is the same in all points")
        for entry in node.entries[:MAX_AXES]:
            if entry.key.text != SPEC and self.named(entry.key, (VARIANT, INPUT, RECIPE)):
                axis = above[entry.key.text] = self.axis(entry, above)
                yield from [axis] if axis else []

    def named(self, key: Scalar, words: Sequence[str]) -> bool:
        """Whether a name is that of something that can be set."""
        name = key.text
        self.work.spend(NAMED, key.span)
        if name in words or (name.startswith(PARAMS) and len(name) > len(PARAMS)) or name.split(".")[0] in SETTABLE:
            return True
        if self.sink.full:
            return False
        known = (*words, *SETTABLE)
        near = did_you_mean(name, known)
        help = "for example optimizer.Adam.lr"
        if name.isidentifier():
            help = f"a param of the spec is written `{PARAMS}{name if name != 'params' else 'dropout'}`"
        repairs = respell(key.span, name, known) if near else ()
        message = f"a recipe has no setting `{name.split('.')[0]}`"
        self.sink.error("unknown-axis", message, key.span, near, help=help, repairs=repairs)
        return False

    def axis(self, entry: Entry, above: Mapping[str, Axis | None]) -> Axis | None:
        node = entry.value
        if isinstance(node, Seq):
            return self.values(entry, node, {})
        if not isinstance(node, Map) or not node.entries or not any(e.key.text in FORMS for e in node):
            self.sink.error("bad-axis", f"`{entry.key.text}` has no values to try", entry.span, help=HELP)
            return None
        before = len(self.sink)
        for part in node:
            self.form(part)
        when = self.when(node.entry("when"), above)
        values = node.entry("values")
        if values is not None:
            self.lone(values, node)
            return self.listed(entry, values.value, when)
        if entry.key.text in LISTED:
            message = f"`{entry.key.text}` already has a list of values, so it cannot have a range"
            self.sink.error("bad-axis", message, node.span, help="write `values: […]`, or the list alone")
            return None
        made = self.range(entry, node) if len(self.sink) == before else None
        return Axis(entry.key.text, entry.key.span, range=made, when=when) if made else None

    def form(self, part: Entry) -> None:
        name = part.key.text
        if name not in FORMS and not self.sink.full:
            near = did_you_mean(name, FORMS)
            repairs = respell(part.key.span, name, FORMS) if near else ()
            message = f"unknown key `{name}` in an axis"
            self.sink.error("unknown-key", message, part.key.span, near, help=HELP, repairs=repairs)

    def lone(self, values: Entry, node: Map) -> None:
        """A list of values is no range as well."""
        for part in (part for part in node if part.key.text in ("from", "to", "scale", "steps")):
            labels = (Label(values.span, "its values"),)
            message = f"an axis has a list of values or a range, but this one also has `{part.key.text}`"
            self.sink.add(Diagnostic("bad-axis", message, Label(part.span), labels, help="remove one of them"))

    def listed(self, entry: Entry, node: Node, when: dict[str, tuple[Any, ...]]) -> Axis | None:
        if isinstance(node, Seq):
            return self.values(entry, node, when)
        message = f"`values` of `{entry.key.text}` must be a list, not {shown(node)}"
        repairs = rename(node.span, f"[{node.span.text}]" if isinstance(node, Scalar) and node.text else None)
        self.sink.error("wrong-type", message, node.span, repairs=repairs)
        return None

    def values(self, entry: Entry, node: Seq, when: dict[str, tuple[Any, ...]]) -> Axis | None:
        if not node.items:
            self.sink.error("bad-axis", f"`{entry.key.text}` has no values to try", node.span, help=HELP)
            return None
        if len(node.items) > MAX_VALUES:
            message = f"an axis has at most {MAX_VALUES:,} values, and `{entry.key.text}` has {len(node.items):,}"
            help = "numbers may be a range: {from: 0, to: 9999, steps: 10000}"
            self.sink.error("bad-axis", message, node.items[MAX_VALUES].span, help=help)
            return None
        self.work.spend(VALUE * len(node.items), entry.key.span)
        values = [to_plain(item) for item in node.items]
        firsts: dict[tuple[type, str], int] = {}
        for number, item in enumerate(node.items):
            first = firsts.setdefault((type(values[number]), json.dumps(values[number])), number)
            if first < number and not self.sink.full:
                labels = (Label(node.items[first].span, "the first is here"),)
                message = f"`{entry.key.text}` has `{shown(item)}` twice"
                self.sink.add(Diagnostic("bad-axis", message, Label(item.span), labels, help="remove one of them"))
        return Axis(entry.key.text, entry.key.span, tuple(values), tuple(item.span for item in node.items), when=when)

    def range(self, entry: Entry, node: Map) -> Range | None:
        low, high = (self.number(node, name, entry) for name in ("from", "to"))
        scale, steps = node.get("scale"), node.get("steps")
        word = scale.value if isinstance(scale, Scalar) else "linear" if scale is None else None
        count = steps.value if isinstance(steps, Scalar) else None
        if word not in ("log", "linear"):
            assert scale is not None
            self.sink.error("wrong-type", f"`scale` must be `log` or `linear`, not {shown(scale)}", scale.span)
        elif steps is not None and (type(count) is not int or not 2 <= count <= MAX_STEPS):
            message = f"`steps` must be a whole number from 2 to {MAX_STEPS:,}, not {shown(steps)}"
            self.sink.error("wrong-type", message, steps.span)
        elif low is not None and high is not None and not low < high:
            self.sink.error("bad-axis", f"`{entry.key.text}` goes from {low:g} to {high:g}", node.span, help=UP)
        elif low is not None and high is not None and word == "log" and low <= 0:
            message = f"`{entry.key.text}` has a logarithmic scale, so it cannot start at {low:g}"
            self.sink.error("bad-axis", message, node.span, help="start above 0, or remove `scale: log`")
        elif low is not None and high is not None:
            whole = type(low) is int and type(high) is int
            return Range(low, high, word == "log", whole, count if isinstance(count, int) else None)
        return None

    def number(self, node: Map, name: str, entry: Entry) -> float | int | None:
        value = node.get(name)
        if value is None:
            self.sink.error("bad-axis", f"`{entry.key.text}` needs `{name}`", node.span, help=HELP)
        elif isinstance(value, Scalar) and type(value.value) in (int, float):
            return value.value  # type: ignore[return-value]
        else:
            self.sink.error("wrong-type", f"`{name}` must be a number, not {shown(value)}", value.span)
        return None

    def when(self, entry: Entry | None, above: Mapping[str, Axis | None]) -> dict[str, tuple[Any, ...]]:
        """The values of other axes that an axis goes with."""
        if entry is None:
            return {}
        if not isinstance(entry.value, Map):
            help = "write `when: {optimizer: SGD}`"
            self.sink.error("wrong-type", f"`when` must be a mapping, not {shown(entry.value)}", entry.span, help=help)
            return {}
        for part in entry.value:
            self.work.spend(NAMED, part.key.span)
            if part.key.text not in above and not self.sink.full:
                near = did_you_mean(part.key.text, above)
                known = (
                    f"the axes above are {listing([f'`{n}`' for n in above])}" if above else "there is no axis above it"
                )
                message = f"no axis above is called `{part.key.text}`"
                self.sink.error("unknown-axis", message, part.key.span, near, help=known)
            for item in part.value.items if isinstance(part.value, Seq) else (part.value,):
                self.met(item, above.get(part.key.text))
        wanted = {part.key.text: to_plain(part.value) for part in entry.value}
        return {name: tuple(value) if isinstance(value, list) else (value,) for name, value in wanted.items()}

    def met(self, item: Node, axis: Axis | None) -> None:
        """A condition that some point meets: its value is one of the axis above."""
        self.work.spend(1 if axis is None else 1 + len(axis.values) + (axis.range.steps or 0 if axis.range else 0))
        value = to_plain(item)
        if axis is None or axis.has(value) or self.sink.full:
            return
        texts = [value for value in axis.values if isinstance(value, str)]
        near = did_you_mean(value, texts) if isinstance(value, str) else ""
        repairs = respell(item.span, str(value), texts) if near else ()
        message = f"no point has the value {flow(value)} of `{axis.name}`"
        labels = (Label(axis.span, "its values are here"),)
        known = [f"`{flow(value)}`" for value in axis.values[:MOST_SHOWN]]
        help = f"its values are {listing(known)}{' …' if len(axis.values) > MOST_SHOWN else ''}" if known else ""
        self.sink.add(Diagnostic("bad-axis", message, Label(item.span, near), labels, help=help, repairs=repairs))

    def settings(self, entry: Entry | None) -> Settings:
        """What `set:` says: params by `params.`, and settings of the recipe."""
        if entry is None:
            return Settings()
        if not isinstance(entry.value, Map):
            help = "write `set: {epochs: 5, params.dropout: 0.2}`"
            self.sink.error("wrong-type", f"`set` must be a mapping, not {shown(entry.value)}", entry.span, help=help)
            return Settings()
        known = [part for part in entry.value if self.named(part.key, ())]
        spans = {part.key.text: part.span for part in known}
        return replace(settings_of([(part.key.text, to_plain(part.value)) for part in known]), spans=spans)


def settings_of(pairs: Sequence[tuple[str, Any]]) -> Settings:
    """Names with values, parted into params of the spec and settings of the recipe."""
    params = {name.removeprefix(PARAMS): value for name, value in pairs if name.startswith(PARAMS)}
    own = [(name, value) for name, value in pairs if not name.startswith(PARAMS)]
    return Settings(params, tuple(Setting(f"`{name}`", name, json.dumps(value)) for name, value in own))


UP = "`from` must be smaller than `to`"
