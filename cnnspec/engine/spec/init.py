"""The section `init`: what fills the parameters of the network before it is trained.

init:
  Conv2d: {weight: {kaiming_normal_: {mode: fan_out, nonlinearity: relu}}, bias: zeros_}   # a layer type
  "head.*.fc": {weight: {normal_: {std: 0.01}}, bias: null}                                  # keys of layers

The functions are torch.nn.init's. For each tensor a pattern goes before a type, and a later rule before an earlier one;
null leaves what PyTorch's own initialisation has made. Which layers a rule reaches, only the network knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Sink, choices, did_you_mean, listing
from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.layers.init import FUNCTIONS
from cnnspec.engine.spec import arguments as args
from cnnspec.engine.spec.arguments import BadValue
from cnnspec.engine.spec.edits import by_name, positional_text, rename, respell, written
from cnnspec.engine.spec.pattern import Pattern
from cnnspec.engine.spec.rules import Rule, RuleSetting
from cnnspec.engine.spec.split_values import cuts
from cnnspec.engine.spec.unknown import CALL, MAX_CALL
from cnnspec.engine.spec.validation_errors import unknown_argument, validate, without_consequences
from cnnspec.engine.syntax import Entry, Map, Node, Scalar, shown

FORM = "write `init: {Conv2d: {weight: kaiming_normal_, bias: zeros_}}`"
FUNCTION = "write `zeros_` or `{normal_: {std: 0.01}}`; null keeps PyTorch's default"


def read_init(node: Node | None, sink: Sink) -> tuple[Rule, ...]:
    """The rules of the section; what is wrong whatever the network is goes to the sink."""
    if node is None:
        return ()
    if not isinstance(node, Map):
        message = f"`init` must map layers to functions for their parameters, not {shown(node)}"
        sink.error("wrong-type", message, node.span, help=FORM)
        return ()
    return tuple(rule for entry in node if not sink.full and (rule := _rule(entry, sink)))


def argument_nodes(rules: tuple[Rule, ...]) -> Iterator[Node]:
    """The arguments of all functions, which may hold expressions."""
    return (setting.args for rule in rules for setting in rule.settings if setting.args and not setting.broken)


def _rule(entry: Entry, sink: Sink) -> Rule | None:
    key, node = entry.key, entry.value
    pattern = None if key.text in REGISTRY else Pattern.of(key.text)
    if pattern is not None and pattern.fault:
        message = f"`{key.text}` cannot match a key: {pattern.fault}"
        sink.error("bad-pattern", message, key.span, help="write a pattern such as `layer1.*.conv2` or `features.**`")
        return None
    if not isinstance(node, Map):
        _no_tensors(entry, sink)
        return None
    settings = tuple(_setting(each, sink) for each in node)
    if pattern is None:
        _check_tensors(key.text, node, sink)
    return Rule(key, pattern, settings)


def _no_tensors(entry: Entry, sink: Sink) -> None:
    node = entry.value
    meant = f"{{weight: {written(node)}}}" if isinstance(node, Scalar) and node.text in FUNCTIONS else None
    message = f"`{entry.key.text}` must map parameters to functions, not {shown(node)}"
    help = "" if meant else FORM
    sink.error("wrong-type", message, entry.span, help=help, repairs=rename(node.span, meant))


def _check_tensors(type: str, node: Map, sink: Sink) -> None:
    """Tensors that no layer of the type has. Of types that state no names, the expansion tells."""
    known = REGISTRY[type].trains
    for entry in node if known else ():
        if entry.key.text not in known:
            sink.add(no_such_tensor(f"`{type}` has", entry.key, known))


def no_such_tensor(owner_has: str, tensor: Scalar, known: tuple[str, ...]) -> Diagnostic:
    """A parameter that the layers do not have."""
    message = f"{owner_has} no parameter `{tensor.text}`"
    told = listing([f"`{name}`" for name in known])
    help = f"available: {told}" if known else "these layers have no parameters"
    label, repairs = Label(tensor.span, did_you_mean(tensor.text, known)), respell(tensor.span, tensor.text, known)
    return Diagnostic("no-such-tensor", message, label, help=help, repairs=repairs)


# --------------------------------------------------------------------------------------------------- functions


def _setting(entry: Entry, sink: Sink) -> RuleSetting:
    before = len(sink)
    function, given = _parts(entry, sink)
    if function is not None and len(sink) == before and _is_known(function, sink):
        _check_arguments(function, given, sink)
    return RuleSetting(entry.key, function, given, broken=len(sink) > before)


def _parts(entry: Entry, sink: Sink) -> tuple[Scalar | None, Map | None]:
    """The function and its arguments; both None for null, and where they are told to be wrong."""
    match entry.value:
        case Scalar(value=None):
            return None, None
        case Scalar(value=str()) as name:
            return name, None
        case Map(entries=(call,)):
            return call.key, _arguments(call, sink)
    node = entry.value
    number = isinstance(node, Scalar) and type(node.value) in (int, float)
    repairs = rename(node.span, f"{{constant_: {{val: {written(node)}}}}}" if number else None)
    message = f"`{entry.key.text}` takes one function, not {shown(node)}"
    sink.error("wrong-type", message, node.span, help="" if repairs else FUNCTION, repairs=repairs)
    return None, None


def _arguments(call: Entry, sink: Sink) -> Map | None:
    name, node = call.key.text, call.value
    if isinstance(node, Map):
        return node
    if isinstance(node, Scalar) and node.value is None:
        return None
    repairs = by_name(name, node, FUNCTIONS.get(name))
    help = "" if repairs else f"write `{{{name}: {{name: value}}}}`: arguments are given by name"
    sink.error(
        "wrong-type", f"the arguments of `{name}` need names: {shown(node)}", node.span, help=help, repairs=repairs
    )
    return None


def _is_known(function: Scalar, sink: Sink) -> bool:
    if function.text in FUNCTIONS:
        return True
    message, near = f"`torch.nn.init` has no function `{function.text}`", did_you_mean(function.text, FUNCTIONS)
    repairs = _as_called(function) or respell(function.span, function.text, FUNCTIONS)
    where = "docs/reference/language.md and `cnnspec schema`"
    help = choices("available:", "functions", function.text, tuple(FUNCTIONS), where)
    sink.error("unknown-init", message, function.span, near, help=help, repairs=repairs)
    return False


def _as_called(function: Scalar) -> tuple[Repair, ...]:
    """``nn.init.normal_(std=0.01)``, as Python writes it."""
    call = CALL.fullmatch(function.text) if len(function.text) <= MAX_CALL else None
    if call is None or call["name"] not in FUNCTIONS:
        return ()
    name = call["name"]
    text = positional_text(call["arguments"], FUNCTIONS[name]) if call["arguments"] else "{}"
    meant = name if text == "{}" else f"{{{name}: {text}}}"
    return (Repair(f"write `{meant}`", (Edit(function.span, meant),)),) if text else ()


def _check_arguments(function: Scalar, given: Map | None, sink: Sink) -> None:
    """Names, and those values that hold no expression."""
    pieces = cuts(given)
    for piece in pieces:
        sink.add(piece.diagnostic())
    if pieces:
        return
    model, entries = FUNCTIONS[function.text], {entry.key.text: entry for entry in given or ()}
    later = {name for name, entry in entries.items() if args.holds_expression(entry.value)}
    try:
        values = {name: args.value(entry.value, {}) for name, entry in entries.items() if name not in later}
    except BadValue as error:
        sink.add(error.diagnostic())
        return
    made = validate(model, values, entries, function.span, function.text, later & set(model.model_fields))
    wrong = made if isinstance(made, list) else []
    strange = later - set(model.model_fields)
    wrong += [unknown_argument(model.model_fields, name, entries[name], function.text) for name in sorted(strange)]
    for diagnostic in without_consequences(wrong, model.model_fields):
        sink.add(diagnostic)
