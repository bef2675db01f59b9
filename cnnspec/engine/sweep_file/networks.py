"""The networks of a sweep: a name or a path, with what is set for it alone, or a list of such.

spec: mnist/lenet
spec: [mnist/lenet, {spec: mnist/alexnet, recipe: mnist/alexnet, set: {params.dropout: 0.2}}]
"""

from __future__ import annotations

from collections import Counter

from cnnspec.engine.diagnostics import Sink, Source, did_you_mean, listing
from cnnspec.engine.spec.edits import respell
from cnnspec.engine.spec.params import to_plain
from cnnspec.engine.sweep_file.axes import AxisReader
from cnnspec.engine.sweep_file.model import RECIPE, SPEC, VARIANT, Axis, NetworkEntry
from cnnspec.engine.sweep_file.paths import recipe_path, spec_path
from cnnspec.engine.syntax import Entry, LocatedMeter, Map, Node, Scalar, Seq, shown

NAME = "name"
NETWORK, LOOKED_FOR = 40, 1500  # steps of the meter that a network takes, and a name among what ships
WORDS = (NAME, SPEC, VARIANT, RECIPE, "set")
HELP = "a network is a name, a path, or {spec: mnist/alexnet, variant: …, recipe: …, set: {params.dropout: 0.2}}"


class NetworkReader:
    """Reads networks; paths are from the folder of the sweep file."""

    def __init__(self, sink: Sink, source: Source, axes: AxisReader, work: LocatedMeter) -> None:
        self.sink, self.source, self.axes, self.work = sink, source, axes, work
        self.paths: dict[str, str] = {}  # by the names that stand for them

    def read(self, entry: Entry | None) -> tuple[tuple[NetworkEntry, ...], Axis | None]:
        """The networks of a key, and the axis that a list of them is."""
        if entry is None:
            return (), None
        if not isinstance(entry.value, Seq):
            one = self.network(entry.value)
            return ((one,) if one else ()), None
        made = [self.network(item) for item in entry.value.items]
        networks = tuple(network for network in made if network)
        labels = [network.label for network in networks]
        often = Counter(labels)
        for network in networks:
            if often[network.label] > 1 and not self.sink.full:
                help = "give each its own name: {name: with dropout, spec: …}"
                message = f"two networks are called `{network.label}`"
                self.sink.error("bad-axis", message, network.span, help=help)
        if not entry.value.items:
            self.sink.error("bad-axis", "`spec` has no networks to try", entry.value.span, help=HELP)
        return networks, Axis(SPEC, entry.key.span, tuple(labels), tuple(n.span for n in networks))

    def network(self, node: Node) -> NetworkEntry | None:
        """The network of a node; None where it is wrong. Raises OutOfWork."""
        self.work.spend(NETWORK, node.span)
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return NetworkEntry(node.text, self.path(node.text), node.span)
        if not isinstance(node, Map):
            self.sink.error(
                "wrong-type", f"a network must be a name or a mapping, not {shown(node)}", node.span, help=HELP
            )
            return None
        for part in node:
            self.known(part)
        spec = self.word(node, SPEC)
        if spec is None:
            self.sink.error("missing-key", "the network needs the key `spec`", node.span, help=HELP)
            return None
        label, variant, recipe = (self.word(node, name) for name in (NAME, VARIANT, RECIPE))
        called = label.text if label else f"{spec.text}:{variant.text}" if variant else spec.text
        return NetworkEntry(
            called,
            self.path(spec.text),
            spec.span,
            variant.text if variant else None,
            recipe_path(self.source, recipe.text) if recipe else None,
            self.axes.settings(node.entry("set")),
            {name: word.span for name, word in ((VARIANT, variant), (RECIPE, recipe)) if word},
        )

    def path(self, name: str) -> str:
        """What a name stands for; each is looked for once. Raises OutOfWork."""
        if name not in self.paths:
            self.work.spend(LOOKED_FOR)
            self.paths[name] = spec_path(self.source, name)
        return self.paths[name]

    def known(self, part: Entry) -> None:
        name = part.key.text
        if name not in WORDS and not self.sink.full:
            near = did_you_mean(name, WORDS)
            repairs = respell(part.key.span, name, WORDS) if near else ()
            help = f"the keys are {listing([f'`{word}`' for word in WORDS])}"
            message = f"unknown key `{name}` in a network of a sweep"
            self.sink.error("unknown-key", message, part.key.span, near, help=help, repairs=repairs)

    def word(self, node: Map, name: str) -> Scalar | None:
        value = node.get(name)
        if value is None or (isinstance(value, Scalar) and isinstance(to_plain(value), str)):
            return value
        self.sink.error("wrong-type", f"`{name}` is a name, not {shown(value)}", value.span)
        return None
