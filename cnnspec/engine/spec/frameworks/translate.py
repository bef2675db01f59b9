"""A call of another framework as lines of a spec, or the words that say what it is here."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from msgspec.structs import replace
from pydantic.fields import FieldInfo

from cnnspec.engine.diagnostics import listing
from cnnspec.engine.diagnostics.synonyms import synonym
from cnnspec.engine.layers import JOINS, REGISTRY
from cnnspec.engine.spec.edits import infers, named
from cnnspec.engine.spec.frameworks.call import FrameworkCall
from cnnspec.engine.spec.frameworks.einops import EINOPS
from cnnspec.engine.spec.frameworks.table import (
    ABSENT,
    HEADS,
    ULTRALYTICS,
    TranslationRule,
    activations,
    joins,
    norms,
    rules,
)
from cnnspec.engine.spec.frameworks.write import Translation, YamlLine

ACTIVATION_ARGUMENTS = ("activation", "act", "act_layer", "activation_fn", "nonlinearity")
ARRIVING = ("input_shape", "input_dim", "in_channels", "in_features", "num_features", "in_planes", "in_chs")
LEFT_OUT = frozenset({*ARRIVING, "name", "data_format", "dtype", "trainable"})
BLOCK_FIELDS = {
    "ConvNormAct": dict.fromkeys(
        ("out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias", "norm", "act")
    )
}
CONVOLUTION = TranslationRule(
    "Conv2d", order=("out_channels", "kernel_size", "stride", "padding", "groups", "dilation")
)
INIT = "; the section `init` says what fills weights"
TYPE = re.compile(r"type['\"]?\s*[:=]\s*['\"]?(?:nn\.)?(\w+)")


def translate(call: FrameworkCall, known: Collection[str]) -> Translation | None:
    """What a call is here; None for a name that no framework is known for. ``known`` are the layers and blocks here."""
    name = call.name.rpartition(".")[2]
    folded = name.casefold()
    if name in known and name not in JOINS:
        return _as_torch(name, call)
    if folded in joins():
        return _joined(call, joins()[folded])
    own = REGISTRY[CONVOLUTION.target].model_fields
    if name == "Conv" and (call.positional or not call.named.keys() <= own.keys()):
        return _either_convolution(call)
    if special := SPECIAL.get(folded):
        return special(call)
    if folded in activations() and not call.named and not call.positional:
        return _activation(activations()[folded])
    if rule := rules().get(folded):
        return _by_rule(call, name, rule)
    return _absent(name, folded)


def _absent(name: str, folded: str) -> Translation | None:
    if folded in ABSENT:
        origin, instead = ABSENT[folded]
        words = instead or f"cnnspec does not have `{name}` yet; `--plugin FILE` adds your own layer"
        return Translation(label=f"a layer of {origin}", words=words)
    if folded in HEADS:
        return Translation(
            label="a head of Ultralytics", words="name the lines that a head reads in `outputs: {p3: id}`"
        )
    if folded in ULTRALYTICS:
        return Translation(label="a module of Ultralytics", words=f"write `{name}` as a block of the spec, in `blocks`")
    return None


def _as_torch(name: str, call: FrameworkCall) -> Translation | None:
    """A layer that is here, under a key such as `nn.Conv2d`, or in another layout."""
    layer = REGISTRY.get(name)
    text = named(call.positional, layer, call.named) if call.positional else "{}"
    if not text:
        return Translation(words=f"arguments are given by name: `{name}: {{name: value}}`")
    pairs = dict(re.findall(r"(\w+): ([^,\[\]]+|\[[^\]]*\])(?:, |$)", text[1:-1]))
    inferred, fields = (infers(layer), layer.model_fields) if layer else ((), {})
    arguments = {key: value for key, value in {**pairs, **call.named}.items() if key not in inferred}
    arguments = {key: value for key, value in arguments.items() if not _is_default(fields.get(key), value)}
    return Translation((YamlLine(name, arguments),))


def _is_default(field: FieldInfo | None, text: str) -> bool:
    """Whether null is given where it is the default."""
    return text == "null" and field is not None and field.default is None


def _activation(target: str | None) -> Translation:
    if target is None:
        return Translation((YamlLine("Identity"),))
    return Translation((_line(target),), f"did you mean `{target.partition(':')[0]}`?")


def _line(text: str) -> YamlLine:
    """``Softmax: {dim: 1}`` of the tables."""
    name, _, rest = text.partition(": ")
    return YamlLine(name, dict(pair.split(": ") for pair in rest.strip("{}").split(", ")) if rest else {})


def _by_rule(call: FrameworkCall, name: str, rule: TranslationRule) -> Translation:
    label = f"`{rule.target}` in cnnspec" if rule.target != name else ""
    of = f" of {rule.origin}" if rule.origin and not name.islower() else ""
    said = f"`{name}`{of} is `{rule.target}` here"
    arguments, rest = _arguments(call, rule)
    if rest:
        words = f"{said}, which has no {listing([f'`{key}`' for key in rest], 'or')}"
        words += INIT if any(key.endswith("_initializer") for key in rest) else ""
        return Translation(label=label, words=words, note=rule.note)
    missing = [field for field in _required(rule.target) if field not in arguments]
    if missing:
        form = ", ".join(f"{key}: …" for key in [*arguments, *missing])
        return Translation(label=label, words=f"{said}: write `{rule.target}: {{{form}}}`", note=rule.note)
    acts = _acts(call)
    if acts is None:
        return Translation(label=label, words=said, note=rule.note)
    lines = (YamlLine(rule.target, arguments), *map(YamlLine, rule.after), *map(_line, acts))
    return Translation(lines, label, said, rule.note)


def _required(target: str) -> list[str]:
    if target not in REGISTRY:
        return ["out_channels"]
    return [name for name, field in REGISTRY[target].model_fields.items() if field.is_required()]


def _arguments(call: FrameworkCall, rule: TranslationRule) -> tuple[dict[str, str], list[str]]:
    """The arguments under the names here, and those that have none."""
    layer = REGISTRY.get(rule.target)
    fields: Collection[str] = layer.model_fields if layer else BLOCK_FIELDS[rule.target]
    inferred = infers(layer) if layer else ()
    found, rest = dict(rule.stated), []
    given = [*zip(rule.order, call.positional, strict=False), *call.named.items()]
    for key, text in given:
        own = rule.renamed.get(key) or (key if key in fields else synonym(key, fields))
        if (key in ACTIVATION_ARGUMENTS and own is None) or key in LEFT_OUT or own in inferred:
            continue
        if own is None:
            rest.append(key)
        elif text != "null" or own in ("padding", "norm", "act"):
            found[own] = _value(rule, own, text)
    rest += list(call.positional[len(rule.order) :])
    order = [field for field in fields if field in found]
    return {field: found[field] for field in order}, rest


def _value(rule: TranslationRule, name: str, text: str) -> str:
    plain = text.strip("'\"")
    if name in ("padding", "mode") and plain.lower() in ("same", "valid", "nearest", "bilinear"):
        return plain.lower()
    if name == "momentum" and rule.origin == "Keras" and re.fullmatch(r"[0-9.]+", text):
        return f"{round(1 - float(text), 10):g}"  # Keras keeps what PyTorch replaces
    return text


def _acts(call: FrameworkCall) -> list[str] | None:
    """The activation that a Keras layer brings along; None where it is not known."""
    text = next((text for key, text in call.named.items() if key in ACTIVATION_ARGUMENTS), "none")
    word = text.strip("'\"").rpartition(".")[2].casefold()
    if word not in activations():
        return None
    target = activations()[word]
    return [target] if target else []


# ------------------------------------------------------------------------------------------------ special layers


def _joined(call: FrameworkCall, target: str) -> Translation:
    """`Concatenate: [a, b]`: the lines that it joins are named in `from`."""
    words = f"write `{target}:` with `from: [a, b]` below it, the ids of the lines that it joins"
    given = [text for text in (*call.positional, *call.named.values()) if re.search("[A-Za-z_]", text)]
    ids = given[0] if len(given) == 1 and given[0].startswith("[") else f"[{', '.join(given)}]"
    if any(text[:1] not in "[" and not text.isidentifier() for text in given) or (len(given) > 1 and "[" in ids[1:]):
        return Translation(label=f"`{target}` in cnnspec", words=words)
    line = YamlLine(target, {}, {"from": ids} if given else {})
    return Translation((line,), f"`{target}` in cnnspec", words)


def _activation_layer(call: FrameworkCall) -> Translation:
    """`Activation: relu`."""
    given = [*call.positional, *call.named.values()]
    word = given[0].strip("'\"").rpartition(".")[2].casefold() if len(given) == 1 else ""
    if word in activations():
        return replace(_activation(activations()[word]), label="the activation itself is the layer here")
    help = "an activation is a separate layer: write `- ReLU`, for example"
    return Translation(label="an argument, not a layer", words=help)


def _either_convolution(call: FrameworkCall) -> Translation:
    """`Conv: {c2: 64, k: 3, s: 2}`: a convolution, or that of Ultralytics with its norm and activation."""
    words = "write `Conv2d`, or `ConvNormAct` with `act: SiLU` for the module of Ultralytics"
    order = CONVOLUTION.order
    plain, rest = _arguments(call, CONVOLUTION)
    whole, others = _arguments(call, TranslationRule("ConvNormAct", "", order, stated={"act": "SiLU"}))
    if others or "out_channels" not in whole:
        return Translation(words=words)
    activated = any(key in ACTIVATION_ARGUMENTS for key in call.named)
    only = () if rest or activated or "kernel_size" not in plain else (YamlLine(CONVOLUTION.target, plain),)
    block = (YamlLine("ConvNormAct", whole),)
    return Translation(only or block, "", words, instead=block if only else ())


def _separable(call: FrameworkCall) -> Translation:
    """`SeparableConv2D`: depthwise, then pointwise; Keras puts no layer between them."""
    rule = rules()["conv2d"]
    arguments, rest = _arguments(call, rule)
    words = "`SeparableConv2D` is two lines here: a `Conv2d` with `groups: $(in.channels)`, and one of 1×1"
    if rest or not {"out_channels", "kernel_size"} <= arguments.keys() or (acts := _acts(call)) is None:
        return Translation(label="two `Conv2d` here", words=words)
    deep = {**arguments, "out_channels": "$(in.channels)", "groups": "$(in.channels)", "bias": "false"}
    bias = {"bias": arguments["bias"]} if "bias" in arguments else {}
    point = {"out_channels": arguments["out_channels"], "kernel_size": "1", **bias}
    return Translation(
        (YamlLine(rule.target, deep), YamlLine(rule.target, point), *map(_line, acts)), "two `Conv2d` here", words
    )


def _reshape(call: FrameworkCall) -> Translation:
    """`Reshape: [7, 7, 64]`, of a flat vector, in Keras with the channels last."""
    words = "write `Unflatten: {dim: 1, unflattened_size: [64, 7, 7]}`, the channels first"
    return Translation(label="`Unflatten` in cnnspec", words=words)


def _input_layer(call: FrameworkCall) -> Translation:
    words = (
        "remove the line: the key `input` at the top of the spec states the sizes, channels first, without the batch"
    )
    return Translation(label="no layer here", words=words)


def _select_pool(call: FrameworkCall) -> Translation:
    """`SelectAdaptivePool2d` of timm: a kind of pool, and a `Flatten` where it says so."""
    kinds = {"avg": "AdaptiveAvgPool2d", "max": "AdaptiveMaxPool2d"}
    given = dict(zip(("output_size", "pool_type", "flatten"), call.positional, strict=False)) | call.named
    target = kinds.get(given.get("pool_type", "avg"), "")
    label, words = f"`{target or kinds['avg']}` in cnnspec", "write `AdaptiveAvgPool2d: {output_size: 1}`"
    if not target or not given.keys() <= {"output_size", "pool_type", "flatten"}:
        return Translation(label=label, words=words)
    flat = (YamlLine("Flatten"),) if given.get("flatten") == "true" else ()
    return Translation((YamlLine(target, {"output_size": given.get("output_size", "1")}), *flat), label)


def _residual(call: FrameworkCall) -> Translation:
    if "from" in call.named:
        return Translation(label="`Add` in cnnspec", words="write `Add:` with `from: [prev, ID]` below it, by ids")
    words = "write `Add:` with two paths below it: a list of the layers, and `- []`, which passes the input through"
    return Translation(label="a join here", words=words)


def _parallel(call: FrameworkCall) -> Translation:
    words = "use `Add`, `Multiply` or `Concat` for parallel paths, with the paths below it"
    return Translation(label="a join here", words=words)


def _module_list(call: FrameworkCall) -> Translation:
    words = "write the layers one below another, or in `- Sequential: [...]`, which adds a part to the keys"
    return Translation(label="a list of lines here", words=words)


def _split(call: FrameworkCall) -> Translation:
    return Translation(
        label="`Slice` in cnnspec", words="write `Slice: {start: 0, end: 32}`, a line for each part, with `from`"
    )


def _squeeze_excite(call: FrameworkCall) -> Translation:
    words = "write `SqueezeExcitation: {squeeze: 16}`, with the channels between its two layers"
    return Translation(label="`SqueezeExcitation` in cnnspec", words=words)


def _conv_module(call: FrameworkCall) -> Translation:
    """`ConvModule` of MMCV: without `norm_cfg` it has no norm, and its padding is 0 unless it is stated."""
    label, words = "`ConvNormAct` in cnnspec", "`ConvModule` of MMCV is `ConvNormAct` here"
    configured = {key: call.named[key] for key in ("norm_cfg", "act_cfg") if key in call.named}
    plain = FrameworkCall(
        call.name, {key: text for key, text in call.named.items() if key not in configured}, call.positional
    )
    rule = TranslationRule("ConvNormAct", "MMCV", ("in_channels", "out_channels", "kernel_size", "stride", "padding"))
    arguments, rest = _arguments(plain, rule)
    norm = _configured(configured.get("norm_cfg", "null"), norms())
    acts = {key: value for key, value in activations().items() if value}
    act = _configured(configured.get("act_cfg", "{type: ReLU}"), acts)
    if rest or "out_channels" not in arguments or norm is None or act is None or "leaky" in act.lower():
        return Translation(label=label, words=words)
    arguments.setdefault("kernel_size", "1")
    if arguments["kernel_size"] != "1":
        arguments.setdefault("padding", "0")
    arguments |= {} if norm == "BatchNorm2d" else {"norm": norm}
    arguments |= {} if act == "ReLU" else {"act": act}
    return Translation((YamlLine("ConvNormAct", arguments),), label, words)


def _configured(text: str, names: dict[str, str]) -> str | None:
    """``{type: BN}`` under its name here; ``null`` stays; None where more is configured than the type."""
    if text == "null":
        return text
    match = TYPE.search(text)
    rest = re.sub(r"type['\"]?\s*[:=]\s*['\"]?[\w.]+['\"]?|requires_grad\W+\w+|inplace\W+\w+|dict", "", text)
    if match is None or re.search(r"\w", rest):
        return None
    return names.get(match[1].casefold())


SPECIAL: dict[str, Callable[[FrameworkCall], Translation]] = {
    "activation": _activation_layer,
    "act": _activation_layer,
    "nonlinearity": _activation_layer,
    "separableconv2d": _separable,
    "reshape": _reshape,
    "view": _reshape,
    **dict.fromkeys(("input", "inputlayer"), _input_layer),
    **dict.fromkeys(("residual", "skip", "shortcut", "skipconnection", "residualblock"), _residual),
    **dict.fromkeys(("parallel", "branch", "branches", "merge", "fork"), _parallel),
    **dict.fromkeys(("modulelist", "moduledict"), _module_list),
    **dict.fromkeys(("split", "chunk"), _split),
    **dict.fromkeys(("squeezeexcite", "semodule", "selayer", "seblock", "effectivesemodule"), _squeeze_excite),
    "convmodule": _conv_module,
    "selectadaptivepool2d": _select_pool,
    **EINOPS,
}
