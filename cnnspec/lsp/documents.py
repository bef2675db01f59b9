"""Open texts, as the editor has them: they go before the files on disk."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from msgspec.structs import replace

from cnnspec.engine.diagnostics import CnnspecError, Sink, Source
from cnnspec.engine.spec.bases import inside, split
from cnnspec.engine.spec.shipped import ENDINGS, display, open_source
from cnnspec.engine.syntax import Map, Scalar, parse
from cnnspec.lsp.positions import from_client

MAX_BASES = 8


def path_of(uri: str) -> Path | None:
    """The file that a URI names; None for one of another scheme, such as `untitled:`."""
    parts = urlsplit(uri)
    if parts.scheme != "file" or not parts.path or "\0" in unquote(parts.path):
        return None
    return Path(url2pathname(parts.path))


def uri_of(path: Path) -> str:
    """The URI of a file."""
    return Path(os.path.abspath(path)).as_uri()  # noqa: PTH100 - links are not followed


class OpenText:
    """One open text: its versions replace one another."""

    def __init__(self, uri: str, version: int, text: str) -> None:
        self.uri, self.version = uri, version
        self.path = path_of(uri)
        self.name = display(self.path) if self.path else uri
        self.variant: str | None = None  # that is in view; None: the text's defaults
        self.source = Source(self.name, text, path=self.path)

    def change(self, version: int, changes: Iterable[dict[str, Any]]) -> None:
        """Apply the edits of the editor in their order."""
        for change in changes:
            text = str(change["text"])
            if change.get("range") is not None:
                start, end = (self.offset(change["range"][side]) for side in ("start", "end"))
                text = self.source.text[:start] + text + self.source.text[max(start, end) :]
            self.source = replace(self.source, text=text)
        self.version = version

    def offset(self, position: dict[str, Any]) -> int:
        at = from_client(self.source, position)
        return min(self.source.offset(at.line, at.column), len(self.source.text))


class OpenTexts:
    """The open texts by URI, and files for those that are not open."""

    def __init__(self) -> None:
        self.open: dict[str, OpenText] = {}
        self.folders: list[Path] = []

    def by_path(self, path: Path) -> OpenText | None:
        """The open text of a file."""
        real = os.path.realpath(path)
        return next((d for d in self.open.values() if d.path and os.path.realpath(d.path) == real), None)

    def source(self, document: OpenText) -> Source:
        """The text with what it extends, where that is open, and with the folders that its names may lead into."""
        return self.whole(document.source, MAX_BASES)

    def whole(self, source: Source, depth: int) -> Source:
        roots = self.roots(source.path)
        base = self.base(source) if depth else None
        return replace(source, roots=roots, base=self.whole(base, depth - 1) if base else None)

    def roots(self, path: Path | None) -> tuple[Path, ...]:
        """The workspace's folder of a file, or else the folder that it lies in."""
        if path is None:
            return ()
        return (path.parent, *(folder for folder in self.folders if path.is_relative_to(folder)))

    def base(self, source: Source) -> Source | None:
        """The text that a text extends, if an editor has it open."""
        path = extended(source)
        document = self.by_path(path) if path else None
        return document.source if document is not None and document.source is not source else None

    def text_of(self, path: Path) -> Source | None:
        """A file's text: that of the editor if the file is open, else that on disk; None if it cannot be read."""
        document = self.by_path(path)
        if document is not None:
            return document.source
        try:
            return open_source(path, display(path))
        except CnnspecError:
            return None


def extended(source: Source) -> Path | None:
    """The file that a text extends; None where it extends none, or a shipped spec."""
    if source.path is None or "extends" not in source.text:
        return None
    top = parse(source, Sink())
    node = top.get("extends") if isinstance(top, Map) else None
    if not isinstance(node, Scalar) or not split(node.text)[0].endswith(ENDINGS):
        return None
    try:
        return inside(source.path, split(node.text)[0])
    except (OSError, ValueError):
        return None
