"""Texts with marked cursors, and the answers at each as text: the line, the cursor, what the server says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.lsp.client import Editor, Refused

FOLDER = Path(__file__).parent
MARK = "‸"
MOST = 12  # offers of a completion that a snapshot shows


def unmarked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """A text without its marks, and the line and UTF-16 column of each, counted from 0."""
    places = []
    for number, line in enumerate(text.split("\n")):
        before = ""
        for part in line.split(MARK)[:-1]:
            before += part
            places.append((number, len(before.encode("utf-16-le")) // 2))
    return text.replace(MARK, ""), places


def shown(editor: Editor, feature: str, path: Path, text: str, places: list[tuple[int, int]]) -> str:
    """The snapshots of one feature at all cursors of a text."""
    return "\n".join(f"{_cursor(text, place)}{_answer(editor, feature, path, text, place)}\n" for place in places)


def _cursor(text: str, place: tuple[int, int]) -> str:
    line = text.split("\n")[place[0]]
    column = len(line.encode("utf-16-le")[: place[1] * 2].decode("utf-16-le"))
    return f"{place[0] + 1:>3} | {line}\n    | {' ' * column}↑\n"


def _answer(editor: Editor, feature: str, path: Path, text: str, place: tuple[int, int]) -> str:
    position = {"line": place[0], "character": place[1]}
    try:
        return ANSWERS[feature](editor, path, position, text)
    except Refused as error:
        return f"refused: {error}"


def _ask(editor: Editor, method: str, path: Path, position: dict[str, int], **more: Any) -> Any:
    return editor.document(method, path, position=position, **more)


def _hover(editor: Editor, path: Path, position: dict[str, int], text: str) -> str:
    found = _ask(editor, "hover", path, position)
    return found["contents"]["value"] if found else "nothing"


def _completion(editor: Editor, path: Path, position: dict[str, int], text: str) -> str:
    items = _ask(editor, "completion", path, position)["items"]
    lines = []
    for item in items[:MOST]:
        edit = item["textEdit"]
        written = _applied(text, [edit]).split("\n")[position["line"]].strip()
        lines.append(f"{item['label']}: {item['detail']}\n        {written}")
    return "\n".join([f"{len(items)} offers", *lines])


def _place(path: Path, found: dict[str, Any]) -> str:
    start, end = found["range"]["start"], found["range"]["end"]
    name = "" if found.get("uri") in (None, path.as_uri()) else f"{Path(found['uri']).name}:"
    return f"{name}{start['line'] + 1}:{start['character']}-{end['character']}"


def _definition(editor: Editor, path: Path, position: dict[str, int], text: str) -> str:
    found = _ask(editor, "definition", path, position)
    return _place(path, found) if found else "nothing"


def _references(editor: Editor, path: Path, position: dict[str, int], text: str) -> str:
    found = _ask(editor, "references", path, position, context={"includeDeclaration": True})
    return ", ".join(_place(path, each) for each in found) or "nothing"


def _highlight(editor: Editor, path: Path, position: dict[str, int], text: str) -> str:
    found = _ask(editor, "documentHighlight", path, position)
    return ", ".join(f"{_place(path, each)}{'*' if each['kind'] == 3 else ''}" for each in found) or "nothing"


def _rename(editor: Editor, path: Path, position: dict[str, int], text: str) -> str:
    prepared = _ask(editor, "prepareRename", path, position)
    name = "Other" if prepared["placeholder"][:1].isupper() else "other"
    changes = _ask(editor, "rename", path, position, newName=name)["changes"]
    return f"{prepared['placeholder']} → {name}\n{_changed(path, text, changes)}"


def _changed(path: Path, text: str, changes: dict[str, list[dict[str, Any]]]) -> str:
    """The lines that edits change, as they are then."""
    lines = []
    for uri, edits in changes.items():
        other = Path(uri.removeprefix("file://"))
        before = text if uri == path.as_uri() else other.read_text(encoding="utf-8")
        after = _applied(before, edits)
        name = "" if uri == path.as_uri() else f"{other.name}: "
        lines += [f"{name}- {line}" for line in before.split("\n") if line not in after.split("\n")]
        lines += [f"{name}+ {line}" for line in after.split("\n") if line not in before.split("\n")]
    return "\n".join(lines)


def _applied(text: str, edits: list[dict[str, Any]]) -> str:
    """A text with edits made, as an editor makes them: all places are those of the text before."""
    data = [line.encode("utf-16-le") for line in text.split("\n")]
    starts = [0]
    for line in data:
        starts.append(starts[-1] + len(line) + 2)
    whole = "\n".encode("utf-16-le").join(data)

    def offset(position: dict[str, int]) -> int:
        return min(starts[position["line"]] + 2 * position["character"], len(whole))

    for edit in sorted(edits, key=lambda e: offset(e["range"]["start"]), reverse=True):
        start, end = (offset(edit["range"][side]) for side in ("start", "end"))
        whole = whole[:start] + edit["newText"].encode("utf-16-le") + whole[end:]
    return whole.decode("utf-16-le")


def _actions(editor: Editor, path: Path, position: dict[str, int], text: str) -> str:
    place = {"start": position, "end": position}
    found = editor.document("codeAction", path, range=place, context={"diagnostics": []})
    return "\n".join(f"{each['title']}\n{_changed(path, text, each['edit']['changes'])}" for each in found) or "nothing"


def _signature(editor: Editor, path: Path, position: dict[str, int], text: str) -> str:
    found = _ask(editor, "signatureHelp", path, position)
    if not found:
        return "nothing"
    signature, active = found["signatures"][0], found["activeParameter"]
    parameters = signature["parameters"]
    at = parameters[active] if active < len(parameters) else {"label": "none", "documentation": ""}
    return f"{signature['label']}\n{at['label']}: {at['documentation']}"


def _selection(editor: Editor, path: Path, position: dict[str, int], text: str) -> str:
    (found,) = editor.document("selectionRange", path, positions=[position])
    parts = []
    while found:
        start, end = found["range"]["start"], found["range"]["end"]
        parts.append(f"{start['line'] + 1}:{start['character']}-{end['line'] + 1}:{end['character']}")
        found = found.get("parent")
    return " ⊂ ".join(parts)


ANSWERS: dict[str, Callable[[Editor, Path, dict[str, int], str], str]] = {
    "hover": _hover,
    "completion": _completion,
    "definition": _definition,
    "references": _references,
    "highlight": _highlight,
    "rename": _rename,
    "actions": _actions,
    "signature": _signature,
    "selection": _selection,
}
applied = _applied


def hints_shown(text: str, found: list[dict[str, Any]]) -> str:
    """A text with its inlay hints in it."""
    edits = [
        {"range": {"start": hint["position"], "end": hint["position"]}, "newText": f" «{hint['label']}»"}
        for hint in found
    ]
    return _applied(text, edits)


def as_lines(found: Any) -> str:
    """JSON, one element of the list a line."""
    return "\n".join(json.dumps(each, ensure_ascii=False, sort_keys=True) for each in found) + "\n"


def cases() -> Iterator[tuple[str, str]]:
    """Each marked text with each feature that is asked at its cursors."""
    for name in ("net", "extending"):
        for feature in ("hover", "definition", "references", "highlight", "rename"):
            yield name, feature
    yield from (("net", "signature"), ("net", "selection"), ("warned", "actions"), ("recipe", "hover"))
