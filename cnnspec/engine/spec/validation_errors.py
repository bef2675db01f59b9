"""Pydantic's errors, carried back to the text and said in our words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from cnnspec.engine.diagnostics import Diagnostic, Label, Repair, Span, did_you_mean, listing, nearest
from cnnspec.engine.diagnostics.diagnostic import MAX_FOUND
from cnnspec.engine.layers.argument_types import takes
from cnnspec.engine.spec.edits import as_list, rename, respell
from cnnspec.engine.syntax import Entry, Node, Scalar, Seq, shown
from cnnspec.engine.syntax.evaluate import in_yaml

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
        for problem in error.errors(include_url=False, include_context=False, include_input=False)[:MAX_FOUND]:
            name, whole = str(problem["loc"][0] if problem["loc"] else ""), len(problem["loc"]) == 1
            if problem["type"] == "value_error":  # a validator of the model's own says so
                found[name] = _of_validator(str(problem["msg"]), entries.get(name), owner, subject)
            elif name not in unknown:
                kind = problem["type"] if whole else "part of a value"
                found[name] = _diagnose(model, name, kind, entries, owner, subject, values.get(name))
        return without_consequences(list(found.values()), model.model_fields)


def without_consequences(found: list[Diagnostic], known: Collection[str]) -> list[Diagnostic]:
    """Without the arguments that are missing only because they are misspelt."""
    misspelt = [re.split("[:=]", d.span.text)[0] for d in found if d.code == "unknown-argument"]
    meant = {nearest(name, known) for name in misspelt}
    return [d for d in found if d.code != "missing-argument" or d.message.split("`")[-2] not in meant]


def _diagnose(
    model: type[BaseModel], name: str, kind: str, entries: Mapping[str, Entry], owner: Span, subject: str, value: Any
) -> Diagnostic:
    if kind == "extra_forbidden":
        return unknown_argument(list(model.model_fields), name, entries[name], subject)
    if kind == "missing":
        return missing_argument(subject, name, argument_words(model, name), owner)
    return _wrong_value(model, name, entries[name], value)


def _of_validator(said: str, entry: Entry | None, owner: Span, subject: str) -> Diagnostic:
    place = f"`{entry.key.text}`" if entry else f"`{subject}`"
    message = f"{place}: {said.removeprefix('Value error, ')}"
    return Diagnostic("wrong-type", message, Label(entry.span if entry else owner))


def _wrong_value(model: type[BaseModel], name: str, entry: Entry, value: Any) -> Diagnostic:
    """A value that its argument does not take, with the value that may have been meant."""
    node, near, help = entry.value, None, ""
    said = f"{argument_words(model, name)}, not {shown(node)}"
    if not entry.written:
        message = f"`{name}` takes {argument_words(model, name)}, but is set to {in_yaml(value)}"
        return Diagnostic("wrong-type", message, Label(entry.span))
    if isinstance(node, Scalar) and "$" in node.text and value != node.text:
        said += f", which is {in_yaml(value)}"
        if isinstance(value, str):
            help = _of_text(node, value)
    elif isinstance(node, Scalar) and isinstance(node.value, str):
        near = nearest(node.text, literals(model.model_fields[name].annotation))
        help = "an expression is written `$name` or `$(width * 2)`" if "${" in node.text else ""
    label = Label(entry.span, f"did you mean `{near}`?" if near else "")
    repairs = rename(node.span, near) or meant_value(node) or whole_division(node, value)
    help = help or rounded(node, value)
    help = "" if repairs else help
    return Diagnostic("wrong-type", f"`{name}` takes {said}", label, help=help, repairs=repairs)


def _of_text(node: Scalar, value: str) -> str:
    """What helps where an expression gives a text: that of a param, or one in which it is written out."""
    if not WHOLE.fullmatch(node.text):
        return "text outside an expression is not computed: put all of it inside `$(...)`"
    if not PLAIN.fullmatch(value):
        return ""
    return f"`{node.text[1:]}` is text, because its value is in quotes: write `{value}` without them"


def literals(annotation: Any) -> list[str]:
    """The texts that an annotation admits by themselves."""
    if get_origin(annotation) is Literal:
        return [value for value in get_args(annotation) if isinstance(value, str)]
    return [text for inner in get_args(annotation) for text in literals(inner)]


MAX_MEANT = 200  # characters of a value in which another is looked for
TUPLE = re.compile(r"\(([^()$]*,[^()$]*)\)")
BRACES = re.compile(r"\$\{([^{}\"]*)\}")
WHOLE = re.compile(r"\$[A-Za-z_]\w*")
PLAIN = re.compile(r"[-+]?[0-9.]+|true|false")
CROSS = re.compile(r"\d+(?:[x×]\d+)+")
PERCENT = re.compile(r"(\d{1,3})(?:\.0*)? ?%")
OF_YAML_1_1 = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def meant_value(node: Node) -> tuple[Repair, ...]:
    """``(3, 3)`` and ``3x3`` as lists; ``[3]``, ``"3"``, ``3.0`` and ``50%`` as numbers; ``no`` as false."""
    match node:
        case Seq(items=(Scalar() as only,)):
            return rename(node.span, only.span.text)
        case Scalar(value=float(number)) if number.is_integer():
            return rename(node.span, str(int(number)))
        case Scalar(value=str()) if len(node.text) <= MAX_MEANT:
            return _meant_text(node)
    return ()


def rounded(node: Node | None, value: Any) -> str:
    """The two ways to a whole number from a division that leaves a remainder: either may be meant."""
    if not isinstance(node, Scalar) or not isinstance(value, float) or value.is_integer() or node.text[:2] != "$(":
        return ""
    down = (
        "`//` rounds down"
        if "/" in node.text and "//" not in node.text
        else f"`$(floor({node.text[2:-1]}))` rounds down"
    )
    return f"{down}, `$(round({node.text[2:-1]}))` to the nearest"


def whole_division(node: Node | None, value: Any) -> tuple[Repair, ...]:
    """``//`` for a ``/``, or ``floor``, where a result is whole and all the same no whole number."""
    text = node.span.text if node is not None and isinstance(value, float) and value.is_integer() else ""
    if node is None:
        return ()
    if " / " in text:
        return rename(node.span, text.replace(" / ", " // "))
    return rename(node.span, f"$(floor({text[2:-1]}))") if text.startswith("$(") and text.endswith(")") else ()


