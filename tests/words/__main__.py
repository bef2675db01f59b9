"""`python -m tests.words PATH...`: what the glossary has against these; `--names`: identifiers that are participles.

Without a path, the folders of `finished.py` that are not clean. Ends with 1 where there is anything.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.words.finished import FINISHED
from tests.words.names import names
from tests.words.scan import REPOSITORY, scan

parser = argparse.ArgumentParser(prog="python -m tests.words", description=__doc__)
parser.add_argument("paths", nargs="*", type=Path, help="files and folders; those that are finished by default")
parser.add_argument("--names", action="store_true", help="identifiers instead of texts")
options = parser.parse_args()
paths = options.paths or [REPOSITORY / path for path in FINISHED]
lines = list(map(str, (names if options.names else scan)(paths)))
print("\n".join([*lines, f"{len(lines)} findings"]))
sys.exit(bool(lines))
