"""What the server answers at marked cursors. The golden files are read as a user reads the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lsp.client import Editor
from tests.lsp.snapshots import FOLDER, as_lines, cases, hints_shown, shown, unmarked

Golden = Callable[[Path, str], None]
WHOLE = {"start": {"line": 0, "character": 0}, "end": {"line": 999, "character": 0}}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the marked texts, without their marks."""
    folder = tmp_path_factory.mktemp("lsp")
    for path in (FOLDER / "marked").glob("*.yaml"):
        (folder / path.name).write_text(unmarked(path.read_text(encoding="utf-8"))[0], encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def editor(workspace: Path) -> Iterator[Editor]:
    """One server that has all marked texts open."""
    with Editor() as editor:
        for path in sorted(workspace.glob("*.yaml")):
            editor.open(path, path.read_text(encoding="utf-8"))
        for path in sorted(workspace.glob("*.yaml")):
            editor.settled(path)
        yield editor


@pytest.mark.parametrize(("name", "feature"), list(cases()))
def test_at_cursors(editor: Editor, workspace: Path, golden: Golden, name: str, feature: str) -> None:
    """Hover, definition, references, highlights, rename, signatures, selections and actions."""
    text, places = unmarked((FOLDER / "marked" / f"{name}.yaml").read_text(encoding="utf-8"))
    answers = shown(editor, feature, workspace / f"{name}.yaml", text, places)
    golden(FOLDER / "golden" / f"{name}-{feature}.md", answers.replace(workspace.as_uri(), "file:///folder"))


def test_completion(editor: Editor, workspace: Path, golden: Golden) -> None:
    """Each text is one that is just being typed."""
    answers = []
    texts = (FOLDER / "marked" / "completion.txt").read_text(encoding="utf-8").split("=====\n")
    for number, marked in enumerate(texts):
        text, places = unmarked(marked)
        path = workspace / f"typed{number}.yaml"
        editor.open(path, text)
        answers.append(shown(editor, "completion", path, text, places))
        editor.close(path)
    golden(FOLDER / "golden" / "completion.md", "\n".join(answers))


@pytest.mark.parametrize("name", ["net", "extending", "warned"])
def test_hints(editor: Editor, workspace: Path, golden: Golden, name: str) -> None:
    """The text as an editor shows it: shapes at the ends of lines, values behind expressions."""
    path = workspace / f"{name}.yaml"
    found = editor.document("inlayHint", path, range=WHOLE)
    golden(FOLDER / "golden" / f"{name}-hints.yaml.txt", hints_shown(path.read_text(encoding="utf-8"), found))


@pytest.mark.parametrize("method", ["documentSymbol", "foldingRange", "documentLink", "codeLens"])
@pytest.mark.parametrize("name", ["net", "extending"])
def test_whole_texts(editor: Editor, workspace: Path, golden: Golden, name: str, method: str) -> None:
    """Outline, folds, links and lenses."""
    answers = as_lines(editor.document(method, workspace / f"{name}.yaml"))
    golden(FOLDER / "golden" / f"{name}-{method}.txt", answers.replace(workspace.as_uri(), "file:///folder"))


@pytest.mark.parametrize("name", ["net", "extending"])
def test_semantic_tokens(editor: Editor, workspace: Path, golden: Golden, name: str) -> None:
    """Each token with its type, read back from the relative numbers."""
    legend = editor.capabilities["semanticTokensProvider"]["legend"]
    data = editor.document("semanticTokens/full", workspace / f"{name}.yaml")["data"]
    lines = (workspace / f"{name}.yaml").read_text(encoding="utf-8").split("\n")
    line = column = 0
    tokens = []
    for down, right, length, kind, modifiers in zip(*[iter(data)] * 5, strict=True):
        line, column = line + down, right if down else column + right
        marks = [word for bit, word in enumerate(legend["tokenModifiers"]) if modifiers >> bit & 1]
        words = " ".join([legend["tokenTypes"][kind], *marks])
        tokens.append(f"{line + 1:>3}:{column:<3} {lines[line][column : column + length]:<16} {words}")
    golden(FOLDER / "golden" / f"{name}-tokens.txt", "\n".join(tokens) + "\n")


@pytest.mark.parametrize("name", ["warned", "net"])
def test_diagnostics(editor: Editor, workspace: Path, golden: Golden, name: str) -> None:
    """What is wrong, with its place, its notes and where the facts come from."""
    found = as_lines(editor.settled(workspace / f"{name}.yaml"))
    golden(FOLDER / "golden" / f"{name}-diagnostics.txt", found.replace(workspace.as_uri(), "file:///folder"))


def test_there_are_many_snapshots() -> None:
    """At least 150 pairs of a cursor and an answer."""
    files = (FOLDER / "golden").glob("*.md")
    assert sum(path.read_text(encoding="utf-8").count("↑") for path in files) >= 150
