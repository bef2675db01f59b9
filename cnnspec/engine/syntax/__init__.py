"""Text -> Node tree with spans, and the expressions inside its scalars.

    text ──events──► Scalar | Seq | Map      every node knows its place
    "$(width * 4)" ──► Template ──env──► value

Reading a text runs no code and touches no file; what is too deep, too large or not plain YAML 1.2 is
refused where it stands.
"""

from cnnspec.engine.syntax.draft import UNREAD
from cnnspec.engine.syntax.evaluate import Env
from cnnspec.engine.syntax.expr import NO_VALUE, ExpressionError, LayerName, Silent, Value
from cnnspec.engine.syntax.expression import Template, template
from cnnspec.engine.syntax.meter import LocatedMeter, Meter, OutOfWork
from cnnspec.engine.syntax.nodes import Entry, Map, Node, Scalar, Seq, shown
from cnnspec.engine.syntax.parse import parse

__all__ = [
    "NO_VALUE",
    "UNREAD",
    "Entry",
    "Env",
    "ExpressionError",
    "LayerName",
    "LocatedMeter",
    "Map",
    "Meter",
    "Node",
    "OutOfWork",
    "Scalar",
    "Seq",
    "Silent",
    "Template",
    "Value",
    "parse",
    "shown",
    "template",
]
