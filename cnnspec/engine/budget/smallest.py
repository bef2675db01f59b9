"""The bound on the input: some image of this height and width, or a smaller one, passes."""

from __future__ import annotations

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Label, Sink
from cnnspec.engine.layers import Shape
from cnnspec.engine.network import Graph, expand
from cnnspec.engine.spec import Spec
from cnnspec.engine.spec.budget import Limit
from cnnspec.engine.syntax import Meter

SOLVING = 200_000  # to solve for inputs, over all variants; densenet201 takes 181,000


def input_over(spec: Spec, graph: Graph, limit: Limit, meter: Meter) -> Diagnostic | None:
    """What is wrong where no input as small as the bound passes; a vector has no height and width to bound, and
    several inputs have more than one.

    Most networks take the very size that the bound names. Only where one does not, all its inputs are solved for,
    as far as the meter lasts.
    """
    if len(graph.input) < 2 or len(graph.inputs) > 1:
        return None
    small = Shape((graph.input[0], *(limit.amount for _ in graph.input[1:])))
    refusal = _refusal(spec, small)
    if refusal is None:
        return None
    smallest, is_known = _smallest(spec, graph, meter)
    if smallest and max(smallest[1:]) <= limit.amount:
        return None
    passes = "passes" if is_known else "is known to pass"
    where = [Label(limit.span, f"asks for {small}")] if limit.span else []
    primary, *labels = [*where, Label(refusal.span, refusal.message)]
    return Diagnostic(
        "over-budget",
        f"no input of {small} or smaller {passes}, against {limit.told}",
        primary,
        labels=tuple(labels),
        notes=refusal.notes + ((f"the smallest input that {passes} is {smallest}",) if smallest else ()),
        help="use fewer strides before that line, or raise `min_input`; `cnnspec inputs` shows the sizes that work",
    )


def _refusal(spec: Spec, small: Shape) -> Diagnostic | None:
    """What the first line that does not pass an input says of it."""
    sink = Sink()
    expand(replace(spec, input_override=tuple(small)), sink, training=False)
    return next(iter(sink), None)


def _smallest(spec: Spec, graph: Graph, meter: Meter) -> tuple[Shape | None, bool]:
    """The smallest input that is known to pass, and whether all are known."""
    from cnnspec.engine.inputs.solve import least  # rarely needed, and other checks start sooner without

    return least(graph.inputs, spec, meter)
