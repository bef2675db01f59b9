"""Values that differ between copies -> `$param`, or an expression over params and the shape that arrives.

Looked for in this order: a param or constructor argument of just these values, a multiple or a part of a param or of
`in.channels`, a product of both; else a new param. An expression holds for every copy that there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from cnnspec.engine.spec.names import NOT_PARAMS, PARAM
from cnnspec.pytorch.importing.params import ANY, NO_DEFAULT, ImportedParam, Params, alike, kind_of, like
from cnnspec.pytorch.importing.program import CodeOrigin

Values = Mapping[int, Any]
CHANNELS = "in.channels"
CHANNEL_WORDS = ("out_channels", "out_features", "width")


class ParamSolver:
    """Finds what to write for values over the copies; ``origins`` are what their constructors were given."""

    def __init__(
        self, params: Params, origins: Sequence[CodeOrigin | None], entering: Values, leaving: Values | None = None
    ) -> None:
        self.params = params
        self.leaving = leaving or {}
        self.origins = origins
        self.entering = entering
        self.given = _given(origins, entering)
        self.numbers: dict[str, dict[int, int]] = {}  # expressions that are written somewhere, for conditions
        self.said: dict[str, dict[str, dict[int, int]]] = {}  # the same by the argument that they are written for

    def value(
        self, values: Values, word: str, places: Sequence[str], channels: Values, default: Any = NO_DEFAULT
    ) -> Any:
        """What to write for an argument called ``word`` in a line called by ``places`` (its ids, outermost first)."""
        if len({repr(value) for value in values.values()}) == 1:
            found = self.constant(values, word, default)
        else:
            found = self.expression(alike(values), word, places, channels, like(default, alike(values)))
        text = _bare(found) if isinstance(found, str) and found.startswith("$") else ""
        if text and kind_of(values) == "int" and CHANNELS not in text:  # which is another number in another line
            self.numbers.setdefault(text, {}).update(values)
            self.said.setdefault(word, {})[found] = self.numbers[text]
        return found

    def constant(self, values: Values, word: str, default: Any) -> Any:
        """The one value; in a line that some copies lack, what other lines say for such an argument, if it is that."""
        value = next(iter(values.values()))
        if len(values) == self.params.copies or type(value) is not int:
            return value
        given = self.given.get(word)
        if word not in self.params.found and given is not None and _equal(given, values):
            self.use(word, values, default)
            return f"${word}"
        said = self.said.get(word, {}).items()
        return next((text for text, known in said if all(known.get(i) == value for i in values)), value)

    def expression(self, values: Values, word: str, places: Sequence[str], channels: Values, default: Any) -> str:
        kind = kind_of(values) or "str"
        label = "_".join((*places, word))
        if word == "groups" and values == {i: channels[i] for i in values}:
            return f"$({CHANNELS})"
        exact = self.exact(values, kind, label, default)
        if exact is not None:
            return f"${exact}"
        if kind == "int" and "$" not in word:
            derived = next(self.derived(values, word, channels), None)
            if derived is not None:
                return f"${derived}" if PARAM.fullmatch(derived) else f"$({derived})"
        return f"${self.new(values, kind, word, places, default)}"

    # --------------------------------------------------------------------------------------------------- exact values

    def exact(self, values: Values, kind: str, label: str, default: Any) -> str | None:
        """The param that has these values; of several, the one whose name is most like the line's."""
        options: dict[str, float] = {}
        for param in self.params.found.values():
            if self.params.fit(param, kind, values):
                options[param.name] = 2 + _affinity(param.name, label)
        for name, given in self.given.items():
            if name not in self.params.found and kind_of(given) == kind and _equal(given, values):
                options[name] = _affinity(name, label)
        if not options:
            return None
        best = max(options, key=options.__getitem__)
        self.use(best, values, default)
        return best

    def use(self, name: str, values: Values, default: Any = NO_DEFAULT) -> None:
        """Takes a param for these values; one that only the constructor has is declared."""
        if name in self.params.found:
            self.params.fill(self.params.found[name], values)
            return
        given = self.given[name]
        suggested = next((o.defaults[name] for o in self.origins if o is not None and name in o.defaults), default)
        self.params.add(name, kind_of(given) or "str", given, suggested=suggested)

    def new(self, values: Values, kind: str, word: str, places: Sequence[str], default: Any) -> str:
        if word in CHANNEL_WORDS and not _equal(self.leaving, values):
            word = "width"  # of what is inside
        named = [place for place in places if not place.isdecimal()]
        longer = [f"{place}_{word}" for place in (*named[-1:], "_".join(places)) if PARAM.fullmatch(f"{place}_{word}")]
        word = f"{word}_" if word in NOT_PARAMS else word
        return self.params.add(self.params.free(word, *longer), kind, values, suggested=default).name

    # -------------------------------------------------------------------------------------------------------- derived

    def derived(self, values: Values, word: str, channels: Values) -> Iterator[str]:
        """Expressions that give these whole numbers."""
        arriving = {i: channels[i] for i in values} if all(channels.get(i) for i in values) else {}
        for name, known in self.integers(values):
            yield from _multiples(name, known, values)
        for name, known in self.ratios():
            for found in _multiples(name, known, values):
                self.use(name, {i: known[i] for i in values})
                yield found
        if word == "padding":
            halves = [(n, known) for n, known in self.integers(values) if _all(values, known, lambda k: k // 2)]
            yield from (f"{name} // 2" for name, _ in halves)
        if arriving:
            if arriving == dict(values):
                yield CHANNELS
            yield from self.products(values, arriving)
        if _equal(self.entering, values):
            yield self.entry()
        if arriving:
            yield from _multiples(CHANNELS, arriving, values)

    def integers(self, values: Values) -> Iterator[tuple[str, Values]]:
        for param in self.params.found.values():
            if param.kind == "int" and all(type(param.values[i]) is int for i in values):
                yield param.name, {i: param.values[i] for i in values}

    def ratios(self) -> list[tuple[str, Values]]:
        """The whole numbers that only the constructor has so far."""
        every = [(n, given) for n, given in self.given.items() if kind_of(given) == "int"]
        return [(name, given) for name, given in every if name not in self.params.found]

    def entry(self) -> str:
        """The param that holds how many channels reach the block."""
        name = self.entry_name
        if name not in self.params.found:
            self.params.add(name, "int", self.entering, suggested=f"$({CHANNELS})").is_entry = True
        return name

    @property
    def entry_name(self) -> str:
        """What that param is called."""
        known = next((param.name for param in self.params.found.values() if param.is_entry), None)
        return known or self.params.free("width", "channels")

    def products(self, values: Values, arriving: Values) -> Iterator[str]:
        """``in.channels * expand_ratio``, where the constructor has such a ratio."""
        for name, ratio in [*self.integers(values), *self.ratios()]:
            if len(set(ratio.values())) > 1 and all(values[i] == arriving[i] * ratio.get(i, 0) for i in values):
                self.use(name, {i: ratio[i] for i in values})
                yield f"{CHANNELS} * {name}"


def _given(origins: Sequence[CodeOrigin | None], entering: Values) -> dict[str, Values]:
    """The constructors' arguments that every copy has, but for those that repeat how many channels arrive."""
    if any(origin is None for origin in origins):
        return {}
    every = [dict(origin.arguments) for origin in origins if origin is not None]
    names = [name for name in every[0] if all(name in arguments for arguments in every)]
    found = {name: {i: arguments[name] for i, arguments in enumerate(every)} for name in names}
    return {
        name: values
        for name, values in found.items()
        if PARAM.fullmatch(name) and name not in NOT_PARAMS and not _equal(values, entering) and kind_of(values)
    }


def _equal(given: Values, values: Values) -> bool:
    return all(i in given and given[i] == values[i] and type(given[i]) is type(values[i]) for i in values)


def _all(values: Values, known: Values, made: Any) -> bool:
    return all(values[i] == made(known[i]) for i in values)


def _multiples(name: str, known: Values, values: Values) -> Iterator[str]:
    """``planes * 4`` and ``width // 2``."""
    i = next(iter(values))
    if not known[i] or not values[i] or len(set(known.values())) == 1:
        return
    times, part = values[i] // known[i], known[i] // values[i]
    if times > 1 and _all(values, known, lambda k: k * times):
        yield f"{name} * {times}"
    if part > 1 and _all(values, known, lambda k: k // part if k % part == 0 else None):
        yield f"{name} // {part}"


def _affinity(name: str, label: str) -> float:
    """How much of two names is the same: the characters of their longest common part."""
    return SequenceMatcher(None, name, label).find_longest_match().size


def _bare(text: str) -> str:
    """An expression without its sign and brackets."""
    return text[2:-1] if text.startswith("$(") else text[1:]


__all__ = ["ANY", "ImportedParam", "ParamSolver", "Values"]
