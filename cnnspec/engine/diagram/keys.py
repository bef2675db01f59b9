"""Keys of the state dict, as a drawing tells them.

layer1.1…2      copies that are drawn once have one key, here of layer1.1 and layer1.2
features.*      what the keys of a table share; each row tells the rest
"""

from __future__ import annotations

Key = tuple[str, str]  # of the first and of the last of copies that are drawn once


def joined(key: Key) -> str:
    """``layer1.1…2``: what the first and the last share is said once."""
    first, last = (text.split(".") for text in key)
    return ".".join(_range(a, b) for a, b in zip(first, last, strict=False))


def _range(first: str, last: str) -> str:
    """``layer1…6``."""
    if first == last:
        return first
    stem = first.rstrip("0123456789")
    return f"{first}…{last[len(stem) :] if stem == last.rstrip('0123456789') else last}"


def without(key: str, parts: int) -> str:
    """A key without its first parts."""
    return ".".join(key.split(".")[parts:])


def shared(keys: list[str]) -> tuple[str, list[str]]:
    """What keys share at their beginnings and ends, ``features.*.block``, and what is left of each."""
    split = [key.split(".") for key in keys]
    room = min(map(len, split)) - 1
    before = _alike(split, room)
    after = _alike([parts[::-1] for parts in split], room - before)
    if not before and not after:
        return "", keys
    first = split[0]
    pattern = ".".join([*first[:before], "*", *first[len(first) - after :]])
    return pattern, [".".join(parts[before : len(parts) - after]) for parts in split]


def _alike(split: list[list[str]], most: int) -> int:
    """How many parts all keys begin with."""
    return next((i for i in range(most) if len({parts[i] for parts in split}) > 1), max(most, 0))
