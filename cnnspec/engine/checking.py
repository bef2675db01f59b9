"""Text -> diagnostics: a spec read, expanded in every variant, and its repairs tried before they are offered.

Recipes and sweeps are texts as well, and are checked by the same call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Edit, Repair, Sink, Source, UsageError, did_you_mean, listing
from cnnspec.engine.diagnostics.diagnostic import place
from cnnspec.engine.diagnostics.fix_trial import mending
from cnnspec.engine.diagnostics.habits import habits, told_once
from cnnspec.engine.gc_paused import gc_paused
from cnnspec.engine.layers.join import ALIGN
from cnnspec.engine.lint import lint
from cnnspec.engine.network import Graph, Meter, expand
from cnnspec.engine.network.expansion import PatchHits
from cnnspec.engine.network.init import check_patterns
from cnnspec.engine.network.unused_patches import idle_patches, report_idle
from cnnspec.engine.spec import Spec, builtin_blocks, read
from cnnspec.engine.spec.budget import Budget
from cnnspec.engine.syntax.marks import kind

Reader = Callable[[Source, Sink, Meter], object]
MOST_VARIANTS = 2  # whose inputs are solved for where sizes do not divide
MAX_TRIALS = 24  # repairs tried in one run; a file with more errors than that is mended in turns
MAX_WORK = 350_000  # of all trials of a run, in the meter's steps: a quarter of a second; a character counts as one


@gc_paused
def check_source(
    source: Source, variant: str | None = None, budget: Budget | None = None, meter: Meter | None = None
) -> tuple[Diagnostic, ...]:
    """What is wrong with a text, by place; with ``variant``, under that variant alone, else under every one.

    Errors where there are any; else the bounds that a sound spec exceeds, of its own budget and of ``budget``, and the
    warnings about it. ``meter`` counts the work; the trials of fixes have others of its kind.
    """
    meter = meter or Meter()
    if _other_reader(source) is not None:
        found = diagnose(source, meter=meter)
        return _with_help(source, found, meter, lambda edited, trial: diagnose(edited, meter=trial))
    return check_examined(source, examine(source, variant, meter), variant, budget, meter)


def check_examined(
    source: Source,
    examined: Examined,
    variant: str | None = None,
    budget: Budget | None = None,
    meter: Meter | None = None,
) -> tuple[Diagnostic, ...]:
    """What ``check_source`` says of a spec that was examined already, under the same variant."""
    meter = meter or Meter(steps=examined.steps)
    if examined.errors or examined.spec is None:
        errors = _with_inputs(examined.errors, variants(examined.spec, variant) if examined.spec else ())
        return _with_help(source, errors, meter, lambda edited, trial: diagnose(edited, variant, trial))
    warnings = _with_fixes(source, variant, examined.warnings(), _trials(source, examined.steps))
    over = examined.over_budget(variant, budget)
    return tuple(sorted((*warnings, *over), key=place)) if over else warnings


def _other_reader(source: Source) -> Reader | None:
    """What reads a text that is no spec: a recipe or a sweep, which has no variants and costs nothing.

    It is imported here, so that a spec is checked without them.
    """
    if (what := kind(source)) == "recipe":
        from cnnspec.engine.recipe.read import read as read_recipe

        return read_recipe
    if what == "sweep":
        from cnnspec.engine.sweep_file.read import read as read_sweep

        return read_sweep
    return None


class Examined(Struct, frozen=True):
    """A text that was read and expanded: its graphs, and what is wrong with it before any repair was tried."""

    spec: Spec | None
    graphs: tuple[Graph, ...]
    errors: tuple[Diagnostic, ...]
    steps: int = 0  # work, as the meter counts it

    def warnings(self) -> tuple[Diagnostic, ...]:
        """What is hardly meant in a sound spec; nothing where there are errors.

        What a base would say by itself is left to it.
        """
        found = () if self.errors or self.spec is None else lint(self.spec, self.graphs)
        if self.spec is None or not self.spec.bases or all(_is_of(self.spec.source, warning) for warning in found):
            return found
        of_base = {warning.identity for warning in examine(self.spec.bases[0]).warnings()}
        return tuple(warning for warning in found if warning.identity not in of_base)

    def over_budget(self, variant: str | None, budget: Budget | None) -> tuple[Diagnostic, ...]:
        """The bounds that a sound spec exceeds, under the variants that were expanded."""
        if self.spec is None or not (self.spec.budget or budget):
            return ()
        from cnnspec.engine.budget import SOLVING, over_budget  # which few texts have

        sink, solving = Sink(), Meter(limit=SOLVING)
        for spec, graph in zip(variants(self.spec, variant), self.graphs, strict=True):
            for diagnostic in over_budget(spec, graph, budget, solving):
                sink.add(diagnostic)
        return sink.in_order()


def _is_of(source: Source, warning: Diagnostic) -> bool:
    """Whether a warning tells of a text's own lines."""
    return any(label.span.source is source for label in (warning.primary, *warning.labels))


