"""Declarations of params, and the values that they get.

width: int                                   required
stride: 1                                    a literal: the default, which gives the type
p: {type: float, default: 0.5, min: 0, max: 1, choices: [...], description: ...}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Sink, Span, listing
from cnnspec.engine.spec import arguments as args
from cnnspec.engine.spec.arguments import Argument, Arguments, BadValue
from cnnspec.engine.spec.computed import computed_default, is_long_form, literal_type
from cnnspec.engine.spec.edits import rename
from cnnspec.engine.spec.model import Param, Spec, Variant
from cnnspec.engine.spec.names import NOT_PARAMS, PARAM
from cnnspec.engine.spec.types import MEANT, WORDS, ParamType, TypeMismatch
from cnnspec.engine.spec.validation_errors import (
    meant_value,
    missing_argument,
    rounded,
    unknown_argument,
    validate,
    whole_division,
    without_consequences,
)
from cnnspec.engine.syntax import NO_VALUE, Entry, LayerName, Map, Meter, Node, Scalar, Seq, Silent, Value, shown
from cnnspec.engine.syntax.evaluate import in_yaml, size

TYPES = "the types are int, float, bool, str, layer and list[...] of them; `?` after a type allows null"


class ParamError(Exception):
    """Values that do not fit the params; carries the diagnostics."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = diagnostics


