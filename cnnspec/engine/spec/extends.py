"""What a spec extends, followed to its end and laid together into one tree.

    mine.yaml ──extends──► base.yaml ──extends──► resnet50
        │                      │                      │
        └─ patch ──────────────┴─ patch               └─ layers     patches stay apart: each edits what is below it

A base is a whole text or the beginning of one: what it lacks may be given by what extends it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from os.path import realpath
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Frame, Label, Sink, Source, SpecError, UsageError
from cnnspec.engine.diagnostics.errors import OutputError
from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.spec.bases import Base, find_base, inside, no_variant, split
from cnnspec.engine.spec.merge import lay_over, under_variant
from cnnspec.engine.spec.shipped import ENDINGS, open_source
from cnnspec.engine.syntax import Entry, Map, Meter, Node, Scalar, parse, shown

MAX_BASES = 8  # texts that one builds on
NO_PATCH = "`patch` edits the lines of a base; edit these lines directly"


class PatchSection(Struct, frozen=True):
    """The section `patch` of one text, and the input of what it extends."""

    entry: Entry
    input: Node | None


class Whole(Struct, frozen=True):
    """A text together with all that it builds on."""

    top: Map
    extends: Scalar | None = None
    bases: tuple[Source, ...] = ()
    patches: tuple[PatchSection, ...] = ()  # the lowest first


def follow(
    source: Source,
    top: Map,
    builtin: Collection[str],
    sink: Sink,
    meter: Meter,
    check: Callable[[Source, Map], object] = lambda source, top: None,
) -> Whole | None:
    """The text with all that it extends, or None where one of these cannot be had, which is told.

    ``builtin`` are names that a param may hold beside layers; ``check`` looks at the keys of each base.
    """
    return _Follower(builtin, sink, meter, check).whole(source, top, ())


class _Follower:
    def __init__(
        self, builtin: Collection[str], sink: Sink, meter: Meter, check: Callable[[Source, Map], object]
    ) -> None:
        self.builtin = builtin
        self.sink = sink
        self.meter = meter
        self.check = check

    def whole(self, source: Source, top: Map, above: tuple[tuple[Source, Scalar], ...]) -> Whole | None:
        entry, patch = top.entry("extends"), top.entry("patch")
        if entry is None:
            if patch is not None:
                help = "name that spec: `extends: resnet50`; or edit the lines themselves"
                self.sink.error("bad-patch", NO_PATCH, patch.key.span, help=help)
            return Whole(top)
        found = self.base(source, entry.value, above)
        if found is None:
            return None
        base, below = found
        layers = {*REGISTRY, *self.builtin, *_blocks(top), *_blocks(below.top)}
        lower = under_variant(below.top, base.variant, layers, self.sink) if base.variant else below.top
        merged = lay_over(top, lower, layers, self.sink)
        if merged is None:
            return None
        patches = self.patches(top, patch, below, lower)
        assert isinstance(entry.value, Scalar)
        return Whole(merged, entry.value, (base.source, *below.bases), patches)

    def patches(self, top: Map, patch: Entry | None, below: Whole, lower: Map) -> tuple[PatchSection, ...]:
        """Those of the text behind those of its base; lines that are written anew leave nothing to patch."""
        layers = top.entry("layers")
        if layers is None:
            return (*below.patches, *([PatchSection(patch, lower.get("input"))] if patch else []))
        if patch is not None:
            labels = (Label(layers.key.span, "written again here"),)
            help = "remove `layers`: the lines come from the base"
            self.sink.error("bad-patch", NO_PATCH, patch.key.span, labels=labels, help=help)
        return ()

    def base(self, source: Source, node: Node, above: tuple[tuple[Source, Scalar], ...]) -> tuple[Base, Whole] | None:
        """The base of one text, with all that it builds on in turn."""
        base = find_base(source, node, self.sink)
        if base is None:
            return None
        assert isinstance(node, Scalar)
        way = (*above, (source, node))
        if self.is_ring(base.source, way) or self.is_too_deep(node, way):
            return None
        own = Sink()
        top = parse(base.source, own, self.meter)
        for diagnostic in own:
            self.sink.add(diagnostic)
        if any(diagnostic.code == "yaml-syntax" for diagnostic in own):
            return None  # what was meant in another file is not guessed
        if isinstance(top, Map):
            self.check(base.source, top)
            below = self.whole(base.source, top, way)
            return (base, below) if below and self.has_variant(node, base, below.top) else None
        if top is not None:
            self.sink.error("wrong-type", f"a spec must be a mapping, not {shown(top)}", base.source.span())
        return None

    def is_ring(self, base: Source, way: tuple[tuple[Source, Scalar], ...]) -> bool:
        places = [_place(source) for source, _ in way]
        if base.path is None or _place(base) not in places:
            return False
        ring = way[places.index(_place(base)) :]
        names = " → ".join([*(source.name for source, _ in ring), base.name])
        labels = tuple(Label(node.span, f"extends `{node.text}` here") for _, node in ring[:-1])
        message = f"`{base.name}` extends itself"
        place = ring[-1][1].span
        self.sink.error("recursive-extends", message, place, names if len(ring) > 1 else "", labels=labels)
        return True

    def is_too_deep(self, node: Scalar, way: tuple[tuple[Source, Scalar], ...]) -> bool:
        if self.meter.steps > self.meter.limit // 2:  # what the texts say is still to be expanded
            self.sink.error("too-much-work", "the bases of this spec are too large", node.span)
            return True
        if len(way) > MAX_BASES:
            self.sink.error("too-deep", f"a spec has at most {MAX_BASES} bases", node.span)
        return len(way) > MAX_BASES

    def has_variant(self, node: Scalar, base: Base, top: Map) -> bool:
        if base.variant is None:
            return True
        variants = top.get("variants")
        known = variants.names() if isinstance(variants, Map) else []
        if base.variant not in known:
            self.sink.add(no_variant(node, base, known))
        return base.variant in known


def _place(source: Source) -> str | None:
    return None if source.path is None else realpath(source.path)


def _blocks(top: Map) -> list[str]:
    blocks = top.get("blocks")
    return blocks.names() if isinstance(blocks, Map) else []


def reached_by(top: Map, diagnostic: Diagnostic) -> Diagnostic:
    """What is said of a base, with the key that led to it."""
    node = top.get("extends")
    if node is None or diagnostic.trace is not None or diagnostic.span.source is top.span.source:
        return diagnostic
    return replace(diagnostic, trace=Frame(f"extends {shown(node)}", node.span))


# ------------------------------------------------------------------------------------------------------ by itself


def with_bases(source: Source, bases: tuple[Source, ...]) -> Source:
    """The text with what it extends at hand, in order: nothing is looked for."""
    below: Source | None = None
    for base in reversed(bases):
        below = replace(base, base=below)
    return replace(source, base=below)


def base_files(path: Path) -> tuple[Path, ...]:
    """The files that a spec builds on, those that are not there included, as far as its text tells."""
    found: list[Path] = []
    while len(found) <= MAX_BASES:
        name = _named_file(path)
        below = inside(path, name) if name else None
        if below is None or below in found:
            break
        found.append(below)
        path = below
    return tuple(found)


def _named_file(path: Path) -> str | None:
    """The file that the text of another extends; None where it extends none, or cannot be read."""
    try:
        source = open_source(path)
    except (SpecError, UsageError, OutputError):
        return None
    top = parse(source, Sink()) if "extends" in source.text else None
    node = top.get("extends") if isinstance(top, Map) else None
    name = split(node.text)[0] if isinstance(node, Scalar) else ""
    return name if name.endswith(ENDINGS) else None
