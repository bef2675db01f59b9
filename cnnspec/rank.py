"""Which process this is, of those that train together: what a launcher such as torchrun has put into the environment.

    RANK, WORLD_SIZE              its number, and how many there are, on all machines
    LOCAL_RANK, LOCAL_WORLD_SIZE  the same of its own machine
    TORCHELASTIC_RESTART_COUNT    how often torchrun has started all of them anew

Nothing here needs torch.
"""

from __future__ import annotations

import os

NEEDED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")  # without which processes do not find each other


def is_one_of_many() -> bool:
    """Whether other processes train the same network."""
    return all(name in os.environ for name in NEEDED) and _number("WORLD_SIZE") > 1


def rank() -> int:
    """The number of this process; 0 is the one that writes and prints."""
    return _number("RANK") if is_one_of_many() else 0


def local_rank() -> int:
    """Its number on its machine, by which it takes a GPU."""
    return _number("LOCAL_RANK") if is_one_of_many() else 0


def attempt() -> int:
    """How often all of them were started anew, where one launcher has started all; several do not agree on it."""
    alone = _number("LOCAL_WORLD_SIZE") == _number("WORLD_SIZE")
    return _number("TORCHELASTIC_RESTART_COUNT") if alone else 0


def is_restarted() -> bool:
    """Whether all processes were started anew, because one of them had ended."""
    return is_one_of_many() and _number("TORCHELASTIC_RESTART_COUNT") > 0


def tells(told: bool | None) -> bool:
    """Whether this process tells an error; of those that came before the processes met, the first of each machine."""
    return local_rank() == 0 if told is None else not told


def _number(name: str) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isdigit() else 0
