"""Lines that are nearly right: a layer under another name, a word among the arguments, an argument forgotten."""

from __future__ import annotations

import re
from collections.abc import Collection

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, nearest
from cnnspec.engine.layers import JOINS, REGISTRY
from cnnspec.engine.spec.edits import Repairs, beside, positional_text, rename, set_argument
from cnnspec.engine.spec.frameworks import YamlLine, activations, call_of, replacing, text_of
from cnnspec.engine.spec.model import Item
from cnnspec.engine.spec.validation_errors import LINES, WORDS_BESIDE
from cnnspec.engine.syntax import Map

MAX_CALL = 200  # characters of a name that may be a call
CALL = re.compile(r"(?P<module>(?:\w+\.)*)(?P<name>\w+)(?:\((?P<arguments>.*)\))?")
# A size that most networks give to an argument that has no default: tried, and offered as an example.
USUAL = {"kernel_size": 3, "output_size": 1, "scale_factor": 2, "num_groups": 1, "groups": 2, "upscale_factor": 2}
USUAL_OF_POOL = 2
WORD = re.compile(r"[A-Za-z_$]\w*")
DIMENSIONS = re.compile(r"(?<=[a-z])[123]d$")
OF_YOUR_OWN = "; `--plugin FILE` adds your own layer"
MANY_DIMENSIONS = ("1d", "3d")


NO_JOINS = frozenset(
    {"sub", "subtract", "div", "divide", "average", "mean", "max", "maximum", "stack", "merge", "join"}
)
JOINING = "use `Add`, `Multiply` or `Concat` to join tensors"


def unknown_layer(item: Item, known: Collection[str], names: Collection[str] = ()) -> Diagnostic:
    """A name that no layer and no block has, with the one that is meant where that is plain.

    ``names`` are the params that the line may read.
    """
    if item.span.line != item.span.end_line and (missing := no_dash(item)):
        return missing
    message, help = f"no layer is called `{item.name}`", "`cnnspec layers` lists all of them"
    if " - " in item.name:
        help = "align it with the line above"
        return Diagnostic("unknown-layer", message, Label(item.span, "two lines, read as one name"), help=help)
    if item.name in names:
        help, repairs = f"`{item.name}` is a param: write `${item.name}`", rename(item.span, f"${item.name}")
        return Diagnostic("unknown-layer", message, Label(item.span, "a param"), help=help, repairs=repairs)
    match = CALL.fullmatch(item.name) if len(item.name) <= MAX_CALL else None
    if match and (match["module"] or match["arguments"] is not None) and match["name"] in known:
        return _as_in_python(item, match, message)
    name = match["name"] if match else item.name
    meant = likely(name, known)
    if meant is None and item.sources and name.lower() in NO_JOINS:
        help = JOINING
    elif meant is None:
        help += OF_YOUR_OWN
    elif only := only_sibling(name, known):
        help = f"the only similar layer is `{only}`{OF_YOUR_OWN}"
    label = f"did you mean `{meant}`?" if meant else ""
    return Diagnostic("unknown-layer", message, Label(item.span, label), help=help, repairs=rename(item.span, meant))


def only_sibling(name: str, known: Collection[str]) -> str | None:
    """Of layers that torch has for one, two and three dimensions, the only one that is known here."""
    if not DIMENSIONS.search(name):
        return None
    siblings = {DIMENSIONS.sub(f"{number}d", name) for number in "123"} & {*known}
    return siblings.pop() if len(siblings) == 1 else None


def no_dash(item: Item) -> Diagnostic | None:
    """Two lines of a list that are read as one name, because the second has no dash."""
    first, second = item.span.text.split("\n", 1)
    source, line, name = item.span.source, item.span.line + 1, second.strip()
    indent = source.line(item.span.line)[: item.span.column - 1]
    if indent.strip("- ") or not indent.endswith("- ") or not WORD.fullmatch(name):
        return None
    written = " " * indent.rindex("-") + "- "
    start = len(source.line(line)) - len(source.line(line).lstrip())
    message = f"a dash is missing before `{name}`, so it is read as part of `{first.strip()}`"
    repairs = (Repair(f"write `- {name}`", (Edit(source.span(line, 1, start), written),)),)
    return Diagnostic("unknown-layer", message, Label(source.span(line, start + 1, len(name))), repairs=repairs)


def likely(name: str, known: Collection[str]) -> str | None:
    """The nearest name; `Conv` means Conv2d before its siblings."""
    plain = not any(c.isdigit() for c in name)
    return nearest(name, [n for n in known if not (plain and n.endswith(MANY_DIMENSIONS))])


def _as_in_python(item: Item, match: re.Match[str], message: str) -> Diagnostic:
    """``nn.Conv2d(3, 16, 3)``."""
    name, arguments = match["name"], (match["arguments"] or "").strip()
    text = positional_text(arguments, REGISTRY[name]) if name in REGISTRY else ""
    written = f"{name}: {text}" if text.strip("{}") else name
    help = "" if not arguments or text else f"write arguments in braces, by name: `{name}: {{name: value}}`"
    repairs = rename(item.span, written) if text or not arguments else ()
    label = Label(item.span, f"did you mean `{name}`?" if written == name else "as in Python")
    return Diagnostic("unknown-layer", message, label, help=help, repairs=repairs)


def with_layout(diagnostic: Diagnostic, item: Item) -> Diagnostic:
    """The fault of an argument, with the repair that its line allows."""
    if item.span.source.shipped or diagnostic.repairs:
        return diagnostic
    repairs = _moved(diagnostic, item) or _in_a_line_below(diagnostic, item) or _added(diagnostic, item)
    return replace(diagnostic, repairs=repairs)


def _in_a_line_below(diagnostic: Diagnostic, item: Item) -> Repairs:
    """An activation among the arguments, put into a line of its own."""
    entry = item.args.entry(diagnostic.span.text) if item.args and diagnostic.code == "unknown-argument" else None
    if entry is None or not isinstance(item.node, Map) or LINES.get(entry.key.text) != "an activation":
        return ()
    name = activations().get(entry.value.span.text.strip("'\"").casefold()) or ""
    call = call_of(item.name, item.args) if item.args is not None else None
    words = [(other.key.text, text_of(other.value)) for other in item.node if other.key.text in WORDS_BESIDE]
    if not name.isidentifier() or call is None or any(not text for _, text in words):
        return ()
    own = {key: text for key, text in call.named.items() if key != entry.key.text}
    kept = [(word, text) for word, text in words if text is not None]
    repair = replacing(item.node, [YamlLine(item.name, own), YamlLine(name)], kept)
    return (repair,) if repair else ()


def _moved(diagnostic: Diagnostic, item: Item) -> Repairs:
    """A word among the arguments, put beside the operation."""
    entry = item.args.entry(diagnostic.span.text) if item.args and diagnostic.code == "unknown-argument" else None
    return beside(item, entry) if entry is not None and entry.key.text in WORDS_BESIDE else ()


def _added(diagnostic: Diagnostic, item: Item) -> Repairs:
    """A forgotten argument, with a size that most networks give to it."""
    name = diagnostic.message.split("`")[-2] if diagnostic.code == "missing-argument" else ""
    if name not in USUAL or item.name not in REGISTRY or item.name in JOINS:
        return ()
    value = USUAL_OF_POOL if "Pool" in item.name and name == "kernel_size" else USUAL[name]
    return (Repair(f"add `{name}: {value}`, or another value", (set_argument(item, name, value),)),)
