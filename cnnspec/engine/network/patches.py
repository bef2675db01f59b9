"""Patches applied while a network is expanded: a line of a network below, and what stands before, behind or for it.

    line ─► patched ─► level 0 ─► level 1 ─► … ─► the line itself
                         │
                         └─ before, instead, after: the lines of patches, which have the levels above theirs to pass

The lines of a patch run where the line stands: in its scope, with the names that it can read and, behind these, the
params of the spec. A line that is alone in the place of another takes its name, and each line of the base keeps its
own; new ones are numbered behind all of the scope's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Label
from cnnspec.engine.network.context import UNKNOWN, Context, Flow, ScopeBuilder
from cnnspec.engine.network.expansion import Expansion, Mark
from cnnspec.engine.network.names import REMOVED, leave_out
from cnnspec.engine.network.patch_bases import BaseNames, BaseNetwork, network
from cnnspec.engine.network.reporter import Broken
from cnnspec.engine.spec import Item, Path, Spec
from cnnspec.engine.spec.model import Head, Patch, Patches
from cnnspec.engine.spec.patch import AFTER, BEFORE, REMOVE, REPLACE
from cnnspec.engine.syntax import Meter, Silent

PATCHED = 8  # steps of the Meter, to look for the patches of a line, and for the names of one
WHERE = {REPLACE: "in place of", BEFORE: "before", AFTER: "after"}
Expand = Callable[[Spec, tuple[BaseNetwork, ...], BaseNames, Meter], object]


def networks_below(expansion: Expansion, context: Context, expand: Expand, meter: Meter) -> tuple[BaseNetwork, ...]:
    """The networks below a spec, which ``expand`` expands for their names. Raises OutOfWork."""
    found: tuple[BaseNetwork, ...] = ()
    for number, level in enumerate(expansion.spec.patches):
        names, own = BaseNames(), Meter(limit=max(meter.limit - meter.steps, 0))
        below = replace(
            expansion.spec,
            input=level.input or expansion.spec.input,
            input_override=None,
            patches=expansion.spec.patches[:number],
        )
        expand(below, found, names, own)
        meter.spend(own.steps)
        found = (*found, network(names, list(_active(expansion, level, context)), meter))
    return found


def _active(expansion: Expansion, level: Patches, context: Context) -> Iterator[Patch]:
    """The patches whose `when` is true."""
    for patch in level.patches:
        try:
            active = patch.when is None or expansion.condition(patch.when, context, UNKNOWN)
        except (Broken, Silent):
            active = False
        if active:
            yield patch
        else:
            expansion.reached.idle.add(patch)


def report_clashes(expansion: Expansion, networks: tuple[BaseNetwork, ...], context: Context) -> None:
    """Lines that two patches take away, and patches that would put lines where none can stand."""
    for patch, key in (found for below in networks for found in below.astray):
        message = f"`{key}` is a path of a join: no line can be inserted before or after it"
        help = f"name a line of the path, for example its first: `{key}.0`"
        expansion.reached.made.add(patch)
        expansion.sink.error("bad-patch", message, patch.place, help=help, trace=context.trace)
    for clash in (clash for below in networks for clash in below.clashes):
        done = "removes" if clash.first.word.text == REMOVE else "replaces"
        message = f"two patches replace or remove `{clash.key}`"
        first = Label(clash.first.place, f"{done} it already")
        help = "let only one patch replace or remove each line: write the other keys in full"
        expansion.sink.add(
            Diagnostic("patched-twice", message, Label(clash.second.place), (first,), help=help, trace=context.trace)
        )


class Patching:
    """Applies the patches of a spec to its lines while they are expanded."""

    def __init__(self, expansion: Expansion) -> None:
        self.expansion = expansion

    def patched(self, item: Item, taken: tuple[Flow, ...], scope: ScopeBuilder, context: Context) -> Flow:
        """One run of a line, with what the patches make of it."""
        assert scope.place is not None
        self.expansion.meter.spend(PATCHED)
        scope.place.begin(item)
        return self._from(0, item, taken, scope, context)

    def _from(self, level: int, item: Item, taken: tuple[Flow, ...], scope: ScopeBuilder, context: Context) -> Flow:
        """A line with the patches of a level and of those above it."""
        place = scope.place
        assert place is not None
        edits = None
        while level < len(place.below) and (edits := place.edits(item, level)) is None:
            level += 1
        if edits is None:
            return self.expansion.once(item, taken, scope, context)
        key = place.key_of(item, level) or ""
        self.expansion.reached.made.update(edits.patches)
        if edits.before:
            taken = (self._before(edits.before, key, taken, scope, context),)
        if edits.instead is None:
            out = self._from(level + 1, item, taken, scope, context)
        else:
            out = self._instead(edits.instead, key, item, taken, scope, context)
        for patch in edits.after:
            out = self._put(patch, key, out, scope, context)
        return out

    def _put(self, patch: Patch, key: str, flow: Flow, scope: ScopeBuilder, context: Context) -> Flow:
        """Expand the lines of a patch before or after another line; lines that keep the shape cause no refusal."""
        first = len(self.expansion.nodes)
        out = self.expansion.chain(patch.items, flow, scope, self.within(patch, key, context))
        if out.shape != flow.shape:
            self._mark(patch, key, first)
        return out

    def _mark(self, patch: Patch, key: str, first: int) -> None:
        text = f"patch {patch.number} puts this {WHERE[patch.word.text]} {key}"
        if len(self.expansion.nodes) > first:
            self.expansion.marks.append(
                Mark(first, len(self.expansion.nodes), Label(self.expansion.nodes[first].span, text))
            )

    def _before(
        self,
        patches: Sequence[Patch],
        key: str,
        taken: tuple[Flow, ...],
        scope: ScopeBuilder,
        context: Context,
    ) -> Flow:
        flow = taken[0]
        for patch in patches:
            if len(taken) > 1:
                help = "insert after each line that it takes, by its key"
                self.refuse(
                    patch,
                    f"`{key}` takes {len(taken)} tensors: no line can be inserted before all of them",
                    context,
                    help,
                )
            flow = self._put(patch, key, flow, scope, context)
        return flow

    def _instead(
        self,
        patch: Patch,
        key: str,
        item: Item,
        taken: tuple[Flow, ...],
        scope: ScopeBuilder,
        context: Context,
    ) -> Flow:
        """What a line gives that is replaced or removed. ``from`` finds it under the line's id if it is replaced."""
        name = key.rpartition(".")[2]
        _leave_out(patch, item, name, scope)
        inner = self.within(patch, key, context)
        if patch.word.text == REMOVE:
            if len(taken) > 1:
                help = "replace it with `Identity` and name the tensor in `from`"
                self.refuse(
                    patch,
                    f"`{key}` takes {len(taken)} tensors: it is not clear which of them to pass on",
                    context,
                    help,
                )
            value = taken[0].value
            self.expansion.marks.append(
                Mark(value, value + 1, Label(patch.place, f"patch {patch.number} removes {key}"))
            )
            return taken[0]
        first = len(self.expansion.nodes)
        out = self._first(patch, name, taken, scope, inner)
        out = self.expansion.chain(patch.items[1:], out, scope, inner)
        self._mark(patch, key, first)
        if item.id is not None:
            scope.ids.setdefault(name, out)
        return out

    def _first(self, patch: Patch, name: str, taken: tuple[Flow, ...], scope: ScopeBuilder, context: Context) -> Flow:
        """The first of the lines that replace another: it takes what that took, and if it is the only one its name."""
        first = patch.items[0]
        assert scope.place is not None
        if len(patch.items) == 1 and first.id is None and first.repeat is None and first.foreach is None:
            scope.place.given[first] = name
        out = self.expansion.item(first, taken[0], scope, context, taken)
        scope.place.given.pop(first, None)
        return out

    def within(self, patch: Patch, key: str, context: Context) -> Context:
        """What the lines of a patch can read, and how they are reached. Blocks around them may be called anew."""
        if patch.word.text == REMOVE:
            return context
        self.expansion.meter.spend(PATCHED + (len(self.expansion.env) + len(context.env)) // 8)
        frame = context.frame(f"patch {patch.number} {WHERE[patch.word.text]} {key}", patch.place)
        outer = tuple(f"{name} around a patch" for name in context.blocks)
        return Context({**self.expansion.env, **context.env}, context.entry, frame, outer)

    def refuse(self, patch: Patch, message: str, context: Context, help: str) -> None:
        """Says why a patch cannot be made on a line, and gives the line up."""
        self.expansion.sink.error("bad-patch", message, patch.place, help=help, trace=context.trace)
        raise Broken

    def patched_scope(
        self, line: Path | Head, items: tuple[Item, ...], scope: ScopeBuilder, context: Context
    ) -> tuple[tuple[Item, ...], Context, int] | None:
        """Return the lines of a named path or a head, their context and first level; None if a patch removes it."""
        place, inner, since = scope.place, context, 0
        if place is None:
            return items, inner, since
        place.begin(line)
        for level in range(len(place.below)):
            edits, key = place.edits(line, level), place.key_of(line, level) or ""
            self.expansion.reached.made.update(edits.patches if edits else ())
            if edits and edits.instead:
                inner, items, since = self.within(edits.instead, key, context), edits.instead.items, level + 1
                if edits.instead.word.text == REMOVE:
                    scope.skipped[key.rpartition(".")[2]] = Label(edits.instead.place, REMOVED)
                    return None
        return items, inner, since


def _leave_out(patch: Patch, item: Item, name: str, scope: ScopeBuilder) -> None:
    reason = Label(patch.place, REMOVED if patch.word.text == REMOVE else "replaced here")
    leave_out(item, scope, reason)
    scope.skipped[name] = reason
