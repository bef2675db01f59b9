"""The requests of the protocol, each with the function that answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from cnnspec.engine.diagnostics import Diagnostic
from cnnspec.engine.formatting import formatted_source
from cnnspec.lsp import actions, navigate, outline
from cnnspec.lsp.analysis import Analysis
from cnnspec.lsp.completion import offers
from cnnspec.lsp.cursor import Cursor, cursor
from cnnspec.lsp.documents import OpenText, OpenTexts
from cnnspec.lsp.hints import HintSettings, hints
from cnnspec.lsp.hover import hover
from cnnspec.lsp.lenses import VIEW, Cost, lenses, signature_help
from cnnspec.lsp.positions import Json, Position, from_client, to_client, to_range
from cnnspec.lsp.protocol import REQUEST_FAILED, RequestError
from cnnspec.lsp.symbols import Names

INCREMENTAL = 2
PREVIEW = "cnnspec.preview"


class TextView(Struct, frozen=True):
    """An open text as a request sees it."""

    document: OpenText
    analysis: Analysis
    names: Names
    found: tuple[Diagnostic, ...]
    costs: dict[str | None, Cost]

    def at(self, given: Json) -> Position:
        """The place that a request is about."""
        return from_client(self.analysis.source, given)

    def cursor(self, given: Json) -> Cursor | None:
        return cursor(self.analysis.source, self.at(given))


class Host(Protocol):
    """What a request needs of the server."""

    documents: OpenTexts
    settings: HintSettings

    def view(self, uri: str) -> TextView: ...

    def choose(self, uri: str, variant: str | None) -> None: ...


Given = dict[str, Any]


def _view(host: Host, given: Given) -> TextView:
    return host.view(given["textDocument"]["uri"])


def _hints(host: Host, given: Given) -> Any:
    view, lines = _view(host, given), given["range"]
    return hints(view.analysis, host.settings, lines["start"]["line"] + 1, lines["end"]["line"] + 1)


def _hover(host: Host, given: Given) -> Any:
    view = _view(host, given)
    return hover(view.analysis, view.names, view.at(given["position"]))


def _completion(host: Host, given: Given) -> Any:
    view = _view(host, given)
    at = view.at(given["position"])
    found = cursor(view.analysis.source, at)
    if found is None:
        return {"isIncomplete": False, "items": []}
    start = to_client(view.analysis.source, at.line, len(found.before) + 1)
    end = to_client(view.analysis.source, at.line, len(found.before) + 1 + found.length)
    items = []
    for offer in offers(view.analysis, found, _beside(view)):
        text = offer.pop("insertText", offer["label"])
        if text.startswith("$") and found.before.endswith("$"):
            text = text[1:]
        items.append(offer | {"textEdit": {"range": {"start": start, "end": end}, "newText": text}, "filterText": text})
    return {"isIncomplete": False, "items": items}


def _beside(view: TextView) -> list[str]:
    """The files that a text can extend: those of its folder."""
    path = view.document.path
    if path is None:
        return []
    from cnnspec.engine.spec.shipped import ENDINGS

    try:
        return sorted(p.name for p in path.parent.iterdir() if p.suffix in ENDINGS and p.name != path.name)[:200]
    except OSError:
        return []


def _definition(host: Host, given: Given) -> Any:
    view = _view(host, given)
    return navigate.definition(view.analysis, view.names, view.document.uri, view.at(given["position"]))


def _references(host: Host, given: Given) -> Any:
    view = _view(host, given)
    declared = bool((given.get("context") or {}).get("includeDeclaration"))
    others = navigate.extending(view.analysis.source, host.documents)
    at = view.at(given["position"])
    return navigate.references(view.names, view.document.uri, at, others, declared=declared)


def _highlight(host: Host, given: Given) -> Any:
    view = _view(host, given)
    return navigate.highlights(view.names, view.at(given["position"]))


def _prepare_rename(host: Host, given: Given) -> Any:
    view = _view(host, given)
    found = navigate.renamed(view.names, view.at(given["position"]))
    return {"range": to_range(found.span), "placeholder": found.symbol.name}


def _rename(host: Host, given: Given) -> Any:
    view = _view(host, given)
    others = navigate.extending(view.analysis.source, host.documents)
    return navigate.rename(view.names, view.document.uri, view.at(given["position"]), str(given["newName"]), others)


def _actions(host: Host, given: Given) -> Any:
    view = _view(host, given)
    start, end = (view.at(given["range"][side]) for side in ("start", "end"))
    only = (given.get("context") or {}).get("only")
    return actions.actions(view.analysis, view.found, view.document.uri, start, end, only)


def _symbols(host: Host, given: Given) -> Any:
    return outline.symbols(_view(host, given).analysis.top)


def _workspace_symbols(host: Host, given: Given) -> Any:
    """The names that open texts define, which contain the letters of a query in their order."""
    found = []
    for uri in [*host.documents.open]:
        for each in host.view(uri).names.occurrences:
            if each.is_definition and _matches(str(given.get("query", "")), each.symbol.name):
                kind = outline.SECTIONS.get(f"{each.symbol.kind}s", outline.MODULE)
                place = {"uri": uri, "range": to_range(each.span)}
                found.append({"name": each.symbol.name, "kind": kind, "location": place})
    return found


def _matches(query: str, name: str) -> bool:
    letters = iter(name.lower())
    return all(letter in letters for letter in query.lower())


def _folding(host: Host, given: Given) -> Any:
    analysis = _view(host, given).analysis
    return outline.folding(analysis.source, analysis.top)


def _selection(host: Host, given: Given) -> Any:
    view = _view(host, given)
    return [outline.selection(view.analysis.top, view.at(position)) for position in given["positions"]]


def _links(host: Host, given: Given) -> Any:
    analysis = _view(host, given).analysis
    return outline.links(analysis.source, analysis.top)


def _tokens(host: Host, given: Given) -> Any:
    return {"data": outline.tokens(_view(host, given).names)}


def _formatting(host: Host, given: Given) -> Any:
    source = _view(host, given).analysis.source
    text, diagnostics = formatted_source(source)
    if "\r\n" in source.text:
        text = text.replace("\n", "\r\n")
    return [] if diagnostics or text == source.text else [actions.whole_text(source, text)]


def _lenses(host: Host, given: Given) -> Any:
    view = _view(host, given)
    return lenses(view.analysis, view.document.uri, view.costs)


def _signature(host: Host, given: Given) -> Any:
    view = _view(host, given)
    found = view.cursor(given["position"])
    return signature_help(view.analysis, found) if found else None


def _command(host: Host, given: Given) -> Any:
    arguments = given.get("arguments") or []
    if given["command"] == VIEW:
        host.choose(arguments[0], arguments[1] if len(arguments) > 1 else None)
        return None
    if given["command"] == PREVIEW:
        return _preview(host, {"textDocument": {"uri": arguments[0]}})
    raise RequestError(REQUEST_FAILED, f"no command is called {given['command']}")


def _preview(host: Host, given: Given) -> Any:
    """The drawing of the network in view, and the lines of its layers by their keys."""
    from cnnspec.engine.diagram import diagram

    view = _view(host, given)
    graph = view.analysis.graph
    if graph is None or not graph.nodes or view.analysis.examined.errors:
        return None
    lines = {run.key: item.op.span.line - 1 for item, runs in view.analysis.runs.items() for run in runs}
    return {"svg": diagram(graph), "lines": lines, "variant": view.analysis.variant}


FEATURES: dict[str, Callable[[Host, Given], Any]] = {
    "textDocument/inlayHint": _hints,
    "textDocument/hover": _hover,
    "textDocument/completion": _completion,
    "textDocument/definition": _definition,
    "textDocument/references": _references,
    "textDocument/documentHighlight": _highlight,
    "textDocument/prepareRename": _prepare_rename,
    "textDocument/rename": _rename,
    "textDocument/codeAction": _actions,
    "textDocument/documentSymbol": _symbols,
    "workspace/symbol": _workspace_symbols,
    "textDocument/foldingRange": _folding,
    "textDocument/selectionRange": _selection,
    "textDocument/documentLink": _links,
    "textDocument/semanticTokens/full": _tokens,
    "textDocument/formatting": _formatting,
    "textDocument/codeLens": _lenses,
    "textDocument/signatureHelp": _signature,
    "workspace/executeCommand": _command,
    "cnnspec/preview": _preview,
}
CAPABILITIES: Json = {
    "positionEncoding": "utf-16",
    "textDocumentSync": {"openClose": True, "change": INCREMENTAL, "save": True},
    "inlayHintProvider": True,
    "hoverProvider": True,
    "completionProvider": {"triggerCharacters": ["$", "{", " ", ".", ":", "-", "("]},
    "definitionProvider": True,
    "referencesProvider": True,
    "documentHighlightProvider": True,
    "renameProvider": {"prepareProvider": True},
    "codeActionProvider": {"codeActionKinds": [actions.QUICK_FIX, actions.REWRITE, actions.FIX_ALL]},
    "documentSymbolProvider": True,
    "workspaceSymbolProvider": True,
    "foldingRangeProvider": True,
    "selectionRangeProvider": True,
    "documentLinkProvider": {},
    "semanticTokensProvider": {
        "legend": {"tokenTypes": list(outline.TOKEN_TYPES), "tokenModifiers": list(outline.TOKEN_MODIFIERS)},
        "full": True,
    },
    "documentFormattingProvider": True,
    "codeLensProvider": {},
    "signatureHelpProvider": {"triggerCharacters": ["{", ","]},
    "executeCommandProvider": {"commands": [VIEW, PREVIEW]},
    "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
}
