"""Text -> diagnostics: a spec read, expanded in every variant, and its repairs tried before they are offered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cnnspec.diagnostics import Diagnostic, Edit, Repair, Sink, Source, UsageError, did_you_mean, listing
from cnnspec.network import Graph, Meter, expand
from cnnspec.spec import Spec, builtin_blocks, read

MAX_TRIALS = 24  # repairs tried in one run; a file with more errors than that is mended in turns


def check_source(source: Source, variant: str | None = None) -> tuple[Diagnostic, ...]:
    """What is wrong with a text, by place; with ``variant``, under that variant alone, else under every one."""
    found = diagnose(source, variant)
    return tuple(_with_help(source, variant, found))


def diagnose(source: Source, variant: str | None = None) -> tuple[Diagnostic, ...]:
    """The same without trying any repair."""
    sink = Sink()
    spec = read(source, sink, builtin_blocks())
    meter = Meter()
    for chosen in variants(spec, variant) if spec else ():
        expand(chosen, sink, meter)
    return sink.in_order()


def check_spec(spec: Spec) -> tuple[Graph | None, tuple[Diagnostic, ...]]:
    """The graph of a spec as it is set, and what is wrong with it."""
    sink = Sink()
    graph = expand(spec, sink)
    found = sink.in_order()
    plain = not spec.settings and spec.input_override is None
    if plain and found:  # the repairs of a spec with settings on top cannot be tried on its text alone
        found = tuple(_with_help(spec.source, spec.variant, found))
    return graph, found


def variants(spec: Spec, variant: str | None = None) -> Iterable[Spec]:
    """The spec under one variant, or under each; its defaults where it has none or where all of them are set."""
    if variant is not None:
        return [with_variant(spec, variant)]
    named = [replace(spec, variant=name) for name in spec.variants]
    required = any(param.required and not param.broken for param in spec.params.values())
    return named if named and required else [spec, *named]


def with_variant(spec: Spec, variant: str | None) -> Spec:
    """The spec under one of its variants. Raises UsageError where it has none of that name."""
    if variant is not None and variant not in spec.variants:
        near = did_you_mean(variant, spec.variants)
        known = f"its variants are {listing(list(spec.variants))}" if spec.variants else "it has no variants"
        raise UsageError(f"{spec.source.name} has no variant `{variant}`", near or known)
    return replace(spec, variant=variant)


def _with_help(source: Source, variant: str | None, found: tuple[Diagnostic, ...]) -> Iterable[Diagnostic]:
    trials = 0
    for diagnostic in found:
        good = []
        for repair in diagnostic.repairs:
            trials += 1
            if trials <= MAX_TRIALS and _mends(source, variant, repair, diagnostic, found):
                good.append(repair)
        help = "; ".join(filter(None, [", or ".join(repair.words for repair in good), diagnostic.help]))
        yield replace(diagnostic, help=help, repairs=tuple(good))


def _mends(
    source: Source, variant: str | None, repair: Repair, diagnostic: Diagnostic, found: tuple[Diagnostic, ...]
) -> bool:
    """Whether the edited text has this error no longer, and no new one."""
    after = diagnose(apply(source, repair.edits), variant)
    return len(after) < len(found) and all(
        (d.code, d.message) != (diagnostic.code, diagnostic.message) or d.span.line != diagnostic.span.line
        for d in after
    )


def apply(source: Source, edits: Iterable[Edit]) -> Source:
    """The source with the edits made, from the last to the first."""
    text = source.text
    for edit in sorted(edits, key=lambda e: (e.span.line, e.span.column), reverse=True):
        start = source.offset(edit.span.line, edit.span.column)
        end = source.offset(edit.span.end_line, edit.span.end_column)
        text = text[:start] + edit.text + text[end:]
    return Source(source.name, text)
