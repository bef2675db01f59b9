"""Lines of Ultralytics' model files: ``[from, repeats, module, [arguments]]``."""

from __future__ import annotations

from collections.abc import Collection

from cnnspec.engine.diagnostics import Diagnostic, Label
from cnnspec.engine.spec.edits import positional
from cnnspec.engine.spec.frameworks.call import FrameworkCall, as_yaml
from cnnspec.engine.spec.frameworks.table import HEADS, ULTRALYTICS
from cnnspec.engine.spec.frameworks.translate import translate
from cnnspec.engine.spec.frameworks.write import Translation, YamlLine, replacing
from cnnspec.engine.syntax import Node, Scalar, Seq

CONV = ("out_channels", "kernel_size", "stride", "padding", "groups", "dilation")
FORM = "a line is `Name: {argument: value}`, with `repeat` and `from` below it"
CONV_NOTE = "Ultralytics sets `eps: 1e-3` and `momentum: 0.03` in its BatchNorm layers"


def listed(node: Seq, known: Collection[str]) -> Diagnostic | None:
    """The diagnostic of such a line; None for any other list."""
    parts = _parts(node)
    if parts is None:
        return None
    source, repeats, module, arguments = parts
    translation = _translated(module, arguments, known)
    words = {}
    if repeats != 1:
        words["repeat"] = str(repeats)
    message = "a line cannot be a list: `[from, repeats, module, arguments]` is the format of Ultralytics"
    notes = (translation.note,) if translation.note else ()
    if source != [-1] and module.casefold() not in HEADS:
        return Diagnostic("not-an-item", message, Label(node.span), notes=notes, help=_from(source, module))
    repair = replacing(node, translation.lines, list(words.items()))
    help = translation.words or (repair.words if repair else FORM)
    repairs = (repair,) if repair else ()
    return Diagnostic("not-an-item", message, Label(node.span), notes=notes, help=help, repairs=repairs)


def _from(source: list[int], module: str) -> str:
    """What helps where a line counts the lines that it takes."""
    ids = ", ".join("prev" if number == -1 else "ID" for number in source)
    name = module.rpartition(".")[2]
    counted = " and ".join(f"`{number}`" for number in source if number != -1)
    from_ = f"[{ids}]" if len(source) > 1 else ids
    return f"write `{name}:` with `from: {from_}` below it, and `id: ID` below the line that {counted} refers to"


def _parts(node: Seq) -> tuple[list[int], int, str, tuple[str, ...]] | None:
    if len(node.items) not in (3, 4):
        return None
    source, repeats, module = node.items[:3]
    numbers = [_int(item) for item in (source.items if isinstance(source, Seq) else (source,))]
    given: Node = node.items[3] if len(node.items) == 4 else Seq(node.span, ())
    values = (positional(given) or []) if not (isinstance(given, Seq) and not given.items) else []
    is_name = isinstance(module, Scalar) and isinstance(module.value, str)
    if not numbers or None in numbers or _int(repeats) is None or not is_name:
        return None
    assert isinstance(module, Scalar)
    found = [number for number in numbers if number is not None]
    return found, _int(repeats) or 1, module.text, tuple(map(as_yaml, values))


def _int(node: Node) -> int | None:
    return node.value if isinstance(node, Scalar) and type(node.value) is int else None


def _translated(module: str, arguments: tuple[str, ...], known: Collection[str]) -> Translation:
    name = module.rpartition(".")[2]
    if module == "Conv":
        if len(arguments) > len(CONV) or not arguments:
            return Translation(words="`Conv` of Ultralytics is `ConvNormAct: {out_channels: …, act: SiLU}` here")
        given = {key: text for key, text in zip(CONV, arguments, strict=False) if text != "null"}
        return Translation((YamlLine("ConvNormAct", {**given, "act": "SiLU"}),), note=CONV_NOTE)
    if name.casefold() in ULTRALYTICS | HEADS or name == "Bottleneck":
        return translate(FrameworkCall(name, {}), ()) or Translation(
            words=f"write `{name}` as a block of the spec, in `blocks`"
        )
    translation = translate(FrameworkCall(module, {}, arguments), known)
    if translation is None:
        return Translation(words=FORM)
    return Translation(
        tuple(_without_nulls(line) for line in translation.lines), "", translation.words, translation.note
    )


def _without_nulls(line: YamlLine) -> YamlLine:
    return YamlLine(
        line.name, {key: text for key, text in line.arguments.items() if text != "null"}, line.words, line.body
    )
