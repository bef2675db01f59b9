"""Where handlers are registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cnnspec.pytorch.importing.translate import Handler

HANDLERS: dict[str, Handler] = {}
Handling = TypeVar("Handling", bound=Handler)


def says(*names: str) -> Callable[[Handling], Handling]:
    """Registers the handler of the functions of these names."""

    def register(handler: Handling) -> Handling:
        HANDLERS.update(dict.fromkeys(names, handler))
        return handler

    return register
