"""Source -> Spec: the keys of a file, and the checks that need no values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from cnnspec.engine.diagnostics import Edit, Repair, Sink, Source, choices, did_you_mean, nearest
from cnnspec.engine.gc_paused import gc_paused
from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.spec.blocks import read_block
from cnnspec.engine.spec.budget import read_budget
from cnnspec.engine.spec.edits import insertion, respell
from cnnspec.engine.spec.extends import PatchSection, Whole, follow, reached_by
from cnnspec.engine.spec.heads import read_aux, read_outputs
from cnnspec.engine.spec.init import read_init
from cnnspec.engine.spec.inputs import dtypes, read_input, sizes_alone
from cnnspec.engine.spec.installed_layers import import_offered
from cnnspec.engine.spec.items import SHARE, ItemReader
from cnnspec.engine.spec.model import Block, Patches, Spec, Variant
from cnnspec.engine.spec.params import declare
from cnnspec.engine.spec.patch import read_patches
from cnnspec.engine.spec.silence import silenced
from cnnspec.engine.spec.static import check_definitions
from cnnspec.engine.spec.validation_errors import validate
from cnnspec.engine.syntax import Entry, Map, Meter, Node, Scalar, Seq, parse, shown

VERSION = 1
MAX_DEFINED = 1_000  # variants of a spec, and blocks
VARIANT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


class Header(BaseModel):
    """The keys of a spec that are plain values."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)

    cnnspec: int = Field(ge=VERSION, le=VERSION)
    name: str = ""
    description: str = ""
    source: str = ""


SECTIONS = (
    *("extends", "input", "params", "variants", "layers", "patch"),
    *("outputs", "aux", "blocks", "init", "lint", "budget"),
)
KEYS = (*Header.model_fields, *SECTIONS)


@gc_paused
def read(
    source: Source, sink: Sink, builtin: Mapping[str, Block], title: str | None = None, meter: Meter | None = None
) -> Spec | None:
    """The spec of a text, or None where it is not even a mapping. Every mistake goes to the sink.

    ``builtin`` are the blocks that any spec may use; the file's own go before them.
    ``meter`` counts the work of reading. What the text extends is read as well, from its file or from what ships.
    """
    meter = meter or Meter()
    top = parse(source, sink, meter)
    if top is None:
        return None
    if not isinstance(top, Map):
        help = "start with `cnnspec: 1`, then `input:` and `layers:`"
        sink.error("wrong-type", f"a spec must be a mapping, not {shown(top)}", source.span(), help=help)
        return None
    if top.entry("extends") is None:
        return _spec(source, top, sink, builtin, title, meter)
    found = Sink()
    spec = _spec(source, top, found, builtin, title, meter)
    for diagnostic in found:
        sink.add(reached_by(top, diagnostic))
    return spec


def _spec(
    source: Source, top: Map, sink: Sink, builtin: Mapping[str, Block], title: str | None, meter: Meter
) -> Spec | None:
    """The spec of a text that is a mapping, with what it extends."""
    whole = follow(source, top, builtin, sink, meter, lambda base, own: _SpecReader(base, sink, own, builtin).header())
    if whole is None:
        _SpecReader(source, sink, top, builtin).alone()
        return None
    import_offered(whole, builtin)
    return _SpecReader(source, sink, whole.top, builtin).spec(title, whole)


def _declared(top: Map) -> set[str]:
    """The names of all params of a text, those of its blocks too."""
    blocks = top.get("blocks")
    definitions = [top, *(entry.value for entry in (blocks if isinstance(blocks, Map) else ()))]
    found = [node.get("params") for node in definitions if isinstance(node, Map)]
    return {name for params in found if isinstance(params, Map) for name in params.names()}


