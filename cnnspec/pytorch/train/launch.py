"""Join the processes that a launcher such as torchrun has started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cnnspec.pytorch.train.world import ALONE, World
from cnnspec.rank import is_one_of_many


@contextmanager
def joined() -> Iterator[World]:
    """Yield all processes of this training once they are connected; this process alone without a launcher."""
    if not is_one_of_many():
        yield ALONE
        return
    from cnnspec.pytorch.train.processes import connected  # torch, from here on

    with connected() as world:
        yield world
