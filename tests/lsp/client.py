"""An editor's side of the protocol, for tests: edits with versions, and answers that are errors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.emit.language_server import LanguageServer

COMMAND = [sys.executable, "-m", "cnnspec", "lsp"]


class Refused(Exception):
    """The server answered with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.code = error["code"]


class Editor(LanguageServer):
    """A server process and the texts that it has open."""

    def __init__(self, command: list[str] = COMMAND, settings: dict[str, Any] | None = None) -> None:
        super().__init__(command, settings or {})
        self.versions: dict[str, int] = {}
        self.told: list[dict[str, Any]] = []  # every publication of diagnostics, in order

    def open(self, path: Path, text: str) -> None:
        super().open(path, text)
        self.versions[path.as_uri()] = 1

    def change(self, path: Path, text: str, place: dict[str, Any] | None = None) -> None:
        """Replace a range, or all of a text."""
        self.versions[path.as_uri()] += 1
        self.diagnostics.pop(path.as_uri(), None)
        change = {"text": text} | ({"range": place} if place else {})
        document = {"uri": path.as_uri(), "version": self.versions[path.as_uri()]}
        self.notify("textDocument/didChange", textDocument=document, contentChanges=[change])

    def close(self, path: Path) -> None:
        self.notify("textDocument/didClose", textDocument={"uri": path.as_uri()})

    def request(self, method: str, **params: Any) -> Any:
        self.last += 1
        self._send({"id": self.last, "method": method, "params": params})
        return self.answer(self.last, method)

    def answer(self, number: int, method: str = "a request") -> Any:
        """The result of a request that was sent. Raises Refused."""
        while True:
            message = self._next(method)
            if message.get("id") == number and "method" not in message:
                if "error" in message:
                    raise Refused(message["error"])
                return message["result"]

    def _next(self, waiting_for: str) -> dict[str, Any]:
        message = super()._next(waiting_for)
        if message.get("method") == "textDocument/publishDiagnostics":
            self.told.append(message["params"])
        return message

    def document(self, method: str, path: Path, **params: Any) -> Any:
        """The answer to a request about a whole text."""
        return self.request(f"textDocument/{method}", textDocument={"uri": path.as_uri()}, **params)

    def settled(self, path: Path) -> list[dict[str, Any]]:
        """What the server says of the version that is open, once it has nothing more to say of it."""
        version = self.versions[path.as_uri()]
        while not any(told["uri"] == path.as_uri() and told.get("version") == version for told in self.told):
            self._next("publishDiagnostics")
        return self.diagnostics[path.as_uri()]
