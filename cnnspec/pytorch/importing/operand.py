"""What a call takes: a value of the program, a weight of a module, or something that no layer gives."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cnnspec.engine.diagnostics import Diagnostic
from cnnspec.pytorch.importing.program import Path


@dataclass(frozen=True, slots=True)
class Owned:
    """A parameter or a buffer, by the module that holds it and its name there."""

    path: Path
    name: str
    buffer: bool = False


@dataclass(frozen=True, slots=True)
class Operand:
    """A tensor of the run. ``shape`` is with the batch. One that is neither value, owned nor blocked is a constant."""

    shape: tuple[int, ...]
    value: int | None = None
    owned: Owned | None = None
    repeats: bool = False  # whether it is repeated to a larger shape, as sums and products do by themselves
    blocked: Diagnostic | None = None  # why no layer gives it: told once something needs it, which goes on with `value`

    @property
    def batch(self) -> int:
        return self.shape[0] if self.shape else 0

    def shaped(self, shape: tuple[int, ...]) -> Operand:
        """The same numbers in another shape."""
        return replace(self, shape=shape)

    def repeated(self, shape: tuple[int, ...]) -> Operand:
        """The same numbers, each as often as a larger shape holds it."""
        return self if shape == self.shape else replace(self, shape=shape, repeats=True)


Result = Operand | tuple[Operand, ...] | None


class Unsaid(Exception):
    """A call that no line of a spec says. ``message`` says what it is, ``help`` what to do."""

    def __init__(self, message: str, help: str = "", *, code: str = "no-layer-for-call") -> None:
        super().__init__(message)
        self.message, self.help, self.code = message, help, code
