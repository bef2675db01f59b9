"""Small pieces of wording that every message shares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from cnnspec.engine.diagnostics.synonyms import synonym

MAX_KNOWN = 500  # names among which a near one is looked for: comparing takes time
MOST_LISTED = 12  # words that a message lists whole
MOST_NEAR = 3  # of more words, those that it names
MAX_LINES = 12  # lines that a message lists
MAX_WORD = 60  # characters of a word that may be a misspelt name
MAX_MESSAGE = 800  # characters of a line of a message or a help


def clip(text: str, most: int = MAX_MESSAGE) -> str:
    """The text with the middle of each very long line left out: a hostile name may have a million letters."""
    if len(text) <= most:
        return text
    end = most // 8
    cut = (line if len(line) <= most else f"{line[: most - end - 3]} … {line[-end:]}" for line in text.split("\n"))
    return "\n".join(cut)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a misspelt or foreign one most likely means, or None where none is near."""
    among = tuple(known)
    return _nearest(word, among) if 0 < len(among) <= MAX_KNOWN and len(word) <= MAX_WORD else None


@lru_cache(maxsize=64)
def _nearest(word: str, among: tuple[str, ...]) -> str | None:
    """The same; a mistake is asked about by its message, by its repairs, and again where they are tried."""
    from difflib import get_close_matches  # only a mistake pays for it

    known = [name for name in among if len(name) <= 2 * MAX_WORD]
    folded = {name.casefold(): name for name in reversed(known)}
    if word.casefold() in folded:
        return folded[word.casefold()]
    if same := synonym(word, known):
        return same
    near = get_close_matches(word, known, n=1, cutoff=0.7) or get_close_matches(word, known, n=1, cutoff=0.6)
    if not near or abs(len(near[0]) - len(word)) > max(len(word), 3) // 2 + 1:
        return None
    return near[0]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean `Conv2d`?``, or nothing."""
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else ""


VOWEL = re.compile(r"[aeiou]|8|1[18](?!\d)", re.IGNORECASE)  # eight, eighty, eleven, eighteen: as they are spoken


def a(noun: str) -> str:
    """``a list``, ``an OrderedDict``, ``an 8×8 input``."""
    return f"{'an' if VOWEL.match(noun) else 'a'} {noun}"


def listing(words: Sequence[str], conjunction: str = "and") -> str:
    """``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def choices(lead: str, noun: str, word: str, known: Sequence[str], where: str) -> str:
    """Say what may stand in place of an unknown word: ``it has `a` and `b```, or of many words the near ones.

    Args:
        lead: What the list follows, such as ``a recipe has``.
        noun: What the words are, such as ``keys``.
        word: The unknown word.
        known: The words that there are.
        where: What lists them all, such as ``docs/reference/training.md and `cnnspec schema --recipe```.
    """
    if len(known) <= MOST_LISTED:
        return f"{lead} {listing([f'`{name}`' for name in known])}"
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=MOST_NEAR, cutoff=0.5) if len(word) <= MAX_WORD else []
    close = f"similar: {listing([f'`{name}`' for name in near])}; " if near else ""
    return f"{close}{where} list all {len(known)} {noun}"


def more_lines(lines: Sequence[int]) -> str:
    """``the same in 2 more lines: 6, 7`` for a message at the first of several lines; empty for a single line."""
    others = sorted({line for line in lines if line != lines[0]}) if lines else []
    if not others:
        times = "once more" if len(lines) == 2 else f"{len(lines) - 1} more times"
        return f"the same {times} in this line" if len(lines) > 1 else ""
    shown = [str(line) for line in others[:MAX_LINES]] + ["…"] * (len(others) > MAX_LINES)
    return f"the same in {count(len(others), 'more line')}: {', '.join(shown)}"


def count(number: int, noun: str) -> str:
    """``1 error``, ``2 errors``."""
    written = f"{number:,}"
    ending = "" if written == "1" else "es" if noun.endswith("ss") else "s"
    return f"{written} {noun}{ending}"
