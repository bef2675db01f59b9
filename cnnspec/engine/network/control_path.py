"""The way to a line: the loops that it stands in, each in one of its rounds, and the conditions that hold there.

Nothing that is checked needs it; who writes a network out as source tells by it which layers one line gave.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from cnnspec.engine.syntax import Node, Value


class Round(Struct, frozen=True, eq=False):
    """One round of a `foreach` or a `repeat`: which, and the names that it sets, `index` among them."""

    loop: Node  # what stands behind the word
    number: int
    names: Mapping[str, Value]


class ControlPath(Struct, frozen=True, eq=False):
    """Rounds and conditions from the definition down to the line, outermost first."""

    rounds: tuple[Round, ...] = ()
    conditions: tuple[Node, ...] = ()

    def in_round(self, loop: Node, number: int, names: Mapping[str, Value]) -> ControlPath:
        """In one round of a loop."""
        return ControlPath((*self.rounds, Round(loop, number, names)), self.conditions)

    def if_true(self, condition: Node) -> ControlPath:
        """Behind a condition that holds."""
        return ControlPath(self.rounds, (*self.conditions, condition))


START = ControlPath()
