"""The classes of a network as one file: its docstring, its imports, its classes in the order of their use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from textwrap import wrap

from cnnspec.engine.diagnostics import CnnspecError, printable
from cnnspec.engine.network import Graph, Scope
from cnnspec.engine.source.class_table import Class
from cnnspec.engine.source.classes import Classes
from cnnspec.engine.source.heading import Heading
from cnnspec.engine.source.helpers import HELPERS, needed_by
from cnnspec.engine.source.names import Unsolved
from cnnspec.engine.source.naming import unused
from cnnspec.engine.source.template import way_of
from cnnspec.engine.source.text import WIDTH, Bracket, Doc, Statement, Text, layout, lines
from cnnspec.engine.source.values import OURS, quoted


def python(graph: Graph, heading: Heading) -> str:
    """The source of a network. Raises CnnspecError."""
    others = dict(_targets(graph))
    taken = {*HELPERS, *others, *params(graph.root)}
    heading = replace(heading, class_name=unused(heading.class_name, taken))
    classes = Classes(graph, heading.class_name, heading.free, taken)
    try:
        found = classes.written()
    except Unsolved:
        what = f"no Python source could be written for `{graph.name}`"
        raise CnnspecError(what, "this is a defect of cnnspec: please report it with the spec") from None
    texts = [*filter(None, [classes.outputs_text]), *map(class_text, found)]
    body = "\n\n\n".join([*needed_by("\n".join(texts)), *texts])
    return f"{docstring(graph, heading)}\n\n{imports(body, others)}\n\n\n{body}\n"


def params(scope: Scope) -> Iterable[str]:
    """The names of the spec, which would hide a class of the same name."""
    yield from scope.opened.names
    for child in scope.children:
        yield from (name for each in way_of(child).rounds for name in each.names)
        if isinstance(child, Scope):
            yield from params(child)


def docstring(graph: Graph, heading: Heading) -> str:
    """The title, what the network is, where it comes from, and what it takes and gives."""
    title = f"{heading.title}: {heading.description}" if heading.description else heading.title
    arrives = " and ".join(
        f"N×{shape}{f' of {graph.dtypes[name]}' if name in graph.dtypes else ''}"
        for name, shape in graph.inputs.items()
    )
    gives = " and ".join(f"N×{graph.shape(value)}" for value in graph.output_values)
    facts = f"Takes {arrives}, gives {gives}; {graph.params:,} parameters."
    paragraphs = [
        wrap(printable(title), WIDTH - 3),
        *([[heading.reference]] if heading.reference else []),
        wrap(facts, WIDTH),
    ]
    if heading.weights:
        paragraphs.append(loading(heading))
    text = "\n\n".join("\n".join(paragraph) for paragraph in paragraphs)
    return f'"""{_in_docstring(text)}\n"""'


def loading(heading: Heading) -> list[str]:
    """How the weights beside the source are loaded."""
    return [
        f"Its weights are in {heading.weights}:",
        "",
        "    import safetensors.torch",
        "",
        f"    model = {heading.class_name}()",
        f"    model.load_state_dict(safetensors.torch.load_file({quoted(heading.weights)}))",
    ]


def _in_docstring(text: str) -> str:
    """A text between three quotes: without what ends them, and without characters that no source may hold."""
    inside = re.sub(r'"(?=""|\Z)', r'\\"', text.replace("\\", "\\\\"))
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", lambda match: f"\\x{ord(match[0]):02x}", inside)


STANDARD = {
    r"\bmath\.": "import math",
    r"\bOrderedDict\(": "from collections import OrderedDict",
    r"\bCallable\[": "from collections.abc import Callable",
    r"\bpartial\(": "from functools import partial",
    r"\bNamedTuple\b": "from typing import NamedTuple",
}
TORCH = {r"\btorch\.": "import torch", r"\bF\.": "import torch.nn.functional as F"}


def _targets(graph: Graph) -> Iterable[tuple[str, str]]:
    """Layer types that are neither torch.nn's nor ours, and what they are."""
    for node in graph.nodes:
        target = node.layer.target
        module, _, name = (target or "torch.nn.").rpartition(".")
        if module not in (OURS.removesuffix("."), "torch.nn") and not node.layer.is_parameter:
            yield node.type, f"{module}.{name}"


def imports(body: str, others: dict[str, str]) -> str:
    """The imports that the classes need, sorted as isort does."""
    own = "from torch import Tensor, nn" if re.search(r"\bTensor\b", body) else "from torch import nn"
    found: dict[str, list[str]] = {}
    for name, target in sorted(others.items()):
        module, _, title = target.rpartition(".")
        if re.search(rf"(?<!\.)\b{name}\b", body):
            found.setdefault(module, []).append(name if name == title else f"{title} as {name}")
    more = [f"from {module} import {', '.join(names)}" for module, names in sorted(found.items())]
    standard = [line for pattern, line in STANDARD.items() if re.search(pattern, body)]
    torch = [line for pattern, line in TORCH.items() if re.search(pattern, body)]
    return "\n\n".join("\n".join(part) for part in (standard, [*torch, own, *more]) if part)


def class_text(each: Class) -> str:
    """A class as text."""
    found = [f"class {each.name}({each.base}):"]
    if each.description:
        found += [*_description(each.description), ""]
    found += function("__init__", [argument.written() for argument in each.arguments], "None", each.init)
    if each.forward:
        inputs = [Text(f"{name}: Tensor") for name in each.inputs]
        found += ["", *function("forward", inputs, each.gives, each.forward)]
    return "\n".join(found)


def _description(text: str) -> list[str]:
    inside = _in_docstring(text)
    if len(inside) <= WIDTH - 10:
        return [f'    """{inside}"""']
    first, *rest = wrap(inside, WIDTH - 10)
    return [f'    """{first}', *(f"    {line}" for line in rest), '    """']


def function(name: str, arguments: Sequence[Doc], gives: str, body: Sequence[Statement]) -> list[str]:
    """A method as text."""
    head = Bracket(f"def {name}(", (Text("self"), *arguments))
    return [*layout(head, 4, after=f" -> {gives}:"), *lines(body, 8)]