class Declaration(BaseModel):
    """The long form of a param."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)

    type: str | None = None
    default: Any = None
    min: float | None = None
    max: float | None = None
    choices: tuple[Any, ...] | None = None
    description: str = ""


ASSIGNED = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>[\w.$-]+)")

# ------------------------------------------------------------------------------------------------- declarations


def declare(node: Node | None, layers: Collection[str], sink: Sink) -> dict[str, Param]:
    """The params of a spec or of a block."""
    if node is None:
        return {}
    if not isinstance(node, Map):
        help = "write `params: {width: 16}`, or `{width: int}` where there is no default"
        sink.error(
            "wrong-type", f"`params` must map names to types or defaults, not {shown(node)}", node.span, help=help
        )
        return {}
    found = {}
    for entry in node:
        param = _declared(entry, layers, sink, node) if name_is_sound(entry.key, sink) else None
        found[entry.key.text] = param or Param(entry.key, ParamType("str", optional=True), broken=True)
    return found


def name_is_sound(key: Scalar, sink: Sink) -> bool:
    """Whether a key can name a param or what `foreach` walks."""
    if not PARAM.fullmatch(key.text):
        help = "a name has letters, digits and `_`"
        match = ASSIGNED.fullmatch(key.text)
        repairs = rename(key.span, f"{match['name']}: {match['value']}") if match else ()
        sink.error("bad-name", f"`{key.text}` cannot be a name", key.span, help=help, repairs=repairs)
    elif key.text.startswith("__"):
        message = f"`{key.text}` starts with two underscores, and Python renames such names inside a class"
        sink.error("bad-name", message, key.span, help="start it with a letter")
    elif key.text in NOT_PARAMS:
        sink.error("bad-name", f"`{key.text}` is a reserved word of expressions", key.span, help="choose another name")
    else:
        return True
    return False


def _declared(entry: Entry, layers: Collection[str], sink: Sink, section: Map) -> Param | None:
    node = entry.value
    if isinstance(node, Map) and is_long_form(node):
        if signature := _signature(entry):
            sink.add(signature)
            return None
        return _long(entry, node, layers, sink)
    word = ParamType.parse(node.text) if isinstance(node, Scalar) else None
    if word:
        return Param(entry.key, word)
    if isinstance(node, Scalar) and node.text.casefold() in {*MEANT, *WORDS}:
        meant = MEANT.get(node.text.casefold(), node.text.casefold())
        label, repairs = f"did you mean `{meant}`?", rename(node.span, meant)
        sink.error("bad-param", f"`{node.text}` is not a type", node.span, label, help=TYPES, repairs=repairs)
        return None
    if signature := _signature(entry):
        sink.add(signature)
        return None
    type_ = literal_type(node, layers)
    if type_ is None:
        sink.add(computed_default(entry, section, layers) or _untyped(entry, node))
        return None
    return Param(entry.key, type_, node)


SIGNATURE = re.compile(r"(?P<type>[A-Za-z][\w.\[\]]*\??)\s*(?:=\s*(?P<default>\S.*)|\((?P<call>[^()]+)\))")


def _signature(entry: Entry) -> Diagnostic | None:
    """``w: int = 32``, ``w: int(32)``, ``w: {int: 32}``, ``w: [int, 32]``: a type and a default in one."""
    type_, default = _type_and_default(entry.value)
    word = MEANT.get(type_.casefold(), type_)
    if not default or ParamType.parse(word) is None:
        return None
    word = f'"{word}"' if "[" in word else word
    written = f"{{type: {word}, default: {default}}}"
    words = f"write `{entry.key.text}: {written}`"
    message = "write the type and the default of a param as a mapping"
    repairs = (Repair(words, (Edit(entry.value.span, written),)),)
    return Diagnostic("bad-param", message, Label(entry.span), help=words, repairs=repairs)


def _type_and_default(node: Node) -> tuple[str, str]:
    """Both as they are written; empty texts where a value holds no such pair."""
    match node:
        case Scalar(value=str()) if match := SIGNATURE.fullmatch(node.text):
            return match["type"], (match["default"] or match["call"]).strip()
        case Seq(items=(Scalar() as type_, Scalar() as default)):
            return type_.text, default.span.text
        case Map(entries=(Entry(key=key, value=Scalar() as default),)) if key.text not in Declaration.model_fields:
            return key.text, default.span.text
    return "", ""


def _untyped(entry: Entry, node: Node) -> Diagnostic:
    """A default that gives its param no type."""
    name, label = entry.key.text, Label(entry.span)
    if not isinstance(node, Seq):
        return Diagnostic("bad-param", f"`{name}` has neither a type nor a default", label, help=TYPES)
    if node.items:
        help = "a list has elements of one type; use several params for several types"
        return Diagnostic("bad-param", f"the elements of `{name}` have different types", label, help=help)
    written = '{type: "list[int]", default: []}'
    words = f"write `{name}: {written}`, with the type you need"
    repairs = (Repair(words, (Edit(node.span, written),)),)
    return Diagnostic(
        "bad-param", f"an empty list does not show the type of `{name}`", label, help=words, repairs=repairs
    )


def _long(entry: Entry, node: Map, layers: Collection[str], sink: Sink) -> Param | None:
    entries = {e.key.text: e for e in node}
    values = {name: _plain(e.value) for name, e in entries.items()}
    made = validate(Declaration, values, entries, entry.key.span, entry.key.text)
    if isinstance(made, list):
        for diagnostic in made:
            sink.add(diagnostic)
        return None
    default = node.get("default")
    type_ = ParamType.parse(made.type) if made.type else (literal_type(default, layers) if default else None)
    if type_ is None:
        place = entries["type"].span if made.type else entry.key.span
        what = f"`{made.type}` is not a type" if made.type else f"`{entry.key.text}` has neither a type nor a default"
        sink.error("bad-param", what, place, help=TYPES)
        return None
    param = Param(entry.key, type_, default, made.min, made.max, made.choices, made.description)
    sound = _bounds_are_sound(param, entries, layers, sink) and _default_is_sound(param, entries, layers, sink)
    return param if sound else None


def _bounds_are_sound(param: Param, entries: dict[str, Entry], layers: Collection[str], sink: Sink) -> bool:
    """Whether `choices` are of the type, and `min` and `max` bound numbers."""
    name = param.name.text
    if param.choices is not None:
        element = param.type.item or param.type
        try:
            fits = bool([element.convert(choice, layers) for choice in param.choices])
        except TypeMismatch:
            fits = False
        if not fits:
            message = f"the choices of `{name}` must be a list of values of its type"
            sink.error("bad-param", message, entries["choices"].span)
            return False
    bounds = [entries[word] for word in ("min", "max") if word in entries]
    if bounds and (param.type.item or param.type).base not in ("int", "float"):
        sink.error("bad-param", f"`{name}` is not a number, so it cannot have bounds", bounds[0].span)
        return False
    if param.min is not None and param.max is not None and param.min > param.max:
        sink.error("bad-param", f"no number is at least {param.min:g} and at most {param.max:g}", bounds[0].span)
        return False
    return True


def _plain(node: Node) -> Any:
    try:
        return args.value(node, {})
    except BadValue:
        return node.text if isinstance(node, Scalar) else None


def _default_is_sound(param: Param, entries: dict[str, Entry], layers: Collection[str], sink: Sink) -> bool:
    default = param.default
    if default is None or args.holds_expression(default):
        return True
    try:
        fitting(param, args.value(default, {}), layers)
    except BadValue as error:
        sink.add(error.diagnostic())
    except TypeMismatch as error:
        name = param.name.text
        message = f"the default of `{name}` is {shown(default)}, but `{name}` {str(error).split(', not ')[0]}"
        labels, repairs = _declared_elsewhere(str(error), default, entries), meant_value(default)
        sink.error("wrong-type", message, default.span, labels=labels, repairs=repairs)
    else:
        return True
    return False


def _declared_elsewhere(said: str, default: Node, entries: dict[str, Entry]) -> tuple[Label, ...]:
    """Where the other of two texts says what a default has to be: one extends the other, which declares the param."""
    word = next((word for word, words in SAID.items() if words in said), "type")
    entry = entries.get(word)
    if entry is None or entry.value.span.source is default.span.source:
        return ()
    return (Label(entry.value.span, "declared here"),)


SAID = {"min": "at least", "max": "at most", "choices": "one of"}


# ------------------------------------------------------------------------------------------------------- values


def fitting(param: Param, value: Value, layers: Collection[str]) -> Value:
    """The value as the param's type holds it. Raises TypeMismatch for another type and for one out of bounds."""
    try:
        made = param.type.convert(value, layers)
    except TypeMismatch as error:
        raise TypeMismatch(str(error), value) from None
    bounded = param.min is not None or param.max is not None
    for number in made if isinstance(made, tuple) and bounded else (made,):
        if isinstance(number, int | float) and not isinstance(number, bool):
            _check_bounds(param, number)
    if param.choices is not None and made is not None and _word(made) not in param.choices:
        words = [choice if isinstance(choice, str) else in_yaml(choice) for choice in param.choices]
        raise TypeMismatch(f"is one of {listing([f'`{word}`' for word in words], 'or')}")
    return made


