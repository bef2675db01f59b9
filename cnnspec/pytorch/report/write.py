"""Document ──► a folder. Only files of an earlier report are overwritten.

    DIR/
    ├── report.html     self-contained
    ├── report.md       for a repository; refers to the pictures
    ├── NAME.png, NAME.svg
    └── report.json     the hash of each file; the next report replaces only files with these hashes

report.json is written before the other files, with old and new hashes, and again after them, with new hashes only. So
a report that was interrupted can be written again.
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
from cnnspec.pytorch.report.charts.saved import DrawnPicture
from cnnspec.version import __version__

# Document ──► Markdown, with the pictures as separate files.


def markdown(document: Document, form: str = "png") -> str:
    """Return the report as Markdown. Pictures are links to ``NAME.png``, or to another ``form`` of file."""
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
    for index, row in enumerate(table.rows):
        cells = [markdown_text(cell) for cell in row]
        if table.levels:
            cells[0] = "&emsp;" * table.levels[index] + cells[0]
        if index in table.marked:
            cells = [f"**{cell}**" if cell else "" for cell in cells]
        lines.append(_row(cells))
    return f"*{markdown_text(table.caption)}*\n\n" + "\n".join(lines)


def _rule(column: ReportColumn) -> str:
    return "---" if column.left else "---:"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


# Document ──► one self-contained HTML page.
#
# Its content security policy forbids scripts and requests. Each picture is embedded twice as SVG, wide and narrow.

UNIT = re.compile(r"(?<=\d) (?=%|±|s\b)|(?<=±) ")
NO_BREAK = "\u00a0"  # no-break space


def page(document: Document, drawn: Mapping[str, DrawnPicture]) -> str:
    """Return the report as HTML. All texts are escaped: values in the template are never markup."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_shown, keep_trailing_newline=True)
    template = environment.from_string(
        resources.files("cnnspec.pytorch.report").joinpath("page.html.jinja").read_text("utf-8")
    )
    return template.render(document=document, version=__version__, kind=_kind, drawn=drawn, address=_address)


def _shown(value: object) -> object:
    """Remove control and direction characters from a text, and keep each number and its unit on one line."""
    return UNIT.sub(NO_BREAK, printable(value)) if isinstance(value, str) else value


def _kind(block: Block) -> str:
    return type(block).__name__


def _address(svg: str) -> str:
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


MOST_REPORT = 2**28  # bytes; larger files were not written by a report
PAGE, TEXT, OWN = "report.html", "report.md", "report.json"
Hashes = Mapping[str, Sequence[str]]  # of each file, the hashes of the versions that reports wrote


def files_of(document: Document) -> dict[str, bytes]:
    """Return all files of a report, the HTML page first."""
    drawn = {picture.name: DrawnPicture.of(picture) for picture in document.pictures}
    files = {PAGE: page(document, drawn).encode(), TEXT: markdown(document).encode()}
    for name, forms in drawn.items():
        files |= {f"{name}.png": forms.png, f"{name}.svg": forms.svg.encode()}
    return files


def write_report(document: Document, folder: Path) -> list[Path]:
    """Write a report, and remove pictures of the previous report that this one does not have.

    Raises:
        UsageError: If the report would overwrite a file that no report wrote.
        OutputError: If a file cannot be written.
    """
    require_free(folder)
    files = files_of(document)
    previous = _known(folder)
    _require_own(folder, files, previous)
    make_folder(folder)
    new = {name: [_hash(data)] for name, data in files.items()}
    old_and_new = {name: [*previous.get(name, []), *new.get(name, [])] for name in {**previous, **new}}
    _write_own(folder, old_and_new)
    for name, data in files.items():
        write(folder / name, data)
    for name in sorted(previous.keys() - new.keys()):
        if _is_own(folder / name, previous[name]):
            with writing(folder / name):
                (folder / name).unlink(missing_ok=True)
    _write_own(folder, new)
    return [folder / PAGE, folder / TEXT]


def require_free(folder: Path) -> None:
    """Raise UsageError if a report cannot be written to a folder, before anything is drawn."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", "name a folder with --out")


def _known(folder: Path) -> Hashes:
    """Return the files of the previous report in a folder; none if there is no report or its list cannot be read."""
    try:
        files = json.loads(read_bounded(folder / OWN, MOST_RECORD, follow=False))["files"]
        return {str(name): list(map(str, hashes)) for name, hashes in files.items() if Path(name).name == name}
    except (UsageError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _require_own(folder: Path, files: Mapping[str, bytes], previous: Hashes) -> None:
    in_the_way = [name for name in files if not _is_own(folder / name, previous.get(name, []))]
    if (folder / OWN).exists() and not previous:
        in_the_way.append(OWN)
    if in_the_way:
        others = f" and {len(in_the_way) - 1} more" if len(in_the_way) > 1 else ""
        raise UsageError(
            f"{folder / in_the_way[0]}{others} was not written by a report, or was edited; nothing was overwritten",
            "choose another folder with --out, or move the file away",
        )


def _is_own(path: Path, hashes: Sequence[str]) -> bool:
    """Tell whether a file can be replaced: a report wrote it, or it does not exist."""
    with writing(path):
        if not path.exists() and not path.is_symlink():
            return True
        with suppress(UsageError):  # not a regular file, or too large
            return path.is_file() and _hash(read_bounded(path, MOST_REPORT, follow=False)) in hashes
        return False


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()


def _write_own(folder: Path, hashes: Hashes) -> None:
    value = {"cnnspec": __version__, "files": hashes}
    write(folder / OWN, (json.dumps(value, indent=2) + "\n").encode())
