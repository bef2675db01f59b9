"""How the expansion says what is wrong with a line, and evaluates what the line holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NoReturn

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Frame, Label, Repair, Sink
from cnnspec.engine.network.context import Context, Flow
from cnnspec.engine.spec import Spec
from cnnspec.engine.spec import arguments as args
from cnnspec.engine.spec.arguments import BadValue
from cnnspec.engine.spec.missing_dollar import without_dollar
from cnnspec.engine.syntax import Meter, Node, Scalar, Value
from cnnspec.engine.syntax.evaluate import in_yaml

MAX_SAID = 60  # characters of a value that is set from outside


EXTENDS = "extends "  # begins the frame of what a base says
MESSAGE = 40  # steps of the Meter: most of those that a loop makes are the same one again


class Broken(Exception):
    """A line that cannot be expanded; the reason is in the sink."""


class TooLarge(Exception):
    """A network past all bounds: nothing more is expanded."""


def outermost(spec: Spec) -> Frame | None:
    """The frame of the whole network: the variant that is chosen, and what is set from outside."""
    frame = Frame(f"variant {spec.variant}") if spec.variant else None
    for name, value in spec.settings.items():
        frame = Frame(f"{name} set to {_said(value)}", None, frame)
    if spec.input_override is not None:
        given = spec.input_override
        frame = Frame(f"input set to {_said(dict(given) if isinstance(given, Mapping) else given)}", None, frame)
    return frame


def of_base(spec: Spec, frame: Frame | None) -> Frame | None:
    """The frame of the network's lines, which may be those of a base."""
    if spec.extends is None or not spec.layers or spec.layers[0].span.source is spec.source:
        return frame
    return Frame(f"{EXTENDS}{spec.extends.text}", spec.extends.span, frame)


def _said(value: object) -> str:
    text = _as_yaml(value)
    return text if len(text) <= MAX_SAID else f"{text[:MAX_SAID]}…"


def _as_yaml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_as_yaml(inner)}' for name, inner in value.items())}}}"
    return in_yaml(tuple(value)) if isinstance(value, list | tuple) else in_yaml(value)


class Reporter:
    """Writes to the sink, with the path on which the line was reached."""

    def __init__(self, sink: Sink, meter: Meter) -> None:
        self.sink = sink
        self.meter = meter

    def report(self, diagnostics: Iterable[Diagnostic], trace: Frame | None) -> None:
        for diagnostic in diagnostics:
            self.meter.spend(MESSAGE)
            self.sink.add(replace(diagnostic, trace=trace))

    def fail(
        self,
        code: str,
        message: str,
        node: Node,
        context: Context,
        label: str = "",
        help: str = "",
        labels: tuple[Label, ...] = (),
        repairs: tuple[Repair, ...] = (),
    ) -> NoReturn:
        """Says what is wrong with a node of the text, and gives its line up."""
        self.meter.spend(MESSAGE)
        trace = context.trace
        self.sink.error(code, message, node.span, label, help=help, labels=labels, trace=trace, repairs=repairs)
        raise Broken

    def value(self, node: Node, context: Context, flow: Flow) -> Value:
        """What a node stands for here. Raises Broken, and Silent where a shape is unknown."""
        if type(node) is Scalar and "$" not in node.text:
            self.meter.spend(1)
            return node.value  # as below, and sooner
        try:
            return args.value(node, context.env, flow.known, self.meter)
        except BadValue as error:
            self.meter.spend(MESSAGE)
            self.sink.add(error.diagnostic(context.trace))
            raise Broken from None

    def condition(self, node: Node, context: Context, flow: Flow) -> bool:
        """Whether a `when` is true."""
        value = self.value(node, context, flow)
        if not isinstance(value, bool):
            self.fail(
                "wrong-type",
                f"`when` must be true or false, not {in_yaml(value)}",
                node,
                context,
                help="write a comparison, for example `$(width > 0)`",
                repairs=without_dollar(node, context.env),
            )
        return bool(value)
