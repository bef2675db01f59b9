"""How the expansion says what is wrong with a line, and evaluates what the line holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NoReturn

from cnnspec.diagnostics import Diagnostic, Frame, Label, Sink
from cnnspec.network.context import Context, Flow
from cnnspec.spec import arguments as args
from cnnspec.spec.arguments import BadValue
from cnnspec.syntax import Node, Value


class Broken(Exception):
    """A line that cannot be expanded; the reason is in the sink."""


class TooLarge(Exception):
    """A network past all bounds: nothing more is expanded."""


class Reporter:
    """Writes to the sink, with the path on which the line was reached."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    def report(self, diagnostics: Iterable[Diagnostic], trace: Frame | None) -> None:
        for diagnostic in diagnostics:
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
    ) -> NoReturn:
        """Says what is wrong with a node of the text, and gives its line up."""
        self.sink.error(code, message, node.span, label, help=help, labels=labels, trace=context.trace)
        raise Broken

    def value(self, node: Node, context: Context, flow: Flow) -> Value:
        """What a node stands for here. Raises Broken, and Silent where a shape is unknown."""
        try:
            return args.value(node, context.env, flow.known)
        except BadValue as error:
            self.sink.error(error.code, error.message, error.span, help=error.help, trace=context.trace)
            raise Broken from None

    def condition(self, node: Node, context: Context, flow: Flow) -> bool:
        """Whether a `when` is true."""
        value = self.value(node, context, flow)
        if not isinstance(value, bool):
            self.fail("wrong-type", f"`when` is true or false, not {value}", node, context, help="write a comparison")
        return bool(value)
