"""A web server on this machine alone, for downloads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


class Server:
    """What it answers by path: the bytes, and how many it says there are (None: it tells none)."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[bytes, int | None]] = {}
        self.redirects: dict[str, str] = {}
        self.asked: list[str] = []
        self.silent = Event()  # set at the end: answers that never come are let go
        self.url = ""


@contextmanager
def serving() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            if self.path in state.redirects:
                self.send_response(302)
                self.send_header("Location", state.redirects[self.path])
                self.end_headers()
            elif self.path == "/silence":
                state.silent.wait(30)
            elif self.path in state.answers:
                body, length = state.answers[self.path]
                self.send_response(200)
                if length is not None:
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(body)
            else:
                self.send_error(404)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{http.server_port}/"
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        state.silent.set()
        http.shutdown()
        thread.join()
        http.server_close()
