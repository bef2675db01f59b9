"""The classes of a network as one file: its docstring, its imports, its classes in the order of their use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cnnspec.emit.source.classes import Class, Classes
from cnnspec.emit.source.text import Bracket, Statement, Text, layout, written
from cnnspec.network import Graph


@dataclass(frozen=True, slots=True)
class Heading:
    """What the file says of its network."""

    title: str
    class_name: str
    description: str = ""
    reference: str = ""


def python(graph: Graph, heading: Heading) -> str:
    """The source of a network. Needs no torch to be written."""
    classes = Classes(graph, heading.class_name).written()
    body = "\n\n\n".join(map(class_text, classes))
    if "make_divisible(" in body:
        body = f"{MAKE_DIVISIBLE}\n\n\n{body}"
    return f"{docstring(graph, heading)}\n\n{imports(body)}\n\n\n{body}\n"


def docstring(graph: Graph, heading: Heading) -> str:
    lines = [f"{heading.title}: {heading.description}" if heading.description else heading.title]
    lines += ["", heading.reference] if heading.reference else []
    lines += ["", f"Input: N×{graph.input}, output: N×{graph.output}, {graph.params:,} parameters."]
    text = "\n".join(lines)
    return f'"""{text}\n"""'


MAKE_DIVISIBLE = '''
def make_divisible(value: float, divisor: int = 8, minimum: int | None = None) -> int:
    """The multiple of ``divisor`` nearest to ``value``, never more than a tenth below."""
    rounded = max(minimum or divisor, int(value + divisor / 2) // divisor * divisor)
    return int(rounded + divisor if rounded < 0.9 * value else rounded)
'''.strip()
IMPORTS = (
    (r"\bmath\.", "import math"),
    (r"\bOrderedDict\(", "from collections import OrderedDict"),
    (r"\bCallable\[", "from collections.abc import Callable"),
    (r"\bpartial\(", "from functools import partial"),
    None,
    (r"\btorch\.", "import torch"),
    (r"\bF\.", "import torch.nn.functional as F"),
    (r"\bTensor\b", "from torch import Tensor, nn"),
    (r"", "from torch import nn"),
)


def imports(body: str) -> str:
    """The imports that the classes need, sorted."""
    found: list[str] = []
    for each in IMPORTS:
        if each is None:
            found += [""] if found else []
        elif re.search(each[0], body):
            if each[1] == "from torch import nn" and "from torch import Tensor, nn" in found:
                continue
            found.append(each[1])
    return "\n".join(found)


def class_text(each: Class) -> str:
    lines = [f"class {each.name}({each.base}):"]
    if each.description:
        lines += [f'    """{each.description}"""', ""]
    lines += function("__init__", [argument.written() for argument in each.arguments], "None", each.init)
    if each.forward:
        inputs = [Text(f"{name}: Tensor") for name in each.inputs]
        lines += ["", *function("forward", inputs, "Tensor", each.forward)]
    return "\n".join(lines)


def function(name: str, arguments: Sequence[object], gives: str, body: Sequence[Statement]) -> list[str]:
    head = Bracket(f"def {name}(", (Text("self"), *arguments), ")")  # type: ignore[arg-type]
    return [*layout(head, 4, after=f" -> {gives}:"), *written(body, 8)]
