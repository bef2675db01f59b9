"""The connection: starting and ending, edits, cancellation, and answers that are those of `check` and `fmt`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cnnspec.engine.checking import check_source, examine
from cnnspec.engine.diagnostics import Source
from cnnspec.engine.formatting import formatted
from cnnspec.engine.spec.shipped import open_source
from tests.lsp.client import COMMAND, Editor, Refused
from tests.lsp.snapshots import applied

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
MISTAKES = sorted((ROOT / "tests" / "mistakes").glob("*.yaml"))[::12]
SMALL = "cnnspec: 1\ninput: [3, 8, 8]\nlayers:\n  - Conv2d: {out_channels: 8, kernel_size: 3}\n    id: stem\n  - ReLU\n"
WHOLE = {"start": {"line": 0, "character": 0}, "end": {"line": 9999, "character": 0}}


@pytest.fixture(scope="module")
def editor() -> Iterator[Editor]:
    """One server for all tests that do not end it."""
    with Editor() as editor:
        yield editor


def talk(*messages: dict[str, Any], raw: bytes = b"") -> tuple[int, list[dict[str, Any]]]:
    """The exit code of a server that reads these messages, and what it writes."""
    bodies = [json.dumps({"jsonrpc": "2.0", **message}).encode() for message in messages]
    data = raw + b"".join(b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies)
    done = subprocess.run(COMMAND, input=data, capture_output=True, timeout=60, check=False)
    answers, rest = [], done.stdout
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        length = int(head.split(b":")[1])
        answers.append(json.loads(rest[:length]))
        rest = rest[length:]
    return done.returncode, answers


INITIALIZE = {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}}
SHUTDOWN, EXIT = {"id": 2, "method": "shutdown"}, {"method": "exit"}


def test_a_shutdown_before_the_exit_ends_with_0() -> None:
    """The protocol's two steps; without the first, the exit code is 1."""
    assert talk(INITIALIZE, SHUTDOWN, EXIT)[0] == 0
    assert talk(INITIALIZE, EXIT)[0] == 1
    assert talk(INITIALIZE)[0] == 1


def test_requests_out_of_order_are_refused() -> None:
    """Before `initialize`, after `shutdown`, and of unknown methods."""
    _, answers = talk({"id": 7, "method": "textDocument/hover"}, INITIALIZE, {"id": 8, "method": "none"}, SHUTDOWN)
    codes = {answer["id"]: answer.get("error", {}).get("code") for answer in answers}
    assert codes == {7: -32002, 1: None, 8: -32601, 2: None}
    _, answers = talk(INITIALIZE, SHUTDOWN, {"id": 9, "method": "textDocument/hover", "params": {}})
    assert answers[-1]["error"]["code"] == -32600


def test_a_message_that_is_not_json_is_answered_and_survived() -> None:
    """The next message is read."""
    code, answers = talk(INITIALIZE, SHUTDOWN, EXIT, raw=b"Content-Length: 5\r\n\r\n{oops")
    assert (code, answers[0]["error"]["code"], len(answers)) == (0, -32700, 3)


def test_missing_parameters_are_an_error_of_that_request(editor: Editor) -> None:
    """And so is a text that is not open."""
    with pytest.raises(Refused) as refused:
        editor.request("textDocument/hover", nothing=1)
    assert refused.value.code == -32602
    with pytest.raises(Refused, match="is not open"):
        editor.request("textDocument/hover", textDocument={"uri": "file:///none.yaml"}, position={})