class _SpecReader:
    def __init__(self, source: Source, sink: Sink, top: Map, builtin: Mapping[str, Block]) -> None:
        self.source = source
        self.sink = sink
        self.top = top
        own = top.get("blocks")
        self.own_names = own.names() if isinstance(own, Map) else []
        self.builtin = builtin
        self.layers = {*REGISTRY, *builtin, *self.own_names}
        self.items = ItemReader(sink, self.own_names, _declared(top), self.layers)

    def alone(self) -> None:
        """Looks at what can be wrong in a text whose base cannot be had."""
        self.header()
        patch = self.top.get("patch")
        if patch is not None:
            read_patches(patch, self.sink, self.items)

    def spec(self, title: str | None, whole: Whole) -> Spec:
        header = self.header()
        blocks = {**self.builtin, **self.blocks()}
        variants = self.variants()
        spec = Spec(
            source=self.source,
            title=title or header.name or self.source.name,
            name=header.name,
            description=header.description,
            reference=header.source,
            input=read_input(self.required("input"), self.sink),
            dtypes=dtypes(self.top.get("input")),
            params=declare(self.top.get("params"), self.layers, self.sink),
            variants=variants,
            layers=self.items.chain(self.layers_of_network(), "layers"),
            blocks=blocks,
            init=read_init(self.top.get("init"), self.sink),
            ignored=silenced(self.top.get("lint"), self.sink),
            budget=read_budget(self.top.get("budget"), variants, self.sink),
            aux=read_aux(self.top.get("aux"), self.items, self.sink),
            outputs=read_outputs(self.top.get("outputs"), self.sink),
            extends=whole.extends,
            bases=whole.bases,
            patches=tuple(self.patches(section) for section in whole.patches),
            shares=any(SHARE in source.text for source in (self.source, *whole.bases)),
        )
        check_definitions(spec, self.own_names, self.sink)
        return spec

    def patches(self, section: PatchSection) -> Patches:
        return Patches(read_patches(section.entry.value, self.sink, self.items), sizes_alone(section.input))

    def header(self) -> Header:
        entries = {entry.key.text: entry for entry in self.top}
        for name in entries:
            if name not in KEYS:
                self.unknown_key(entries[name])
        plain = {name: e for name, e in entries.items() if name in Header.model_fields}
        values = {name: self.plain(e.value) for name, e in plain.items()}
        if "cnnspec" not in plain:
            help = "start with `cnnspec: 1`"
            repairs = (Repair(help, (insertion(self.source.span(), "cnnspec: 1\n"),)),)
            self.sink.error("missing-key", "the spec needs the key `cnnspec`", self.source.span(), repairs=repairs)
        elif type(values["cnnspec"]) is int and values["cnnspec"] != VERSION:
            message = f"this cnnspec reads version {VERSION} of the language, not {values['cnnspec']}"
            repairs = (Repair("write `cnnspec: 1`", (Edit(plain["cnnspec"].value.span, "1"),)),)
            self.sink.error("unknown-version", message, plain["cnnspec"].span, repairs=repairs)
            values["cnnspec"] = VERSION
        values.setdefault("cnnspec", VERSION)
        made = validate(Header, values, plain, self.source.span(), "a spec")
        if isinstance(made, Header):
            return made
        for diagnostic in made:
            self.sink.add(diagnostic)
        return Header(cnnspec=VERSION)

    @staticmethod
    def plain(node: Node) -> Any:
        return node.value if isinstance(node, Scalar) else ()

    def unknown_key(self, entry: Entry) -> None:
        name = entry.key.text
        help = choices("the keys are", "keys", name, KEYS, "docs/reference/language.md and `cnnspec schema`")
        free = [key for key in KEYS if self.top.entry(key) is None]
        near, repairs = did_you_mean(name, free) or did_you_mean(name, KEYS), respell(entry.key.span, name, free)
        if not near and isinstance(entry.value, Scalar) and isinstance(entry.value.value, int | float):
            help = f"declare your own values as params: `params: {{{name}: {entry.value.text}}}`"
        self.sink.error(
            "unknown-key", f"unknown key `{name}` in a spec", entry.key.span, near, help=help, repairs=repairs
        )

    def required(self, name: str) -> Node | None:
        misspelt = any(nearest(n, KEYS) == name for n in self.top.names() if n not in KEYS)
        if self.top.entry(name) is None and not misspelt:
            example = {"input": "input: [1, 28, 28]", "layers": "layers: [...]"}[name]
            self.sink.error(
                "missing-key", f"the spec needs the key `{name}`", self.source.span(), help=f"add `{example}`"
            )
        return self.top.get(name)

    def layers_of_network(self) -> Node | None:
        node = self.required("layers")
        if isinstance(node, Seq) and not node.items:
            help = "write a list of lines below `layers:`, such as `- Conv2d: {out_channels: 16, kernel_size: 3}`"
            self.sink.error("empty-network", "the network has no layers", node.span, help=help)
        return node

    def variants(self) -> dict[str, Variant]:
        node = self.top.get("variants")
        if node is None:
            return {}
        if not isinstance(node, Map):
            message = f"`variants` must map names to settings, not {shown(node)}"
            self.sink.error("wrong-type", message, node.span, help="write `variants: {small: {width: 16}}`")
            return {}
        return {e.key.text: variant for e in self.bounded(node, "variants") if (variant := self.variant(e))}

    def bounded(self, node: Map, what: str) -> tuple[Entry, ...]:
        """The entries of a section; none of them where they are too many."""
        if len(node.entries) <= MAX_DEFINED:
            return node.entries
        self.sink.error("too-large", f"a spec has at most {MAX_DEFINED:,} {what}", node.entries[MAX_DEFINED].key.span)
        return ()

    def variant_name_is_sound(self, key: Scalar) -> bool:
        if VARIANT.fullmatch(key.text):
            return True
        help = "a variant's name has letters, digits, `_`, `-` and dots"
        self.sink.error("bad-name", f"`{key.text}` cannot name a variant", key.span, help=help)
        return False

    def variant(self, entry: Entry) -> Variant | None:
        node = entry.value
        if not self.variant_name_is_sound(entry.key):
            return None
        if isinstance(node, Scalar) and node.value is None:
            node = Map(node.span, (), flow=True)
        if isinstance(node, Map):
            return Variant(entry.key, node)
        self.sink.error("wrong-type", f"a variant must be a mapping of settings, not {shown(node)}", entry.span)
        return None

    def blocks(self) -> dict[str, Block]:
        node = self.top.get("blocks")
        if node is None:
            return {}
        if not isinstance(node, Map):
            self.sink.error("wrong-type", f"`blocks` must map names to definitions, not {shown(node)}", node.span)
            return {}
        found = {
            entry.key.text: read_block(entry, self.items, self.layers, self.sink)
            for entry in self.bounded(node, "blocks")
        }
        return {name: block for name, block in found.items() if block is not None}


def read_blocks(source: Source, sink: Sink, names: list[str]) -> dict[str, Block]:
    """The blocks of a library file, which holds `cnnspec` and `blocks` alone; ``names`` are all of the library's."""
    top = parse(source, sink)
    assert isinstance(top, Map), source.name
    reader = _SpecReader(source, sink, top, {})
    reader.layers |= set(names)
    return reader.blocks()
