"""Runs a constructor, and notes what each module below it was given: the author's own names for its settings.

A profile function sees every `__init__` begin. Of what a module is given, plain values are kept, and those of plain
objects: `cnf.expanded_channels` of a configuration is `expanded_channels`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

from torch import nn

from cnnspec.pytorch.importing.program import CodeOrigin, Path
from cnnspec.pytorch.importing.torch_modules import title

Given = dict[int, dict[str, Any]]
PLAIN = (bool, int, float, str)
MOST_FIELDS = 40  # of an object that holds settings


def constructing(build: Callable[[], Any]) -> tuple[Any, Given]:
    """What ``build`` gives, and the arguments of every module's constructor by the module's id."""
    given: Given = {}

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code.co_name == "__init__":
            _note(frame, given)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        return build(), given
    finally:
        sys.setprofile(before)


def _note(frame: FrameType, given: Given) -> None:
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    module = frame.f_locals.get(names[0]) if names else None
    own = getattr(getattr(type(module), "__init__", None), "__code__", None)
    if isinstance(module, nn.Module) and own is code:
        given[id(module)] = {name: frame.f_locals[name] for name in names[1:] if name in frame.f_locals}


def origins(module: nn.Module, given: Mapping[int, Mapping[str, Any]]) -> dict[Path, CodeOrigin]:
    """The class of every module, and the plain values that it was given."""
    found = {}
    for name, part in module.named_modules(remove_duplicate=False):
        arguments = dict(_flat(given.get(id(part), {})))
        found[tuple(filter(None, name.split(".")))] = CodeOrigin(title(part), arguments, _defaults(type(part)))
    return found


def _flat(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in arguments.items():
        if isinstance(value, PLAIN):
            yield name, value
        elif isinstance(value, list | tuple) and value and all(isinstance(v, int) for v in value):
            yield name, tuple(value)
        elif hasattr(value, "__dict__") and not callable(value) and len(vars(value)) <= MOST_FIELDS:
            yield from ((inner, v) for inner, v in vars(value).items() if isinstance(v, PLAIN))


def _defaults(cls: type) -> dict[str, Any]:
    try:
        parameters = inspect.signature(cls.__init__).parameters  # type: ignore[misc]
    except (TypeError, ValueError):
        return {}
    return {p.name: p.default for p in parameters.values() if isinstance(p.default, PLAIN)}
