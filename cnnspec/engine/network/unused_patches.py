"""Patches that change nothing, under no variant: their keys are those of no line, or of lines that are not there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from cnnspec.engine.diagnostics import Diagnostic, Label, Sink, listing
from cnnspec.engine.network.expansion import PatchHits
from cnnspec.engine.network.patch_bases import BaseNetwork
from cnnspec.engine.spec import Spec
from cnnspec.engine.spec.edits import rename
from cnnspec.engine.spec.model import Patch
from cnnspec.engine.spec.patch import KEYS, REMOVE
from cnnspec.engine.spec.pattern import ANY_PARTS, Pattern

MAX_TOLD = 12  # names that a message lists
MAX_KEYS = 2_000  # among which a near one is looked for
MOST_NEAR = 10  # patches for which one is: a hostile text has thousands
MAX_HIDDEN = 200  # keys at which a mistake hides what is below them


def idle_patches(spec: Spec, reached: PatchHits) -> list[Patch]:
    """The spec's own patches that have changed nothing so far, though nothing hides the lines that they may mean.

    Those of its base are for the base itself to tell: other params may leave nothing to them.
    """
    busy = reached.made | reached.idle
    hidden = {key for networks in reached.networks for below in networks for key in below.names.unsure}
    return [patch for patch in _own(spec) if patch not in busy and not _hidden(patch, hidden)]


def _own(spec: Spec) -> Iterator[Patch]:
    return (patch for below in spec.patches for patch in below.patches if patch.word.span.source is spec.source)


def _hidden(patch: Patch, hidden: Collection[str]) -> bool:
    """Whether a mistake in a network below, at one of these keys, may hide the lines that a patch means."""
    return len(hidden) > MAX_HIDDEN or any(not key or _below(patch.pattern, key) for key in hidden)


def _below(pattern: Pattern, key: str) -> bool:
    """Whether a pattern may match a key that begins with another."""
    parts = key.split(".")
    if ANY_PARTS in pattern.parts[: len(parts) + 1]:
        return True
    return len(pattern.parts) > len(parts) and Pattern(pattern.parts[: len(parts)]).matches(key)


def _networks(patch: Patch, reached: PatchHits) -> Iterator[BaseNetwork]:
    return (below for networks in reached.networks for below in networks if patch in below.reached)


def report_idle(patches: Iterable[Patch], reached: PatchHits, sink: Sink) -> None:
    """Says which patches change nothing, and what may have been meant."""
    errors = len(sink)
    for number, patch in enumerate(patches):
        networks = list(_networks(patch, reached))
        if sink.full:
            return
        if networks and not any(below.reached[patch] for below in networks):
            sink.add(_unmatched(patch, networks if number < MOST_NEAR else []))
        elif taken := next(_taken_away(patch, networks), None):
            sink.add(_overtaken(patch, *taken))
        elif networks and not errors:  # which may be why nothing came to these lines
            message = f"other patches remove every line with the key `{patch.target.text}`"
            sink.error("idle-patch", message, patch.place, help="remove this patch, or merge it into those")


def _overtaken(patch: Patch, key: str, other: Patch) -> Diagnostic:
    """The lines are in the base, and another patch has taken them away with what is around them."""
    place = Label(patch.place, "its target no longer exists")
    help = "remove one of the two, or move its lines into the other"
    done = "removes" if other.word.text == REMOVE else "replaces"
    message = f"`{patch.target.text}` is inside `{key}`, which another patch {done}"
    return Diagnostic("idle-patch", message, place, (Label(other.place, f"{done} all of it"),), help=help)


def _taken_away(patch: Patch, networks: list[BaseNetwork]) -> Iterator[tuple[str, Patch]]:
    """The scopes around a patch's lines that are taken away, and by which patch."""
    for below in networks:
        for key in below.names.lines if patch in below.reached else ():
            parts = key.split(".")
            if patch.pattern.matches(key):
                outer = [".".join(parts[:end]) for end in range(1, len(parts))]
                edits = [(scope, below.edits[scope].instead) for scope in outer if scope in below.edits]
                yield from ((scope, other) for scope, other in edits if other is not None)


def _unmatched(patch: Patch, networks: list[BaseNetwork]) -> Diagnostic:
    keys = list(dict.fromkeys(key for below in networks for key in below.names.lines))[:MAX_KEYS]
    place = patch.target.span
    near = _of_type(patch, networks) or patch.pattern.near(keys)
    label = Label(place, f"did you mean `{near}`?" if near else "")
    message = f"no line of the base has the key `{patch.target.text}`"
    help = _beside(patch.pattern, keys) or KEYS
    return Diagnostic("idle-patch", message, label, help=help, repairs=rename(place, str(near) if near else None))


def _of_type(patch: Patch, networks: list[BaseNetwork]) -> Pattern | None:
    """The key of the only line of a type, where the type is named in place of the key: ``MaxPool2d``."""
    *scope, name = patch.pattern.parts
    found = {key for below in networks for key, types in below.names.types.items() if types == name}
    fitting = {key for key in found if not scope or Pattern((*scope, "*")).matches(key)}
    return Pattern.of(fitting.pop()) if len(fitting) == 1 else None


def _beside(pattern: Pattern, keys: list[str]) -> str:
    """The names that a key can go on with, where it goes astray."""
    for end in range(len(pattern.parts)):
        before = pattern.parts[:end]
        if ANY_PARTS in before:
            return ""
        if not any(Pattern((*before, pattern.parts[end], ANY_PARTS)).matches(key) for key in keys):
            fitting = (key.split(".") for key in keys if Pattern((*before, "*")).matches(key))
            names = list(dict.fromkeys(parts[-1] for parts in fitting))
            told = listing([f"`{name}`" for name in names[:MAX_TOLD]])
            where = f"in `{Pattern(before)}`" if before else "in the base"
            return f"{where}: {told}{', …' * (len(names) > MAX_TOLD)}" if names else ""
    return ""