def _meant_text(node: Scalar) -> tuple[Repair, ...]:
    if match := TUPLE.fullmatch(node.text):
        return as_list(node, [part.strip() for part in match[1].split(",") if part.strip()])
    if match := BRACES.fullmatch(node.text):
        inner = match[1].strip()
        return rename(node.span, f"${inner}" if inner.isidentifier() else f'"$({inner})"')
    if CROSS.fullmatch(node.text):
        return as_list(node, re.split("[x×]", node.text))
    if match := PERCENT.fullmatch(node.text):
        return rename(node.span, f"{int(match[1]) / 100:g}")
    if not node.plain and PLAIN.fullmatch(node.text):
        return rename(node.span, node.text)
    return rename(node.span, OF_YAML_1_1.get(node.text.casefold()))


@lru_cache(maxsize=1024)
def argument_words(model: type[BaseModel], name: str) -> str:
    """What an argument takes, in words."""
    field = model.model_fields[name]
    annotation: Any = field.annotation
    for extra in field.metadata:
        annotation = Annotated[annotation, extra]
    return takes(annotation)


def unknown_argument(known: Collection[str], name: str, entry: Entry, subject: str) -> Diagnostic:
    """A name that ``subject`` does not have, with the nearest that it has."""
    span = entry.key.span
    if name in WORDS_BESIDE:
        message = f"`{name}` goes next to `{subject}:`, not among its arguments"
        help = f"put it on its own line, aligned with `{subject}:`"
        return Diagnostic("unknown-argument", message, Label(span), help=help)
    if match := NO_SPACE.fullmatch(name):
        return _glued(known, match, span)
    help = f"it takes {listing([f'`{k}`' for k in known])}" if known else "it takes no arguments"
    message, near = f"`{subject}` has no argument `{name}`", did_you_mean(name, known)
    if name in LINES and "act" not in known:
        help = f"{LINES[name]} is a separate line below this one, or part of the block `ConvNormAct`"
        return Diagnostic("unknown-argument", message, Label(span), help=help)
    repairs = respell(span, name, known) if entry.written else ()
    return Diagnostic("unknown-argument", message, Label(span, near), help=help, repairs=repairs)


# Settings of other frameworks' layers that are lines here.
LINES = {
    **dict.fromkeys(("activation", "act", "act_layer", "act_cfg", "nonlinearity"), "an activation"),
    **dict.fromkeys(("norm", "bn", "norm_layer", "norm_cfg", "batch_norm", "batch_normalize", "use_bn"), "a norm"),
}
NO_SPACE = re.compile(r"(?P<name>\w+)(?P<sign>[:=])(?P<value>\S+)")


def _glued(known: Collection[str], match: re.Match[str], span: Span) -> Diagnostic:
    """``stride:2`` or ``stride=2`` in braces, which YAML reads as one word."""
    name = match["name"] if match["name"] in known else nearest(match["name"], known) or match["name"]
    missing = "a space after its colon" if match["sign"] == ":" else "a colon and a space, not `=`"
    return Diagnostic(
        "unknown-argument",
        f"`{match[0]}` needs {missing}",
        Label(span),
        repairs=rename(span, f"{name}: {match['value']}"),
    )


def missing_argument(subject: str, name: str, words: str, owner: Span, declared: Span | None = None) -> Diagnostic:
    """A required argument that is not given; ``declared`` is where a block of the user's own asks for it."""
    labels = (Label(declared, "has no default"),) if declared and not declared.source.shipped else ()
    return Diagnostic("missing-argument", f"`{subject}` needs `{name}`", Label(owner, f"takes {words}"), labels)