def _word(value: Value) -> Value:
    return value.name if isinstance(value, LayerName) else value


def _check_bounds(param: Param, number: float) -> None:
    if param.min is not None and number < param.min:
        raise TypeMismatch(f"is at least {param.min:g}, not {number:g}")
    if param.max is not None and number > param.max:
        raise TypeMismatch(f"is at most {param.max:g}, not {number:g}")


def bind(
    params: Mapping[str, Param],
    given: Arguments,
    owner: Span,
    subject: str,
    layers: Collection[str],
    shape: Callable[[], Any] | None = None,
    meter: Meter | None = None,
) -> dict[str, Value]:
    """The environment of a block that is called with ``given``: given values, then defaults in their order.

    Raises ParamError with every unknown, missing or unfitting argument, Silent, and OutOfWork.
    """
    meter = meter or Meter()
    wrong = [unknown_argument(params, n, a.entry, subject) for n, a in given.items() if n not in params]
    env: dict[str, Value] = {}
    for name, param in params.items():
        env[name] = NO_VALUE
        try:
            if param.broken:
                continue
            meter.spend(4 + len(param.choices or ()) // 32)
            if name in given:
                env[name] = _paid(param, given[name].value, layers, meter)
            elif param.default is not None:
                env[name] = _paid(param, args.value(param.default, env, shape, meter), layers, meter)
            elif param.type.optional:
                env[name] = None
            else:
                wrong.append(missing_argument(subject, name, param.type.words, owner, param.name.span))
        except Silent:
            continue  # its default needs what has no value: nor has it
        except TypeMismatch as error:
            wrong.append(mismatch(param, given.get(name), error))
        except BadValue as error:
            wrong.append(_of_default(error, params))
    if wrong:
        raise ParamError(without_consequences(wrong, params))
    return env


def _of_default(error: BadValue, params: Mapping[str, Param]) -> Diagnostic:
    """What is wrong with a default, which may read a param that stands below it."""
    below = next((name for name in params if error.message == f"the name `{name}` is not defined here"), None)
    if below is None:
        return error.diagnostic()
    labels = (Label(params[below].name.span, "it is here"),)
    return replace(
        error.diagnostic(), labels=labels, help="a default can only read params above it: move this one below"
    )


def _paid(param: Param, value: Value, layers: Collection[str], meter: Meter) -> Value:
    """The value as the param holds it; each element of a list is looked at."""
    if isinstance(value, tuple):
        meter.spend(size(value))
    return fitting(param, value, layers)


def mismatch(param: Param, given: Argument | None, error: TypeMismatch) -> Diagnostic:
    """A value that its param does not take: where it is given, or where it is the default."""
    name = param.name.text
    if given is not None and not given.entry.written:
        message = f"`{name}` {str(error).split(', not ')[0]}, but is set to {in_yaml(given.value)}"
        return Diagnostic("wrong-type", message, Label(param.name.span, "declared here"))
    place = given.entry.span if given else param.default.span if param.default else param.name.span
    said, node = str(error), given.entry.value if given else param.default
    computed = node is not None and args.holds_expression(node)
    if node is not None and (given or computed) and said.startswith("takes") and "is called" not in said:
        said += f", not {shown(node)}{f', which is {in_yaml(error.value)}' if computed else ''}"
    labels = (Label(param.name.span, "declared here"),) if given else ()
    repairs = (meant_value(given.entry.value) if given else ()) or (
        whole_division(node, error.value) if computed else ()
    )
    help = rounded(node, error.value) if computed and not repairs and param.type.base == "int" else ""
    return Diagnostic("wrong-type", f"`{name}` {said}", Label(place), labels, help=help, repairs=repairs)


def resolve_params(spec: Spec, layers: Collection[str], meter: Meter | None = None) -> dict[str, Value]:
    """The spec's own environment: defaults, then its variant's settings, then the user's.

    Raises ParamError and OutOfWork.
    """
    given: Arguments = {}
    if spec.variant is not None:
        found = variant_arguments(spec.variants[spec.variant], meter)
        given = {name: argument for name, argument in found.items() if name in spec.params}  # else said already
    for name, value in spec.settings.items():
        entry = _as_entry(spec, name)
        given[name] = Argument(from_plain(value, entry), entry)
    for name, param in spec.params.items():
        if param.required and not param.broken and name not in given:
            help = f"give it a default, or set it: in a variant, or as in `cnnspec summary --set {name}=VALUE`"
            message = f"`{name}` has no value: it has no default and is not set"
            raise ParamError([Diagnostic("missing-argument", message, Label(param.name.span), help=help)])
    return bind(spec.params, given, spec.source.span(), spec.title, layers, None, meter)


def variant_arguments(variant: Variant, meter: Meter | None = None) -> Arguments:
    """The settings of a variant. Raises ParamError where one is not a plain value."""
    try:
        return args.arguments(variant.settings, {}, None, meter)
    except BadValue as error:
        raise ParamError([error.diagnostic()]) from None


def _as_entry(spec: Spec, name: str) -> Entry:
    """Where a value that the user set is said to stand: at the declaration of its param."""
    key = spec.params[name].name
    return Entry(key, key)


def from_plain(value: Any, entry: Entry) -> Value:
    """A value from Python or from the command line, as expressions hold it: `{"ELU": {"alpha": 2}}` is a layer."""
    if isinstance(value, list | tuple):
        return tuple(from_plain(v, entry) for v in value)
    if isinstance(value, dict):
        name, given = next(iter(value.items())) if len(value) == 1 else (None, None)
        given = {} if given is None else given
        if not isinstance(name, str) or not isinstance(given, dict) or not all(isinstance(k, str) for k in given):
            raise TypeMismatch("takes a layer with its arguments as a mapping of one name to a mapping")
        return LayerName(
            name,
            {k: Argument(from_plain(v, entry), Entry(Scalar(entry.span, k, k), entry.value)) for k, v in given.items()},
        )
    return value


def to_plain(node: Node) -> Any:
    """A node without expressions as Python and JSON hold it."""
    match node:
        case Scalar():
            return node.value
        case Map():
            return {entry.key.text: to_plain(entry.value) for entry in node}
        case _:
            return [to_plain(item) for item in node.items]
