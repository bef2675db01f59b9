"""JSON-RPC 2.0 under Content-Length headers, over two binary streams."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

import msgspec

MAX_MESSAGE = 64_000_000  # bytes; a text has at most a million characters
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
NOT_INITIALIZED, REQUEST_CANCELLED, CONTENT_MODIFIED, REQUEST_FAILED = -32002, -32800, -32801, -32803


class RequestError(Exception):
    """Why a request has no result, with JSON-RPC's code for it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Message(msgspec.Struct, frozen=True):
    """A request, a notification, or the answer to a request of the server."""

    method: str = ""
    id: int | str | None = None
    params: dict[str, Any] | list[Any] | None = None
    result: Any = None
    error: Any = None

    @property
    def arguments(self) -> dict[str, Any]:
        """The parameters by name."""
        return self.params if isinstance(self.params, dict) else {}


DECODER = msgspec.json.Decoder(Message)


def receive(stream: BinaryIO) -> Message | None:
    """The next message; None at the end of the stream. Raises RequestError for one that is not JSON-RPC."""
    length = -1
    while line := stream.readline(1000):
        if not line.strip():
            if length >= 0:
                break
            continue
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            length = int(value)
    if not line:
        return None
    if length > MAX_MESSAGE:
        raise EOFError(f"a message of {length:,} bytes")
    body = stream.read(length)
    if len(body) < length:
        return None
    try:
        return DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestError(PARSE_ERROR, f"not a JSON-RPC message: {error}") from None


def send(stream: BinaryIO, **content: Any) -> None:
    """Write one message."""
    try:
        body = msgspec.json.encode({"jsonrpc": "2.0", **content})
    except UnicodeEncodeError:  # half of a surrogate pair, which a client may send
        body = json.dumps({"jsonrpc": "2.0", **content}).encode()
    stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    stream.flush()
