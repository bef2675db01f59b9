"""The server: a thread reads, one works. Messages come first; checks run while none is waiting."""

from __future__ import annotations

import queue
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, BinaryIO

from cnnspec.engine.checking import Examined, check_examined, check_source, examine, variants
from cnnspec.engine.diagnostics import CnnspecError, Diagnostic
from cnnspec.engine.syntax.marks import kind
from cnnspec.lsp.analysis import Analysis
from cnnspec.lsp.documents import OpenText, OpenTexts, path_of
from cnnspec.lsp.features import CAPABILITIES, FEATURES, TextView
from cnnspec.lsp.hints import HintSettings
from cnnspec.lsp.lenses import Cost
from cnnspec.lsp.protocol import (
    CONTENT_MODIFIED,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    NOT_INITIALIZED,
    REQUEST_CANCELLED,
    REQUEST_FAILED,
    Message,
    RequestError,
    receive,
    send,
)
from cnnspec.lsp.symbols import Names
from cnnspec.lsp.work import InterruptibleMeter, StaleError
from cnnspec.version import __version__

QUIET = 0.2  # seconds without an edit before a text with many variants is checked under all of them
CHANGE, CANCEL = "textDocument/didChange", "$/cancelRequest"


class Inbox:
    """The messages of the client, read by a separate thread, which sees what makes waiting work stale."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.messages: queue.Queue[Message | RequestError | None] = queue.Queue()
        self.cancelled: set[int | str] = set()
        self.changes = 0  # edits that have arrived
        self.thread = threading.Thread(target=self._read, daemon=True, name="cnnspec-lsp-reader")

    def _read(self) -> None:
        try:
            while True:
                try:
                    message = receive(self.stream)
                except RequestError as error:
                    self.messages.put(error)
                    continue
                if message is None:
                    break
                if message.method == CANCEL:
                    self.cancelled.add(message.arguments.get("id", ""))
                    continue
                self.changes += message.method == CHANGE
                self.messages.put(message)
                if message.method == "exit":
                    break
        except (OSError, ValueError, EOFError):
            pass  # the client is gone
        finally:
            self.messages.put(None)


class Job:
    """The checks that a version of a text still waits for."""

    def __init__(self) -> None:
        self.examined = False  # whether the variant in view was checked
        self.due = 0.0  # when all variants are checked


class TextState:
    """What is kept of an open text: the analysis of its version, and what was last said of it."""

    def __init__(self, document: OpenText) -> None:
        self.document = document
        self.analysis: Analysis | None = None
        self.names: Names | None = None
        self.found: tuple[Diagnostic, ...] = ()
        self.costs: dict[str | None, Cost] = {}
        self.job: Job | None = Job()

    def changed(self) -> None:
        self.analysis = self.names = None
        self.job = Job()
        self.job.due = monotonic() + QUIET


class Server:
    """One client, its open texts, and the work that waits."""

    def __init__(self, reading: BinaryIO, writing: BinaryIO) -> None:
        self.inbox, self.writing = Inbox(reading), writing
        self.documents = OpenTexts()
        self.states: dict[str, TextState] = {}
        self.settings = HintSettings()
        self.initialized = self.stopping = False
        self.client: dict[str, Any] = {}
        self.handled = 0  # edits that were applied
        self.requests = 0  # that the server has sent
        self.exit_code = 1

    def run(self) -> int:
        """Serve until the client says goodbye; the exit code is 0 if it asked for a shutdown before, else 1."""
        self.inbox.thread.start()
        while True:
            try:
                message = self.inbox.messages.get(timeout=self._wait())
            except queue.Empty:
                self._work()
                continue
            if message is None or (isinstance(message, Message) and message.method == "exit"):
                return 0 if self.stopping else 1
            if isinstance(message, RequestError):
                self._send(id=None, error={"code": message.code, "message": message.message})
            else:
                self._handle(message)

    # ---------------------------------------------------------------------------------------------------- messages

    def _send(self, **content: Any) -> None:
        with suppress(BrokenPipeError):
            send(self.writing, **content)

    def notify(self, method: str, params: Any) -> None:
        self._send(method=method, params=params)

    def ask(self, method: str) -> None:
        """Send a request and ignore the answer."""
        self.requests += 1
        self._send(id=self.requests, method=method, params=None)

    def _handle(self, message: Message) -> None:
        if not message.method:
            return  # an answer
        if message.id is None:
            self._notified(message)
            return
        try:
            result = self._answer(message)
        except RequestError as error:
            self._send(id=message.id, error={"code": error.code, "message": error.message})
        except StaleError:
            self._send(id=message.id, error={"code": CONTENT_MODIFIED, "message": "the text has changed"})
        except CnnspecError as error:
            self._send(id=message.id, error={"code": REQUEST_FAILED, "message": str(error)})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            traceback.print_exc(file=sys.stderr)
            code = INVALID_PARAMS if isinstance(error, KeyError | TypeError) else INTERNAL_ERROR
            self._send(id=message.id, error={"code": code, "message": f"{type(error).__name__}: {error}"})
        else:
            self._send(id=message.id, result=result)
        finally:
            self.inbox.cancelled.discard(message.id)

    def _answer(self, message: Message) -> Any:
        assert message.id is not None
        if message.id in self.inbox.cancelled:
            raise RequestError(REQUEST_CANCELLED, "canceled")
        if message.method == "initialize":
            return self._initialize(message.arguments)
        if not self.initialized:
            raise RequestError(NOT_INITIALIZED, "the server is not initialized")
        if self.stopping:
            raise RequestError(INVALID_REQUEST, "the server is shut down")
        if message.method == "shutdown":
            self.stopping = True
            return None
        feature = FEATURES.get(message.method)
        if feature is None:
            raise RequestError(METHOD_NOT_FOUND, f"no method is called {message.method}")
        return feature(self, message.arguments)

    def _initialize(self, given: dict[str, Any]) -> Any:
        if self.initialized:
            raise RequestError(INVALID_REQUEST, "the server is initialized already")
        self.initialized = True
        self.client = given.get("capabilities") or {}
        folders = [folder["uri"] for folder in given.get("workspaceFolders") or ()] or [given.get("rootUri")]
        self.documents.folders = [path for uri in folders if uri and (path := path_of(uri))]
        self._configure(given.get("initializationOptions"))
        return {"capabilities": CAPABILITIES, "serverInfo": {"name": "cnnspec", "version": __version__}}

    def _configure(self, given: Any) -> None:
        """Take the settings: ``{"hints": {"shapes": true, …}}``, perhaps below a key ``cnnspec``."""
        given = given.get("cnnspec", given) if isinstance(given, dict) else {}
        wanted = given.get("hints") if isinstance(given, dict) else None
        if isinstance(wanted, dict):
            known = {name: bool(value) for name, value in wanted.items() if name in HintSettings.__struct_fields__}
            self.settings = HintSettings(**known)

    def _notified(self, message: Message) -> None:
        """A notification; one that is not understood is skipped, as the protocol asks."""
        notified: dict[str, Callable[[dict[str, Any]], None]] = {
            "textDocument/didOpen": self._open,
            CHANGE: self._change,
            "textDocument/didClose": self._close,
            "textDocument/didSave": self._saved,
            "workspace/didChangeConfiguration": self._settings,
            "workspace/didChangeWatchedFiles": self._saved,
            "workspace/didChangeWorkspaceFolders": self._folders,
        }
        self.handled += message.method == CHANGE
        with suppress(KeyError, TypeError, ValueError, AttributeError):
            if message.method in notified:
                notified[message.method](message.arguments)

    def _open(self, given: dict[str, Any]) -> None:
        text = given["textDocument"]
        document = OpenText(text["uri"], text.get("version") or 0, text["text"])
        self.documents.open[document.uri] = document
        self.states[document.uri] = TextState(document)
        self._touch_others(document)

    def _change(self, given: dict[str, Any]) -> None:
        text = given["textDocument"]
        document = self.documents.open[text["uri"]]
        document.change(text.get("version") or 0, given["contentChanges"])
        self.states[document.uri].changed()
        self._touch_others(document)

    def _close(self, given: dict[str, Any]) -> None:
        uri = given["textDocument"]["uri"]
        document = self.documents.open.pop(uri)
        del self.states[uri]
        self.notify("textDocument/publishDiagnostics", {"uri": uri, "diagnostics": []})
        self._touch_others(document)

    def _saved(self, given: dict[str, Any]) -> None:
        """A file has changed on disk: what extends it is read again."""
        for state in self.states.values():
            if state.document.source.text.find("extends") >= 0 or kind(state.document.source) == "sweep":
                state.changed()

    def _touch_others(self, document: OpenText) -> None:
        """What extends a text, or may, is checked again."""
        for state in self.states.values():
            if state.document is not document and "extends" in state.document.source.text:
                state.changed()

    def _settings(self, given: dict[str, Any]) -> None:
        self._configure(given.get("settings"))
        self.refresh("inlayHint")

    def _folders(self, given: dict[str, Any]) -> None:
        removed = {path_of(folder["uri"]) for folder in given["event"]["removed"]}
        added = [path for folder in given["event"]["added"] if (path := path_of(folder["uri"]))]
        self.documents.folders = [path for path in self.documents.folders if path not in removed] + added

    def refresh(self, what: str) -> None:
        """Tell the client that hints or lenses have changed, if it wants to know."""
        workspace = self.client.get("workspace") or {}
        if (workspace.get(what) or {}).get("refreshSupport"):
            self.ask(f"workspace/{what}/refresh")

    # -------------------------------------------------------------------------------------------------------- work

    def is_stale(self) -> bool:
        """Whether an edit has arrived that was not applied yet."""
        return self.inbox.changes > self.handled

    def meter(self) -> InterruptibleMeter:
        return InterruptibleMeter(is_stale=self.is_stale)

    def view(self, uri: str) -> TextView:
        """An open text with its analysis. Raises RequestError for one that is not open."""
        state = self.states.get(uri)
        if state is None:
            raise RequestError(REQUEST_FAILED, f"{uri} is not open")
        if state.analysis is None:
            source = self.documents.source(state.document)
            state.analysis = Analysis(source, state.document.variant, self.meter())
        if state.names is None:
            state.names = Names(state.analysis.top)
        return TextView(state.document, state.analysis, state.names, state.found, state.costs)

    def choose(self, uri: str, variant: str | None) -> None:
        """Bring a variant into view."""
        state = self.states[uri]
        state.document.variant = variant
        state.changed()
        self.refresh("inlayHint")
        self.refresh("codeLens")

    def _wait(self) -> float | None:
        """How long nothing is to be done; None until a message comes."""
        jobs = [state.job for state in self.states.values() if state.job]
        if not jobs:
            return None
        if any(not job.examined for job in jobs):
            return 0.0
        return max(min(job.due for job in jobs) - monotonic(), 0.0)

    def _work(self) -> None:
        """Do one piece of work that waits; an edit that arrives meanwhile ends it."""
        now = monotonic()
        for state in self.states.values():
            job = state.job
            if job is not None and (not job.examined or job.due <= now):
                try:
                    self._check(state, job)
                except StaleError:
                    return
                return

    def _check(self, state: TextState, job: Job) -> None:
        try:
            if not job.examined:
                self._check_view(state, job)
            else:
                self._check_all(state)
        except CnnspecError as error:
            state.job = None
            self.notify("window/logMessage", {"type": 1, "message": str(error)})

    def _check_view(self, state: TextState, job: Job) -> None:
        """The variant in view; a text that has one variant alone, or none, is done with that."""
        view = self.view(state.document.uri)
        analysis = view.analysis
        if analysis.kind != "spec":
            self._publish(state, check_source(analysis.source, meter=self.meter()), done=True)
            return
        examined = analysis.examined
        job.examined = True
        if analysis.is_whole:
            self._remember(state, examined)
            self._publish(state, check_examined(analysis.source, examined, None, meter=self.meter()), done=True)
        elif state.document.variant is not None:
            self._publish(state, check_examined(analysis.source, examined, analysis.variant, meter=self.meter()))
        elif examined.errors:
            self._publish(state, examined.errors)

    def _check_all(self, state: TextState) -> None:
        """All variants, as `cnnspec check` does."""
        analysis = self.view(state.document.uri).analysis
        meter = self.meter()
        examined = examine(analysis.source, None, meter)
        found = check_examined(analysis.source, examined, None, meter=meter)
        self._remember(state, examined)
        self._publish(state, found, done=True)
        self.refresh("codeLens")

    def _remember(self, state: TextState, examined: Examined) -> None:
        """What each variant costs."""
        if examined.spec is None or examined.errors:
            return
        named = variants(examined.spec)
        state.costs = {
            spec.variant: Cost(graph.params, graph.macs) for spec, graph in zip(named, examined.graphs, strict=False)
        }

    def _publish(self, state: TextState, found: tuple[Diagnostic, ...], *, done: bool = False) -> None:
        """Say what is wrong with a version of a text. Raises StaleError if there is a newer one."""
        from cnnspec.lsp.render import as_client

        if self.is_stale():
            raise StaleError
        document = state.document
        state.found = found
        if done:
            state.job = None
        source = state.analysis.source if state.analysis else document.source
        shown = [as_client(diagnostic, source, document.uri) for diagnostic in found]
        params = {"uri": document.uri, "version": document.version, "diagnostics": shown}
        self.notify("textDocument/publishDiagnostics", params)


def serve(reading: BinaryIO | None = None, writing: BinaryIO | None = None) -> int:
    """Serve one client over two streams, standard input and output by default, and return the exit code."""
    return Server(reading or sys.stdin.buffer, writing or sys.stdout.buffer).run()