def examine(source: Source, variant: str | None = None, meter: Meter | None = None, *, alone: bool = False) -> Examined:
    """Reads a text and expands it under one variant or under each; with ``alone``, under the first of them."""
    sink = Sink()
    meter = meter or Meter()
    spec = read(source, sink, builtin_blocks(), meter=meter)
    reached = PatchHits()
    chosen = islice(variants(spec, variant), 1 if alone else None) if spec else ()
    graphs = [expand(each, sink, meter, reached=reached) for each in chosen]
    known = tuple(graph for graph in graphs if graph)
    if spec is not None:
        check_patches(spec, reached, sink, meter, others=alone or variant is not None)
    if spec is not None and len(known) == len(graphs):
        check_rules(spec, known, sink, meter, others=alone or variant is not None)
    return Examined(spec, known, sink.in_order(), meter.total)


def diagnose(source: Source, variant: str | None = None, meter: Meter | None = None) -> tuple[Diagnostic, ...]:
    """The errors of a text, no repair tried."""
    if reader := _other_reader(source):
        sink = Sink()
        reader(source, sink, meter or Meter())
        return sink.in_order()
    return examine(source, variant, meter).errors


def check_spec(spec: Spec, sink: Sink | None = None) -> tuple[Graph | None, tuple[Diagnostic, ...]]:
    """The graph of a spec as it is set, and what is wrong with it; ``sink`` holds what was found when it was read."""
    sink, meter = Sink() if sink is None else sink, Meter()
    graph = expanded(spec, sink, meter)
    found = _with_inputs(sink.in_order(), (spec,))
    return graph, _with_help(spec.source, found, meter, partial(_again, spec))


def _again(spec: Spec, source: Source, meter: Meter) -> tuple[Diagnostic, ...]:
    """The errors of another text, set as a spec is set."""
    sink = Sink()
    edited = read(source, sink, builtin_blocks(), meter=meter)
    if edited is not None:
        kept = {name: value for name, value in spec.settings.items() if name in edited.params}
        set_again = replace(edited, variant=spec.variant, settings=kept, input_override=spec.input_override)
        expanded(set_again, sink, meter)
    return sink.in_order()


def expanded(spec: Spec, sink: Sink, meter: Meter) -> Graph | None:
    """The graph of a spec as it is set; what is wrong goes to the sink, no repair tried."""
    reached = PatchHits()
    graph = expand(spec, sink, meter, reached=reached)
    check_patches(spec, reached, sink, meter, others=True)
    if graph is not None:
        check_rules(spec, (graph,), sink, meter, others=bool(spec.variants or spec.settings))
    return graph


def check_patches(spec: Spec, reached: PatchHits, sink: Sink, meter: Meter, *, others: bool) -> None:
    """Says which patches change nothing. With ``others`` they may be meant for variants that were not expanded yet."""
    idle = idle_patches(spec, reached)
    for other in variants(replace(spec, settings={}, input_override=None)) if idle and others else ():
        expand(other, Sink(), meter, reached=reached)
        idle = idle_patches(spec, reached)
    if not meter.told:
        report_idle(idle, reached, sink)


def check_rules(spec: Spec, graphs: tuple[Graph, ...], sink: Sink, meter: Meter, *, others: bool) -> None:
    """Says which patterns of `init` reach nothing. With ``others`` they may be meant for variants not expanded yet."""
    found = Sink()
    check_patterns(spec, graphs, found, meter)
    if len(found) and others:
        more = [expand(other, Sink(), meter) for other in variants(replace(spec, settings={}, input_override=None))]
        found = Sink()
        check_patterns(spec, (*graphs, *filter(None, more)), found, meter)
    for diagnostic in found:
        sink.add(diagnostic)


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