def places(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted(
        (d["code"], d["severity"], d["range"]["start"]["line"] + 1, d["range"]["start"]["character"] + 1) for d in found
    )


def expected(source: Source) -> list[tuple[Any, ...]]:
    """What `check` says of the text's own lines."""
    severity = {"error": 1, "warning": 2}
    found = [d for d in check_source(source) if d.span.source == source]
    return sorted((d.code, severity[d.severity], d.span.line, d.span.column) for d in found)


@pytest.mark.parametrize("path", [*MISTAKES, *SPECS[::3]], ids=lambda path: path.name)
def test_diagnostics_are_those_of_check(editor: Editor, path: Path) -> None:
    """Codes, severities and places, once all variants are checked."""
    source = open_source(path)
    wanted = expected(source)
    editor.open(path, source.text)
    found = places(editor.settled(path))
    for _ in range(50):
        if found == wanted:
            break
        editor.document("foldingRange", path)
        editor.told.clear()
        found = places(editor.settled(path))
    editor.close(path)
    assert found == wanted


def test_edits_arrive_as_the_editor_makes_them(editor: Editor, tmp_path: Path) -> None:
    """Random edits of ranges, in UTF-16 columns, leave the server with the editor's text."""
    random, path = Random(5), tmp_path / "typed.yaml"
    text = SMALL.replace("stem", "stäm𝔘x # 𝔘𝔘")
    editor.open(path, text)
    for _ in range(150):
        lines = text.split("\n")
        line = random.randrange(len(lines))
        width = len(lines[line].encode("utf-16-le")) // 2
        start, end = sorted((random.randint(0, width), random.randint(0, width)))
        if any(_splits(lines[line], column) for column in (start, end)):
            continue
        place = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
        edit = {"range": place, "newText": random.choice(["", "x", "𝔘", "\n", ": ", "{", "ä"])}
        text = applied(text, [edit])
        editor.change(path, edit["newText"], place)
    editor.change(path, "", {"start": {"line": 10**6, "character": 0}, "end": {"line": 10**6, "character": 5}})
    assert places(editor.settled(path)) == _in_units(text, expected(Source(str(path), text, path=path)))
    editor.close(path)


def _splits(line: str, column: int) -> bool:
    """Whether a column is inside a pair of surrogates."""
    return len(line.encode("utf-16-le")[: column * 2].decode("utf-16-le", "ignore").encode("utf-16-le")) < column * 2


def _in_units(text: str, found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    lines = text.split("\n")
    return sorted((c, s, n, len(lines[n - 1][: col - 1].encode("utf-16-le")) // 2 + 1) for c, s, n, col in found)


def test_random_words_typed_leave_the_diagnostics_of_check(editor: Editor, tmp_path: Path) -> None:
    """After each burst of edits the last publication is that of the newest text."""
    random, path = Random(7), tmp_path / "fuzzed.yaml"
    base = (ROOT / "specs" / "first.yaml").read_text(encoding="utf-8")
    editor.open(path, base)
    for _ in range(40):
        text = base
        for _ in range(random.randint(1, 4)):
            at = random.randrange(len(text))
            text = (
                text[:at] + random.choice(["", "3", "$", "x", "{", " ", "-", "\n"]) + text[at + random.randint(0, 3) :]
            )
            editor.change(path, text)
        source = Source(str(path), text, path=path, roots=(tmp_path,))
        assert places(editor.settled(path)) == _in_units(text, expected(source))
    editor.close(path)
    assert all(a["version"] <= b["version"] for a, b in zip(editor.told, editor.told[1:], strict=False)
               if a["uri"] == b["uri"] == path.as_uri() and "version" in a and "version" in b)  # fmt: skip


def test_a_burst_of_edits_is_checked_once_or_twice(editor: Editor, tmp_path: Path) -> None:
    """Keys that arrive together do not queue: what is stale is never said."""
    path = tmp_path / "burst.yaml"
    text = (ROOT / "specs" / "regnet.yaml").read_text(encoding="utf-8")
    editor.open(path, text)
    editor.settled(path)
    editor.told.clear()
    for number in range(10):
        editor.change(path, f"{text}\n# {number}")
    editor.settled(path)
    versions = [told["version"] for told in editor.told if told["uri"] == path.as_uri()]
    assert versions[-1] == 11
    assert len(versions) <= 3
    editor.close(path)


def test_a_cancelled_request_is_not_answered_with_a_result(editor: Editor, tmp_path: Path) -> None:
    """The cancellation arrives while the server reads the request's text."""
    path = tmp_path / "cancelled.yaml"
    editor.open(path, (ROOT / "specs" / "efficientnet.yaml").read_text(encoding="utf-8"))
    editor._send({"id": 9001, "method": "textDocument/inlayHint",
                  "params": {"textDocument": {"uri": path.as_uri()}, "range": WHOLE}})  # fmt: skip
    editor._send({"id": 9002, "method": "textDocument/codeLens", "params": {"textDocument": {"uri": path.as_uri()}}})
    editor.notify("$/cancelRequest", id=9002)
    with pytest.raises(Refused) as refused:
        editor.answer(9002)
    assert refused.value.code == -32800
    editor.close(path)


def test_open_texts_go_before_files(editor: Editor, tmp_path: Path) -> None:
    """A text that extends another is checked against that one as it is open."""
    base, path = tmp_path / "base.yaml", tmp_path / "over.yaml"
    base.write_text(SMALL)
    editor.open(path, "cnnspec: 1\nextends: base.yaml\npatch:\n  - remove: stem\n")
    assert editor.settled(path) == []
    editor.told.clear()
    editor.open(base, SMALL.replace("id: stem", "id: other"))
    assert [d["code"] for d in editor.settled(path)] == ["idle-patch"]
    editor.told.clear()
    editor.close(base)
    assert editor.settled(path) == []
    editor.close(path)


def test_the_variant_in_view_can_be_chosen(editor: Editor, tmp_path: Path) -> None:
    """Hints are those of the variant."""
    path = tmp_path / "vgg.yaml"
    editor.open(path, (ROOT / "specs" / "mnist" / "lenet.yaml").read_text(encoding="utf-8").replace(
        "layers:", "variants: {big: {num_classes: 20}}\nlayers:", 1))  # fmt: skip
    before = editor.document("inlayHint", path, range=WHOLE)[-1]["label"]
    editor.request("workspace/executeCommand", command="cnnspec.view", arguments=[path.as_uri(), "big"])
    assert (before, editor.document("inlayHint", path, range=WHOLE)[-1]["label"]) == ("10", "20")
    editor.close(path)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_hints_are_the_shapes_of_the_graph(editor: Editor, path: Path) -> None:
    """The shape at the end of each line that runs once is that of the node whose span is the line."""
    source = open_source(path)
    graph = examine(source, alone=True).graphs[0]
    editor.open(path, source.text)
    found = {
        h["position"]["line"] + 1: h["label"] for h in editor.document("inlayHint", path, range=WHOLE) if h["kind"] == 1
    }
    editor.close(path)
    lines = [node.span.line for node in graph.nodes if node.span.source is source]
    once = [node for node in graph.nodes if node.span.source is source and lines.count(node.span.line) == 1]
    assert once
    assert all(found[node.span.line] == str(node.shape) for node in once)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_rename_and_back_gives_the_text(editor: Editor, path: Path) -> None:
    """Each name of a spec is renamed, the result checks as before, and the inverse gives the text back."""
    text = path.read_text(encoding="utf-8")
    editor.open(path, text)
    data = editor.document("semanticTokens/full", path)["data"]
    line = column = renamed = 0
    reasons: set[str] = set()
    for down, right, length, kind, modifiers in zip(*[iter(data)] * 5, strict=True):
        line, column = line + down, right if down else column + right
        if not modifiers & 1 or kind == 4:
            continue
        name = text.split("\n")[line][column : column + length]
        other = f"Q{name}" if name[0].isupper() else f"q{name}"
        position = {"line": line, "character": column}
        try:
            edits = editor.document("rename", path, position=position, newName=other)["changes"][path.as_uri()]
        except Refused as refused:
            reasons.add(str(refused).replace(name, "it"))
            continue
        after = applied(text, edits)
        assert after != text
        assert not examine(Source(path.name, after), alone=True).errors, name
        editor.change(path, after)
        back = editor.document("rename", path, position=position, newName=name)["changes"][path.as_uri()]
        assert applied(after, back) == text
        editor.change(path, text)
        renamed += 1
    editor.close(path)
    assert renamed
    assert reasons <= {
        "an id with an expression in it is not renamed",
        "`it` is passed to what a param holds: other blocks take it",
    }


def test_formatting_is_that_of_fmt(editor: Editor, tmp_path: Path) -> None:
    """The edits make of the text what `cnnspec fmt` makes of it; a broken text is left alone."""
    path = tmp_path / "ugly.yaml"
    for text in (SMALL.replace(", ", ",").replace("  - ReLU\n", "\n\n\n  - ReLU"), SMALL.replace("\n", "\r\n"), "a: 1"):
        editor.open(path, text)
        edits = editor.document("formatting", path, options={"tabSize": 2, "insertSpaces": True})
        assert applied(text, edits).replace("\r\n", "\n") == formatted(text)
        editor.close(path)
    editor.open(path, "layers: [")
    assert editor.document("formatting", path, options={}) == []
    editor.close(path)


def test_all_safe_fixes_at_once(editor: Editor, tmp_path: Path) -> None:
    """`source.fixAll` does what `check --fix` does."""
    path = tmp_path / "fixed.yaml"
    text = SMALL.replace("  - ReLU\n", "  - BatchNorm2d\n")
    editor.open(path, text)
    editor.settled(path)
    context = {"diagnostics": [], "only": ["source.fixAll"]}
    (action,) = editor.document("codeAction", path, range=WHOLE, context=context)
    after = applied(text, action["edit"]["changes"][path.as_uri()])
    assert "bias: false" in after
    assert check_source(Source("after", after)) == ()
    editor.close(path)


def test_a_preview_is_the_drawing_with_the_lines_of_its_layers(editor: Editor, tmp_path: Path) -> None:
    """Of a spec with mistakes there is none."""
    path = tmp_path / "drawn.yaml"
    editor.open(path, SMALL)
    found = editor.request("cnnspec/preview", textDocument={"uri": path.as_uri()})
    assert found["svg"].startswith("<svg")
    assert found["lines"] == {"stem": 3, "1": 5}
    editor.change(path, SMALL.replace("8, 8]", "1, 1]"))
    assert editor.request("cnnspec/preview", textDocument={"uri": path.as_uri()}) is None
    editor.close(path)
