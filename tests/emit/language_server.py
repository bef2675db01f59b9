"""A small client of a language server, over its standard input and output: JSON-RPC under Content-Length headers."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

TIMEOUT = 60.0  # seconds that an answer may take on a machine that has much else to do


class LanguageServer:
    """A server process; it is ended with the block that opened it."""

    def __init__(self, command: list[str], settings: dict[str, Any]) -> None:
        self.settings = settings
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self.messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.last = 0
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        self.capabilities: dict[str, Any] = {}

    def __enter__(self) -> Self:
        capabilities = {
            "textDocument": {
                "hover": {"contentFormat": ["markdown"]},
                "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
                "publishDiagnostics": {},
            },
            "workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}},
        }
        answer = self.request("initialize", processId=None, rootUri=None, capabilities=capabilities)
        self.capabilities = answer["capabilities"]
        self.notify("initialized")
        self.notify("workspace/didChangeConfiguration", settings=self.settings)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.request("shutdown")
                self.notify("exit")
                self.process.wait(TIMEOUT)
        finally:
            self.process.kill()
            self.process.wait()
            self.reader.join()
            for stream in (self.process.stdin, self.process.stdout):
                if stream is not None:
                    stream.close()

    def request(self, method: str, **params: Any) -> Any:
        """The result of a request; what the server asks or tells meanwhile is answered or kept."""
        self.last += 1
        self._send({"id": self.last, "method": method, "params": params})
        while True:
            message = self._next(method)
            if message.get("id") == self.last and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def notify(self, method: str, **params: Any) -> None:
        """Tells the server something that has no answer."""
        self._send({"method": method, "params": params})

    def open(self, path: Path, text: str) -> None:
        """Opens a text under a path, as an editor does."""
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.diagnostics.pop(path.as_uri(), None)
        self.notify("textDocument/didOpen", textDocument=document)

    def found(self, path: Path) -> list[dict[str, Any]]:
        """What the server says of an open text, once it has said it."""
        while path.as_uri() not in self.diagnostics:
            self._next("publishDiagnostics")
        return self.diagnostics[path.as_uri()]

    def ask(self, method: str, path: Path, line: int, column: int) -> Any:
        """The answer for a place of an open text; lines and columns count from 1."""
        position = {"line": line - 1, "character": column - 1}
        return self.request(f"textDocument/{method}", textDocument={"uri": path.as_uri()}, position=position)

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def _next(self, waiting_for: str) -> dict[str, Any]:
        """The next message; requests of the server are answered on the way."""
        try:
            message = self.messages.get(timeout=TIMEOUT)
        except queue.Empty:
            raise TimeoutError(f"no answer to {waiting_for} in {TIMEOUT:.0f} seconds") from None
        assert message is not None, f"the server ended before it answered {waiting_for}"
        if "method" in message and "id" in message:
            self._send({"id": message["id"], "result": self._answer(message)})
        elif message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        return message

    def _answer(self, message: dict[str, Any]) -> Any:
        if message["method"] != "workspace/configuration":
            return None
        return [self.settings.get(item.get("section", "")) for item in message["params"]["items"]]

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            length = int(header.split(b":")[1]) if header.lower().startswith(b"content-length") else None
            while header.strip():
                header = stream.readline()
            if length is not None:
                self.messages.put(json.loads(stream.read(length)))
        self.messages.put(None)
