"""The section `budget`: what a network may cost at most, told in figures with units.

budget:
  max_params: 12M          # numbers that training changes
  max_macs: 2G             # multiply-accumulates for one input
  max_memory: 100MB        # weights and activations of one input, at inference
  min_input: 64            # an image of 64×64 passes, or a smaller one
  variants:
    large: {max_params: 30M}

The same figures come from the command line and from Python. 1k is 1,000; 1MB is 10⁶ bytes and 1MiB is 2²⁰.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field

from cnnspec.engine.diagnostics import Sink, Span, UsageError, did_you_mean, listing, nearest
from cnnspec.engine.syntax import Entry, Map, Node, Scalar, shown

COUNTS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
BYTES = {"": 1, "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
BYTES |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
MAX = 2**63
FIGURE = re.compile(r"([0-9]{1,20}(?:_[0-9]{1,20}){0,9})(\.[0-9]{1,20})? ?([A-Za-z]{0,8})")
# What each limit bounds, its units, and what to write.
LIMITS: dict[str, tuple[Mapping[str, int], str]] = {
    "max_params": (COUNTS, "a number of params, for example 500k or 12M"),
    "max_macs": (COUNTS, "a number of MACs, for example 200M or 2G"),
    "max_memory": (BYTES, "a number of bytes, for example 500MB or 2GiB"),
    "min_input": ({"": 1}, "one number for height and width, for example 32"),
}


class Limit(Struct, frozen=True):
    """One bound: its name, the amount, how a message tells it, and its place; none where it comes from outside."""

    name: str
    amount: int
    told: str
    span: Span | None = None


class Budget(Struct, frozen=True):
    """Bounds by name, and those of single variants, which go before them."""

    limits: Mapping[str, Limit] = field(default_factory=lambda: MappingProxyType({}))
    variants: Mapping[str, Mapping[str, Limit]] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, variant: str | None) -> tuple[Limit, ...]:
        """The bounds that hold under a variant, or under none."""
        return tuple({**self.limits, **self.variants.get(variant or "", {})}.values())


class FigureError(ValueError):
    """A figure that is none, in words; ``near`` asks for what may be meant."""

    def __init__(self, words: str, near: str = "") -> None:
        super().__init__(words)
        self.near = near


def amount(name: str, written: str) -> int:
    """The number that a figure stands for: ``12M`` is 12,000,000. Raises FigureError."""
    units, takes = LIMITS[name]
    match = FIGURE.fullmatch(written)
    if not match or match[3] not in units:
        near = nearest(match[3], [unit for unit in units if unit]) if match else None
        meant = f"{match[1]}{match[2] or ''}{near}" if match and near else ""
        raise FigureError(f"takes {takes}", f"did you mean `{meant}`?" if meant else "")
    decimals = (match[2] or "")[1:]
    scale: int = 10 ** len(decimals)
    number, rest = divmod(int(match[1].replace("_", "") + decimals) * units[match[3]], scale)
    if rest or not 1 <= number < MAX:
        raise FigureError(f"takes {takes}" if number or rest else "is more than zero")
    return number


def given(values: Mapping[str, Any], form: Callable[[str], str] = "`{}`".format) -> Budget:
    """Bounds from outside a spec: ``{"max_params": "12M", "max_macs": 2_000_000}``; ``form`` writes their names.

    Raises UsageError.
    """
    limits = {}
    for name, value in values.items():
        if name not in LIMITS:
            near = did_you_mean(str(name), LIMITS)
            raise UsageError(f"unknown key `{name}` in a budget", near or f"the keys are {_known()}")
        written = str(value)
        try:
            number = amount(name, written if type(value) in (int, str) else "")
        except FigureError as error:
            raise UsageError(f"{form(name)} {error}, not `{written}`", error.near) from None
        limits[name] = Limit(name, number, f"the {written} of {form(name)}")
    return Budget(limits)


def _known() -> str:
    return listing([f"`{name}`" for name in LIMITS])


# ------------------------------------------------------------------------------------------------- the section


def read_budget(node: Node | None, variants: Mapping[str, object], sink: Sink) -> Budget | None:
    """The section of a spec; every figure that is none goes to the sink with its place."""
    if node is None:
        return None
    if not isinstance(node, Map):
        _wrong_type("budget", node, sink)
        return None
    own = node.entry("variants")
    return Budget(
        _limits([entry for entry in node if entry is not own], ("variants",), sink),
        _variants(own.value, variants, sink) if own else {},
    )


def _wrong_type(name: str, node: Node, sink: Sink) -> None:
    help = "write `budget: {max_params: 12M, max_macs: 2G}`"
    sink.error("wrong-type", f"`{name}` must be a mapping, not {shown(node)}", node.span, help=help)


def _variants(node: Node, known: Mapping[str, object], sink: Sink) -> dict[str, dict[str, Limit]]:
    if not isinstance(node, Map):
        _wrong_type("variants", node, sink)
        return {}
    found: dict[str, dict[str, Limit]] = {}
    for entry in node:
        name = entry.key.text
        if name not in known:
            help = f"its variants are {listing(list(known))}" if known else ""
            near = did_you_mean(name, known)
            sink.error("unknown-name", f"the spec has no variant `{name}`", entry.key.span, near, help=help)
        elif not isinstance(entry.value, Map):
            _wrong_type(name, entry.value, sink)
        else:
            found[name] = _limits(list(entry.value), (), sink)
    return found


def _limits(entries: list[Entry], beside: tuple[str, ...], sink: Sink) -> dict[str, Limit]:
    found: dict[str, Limit] = {}
    for entry in entries:
        name = entry.key.text
        if name in LIMITS:
            limit = _limit(entry, sink)
            found |= {name: limit} if limit else {}
        else:
            near = did_you_mean(name, (*LIMITS, *beside))
            sink.error(
                "unknown-key",
                f"unknown key `{name}` in a budget",
                entry.key.span,
                near,
                help=f"the keys are {_known()}",
            )
    return found


def _limit(entry: Entry, sink: Sink) -> Limit | None:
    name, node = entry.key.text, entry.value
    written = node.text if isinstance(node, Scalar) and type(node.value) in (int, str) else ""
    try:
        return Limit(name, amount(name, written), f"its budget of {written}", entry.span)
    except FigureError as error:
        sink.error("bad-budget", f"`{name}` {error}, not {shown(node)}", node.span, error.near)
        return None
