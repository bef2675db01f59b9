"""A text laid out otherwise at random: comments, blank lines and line breaks where YAML allows them."""

from __future__ import annotations

import re
from random import Random

SPARE = 20  # columns that a broken flow is indented by


def scrambled(text: str, random: Random) -> str:
    """The text with a few changes of layout. Some make it invalid: what then is no YAML is no case."""
    lines = text.split("\n")
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(lines))
        lines[at : at + 1] = random.choice(CHANGES)(lines[at], random)
    return "\n".join(lines)


def _comment_above(line: str, random: Random) -> list[str]:
    return [f"{' ' * random.randrange(12)}# above {random.randrange(99)}", line]


def _comment_behind(line: str, random: Random) -> list[str]:
    return [f"{line}  # behind {random.randrange(99)}"]


def _blank(line: str, random: Random) -> list[str]:
    return ["", line]


def _broken_flow(line: str, random: Random) -> list[str]:
    cut = "\n" + " " * SPARE
    return re.sub(r"([{\[,]) *", lambda match: match[1] + (cut if random.random() < 0.5 else ""), line).split("\n")


def _comment_in_flow(line: str, random: Random) -> list[str]:
    return line.replace(",", f", # inside {random.randrange(99)}\n{' ' * SPARE}").split("\n")


def _spaces(line: str, random: Random) -> list[str]:
    return [line.replace(": ", ":   ").replace(" * ", "*")]


CHANGES = (_comment_above, _comment_behind, _blank, _broken_flow, _comment_in_flow, _spaces)
