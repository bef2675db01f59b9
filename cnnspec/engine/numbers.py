"""How tables and messages write figures: whole numbers, three digits with a unit, and shares."""

from __future__ import annotations

from collections.abc import Sequence

UNITS = ("", "k", "M", "G", "T", "P", "E")  # each is 1,000 of the one before
BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")  # each is 1,024 of the one before


def number(value: int | None) -> str:
    """Return ``1,234``; a dash where nothing is counted."""
    return "–" if value is None else f"{value:,}"


def short(value: int | None) -> str:
    """Return three digits and a unit: ``1.82 G``; what rounds to 1,000 has the next unit: ``1 M``."""
    return "–" if value is None else _scaled(value, UNITS, 1000)


def size(value: int | None) -> str:
    """Return bytes in three digits and a unit: ``1.82 MiB``."""
    return "–" if value is None else _scaled(value, BYTE_UNITS, 1024)


def share(value: float | None) -> str:
    """Return a part of the whole in percent: ``12.5%``."""
    return "–" if value is None else f"{value:.1%}"


def _scaled(value: int, units: Sequence[str], by: int) -> str:
    scaled, at = float(value), 0
    while scaled >= by - 0.5 and at < len(units) - 1:
        scaled, at = scaled / by, at + 1
    digits = f"{scaled:.3g}" if scaled < 999.5 else f"{scaled:.0f}"
    return f"{digits if at else value} {units[at]}".rstrip()
