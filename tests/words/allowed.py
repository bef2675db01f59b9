"""The uses of a phrase that are right, each with its reason. The test refuses one that nothing uses."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from typing import NamedTuple


class Allowed(NamedTuple):
    """A phrase, as a regular expression, in files of a pattern."""

    path: str
    phrase: str
    reason: str

    def allows(self, path: str, phrase: str) -> bool:
        """Return whether this phrase may be in this file."""
        return fnmatch(path, self.path) and re.fullmatch(self.phrase, phrase, re.IGNORECASE) is not None


ALLOWED: tuple[Allowed, ...] = ()
