"""What is drawn, without a place yet.

Element
├── Box        a layer with what is fused to it, a join, an input or an output
├── Block      a block that is drawn in a panel of its own, and here as one box
├── Group      a named chain that is drawn in place, in a frame
├── Repeat     copies in a row, drawn once
├── Parallel   branches from one value into one join; an empty branch is a shortcut
├── Tangle     elements in order, with wires between any of them
└── Series     a chain of the above, with side branches (taps) that end in themselves

Each element knows its ``form``: all but its numbers and keys. Elements of one form differ in sizes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from cnnspec.engine.diagram.keys import Key
from cnnspec.engine.diagram.text import Number, Text, form, merged


@dataclass(frozen=True, eq=False)
class Rewrite:
    """What ``rewritten`` makes of texts and of keys, in the order in which they stand."""

    text: Callable[[Text], Text] = lambda text: text
    key: Callable[[Key], Key] = lambda key: key


@dataclass(frozen=True, eq=False)
class Element:
    """The base: ``out`` is the shape that it gives, ``layers`` how many layers of the network it stands for."""

    @property
    def out(self) -> Text:
        raise NotImplementedError

    @property
    def layers(self) -> int:
        raise NotImplementedError

    @property
    def inside(self) -> tuple[Element, ...]:
        """The elements right below."""
        return ()

    def form(self) -> object:
        raise NotImplementedError

    def rewritten(self, by: Rewrite) -> Element:
        """The same with other texts and keys."""
        raise NotImplementedError

    def with_inside(self, inside: Sequence[Any]) -> Element:
        """The same around other elements, which stand as in ``inside``."""
        return self

    def silent(self) -> Any:
        """The same without the shape that it gives."""
        return self.with_inside([*self.inside[:-1], self.inside[-1].silent()]) if self.inside else self

    def walk(self) -> Iterator[Element]:
        """This element and all below, those inside of blocks as well."""
        yield self
        for element in self.inside:
            yield from element.walk()


@dataclass(frozen=True, eq=False)
class Box(Element):
    """``above`` and ``below`` are small lines around ``text``: what is fused to the layer. A ``small`` one is fused."""

    kind: str
    text: Text
    gives: Text
    key: Key
    above: Text = ()
    below: Text = ()
    count: int = 1  # of layers
    small: bool = False

    @property
    def out(self) -> Text:
        return self.gives

    @property
    def layers(self) -> int:
        return self.count

    def silent(self) -> Box:
        return replace(self, gives=())

    @cached_property
    def _form(self) -> object:
        return (self.kind, form(self.above), form(self.text), form(self.below), form(self.gives))

    def form(self) -> object:
        return self._form

    def rewritten(self, by: Rewrite) -> Box:
        key = by.key(self.key)
        above, text, below, gives = map(by.text, (self.above, self.text, self.below, self.gives))
        return replace(self, key=key, above=above, text=text, below=below, gives=gives)


@dataclass(frozen=True, eq=False)
class Series(Element):
    """``taps``: at which part, counted from 1, a side branch begins; at 0 it takes what reaches the first part."""

    parts: tuple[Element, ...] = ()
    taps: tuple[tuple[int, Series], ...] = ()

    @property
    def out(self) -> Text:
        return self.parts[-1].out if self.parts else ()

    @property
    def layers(self) -> int:
        return sum(element.layers for element in self.inside)

    @property
    def inside(self) -> tuple[Element, ...]:
        return (*self.parts, *(tap for _, tap in self.taps))

    def with_inside(self, inside: Sequence[Any]) -> Series:
        count = len(self.parts)
        places = (place for place, _ in self.taps)
        return Series(tuple(inside[:count]), tuple(zip(places, inside[count:], strict=True)))

    def silent(self) -> Series:
        return Series((*self.parts[:-1], self.parts[-1].silent()), self.taps) if self.parts else self

    def taps_at(self, place: int) -> list[Series]:
        return [tap for at, tap in self.taps if at == place]

    @cached_property
    def _form(self) -> object:
        taps = tuple((at, tap.form()) for at, tap in self.taps)
        return (tuple(part.form() for part in self.parts), taps)

    def form(self) -> object:
        return self._form

    def rewritten(self, by: Rewrite) -> Series:
        parts = tuple(part.rewritten(by) for part in self.parts)
        return Series(parts, tuple((at, tap.rewritten(by)) for at, tap in self.taps))


@dataclass(frozen=True, eq=False)
class DrawnBlock(Element):
    """``takes``: the shapes that reach it. One that is ``closed`` is drawn nowhere; ``note``: whose weights it has."""

    type: str
    key: Key
    takes: tuple[Text, ...]
    body: Series
    gives: Text
    closed: bool = False
    note: str = ""

    @property
    def out(self) -> Text:
        return self.gives

    @property
    def layers(self) -> int:
        return self.body.layers

    @property
    def inside(self) -> tuple[Element, ...]:
        return (self.body,)

    def with_inside(self, inside: Sequence[Any]) -> DrawnBlock:
        return replace(self, body=inside[0])

    @cached_property
    def _form(self) -> object:
        return (self.type, tuple(map(form, self.takes)), self.body.form(), form(self.gives), self.closed)

    @property
    def drawn_as(self) -> object:
        """What blocks have in common that one panel shows."""
        return self._form

    def form(self) -> object:
        return (self._form, self.note)

    def rewritten(self, by: Rewrite) -> DrawnBlock:
        key, takes = by.key(self.key), tuple(map(by.text, self.takes))
        body = self.body.rewritten(by)
        return replace(self, key=key, takes=takes, body=body, gives=by.text(self.gives))


@dataclass(frozen=True, eq=False)
class DrawnGroup(Element):
    """A chain of few parts."""

    key: Key
    body: Series
    note: str = ""

    @property
    def out(self) -> Text:
        return self.body.out

    @property
    def layers(self) -> int:
        return self.body.layers

    @property
    def inside(self) -> tuple[Element, ...]:
        return (self.body,)

    def with_inside(self, inside: Sequence[Any]) -> DrawnGroup:
        return replace(self, body=inside[0])

    def form(self) -> object:
        return ("group", self.body.form(), self.note)

    def rewritten(self, by: Rewrite) -> DrawnGroup:
        return DrawnGroup(by.key(self.key), self.body.rewritten(by), self.note)


@dataclass(frozen=True, eq=False)
class Repeat(Element):
    """``body`` is one copy; its numbers are those of all, and ``gives`` is what the last one gives."""

    times: Text
    body: Series
    gives: Text

    @property
    def out(self) -> Text:
        return self.gives

    def silent(self) -> Repeat:
        return replace(self, gives=())

    @property
    def count(self) -> int:
        return sum(int(part.value) for part in self.times if isinstance(part, Number))

    @property
    def layers(self) -> int:
        return self.count * self.body.layers

    @property
    def inside(self) -> tuple[Element, ...]:
        return (self.body,)

    def with_inside(self, inside: Sequence[Any]) -> Repeat:
        return replace(self, body=inside[0])

    def form(self) -> object:
        return ("repeat", form(self.times), self.body.form(), form(self.gives))

    def rewritten(self, by: Rewrite) -> Repeat:
        return Repeat(by.text(self.times), self.body.rewritten(by), by.text(self.gives))


@dataclass(frozen=True, eq=False)
class Parallel(Element):
    """``into`` takes what the branches give; None where that is left to what follows, which takes several values."""

    branches: tuple[Series, ...]
    into: Element | None

    @property
    def out(self) -> Text:
        return self.into.out if self.into else ()

    @property
    def layers(self) -> int:
        return sum(element.layers for element in self.inside)

    @property
    def inside(self) -> tuple[Element, ...]:
        return (*self.branches, self.into) if self.into else self.branches

    def silent(self) -> Parallel:
        return replace(self, into=self.into and self.into.silent())

    def with_inside(self, inside: Sequence[Any]) -> Parallel:
        count = len(self.branches)
        return Parallel(tuple(inside[:count]), inside[count] if self.into else None)

    def form(self) -> object:
        return ("parallel", tuple(b.form() for b in self.branches), self.into and self.into.form())

    def rewritten(self, by: Rewrite) -> Parallel:
        branches = tuple(branch.rewritten(by) for branch in self.branches)
        return Parallel(branches, self.into and self.into.rewritten(by))


@dataclass(frozen=True, eq=False)
class Tangle(Element):
    """``wires`` go from part to part by position, from -1 for what reaches it; ``exits`` are the parts that give on."""

    parts: tuple[Element, ...]
    wires: tuple[tuple[int, int], ...]
    exits: tuple[int, ...]

    @property
    def out(self) -> Text:
        return self.parts[self.exits[-1]].out if self.exits else ()

    @property
    def layers(self) -> int:
        return sum(part.layers for part in self.parts)

    @property
    def inside(self) -> tuple[Element, ...]:
        return self.parts

    def with_inside(self, inside: Sequence[Any]) -> Tangle:
        return replace(self, parts=tuple(inside))

    def form(self) -> object:
        return ("tangle", tuple(part.form() for part in self.parts), self.wires, self.exits)

    def rewritten(self, by: Rewrite) -> Tangle:
        return Tangle(tuple(part.rewritten(by) for part in self.parts), self.wires, self.exits)


def numbers(element: Element) -> list[Number]:
    """All numbers of an element, in order."""
    found: list[Number] = []

    def collect(text: Text) -> Text:
        found.extend(part for part in text if isinstance(part, Number))
        return text

    element.rewritten(Rewrite(text=collect))
    return found


def keys(element: Element) -> list[Key]:
    """All keys of an element, in order."""
    found: list[Key] = []

    def collect(key: Key) -> Key:
        found.append(key)
        return key

    element.rewritten(Rewrite(key=collect))
    return found


def with_numbers(element: Element, new: Iterable[Number | str], keys: Iterable[Key] | None = None) -> Element:
    """The same with other numbers, and keys, in the order of ``numbers`` and ``keys``."""
    numbers = iter(new)

    def text(text: Text) -> Text:
        return tuple(part if isinstance(part, str) else next(numbers) for part in text)

    if keys is None:
        return element.rewritten(Rewrite(text=text))
    ends = iter(keys)
    return element.rewritten(Rewrite(text=text, key=lambda key: next(ends)))


def merge(copies: Sequence[Series]) -> Series:
    """Copies of one form as one, whose numbers and keys are those of all."""
    together = [merged(column) for column in zip(*map(numbers, copies), strict=True)]
    ends = [(column[0][0], column[-1][1]) for column in zip(*map(keys, copies), strict=True)]
    one = with_numbers(copies[0], together, ends)
    assert isinstance(one, Series)
    return one
