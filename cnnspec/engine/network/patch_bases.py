"""The networks below a patched one: what their lines are called there, and which edits that brings to each.

    network 0 ──patches of base.yaml──► network 1 ──patches of mine.yaml──► network 2
        └─ Names, Edits                     └─ Names, Edits

Each is expanded once more than it would be, by itself, under the params in force and the input of its own text: so the
keys that a patch names are those that the base has, whatever input is tried and whatever else is patched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from cnnspec.engine.spec.model import Head, Item, Patch, Path
from cnnspec.engine.spec.patch import AFTER, BEFORE
from cnnspec.engine.syntax import Meter

Line = Item | Path | Head  # what has a key: an item, a named path of a join, or an aux head
PATTERN = 10  # steps of the Meter, to hold a key against a part of a pattern


class BaseNames(Struct):
    """The keys of a network: of each line, by the scope that it runs in and by how often it ran there before."""

    keys: dict[tuple[str, Line, int], str] = field(default_factory=dict)
    lines: dict[str, tuple[str, Line, int]] = field(default_factory=dict)  # the same, the other way round
    types: dict[str, str] = field(default_factory=dict)  # what runs there, as its line names it
    ends: dict[str, int] = field(default_factory=dict)  # how many positions each scope has
    unsure: set[str] = field(default_factory=set)  # keys below which a mistake may hide lines

    def write(self, scope: str, line: Line, run: int, key: str) -> None:
        self.keys[scope, line, run] = key
        self.lines[key] = (scope, line, run)
        if isinstance(line, Item):
            self.types[key] = line.name

    def forget(self, key: str) -> None:
        """A scope in which nothing is has no key."""
        if key in self.lines:
            self.keys.pop(self.lines.pop(key), None)


class Edits(Struct):
    """What patches make of one line, in the order of the text."""

    before: list[Patch] = field(default_factory=list)
    after: list[Patch] = field(default_factory=list)
    instead: Patch | None = None

    @property
    def patches(self) -> list[Patch]:
        return [*self.before, *self.after, *([self.instead] if self.instead else [])]


class PatchClash(Struct, frozen=True):
    """A line that one patch takes away, and another as well."""

    key: str
    first: Patch
    second: Patch


class BaseNetwork(Struct, frozen=True, eq=False):
    """A network below: its keys, the edits of each, and how many lines each patch reaches."""

    names: BaseNames
    edits: Mapping[str, Edits]
    reached: Mapping[Patch, int]
    clashes: tuple[PatchClash, ...]
    astray: tuple[tuple[Patch, str], ...]  # patches that would put lines before or behind a path or a head, and its key


def network(names: BaseNames, patches: Iterable[Patch], meter: Meter) -> BaseNetwork:
    """A network with the patches that are made on it. Raises OutOfWork."""
    edits: dict[str, Edits] = {}
    reached: dict[Patch, int] = {}
    clashes: list[PatchClash] = []
    astray: list[tuple[Patch, str]] = []
    for patch in patches:
        keys = matching(patch, names, meter)
        reached[patch] = len(keys)
        if patch.word.text in (BEFORE, AFTER):
            lines = [key for key in keys if isinstance(names.lines[key][1], Item)]
            astray += [(patch, key) for key in keys[:1] if not lines]
            for key in lines:
                found = edits.setdefault(key, Edits())
                (found.before if patch.word.text == BEFORE else found.after).append(patch)
            continue
        for key in keys:
            found = edits.setdefault(key, Edits())
            clashes += [PatchClash(key, found.instead, patch)] if found.instead else []
            found.instead = found.instead or patch
    return BaseNetwork(names, edits, reached, tuple(clashes), tuple(astray))


def matching(patch: Patch, names: BaseNames, meter: Meter) -> list[str]:
    """The keys that a patch reaches. Raises OutOfWork."""
    if "*" not in patch.target.text:
        meter.spend(PATTERN)
        return [patch.target.text] if patch.target.text in names.lines else []
    meter.spend(PATTERN * len(names.lines) * len(patch.pattern.parts))
    return [key for key in names.lines if patch.pattern.matches(key)]


class BaseScope(Struct):
    """Where a scope stands in the networks below, while its lines are expanded."""

    below: tuple[BaseNetwork, ...]
    keys: tuple[str | None, ...]  # of the scope, in each of them; None where it is not there
    key: str = ""  # of the scope, in the network that is being expanded
    record: BaseNames | None = None  # what is written down of this network, if another is to be made of it
    runs: dict[Line, int] = field(default_factory=dict)
    given: dict[Line, str] = field(default_factory=dict)  # names that lines take over from those that they replace

    def begin(self, line: Line) -> None:
        """The line runs, once more or for the first time."""
        self.runs[line] = self.runs.get(line, -1) + 1

    def run(self, line: Line) -> int:
        return self.runs.get(line, 0)

    def key_of(self, line: Line, level: int) -> str | None:
        """The key that a line has, at this run, in a network below."""
        scope = self.keys[level]
        return None if scope is None else self.below[level].names.keys.get((scope, line, self.run(line)))

    def edits(self, line: Line, level: int) -> Edits | None:
        """What patches of a network below make of a line, at this run."""
        key = self.key_of(line, level)
        return None if key is None else self.below[level].edits.get(key)

    def is_new(self, line: Line) -> bool:
        """Whether a line is not in the network below, nor in the place of one that is."""
        return line not in self.given and (not self.below or self.key_of(line, len(self.below) - 1) is None)

    def kept(self, line: Line) -> str | None:
        """The name that a line has from below, or takes over; None where it has none yet."""
        if line in self.given:
            return self.given.pop(line)
        key = self.key_of(line, len(self.below) - 1) if self.below else None
        return None if key is None else key.rpartition(".")[2]

    @property
    def start(self) -> int:
        """The position of the first new line: behind all those of the scope below."""
        top = self.keys[-1] if self.keys else None
        return self.below[-1].names.ends.get(top, 0) if top is not None else 0

    def inside(self, line: Line, key: str, since: int = 0) -> BaseScope:
        """The place of the scope that a line opens; ``since``: only in networks from that level on."""
        keys = tuple(self.key_of(line, level) if level >= since else None for level in range(len(self.below)))
        return BaseScope(self.below, keys, key, self.record)

    # What is written down.

    def write(self, line: Line, name: str) -> None:
        if self.record is not None:
            self.record.write(self.key, line, self.run(line), f"{self.key}.{name}" if self.key else name)

    def hide(self, line: Line) -> None:
        """A mistake in a line hides what is below it, or all of the scope where it has no name yet."""
        if self.record is not None:
            self.record.unsure.add(self.record.keys.get((self.key, line, self.run(line)), self.key))

    def forget(self) -> bool:
        """The scope is empty and not there; whether it has taken a position."""
        if self.record is not None:
            self.record.forget(self.key)
        return not self.keys or self.keys[-1] is None

    def close(self, positions: int) -> None:
        if self.record is not None:
            self.record.ends[self.key] = positions
