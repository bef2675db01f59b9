"""The shape of the package: no module depends on itself over others, and classes have names of their own."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from tests.trees import trees

# Two classes of one name: the Graph that users hold adds methods to the engine's, and a layer's module has its name.
TWICE = {"Graph", "Add", "Concat", "Multiply", "Slice", "Split", "Chunk", "ResizeLike", "LayerNorm2d"}


@cache
def modules() -> dict[str, ast.Module]:
    """Return each module's tree by its dotted name."""
    return {_dotted(path): tree for path, tree in trees().items()}


def _dotted(path: str) -> str:
    return f"cnnspec.{path}".removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def imported(tree: ast.Module) -> Iterator[str]:
    """The modules that a module imports, in functions and for type checkers too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in modules() else node.module


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that reach each other."""
    reached: dict[str, set[str]] = {}
    for start in edges:
        seen, waiting = set(), list(edges[start])
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting.extend(edges.get(name, ()))
        reached[start] = seen
    rings = {tuple(sorted(b for b in reached[a] if a in reached.get(b, ()))) for a in edges if a in reached[a]}
    return sorted(map(list, rings))


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]


def test_no_module_depends_on_itself() -> None:
    """Imports in functions and under TYPE_CHECKING count: a circle of any kind hides who needs whom."""
    edges = {name: set(imported(tree)) - {name} for name, tree in modules().items()}
    assert circles(edges) == []


def test_a_class_has_a_name_of_its_own() -> None:
    places = defaultdict(list)
    for module, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module)
    assert {name: modules for name, modules in places.items() if len(modules) > 1 and name not in TWICE} == {}
