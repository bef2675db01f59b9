"""An item that is written as in another framework, and the diagnostic that says how it is written here."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Span
from cnnspec.engine.layers import JOINS
from cnnspec.engine.spec.frameworks.call import FrameworkCall, call_of, call_of_text, text_of
from cnnspec.engine.spec.frameworks.translate import translate
from cnnspec.engine.spec.frameworks.ultralytics import listed
from cnnspec.engine.spec.frameworks.write import Translation, YamlLine, replacing
from cnnspec.engine.spec.validation_errors import WORDS_BESIDE
from cnnspec.engine.syntax import Entry, Map, Node, Scalar, Seq

TYPE_KEYS = (
    "type",
    "layer",
    "op",
    "module",
    "class",
    "class_name",
    "_target_",
    "layer_type",
    "kind",
    "operation",
    "cls",
)
ARGUMENT_KEYS = ("args", "kwargs", "config", "params", "parameters", "arguments", "options", "attrs", "cfg")
ALL_LAYERS = "`cnnspec layers` lists all of them"
OWN = ("layers", "share", "Sequential")


def foreign_item(node: Node, known: Collection[str], params: Collection[str] = ()) -> Diagnostic | None:
    """What is wrong with an item of another framework's making; None for all others.

    ``known`` are the layers and blocks that the spec may use, ``params`` what it declares.
    """
    match node:
        case Scalar() if node.text in params:
            return None
        case Map() if any(
            (key := entry.key.text) in known or key in params or key[:1] == "$" for entry in node.entries
        ):
            return None
        case Scalar(value=str()):
            return _bare(node, known)
        case Seq() if node.items:
            return listed(node, known)
        case Map() if node.entries:
            return _typed(node, known) or _under_a_name(node, known) or _under_a_key(node, known)
    return None


def _bare(node: Scalar, known: Collection[str]) -> Diagnostic | None:
    """``GlobalAvgPool``, ``nn.ReLU()``, ``relu``."""
    word = FrameworkCall(node.text, {}) if node.text.replace(".", "_").isidentifier() else None
    call = _of_dict(call_of_text(node.text)) or word
    if call is None or node.text in known or node.text in OWN:
        return None
    if call.name == node.text and not _is_capital(call.name) and "." not in call.name:
        known = ()  # a word in small letters is no misspelt layer, though it may be an activation elsewhere
    translation = translate(call, known)
    if translation is None:
        return None
    same = len(translation.lines) == 1 and translation.lines[0].operation == call.name.rpartition(".")[2]
    if same:
        translation = Translation(translation.lines, f"did you mean `{translation.lines[0].name}`?")
    elif call.name != node.text:
        label = translation.label or "as in Python"
        translation = Translation(translation.lines, label, translation.words, translation.note)
    return _unknown(node, node.text, node.span, translation, ())


def _of_dict(call: FrameworkCall | None) -> FrameworkCall | None:
    """``dict(type='Conv2d', out_channels=8)``, as configurations of MMCV write it."""
    if call is None or call.name != "dict" or "type" not in call.named:
        return call
    return FrameworkCall(call.named["type"], {key: text for key, text in call.named.items() if key != "type"})


def _typed(node: Map, known: Collection[str]) -> Diagnostic | None:
    """``{type: Conv2d, out_channels: 4}``."""
    entry = next((entry for key in TYPE_KEYS if (entry := node.entry(key))), None)
    if entry is None and isinstance(named := node.get("name"), Scalar) and named.text in known:
        entry = node.entry("name")
    if entry is None or not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, str):
        return None
    if any(_is_capital(entry.key.text) or entry.key.text in OWN for entry in node):
        return None
    name = entry.value.text
    call = _call(name, node, entry)
    kept = _kept(node, entry, call)
    translation = translate(call, known) if call is not None else None
    if call is not None and translation is None and name.rpartition(".")[2] in JOINS:
        translation = Translation((YamlLine(name.rpartition(".")[2]),))
    if translation is None:
        translation = Translation(words=f"no layer is called `{name}` either: {ALL_LAYERS}")
    key = entry.key.text
    message = f"a line has no key `{key}`: the layer's name is the key"
    repair = replacing(node, translation.lines, kept) if kept is not None else None
    help = repair.words if repair else translation.words
    label = Label(entry.key.span.to(entry.value.span), translation.label)
    notes = (translation.note,) if translation.note else ()
    return Diagnostic("unknown-word", message, label, notes=notes, help=help, repairs=(repair,) if repair else ())


def _call(name: str, node: Map, type_: Entry) -> FrameworkCall | None:
    """The call of a layer that stands under a key such as `type`."""
    listed = [entry.value for entry in node if entry.key.text in ARGUMENT_KEYS and isinstance(entry.value, Seq)]
    call = call_of(name, Map(node.span, tuple(_arguments(node, type_))))
    given = call_of(name, listed[0]) if listed else None
    return FrameworkCall(name, call.named, given.positional) if call and given else call


def _arguments(node: Map, type_: Entry) -> list[Entry]:
    """The entries that are arguments, those of `args: {…}` among them."""
    found: list[Entry] = []
    for entry in node:
        if entry is type_ or entry.key.text in WORDS_BESIDE or entry.key.text == "name":
            continue
        inner = entry.value
        if entry.key.text in ARGUMENT_KEYS and isinstance(inner, Map):
            found += inner.entries
        elif not (entry.key.text in ARGUMENT_KEYS and isinstance(inner, Seq)):
            found.append(entry)
    return found


def _kept(node: Map, op: Entry, call: FrameworkCall | None = None) -> list[tuple[str, str]] | None:
    """The words beside the operation, `name` taken for `id`; None where one cannot be written again."""
    beside = [entry for entry in node if entry is not op and entry.key.text in (*WORDS_BESIDE, "name")]
    words = [("id" if entry.key.text == "name" else entry.key.text, text_of(entry.value)) for entry in beside]
    if call is not None and call.named.get("name", "").isidentifier():
        words.append(("id", call.named["name"]))
    names = [word for word, _ in words]
    if any(text is None for _, text in words) or len(set(names)) < len(names):
        return None
    return [(word, text) for word, text in words if text is not None]


def _under_a_name(node: Map, known: Collection[str]) -> Diagnostic | None:
    """``conv1: {type: Conv2d, …}`` or ``conv1: {Conv2d: {…}}``: the name of the line as its key."""
    others = [entry for entry in node if entry.key.text not in WORDS_BESIDE]
    if len(others) != 1 or node.entry("id") or _is_capital(others[0].key.text) or others[0].key.text in OWN:
        return None
    entry, kept = others[0], _kept(node, others[0])
    translation = _inside(entry.value, known)
    if translation is None or kept is None or not entry.key.text.isidentifier():
        return None
    name = entry.key.text
    repair = replacing(node, translation.lines, [("id", name), *kept])
    message = f"`{name}` is not a layer: write the layer as the key, and its name as `id`"
    repairs = (repair,) if repair else ()
    help = translation.words or (repair.words if repair else "")
    return Diagnostic("unknown-word", message, Label(entry.key.span), help=help, repairs=repairs)


def _inside(value: Node, known: Collection[str]) -> Translation | None:
    """The layer that stands below a name."""
    if isinstance(value, Scalar) and isinstance(value.value, str):
        return translate(call_of_text(value.text) or FrameworkCall(value.text, {}), known)
    if not isinstance(value, Map) or not value.entries:
        return None
    type_ = next((entry for key in TYPE_KEYS if (entry := value.entry(key))), None)
    if type_ is not None and isinstance(type_.value, Scalar):
        call = _call(type_.value.text, value, type_)
    elif len(value.entries) == 1 and _is_capital(value.entries[0].key.text):
        call = call_of(value.entries[0].key.text, value.entries[0].value)
    else:
        return None
    return translate(call, known) if call is not None else None


def _under_a_key(node: Map, known: Collection[str]) -> Diagnostic | None:
    """``Dense: {units: 10}``, ``nn.Conv2d: {…}``, ``relu:``."""
    others = [entry for entry in node if entry.key.text not in (*WORDS_BESIDE, "name")]
    if len(others) != 1:
        return None
    entry = others[0]
    name = entry.key.text
    if name in known or name in OWN or name in JOINS or name.startswith("$"):
        return None
    if name.rpartition(".")[2] == "Sequential":
        repairs = (Repair("write `Sequential:`", (Edit(entry.key.span, "Sequential"),)),)
        return Diagnostic("unknown-layer", f"no layer is called `{name}`", Label(entry.key.span), repairs=repairs)
    call = call_of(name, entry.value) or FrameworkCall(name, {"": ""})
    translation = translate(call, known if "." in name else ())
    kept = _kept(node, entry, call)
    if translation is None:
        return None
    return _unknown(node, name, entry.key.span, translation, kept)


def _unknown(
    node: Node, name: str, span: Span, translation: Translation, kept: Sequence[tuple[str, str]] | None
) -> Diagnostic:
    readings = [translation.lines, translation.instead] if kept is not None else []
    repairs = tuple(filter(None, (replacing(node, lines, kept or ()) for lines in readings)))
    repair = repairs[0] if repairs else None
    asks = translation.label.startswith("did you mean")
    help = translation.words or (repair.words if repair and not asks else ALL_LAYERS)
    notes = (translation.note,) if translation.note else ()
    label = Label(span, translation.label)
    return Diagnostic("unknown-layer", f"no layer is called `{name}`", label, notes=notes, help=help, repairs=repairs)


def _is_capital(name: str) -> bool:
    return name[:1].isupper() or name[:1] == "$"
