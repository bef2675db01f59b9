"""Damaged checkpoints: each is found out, said aloud, and the one before it is used.

The last checkpoint of a run is cut off or has one bit turned, in one of its files; some lose a file altogether.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cnnspec.pytorch.train.checkpoint import Checkpoints
from tests.torture.runs import MOST, undisturbed, write_spec

Damage = Callable[[bytes, random.Random], bytes]


def cut_off(data: bytes, random: random.Random) -> bytes:
    return data[: random.randrange(len(data))]


def turn_bit(data: bytes, random: random.Random) -> bytes:
    place = random.randrange(8 * len(data))
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


KINDS: dict[str, Damage] = {"truncations": cut_off, "bit flips": turn_bit}


@dataclass
class Figures:
    """Of so many damaged checkpoints, those that were found out, by file; and those that were not."""

    tried: int = 0
    detected: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)


def trained(folder: Path) -> Path:
    """A run with two checkpoints."""
    return undisturbed(write_spec(folder), folder / "run", epochs=1)


def torture(run: Path, kind: str, number: int, seed: int = 0) -> Figures:
    """Damage the last checkpoint so many times, each time in one place, and put it back."""
    store, draw, figures = Checkpoints(run, MOST), random.Random(seed), Figures()
    last = run / "checkpoints" / f"checkpoint-{store.numbers()[-1]}"
    files = sorted(last.iterdir())
    for turn in range(number):
        path = files[turn % len(files)]
        whole = path.read_bytes()
        path.write_bytes(KINDS[kind](whole, draw))
        figures.tried += 1
        if found_out(store, last):
            figures.detected[path.name] += 1
        else:
            figures.missed.append(f"{kind} {turn} of {path.name}")
        path.write_bytes(whole)
    assert Checkpoints(run, MOST).load(figures.missed.append) is not None
    return figures


def found_out(store: Checkpoints, damaged: Path) -> bool:
    """Whether the one before is used, and both are told of."""
    notes: list[str] = []
    state = store.load(notes.append)
    told = len(notes) == 2 and notes[0].startswith(f"{damaged} is damaged") and "used instead" in notes[1]
    return state is not None and told and store.last == store.numbers()[-2]


def run(folder: Path, number: int, seed: int = 0) -> dict[str, Figures]:
    place = trained(folder)
    found = {kind: torture(place, kind, number, seed) for kind in KINDS}
    shutil.rmtree(place)
    return found
