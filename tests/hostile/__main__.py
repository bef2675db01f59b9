"""``python -m tests.hostile [--write]``: each hostile spec in a process of its own, three times: seconds, MB, answer.

``--write`` puts the table into docs/explanation/security.md.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.hostile.base_cases import BASES
from tests.hostile.child import run
from tests.hostile.file_cases import FILES
from tests.hostile.name_cases import NAMES
from tests.hostile.table import PAGE, Row, with_rows
from tests.hostile.text_cases import TEXTS
from tests.hostile.work_cases import WORK

ROUNDS = 3


def arguments(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Each case by its name, with what to check and the test that holds the answer."""
    for index, case in enumerate((*TEXTS, *WORK, *NAMES)):
        path = folder / f"{index}.yaml"
        path.write_bytes(case.data)
        yield case.name, str(path), "test_heavy_texts_are_answered" if case.heavy else "test_hostile_text_is_answered"
    for index, file in enumerate((*FILES, *BASES)):
        inner = folder / f"file{index}"
        inner.mkdir()
        yield file.name, file.make(inner), "test_hostile_file_is_answered"


def measured(name: str, argument: str, test: str) -> Row:
    ended = [run("check", "--format", "json", "--", argument) for _ in range(ROUNDS)]
    answer = ended[0].stdout.partition('"code": "')[2].partition('"')[0]
    seconds = statistics.median(end.seconds for end in ended)
    return Row(name, answer or f"exit {ended[0].exit_code}", seconds, max(end.megabytes for end in ended), test)


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for case in arguments(Path(folder)):
            rows.append(measured(*case))
            print(rows[-1].line(), flush=True)
    print(f"slowest {max(row.seconds for row in rows):.2f} s, largest {max(row.megabytes for row in rows):.0f} MB")
    if "--write" in sys.argv:
        PAGE.write_text(with_rows(PAGE.read_text(), rows))


if __name__ == "__main__":
    main()
