"""What to import -> a module: `my_module:Net`, `nets.py:Net`, `torchvision.models:resnet50`, and its constructor's run.

This runs the user's code, and only here: a spec never does. What goes wrong in it is told with its own last line.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from cnnspec.engine.diagnostics import Diagnostic, Label, SpecError, UsageError, a, did_you_mean, listing
from cnnspec.engine.safe_open import read_bounded
from cnnspec.pytorch.importing.construct import Given, constructing
from cnnspec.pytorch.importing.user_code import raised

MOST_CODE = 2**22  # bytes of a file in which classes are looked for
MAX_TOLD = 6  # classes of a file that a message lists
FORMS = "such as `my_module:Net`, `nets.py:Net`, `torchvision.models:resnet50` or `program.pt2`"


@dataclass(frozen=True, slots=True)
class Subject:
    """A module to import: what it is called, and what the constructors of its parts were given."""

    module: nn.Module
    name: str
    given: Given


def subject(target: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> Subject:
    """The module that ``target`` names. Raises UsageError, and SpecError where the user's own code raises."""
    place, colon, attribute = target.rpartition(":")
    if not colon or not place or not attribute:
        raise UsageError(f"`{target}` names no class, function or file", FORMS if colon else _nameless(target))
    with running(target):
        found = _found(place, attribute, target)
        made, given = (found, {}) if isinstance(found, nn.Module) else _built(found, target, args, kwargs or {})
    if not isinstance(made, nn.Module):
        raise UsageError(f"`{target}` gives {a(type(made).__name__)}, which is no nn.Module", FORMS)
    return Subject(made, attribute.rpartition(".")[2], given)


@contextmanager
def running(what: str, help: str = "") -> Any:
    """While the user's code runs: it prints beside our output, and its errors are told with its own line, and help."""
    before = [*sys.path]
    sys.path.insert(0, str(Path.cwd()))
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (UsageError, SpecError):
        raise
    except Exception as error:  # noqa: BLE001 - the user's code may raise anything
        raise failed(what, error, help) from None
    except SystemExit as error:
        raise UsageError(f"`{what}` ends the program: it calls sys.exit({error.code})") from None
    finally:
        sys.path[:] = before


def failed(what: str, error: Exception, help: str = "") -> UsageError | SpecError:
    """An error of the user's own code, at its own line."""
    said = f"`{what}` raises {type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
    span = raised(error.__traceback__)
    said = said.rstrip(": ")
    if span is None:
        return UsageError(said, help)
    return SpecError([Diagnostic("code-raises", said, Label(span, "raised here"), help=help)])


def _found(place: str, attribute: str, target: str) -> Any:
    found: Any = _module(place, target)
    for name in attribute.split("."):
        if not hasattr(found, name):
            near = did_you_mean(name, [n for n in dir(found) if not n.startswith("_")])
            raise UsageError(f"`{place}` has no `{name}`", near)
        found = getattr(found, name)
    return found


def _module(place: str, target: str) -> Any:
    if place.endswith(".py") or "/" in place:
        return _of_file(Path(place))
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is None or not (place == error.name or place.startswith(f"{error.name}.")):
            raise
        raise UsageError(f"there is no module `{error.name}`", f"of a file, write `{place}.py:…`; {FORMS}") from None


def _of_file(path: Path) -> Any:
    if not path.is_file():
        raise UsageError(f"there is no file `{path}`", FORMS)
    name = path.stem if path.stem not in sys.modules else f"{path.stem} of cnnspec import"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"`{path}` is no Python file", FORMS)
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made  # as an import does: classes look their module up
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(made)
    except SyntaxError as error:
        raise UsageError(f"{path}:{error.lineno}: {error.msg}") from None
    return made


def _built(found: Any, target: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, Given]:
    if not callable(found):
        raise UsageError(f"`{target}` is {a(type(found).__name__)}, which cannot be called", FORMS)
    _check_call(found, target, args, kwargs)
    return constructing(lambda: found(*args, **kwargs))


def _check_call(found: Callable[..., Any], target: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Tells of arguments that do not fit before anything runs."""
    import inspect

    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        help = f"give it with `--arg NAME=VALUE`; it takes {signature}"
        raise UsageError(f"`{target}` cannot be called so: {error}", help) from None


def _nameless(target: str) -> str:
    """What helps where a file or a module is named and nothing in it: the classes of a file, read and not run."""
    file = Path(target)
    if target.endswith(".py") and file.is_file():
        with suppress(UsageError, OSError, SyntaxError, ValueError):
            body = ast.parse(read_bounded(file, MOST_CODE)).body
            classes = [f"`{target}:{node.name}`" for node in body if isinstance(node, ast.ClassDef)][:MAX_TOLD]
            return f"name a class or function in it: {listing(classes, 'or') or f'`{target}:Net`'}"
    parent, dot, last = target.rpartition(".")
    meant = f"`{parent}:{last}`" if dot and last[:1].isupper() else f"`{target}:Net`"
    if all(part.isidentifier() for part in target.split(".")):
        return f"behind a colon stands the class or function that is meant: {meant}"
    return FORMS
