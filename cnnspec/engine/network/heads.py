"""What a network gives beside its last line: aux heads, and several outputs by name.

    stem ─► stage3 ─┬─► stage4 ─► fc ─► logits
                    └─► aux1 ─► …        in training only

A head's lines are expanded as soon as the line behind which it stands is there, so that modules have that order.
"""

from __future__ import annotations

from math import isfinite

from cnnspec.engine.diagnostics import Diagnostic, Label
from cnnspec.engine.network.context import UNKNOWN, Context, Flow, ScopeBuilder
from cnnspec.engine.network.expansion import Expansion
from cnnspec.engine.network.graph import LOGITS, NOWHERE, Aux, Opened, maker
from cnnspec.engine.network.names import Missing, name_group, source
from cnnspec.engine.network.patches import Patching
from cnnspec.engine.network.reporter import Broken
from cnnspec.engine.spec.model import DeclaredOutput, Head
from cnnspec.engine.spec.name_lookup import line_of, no_line
from cnnspec.engine.syntax import Scalar, Silent
from cnnspec.engine.syntax.evaluate import in_yaml

TYPE = "Aux"  # what the scope of a head is called in tables and in the module tree


class Heads:
    """The aux heads of a network while its lines are expanded into ``root``."""

    def __init__(self, expansion: Expansion, patching: Patching, root: ScopeBuilder, context: Context) -> None:
        self.expansion, self.patching = expansion, patching
        self.root, self.context = root, context
        self.waiting = list(expansion.spec.aux)
        self.made: dict[Head, tuple[float, Flow]] = {}

    def follow(self) -> None:
        """Expands the heads whose line is there by now."""
        if self.waiting:
            ready = [head for head in self.waiting if self.anchor(head) in self.root.ids]
            self.waiting = [head for head in self.waiting if head not in ready]
            for head in ready:
                self.expand(head)

    @staticmethod
    def anchor(head: Head) -> str:
        return line_of((head.after or head.source).text)

    def expand(self, head: Head) -> None:
        position = self.root.position  # a head stands beside the chain and takes no number of it
        self.expansion.aux = True
        try:
            self.made[head] = self.expanded(head)
        except (Broken, Silent):
            self.made[head] = (0.0, UNKNOWN)
        finally:
            self.expansion.aux = False
            self.root.position = position

    def expanded(self, head: Head) -> tuple[float, Flow]:
        """The weight of a head and what it gives; a head whose `when` is false is not there."""
        flow = source(self.expansion, head.source, UNKNOWN, self.root, self.context, _nowhere)
        if flow is None:
            raise Broken
        if head.when is not None and not self.expansion.condition(head.when, self.context, flow):
            return 0.0, Flow()
        weight = self.weight(head, flow)
        found = self.patching.patched_scope(head, head.layers, self.root, self.context)
        if found is None:
            return 0.0, Flow()
        items, outer, since = found
        name = name_group(self.expansion, head.name, flow, self.root, outer)
        self.root.write(head, name)
        trace, place = outer.frame(f"aux head {name}", head.name.span), self.root.inside(head, name, since)
        opened, key = Opened(outer.env, head), self.root.child_key(name)
        inner = ScopeBuilder(key, TYPE, head.name.span, len(self.expansion.nodes), opened, self.root, place=place)
        return weight, self.expansion.scope(
            items, flow, inner, self.root, Context(outer.env, flow, trace, outer.blocks)
        )

    def weight(self, head: Head, flow: Flow) -> float:
        value = self.expansion.value(head.weight, self.context, flow)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
            message = f"`weight` must be a number, 0 or larger, not {in_yaml(value)}"
            self.expansion.fail(
                "wrong-type", message, head.weight, self.context, help="set `weight: 0.3`, as in the GoogLeNet paper"
            )
        return float(value)

    def finish(self, out: Flow, *, alone: bool) -> tuple[Aux, ...]:
        """The heads in the order of the spec. ``alone``: ``out`` is the one output, and theirs have to be like it."""
        for head in self.waiting:
            if self.is_there(head.after or head.source):
                self.expand(head)
        found = []
        taken: dict[str, Scalar | None] = {output.name.text: output.name for output in self.expansion.spec.outputs}
        if alone:
            taken[LOGITS] = None
        for head in self.expansion.spec.aux:
            weight, flow = self.made.get(head, (0.0, UNKNOWN))
            if flow.shape is None or flow.value == NOWHERE:
                continue
            self.claim(head.output, taken)
            if alone:
                self.compare(head, flow, out)
            found.append(Aux(head.name.text, head.output.text, weight, flow.value, head.name.span))
        return tuple(found)

    def claim(self, output: Scalar, taken: dict[str, Scalar | None]) -> None:
        """Training gives each output under its name, so no two have one."""
        name = output.text
        if name in taken:
            first = taken[name]
            message = f"two outputs have the name `{name}`"
            if first is None:
                message = f"`{name}` is already the name of the network's own output"
            labels = () if first is None else (Label(first.span, "first here"),)
            help = "give the head another name, or another `output`"
            self.expansion.sink.error("duplicate-id", message, output.span, help=help, labels=labels)
        taken.setdefault(name, output)

    def is_there(self, word: Scalar) -> bool:
        """Whether a line has this id; that none has it is told, unless a broken line may have had it."""
        try:
            return source(self.expansion, word, UNKNOWN, self.root, self.context, _nowhere) is not None
        except (Broken, Silent):
            return False

    def compare(self, head: Head, flow: Flow, out: Flow) -> None:
        """Both are held against the same labels."""
        if out.shape is None or flow.shape is None or out.shape == flow.shape:
            return
        nodes = self.expansion.nodes
        labels = tuple(Label(nodes[maker(f.value)].span, f"gives {f.shape}") for f in (flow, out) if f.value >= 0)
        message = f"aux head `{head.name.text}` returns {flow.shape}, but the network returns {out.shape}"
        help = "give the head as many outputs as the network: training compares both with the same labels"
        self.expansion.sink.error(
            "aux-mismatch", message, head.name.span, labels=labels, help=help, trace=self.context.trace
        )


def _nowhere(word: Scalar, name: str, ids: list[str]) -> Diagnostic:
    return no_line(word, name, ids, "the network's own chain")


def outputs(
    expansion: Expansion,
    declared: tuple[DeclaredOutput, ...],
    last: Flow,
    scope: ScopeBuilder,
    context: Context,
    missing: Missing = _nowhere,
) -> dict[str, Flow]:
    """The values that a section `outputs` names; what is not there is told."""
    found = {}
    for output in declared:
        try:
            flow = source(expansion, output.source, last, scope, context, missing)
        except (Broken, Silent):
            flow = None
        found[output.name.text] = UNKNOWN if flow is None else flow
    return found


def primary(found: dict[str, Flow], last: Flow) -> Flow:
    """The one output of several that stands for the network where one is asked for: `logits`, or the last."""
    return found.get(LOGITS) or next(reversed(found.values()), last)
