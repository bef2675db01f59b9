"""Document ──► a folder. Nothing in it is overwritten but what a report wrote there before.

    DIR/
    ├── report.html     all in one file
    ├── report.md       the same for a repository, with the pictures beside it
    ├── NAME.png, NAME.svg
    └── report.json     the hash of each file, by which the next report knows that it is its own to replace

report.json is written before the files and after them: at first it knows the old ones as well, so that a report that
is cut off can be written again.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from cnnspec.engine.diagnostics import UsageError, markdown_text, printable
from cnnspec.engine.files import make_folder, write, writing
from cnnspec.engine.safe_open import MOST_RECORD, read_bounded
from cnnspec.pytorch.report.blocks import Block, Document, Paragraph, Picture, ReportColumn, ReportTable
from cnnspec.pytorch.report.charts.saved import Drawn
from cnnspec.version import __version__

# Document ──► Markdown, with the pictures as files beside it.


def markdown(document: Document, form: str = "png") -> str:
    """The text; ``NAME.png``, or another form of it, stands for each picture."""
    parts = [f"# {markdown_text(document.title)}", markdown_text(document.lead)]
    for section in document.sections:
        parts += [f"## {markdown_text(section.heading)}", *(_block(block, form) for block in section.blocks)]
    return "\n\n".join([*parts, f"Made by cnnspec {__version__}."]) + "\n"


def _block(block: Block, form: str) -> str:
    match block:
        case Paragraph():
            lines = [markdown_text(line) for line in block.text.split("\n")]
            return f"**{'  '.join(lines)}**" if block.strong else "  \n".join(lines)
        case Picture():
            return f"![{markdown_text(block.alt)}]({block.name}.{form})\n\n*{markdown_text(block.caption)}*"
        case ReportTable():
            return _table(block)


def _table(table: ReportTable) -> str:
    lines = [_row([markdown_text(column.heading) for column in table.columns]), _row(map(_rule, table.columns))]
    for place, row in enumerate(table.rows):
        found = [markdown_text(cell) for cell in row]
        if table.levels:
            found[0] = "&emsp;" * table.levels[place] + found[0]
        if place in table.marked:
            found = [f"**{cell}**" if cell else "" for cell in found]
        lines.append(_row(found))
    return f"*{markdown_text(table.caption)}*\n\n" + "\n".join(lines)


def _rule(column: ReportColumn) -> str:
    return "---" if column.left else "---:"


def _row(found: Iterable[str]) -> str:
    return f"| {' | '.join(found)} |"


# Document ──► one HTML page with everything in it: it asks for nothing else, wherever it lies.
#
# Its policy forbids scripts and all addresses; pictures are SVG within it, one for wide and one for narrow pages.

UNIT = re.compile(r"(?<=\d) (?=%|±|s\b)|(?<=±) ")
KEPT = "\u00a0"  # a space at which no line breaks


def page(document: Document, drawn: Mapping[str, Drawn]) -> str:
    """The page. Texts are escaped, all of them: what is set into the template is never markup."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_shown, keep_trailing_newline=True)
    template = environment.from_string(
        resources.files("cnnspec.pytorch.report").joinpath("page.html.jinja").read_text("utf-8")
    )
    return template.render(document=document, version=__version__, kind=_kind, drawn=drawn, address=_address)


def _shown(value: object) -> object:
    """Text without what moves a cursor or turns the direction of reading; a number stays with its unit."""
    return UNIT.sub(KEPT, printable(value)) if isinstance(value, str) else value


def _kind(block: Block) -> str:
    return type(block).__name__


def _address(svg: str) -> str:
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


MOST_REPORT = 2**28  # bytes of a file that a report wrote
PAGE, TEXT, OWN = "report.html", "report.md", "report.json"
Hashes = Mapping[str, Sequence[str]]  # of each file, those that a report gave it


def files_of(document: Document) -> dict[str, bytes]:
    """All files of a report, the page first."""
    drawn = {picture.name: Drawn.of(picture) for picture in document.pictures}
    files = {PAGE: page(document, drawn).encode(), TEXT: markdown(document).encode()}
    for name, one in drawn.items():
        files |= {f"{name}.png": one.png, f"{name}.svg": one.svg.encode()}
    return files


def write_report(document: Document, folder: Path) -> list[Path]:
    """Write a report, and remove pictures of the last one that it no longer has.

    Raises UsageError where a file is in the way that no report wrote, OutputError.
    """
    require_free(folder)
    files = files_of(document)
    known = _known(folder)
    _require_own(folder, files, known)
    make_folder(folder)
    new = {name: [_hash(data)] for name, data in files.items()}
    both = {name: [*known.get(name, []), *new.get(name, [])] for name in {**known, **new}}
    _write_own(folder, both)
    for name, data in files.items():
        write(folder / name, data)
    for name in sorted(known.keys() - new.keys()):
        if _is_own(folder / name, known[name]):
            with writing(folder / name):
                (folder / name).unlink(missing_ok=True)
    _write_own(folder, new)
    return [folder / PAGE, folder / TEXT]


def require_free(folder: Path) -> None:
    """Raise UsageError where a report cannot go into a folder, before anything is drawn."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", "name a folder with --out")


def _known(folder: Path) -> Hashes:
    """What the last report in a folder wrote; nothing where there is none, or its list cannot be read."""
    try:
        found = json.loads(read_bounded(folder / OWN, MOST_RECORD, follow=False))["files"]
        return {str(name): list(map(str, hashes)) for name, hashes in found.items() if Path(name).name == name}
    except (UsageError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _require_own(folder: Path, files: Mapping[str, bytes], known: Hashes) -> None:
    in_the_way = [name for name in files if not _is_own(folder / name, known.get(name, []))]
    if (folder / OWN).exists() and not known:
        in_the_way.append(OWN)
    if in_the_way:
        more = f" and {len(in_the_way) - 1} more" if len(in_the_way) > 1 else ""
        raise UsageError(
            f"{folder / in_the_way[0]}{more} is not as a report wrote it; nothing is overwritten",
            "name another folder with --out, or move it away",
        )


def _is_own(path: Path, hashes: Sequence[str]) -> bool:
    """Whether nothing would be lost with a file."""
    with writing(path):
        if not path.exists() and not path.is_symlink():
            return True
        with suppress(UsageError):  # a link, a pipe, or larger than any report
            return path.is_file() and _hash(read_bounded(path, MOST_REPORT, follow=False)) in hashes
        return False


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()


def _write_own(folder: Path, hashes: Hashes) -> None:
    value = {"cnnspec": __version__, "files": hashes}
    write(folder / OWN, (json.dumps(value, indent=2) + "\n").encode())
