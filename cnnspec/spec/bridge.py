"""Pydantic's errors, carried back to the text and said in our words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ValidationError

from cnnspec.diagnostics import Diagnostic, Label, Span, did_you_mean, listing, nearest
from cnnspec.layers.takes import takes
from cnnspec.syntax import Entry, Scalar, shown
from cnnspec.syntax.evaluate import in_yaml

WORDS_BESIDE = ("id", "from", "repeat", "foreach", "when")
Model = TypeVar("Model", bound=BaseModel)


def validate(
    model: type[Model],
    values: Mapping[str, Any],
    entries: Mapping[str, Entry],
    owner: Span,
    subject: str,
    unknown: Collection[str] = (),
) -> Model | list[Diagnostic]:
    """The model made of ``values``, or what is wrong with them.

    ``entries`` are where the values stand, ``owner`` where a missing one is missing from, and ``subject`` what
    they are arguments of. Names in ``unknown`` are given but have no value yet: nothing is said of them.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        found = {}
        for problem in error.errors(include_url=False, include_context=False, include_input=False):
            name, whole = str(problem["loc"][0]), len(problem["loc"]) == 1
            if name not in unknown:
                kind = problem["type"] if whole else "part of a value"
                found[name] = _diagnose(model, name, kind, entries, owner, subject, values.get(name))
        return without_consequences(list(found.values()), model.model_fields)


def without_consequences(found: list[Diagnostic], known: Collection[str]) -> list[Diagnostic]:
    """Without the arguments that are missing only because they are misspelt."""
    misspelt = (d.span.text for d in found if d.code == "unknown-argument")
    meant = {nearest(name, known) for name in misspelt}
    return [d for d in found if d.code != "missing-argument" or d.message.split("`")[-2] not in meant]


def _diagnose(
    model: type[BaseModel], name: str, kind: str, entries: Mapping[str, Entry], owner: Span, subject: str, value: Any
) -> Diagnostic:
    if kind == "extra_forbidden":
        return unknown_argument(list(model.model_fields), name, entries[name].key.span, subject)
    if kind == "missing":
        return missing_argument(subject, name, argument_words(model, name), owner)
    entry = entries[name]
    said = f"{argument_words(model, name)}, not {shown(entry.value)}"
    if isinstance(entry.value, Scalar) and "$" in entry.value.text:
        said += f", which is {in_yaml(value)}"
    return Diagnostic("wrong-type", f"`{name}` takes {said}", Label(entry.span))


@lru_cache(maxsize=1024)
def argument_words(model: type[BaseModel], name: str) -> str:
    """What an argument takes, in words."""
    field = model.model_fields[name]
    annotation: Any = field.annotation
    for extra in field.metadata:
        annotation = Annotated[annotation, extra]
    return takes(annotation)


def unknown_argument(known: Collection[str], name: str, span: Span, subject: str) -> Diagnostic:
    """A name that ``subject`` does not have, with the nearest that it has."""
    if name in WORDS_BESIDE:
        message = f"`{name}` stands beside `{subject}:`, not among its arguments"
        return Diagnostic(
            "unknown-argument", message, Label(span), help=f"give it a line of its own, in line with `{subject}:`"
        )
    near = did_you_mean(name, known)
    cut = 'an expression with a comma is quoted: "$(min(a, b))"' if name.endswith(")") else ""
    help = cut or (f"it takes {listing([f'`{k}`' for k in known])}" if known else "it takes none")
    return Diagnostic("unknown-argument", f"`{subject}` has no argument `{name}`", Label(span, near), help=help)


def missing_argument(subject: str, name: str, words: str, owner: Span) -> Diagnostic:
    """A required argument that is not given."""
    return Diagnostic("missing-argument", f"`{subject}` needs `{name}`", Label(owner, f"takes {words}"))
