"""What many verdicts come to, and what none of them has come by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from cnnspec.engine.layers import REGISTRY
from tests.codes import emitted
from tests.fuzz.judge import Verdict

OF_PLUGINS = {"plugin-failed"}  # a text alone has no layers of the user's own


def codes() -> set[str]:
    """Every code that the layers and the network refuse with."""
    inside = ("engine/layers/", "engine/network/")
    return {code for code, files in emitted().items() if any(f.startswith(inside) for f in files)} - OF_PLUGINS


def arguments() -> set[tuple[str, str]]:
    """Every argument of every layer type."""
    return {(name, argument) for name, layer in REGISTRY.items() for argument in layer.model_fields}


@dataclass
class Tally:
    """Counts over specs; ``disagreements`` hold the seed, what torch does, and the text."""

    accepted: int = 0
    refused: int = 0
    set_aside: int = 0
    taken: set[str] = field(default_factory=set)
    turned_down: set[str] = field(default_factory=set)
    stated: set[tuple[str, str]] = field(default_factory=set)
    codes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    disagreements: list[tuple[int, str, str]] = field(default_factory=list)
    megabytes: float = 0.0  # the most that a process has held, torch and all

    def add(self, verdict: Verdict) -> None:
        self.codes.update(verdict.codes)
        if not verdict.ran:
            self.set_aside += 1
            return
        self.accepted += verdict.accepted
        self.refused += not verdict.accepted
        self.taken |= verdict.taken
        self.turned_down |= verdict.refused
        self.stated |= verdict.stated
        self.reasons.update(verdict.reasons)

    def merge(self, other: Tally) -> None:
        self.accepted += other.accepted
        self.refused += other.refused
        self.set_aside += other.set_aside
        self.taken |= other.taken
        self.turned_down |= other.turned_down
        self.stated |= other.stated
        self.codes += other.codes
        self.reasons += other.reasons
        self.disagreements += other.disagreements
        self.megabytes = max(self.megabytes, other.megabytes)

    @property
    def specs(self) -> int:
        return self.accepted + self.refused + self.set_aside + len(self.disagreements)

    def missing(self) -> list[str]:
        """What no spec has come by."""
        found = [f"{name} was never accepted" for name in sorted(REGISTRY.keys() - self.taken)]
        found += [f"{name} was never refused" for name in sorted(REGISTRY.keys() - self.turned_down)]
        found += [f"{name}.{argument} never had another value" for name, argument in sorted(arguments() - self.stated)]
        return found + [f"nothing was refused as {code}" for code in sorted(codes() - self.codes.keys())]

    def lines(self) -> Iterator[str]:
        """The figures."""
        share = self.accepted / max(1, self.accepted + self.refused)
        yield f"specs                 {self.specs:,}, of which {self.set_aside} are too large to run and left out"
        yield f"accepted              {self.accepted:,} ({share:.0%})"
        yield f"refused               {self.refused:,}, for {sum(self.reasons.values()):,} reasons: {self.why()}"
        yield f"disagreements         {len(self.disagreements)}"
        yield f"peak memory           {self.megabytes:,.0f} MB a process"
        yield f"layer types accepted  {len(self.taken)} of {len(REGISTRY)}"
        yield f"layer types refused   {len(self.turned_down)} of {len(REGISTRY)}"
        yield f"arguments stated      {len(self.stated)} of {len(arguments())}"
        yield f"codes                 {len(codes() & self.codes.keys())} of {len(codes())} of layers and network"

    def why(self) -> str:
        return ", ".join(f"{what} {count:,}" for what, count in self.reasons.most_common())
