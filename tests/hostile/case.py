"""One hostile spec: its name in docs/explanation/security.md, its text, and what must be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

HEAD = "cnnspec: 1\ninput: [3, 32, 32]\n"


@dataclass(frozen=True)
class Case:
    """A text that must be answered with ``code`` at ``place`` (line:column); no code: it is sound, and must be quick.

    The memory of ``heavy`` ones is measured.
    """

    name: str
    text: str | bytes | Callable[[], str | bytes]
    code: str
    place: str = ""
    heavy: bool = False

    @property
    def data(self) -> bytes:
        text = self.text() if callable(self.text) else self.text
        return text if isinstance(text, bytes) else text.encode()


def spec(layers: str, rest: str = "") -> str:
    """A spec with these lines; the first of them is line 4."""
    return f"{HEAD}layers:\n{layers}\n{rest}"