def _with_help(
    source: Source, found: tuple[Diagnostic, ...], work: Meter, again: Callable[[Source, Meter], tuple[Diagnostic, ...]]
) -> tuple[Diagnostic, ...]:
    """The errors with those of their repairs that mend them; ``again`` checks an edited text."""
    left, meter = _trials(source, work.total), work.another(MAX_WORK)
    helped = []

    def tried(diagnostic: Diagnostic) -> Diagnostic:
        nonlocal left
        chosen = diagnostic.repairs[:left]
        left -= len(chosen)
        trials = [(repair, again(apply(source, repair.edits), meter)) for repair in chosen if not meter.is_spent]
        good = mending(diagnostic, found, trials)
        help = ", or ".join(_words(diagnostic, good)) or diagnostic.help
        return replace(diagnostic, help=help, repairs=good)

    for habit in habits(_own_repairs(source, diagnostic) for diagnostic in found):
        able = left > 0
        once = tried(told_once(habit))
        whole = len(habit) == 1 or once.repairs or not (habit[0].repairs and able)
        helped += [once] if whole else [tried(diagnostic) for diagnostic in habit]
    return tuple(sorted(helped, key=place))


def _with_inputs(found: tuple[Diagnostic, ...], specs: Iterable[Spec]) -> tuple[Diagnostic, ...]:
    """The errors, with the nearest accepted inputs where one of them is met because a size does not divide."""
    odd = next((diagnostic for diagnostic in found if _may_be_odd(diagnostic)), None)
    if odd is None:
        return found
    from cnnspec.engine.inputs.nearest import repaired  # which few mistakes need

    for spec in islice(specs, MOST_VARIANTS):
        near = repaired(spec, odd)
        if near is not None:
            better = replace(odd, help=near[0], repairs=(*near[1], *odd.repairs))
            return tuple(better if diagnostic is odd else diagnostic for diagnostic in found)
    return found


def _may_be_odd(diagnostic: Diagnostic) -> bool:
    """Whether an error is one that a size of the input may bring about which does not divide."""
    if diagnostic.code == "not-divisible":
        return "downscale_factor" in diagnostic.message
    return diagnostic.code == "shape-mismatch" and diagnostic.help.startswith(ALIGN)


def _own_repairs(source: Source, diagnostic: Diagnostic) -> Diagnostic:
    """The diagnostic without repairs of other texts: what a spec extends is edited where it stands."""
    own = tuple(r for r in diagnostic.repairs if all(edit.span.source is source for edit in r.edits))
    return replace(diagnostic, repairs=own) if len(own) < len(diagnostic.repairs) else diagnostic


def _trials(source: Source, steps: int) -> int:
    """How many edited texts are checked, each of which takes about what the first check took."""
    return min(MAX_TRIALS, MAX_WORK // (steps + len(source.text) + 1))


def _words(diagnostic: Diagnostic, repairs: Iterable[Repair]) -> list[str]:
    """What the repairs do, unless the label asks for just that: ``did you mean `Conv2d`?``."""
    said = diagnostic.primary.text
    return [r.words for r in repairs if not ("did you mean" in said and all(f"`{e.text}`" in said for e in r.edits))]


def _with_fixes(
    source: Source, variant: str | None, found: tuple[Diagnostic, ...], left: int
) -> tuple[Diagnostic, ...]:
    """Warnings with the repairs that work: all of them are tried at once, and one by one only where that fails."""
    found = tuple(_own_repairs(source, diagnostic) for diagnostic in found)
    fixable = [diagnostic for diagnostic in found if diagnostic.repairs]
    if not fixable:
        return found
    if not left:
        return tuple(_settled(diagnostic, works=False) for diagnostic in found)
    together = [edit for diagnostic in fixable for edit in diagnostic.repairs[0].edits]
    if _left(source, variant, together) <= len(found) - len(fixable):
        good = fixable
    else:
        good = [d for d in fixable[: left - 1] if _left(source, variant, d.repairs[0].edits) < len(found)]
    return tuple(_settled(diagnostic, works=diagnostic in good) for diagnostic in found)


def _left(source: Source, variant: str | None, edits: Iterable[Edit]) -> float:
    """How many warnings the edited text has; no end of them where it has errors."""
    after = examine(apply(source, edits), variant)
    return inf if after.errors else len(after.warnings())


def _settled(warning: Diagnostic, *, works: bool) -> Diagnostic:
    if not works:
        return replace(warning, repairs=())
    return replace(warning, help="; ".join(filter(None, [warning.repairs[0].words, warning.help])))


def apply(source: Source, edits: Iterable[Edit]) -> Source:
    """The source with the edits made; of two at one place, the later one comes first in the text."""
    parts, at, last_first = [], 0, [*edits][::-1]
    for edit in sorted(last_first, key=lambda e: (e.span.line, e.span.column)):
        start = source.offset(edit.span.line, edit.span.column)
        parts += [source.text[at:start], edit.text]
        at = max(at, source.offset(edit.span.end_line, edit.span.end_column))
    return replace(source, text="".join([*parts, source.text[at:]]))
