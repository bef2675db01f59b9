"""Names of layers in other frameworks, and what they are here.

A name stands in lower case without its module: `tf.keras.layers.Dense` is `dense`. A layer states its other names
itself (`Layer.known_as`); here stand those of blocks, and of what has no counterpart. Arguments are translated by the
synonyms that all messages share; a rule adds the order of arguments that are given by position.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct, field

from cnnspec.engine.layers import ACTIVATIONS, BUILT_IN, JOINS, REGISTRY
from cnnspec.engine.layers.known_as import OtherName


class TranslationRule(Struct, frozen=True):
    """``target`` is the layer here; ``after`` are bare layers that follow it.

    ``order`` names the arguments by position, ``renamed`` are those that have another meaning here, ``stated`` are
    those that the other framework has by default.
    """

    target: str
    origin: str = ""
    order: tuple[str, ...] = ()
    renamed: dict[str, str] = field(default_factory=dict)
    stated: dict[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    note: str = ""


BLOCKS = {
    "conv2dnormactivation": TranslationRule(
        "ConvNormAct", "torchvision", ("in_channels", "out_channels", "kernel_size", "stride")
    ),
}
NO_ACTIVATION = ("linear", "identity", "none", "null")


@lru_cache(maxsize=1)
def rules() -> dict[str, TranslationRule]:
    """The rule for each name, those of torch.nn in lower case included; joins aside."""
    plain = {name.casefold(): TranslationRule(name) for name in BUILT_IN if name not in JOINS}
    named = {
        word: TranslationRule(
            name, other.origin, other.order, dict(other.renamed), dict(other.stated), other.after, other.note
        )
        for name in BUILT_IN
        if name not in JOINS
        for other in REGISTRY[name].known_as
        for word in other.names
    }
    return plain | named | BLOCKS


@lru_cache(maxsize=1)
def activations() -> dict[str, str | None]:
    """Activations: their names as a text (`activation: relu`) and as a layer, with its arguments. None: no layer."""
    named = {word: _stated(name, other) for name in ACTIVATIONS for word, other in _others(name)}
    return {**{name.lower(): name for name in ACTIVATIONS}, **named, **dict.fromkeys(NO_ACTIVATION)}


def _stated(name: str, other: OtherName) -> str:
    """``Softmax: {dim: 1}``."""
    arguments = ", ".join(f"{key}: {value}" for key, value in other.stated)
    return f"{name}: {{{arguments}}}" if arguments else name


@lru_cache(maxsize=1)
def joins() -> dict[str, str]:
    """The joins by their other names."""
    return {word: name for name in sorted(JOINS) for word, _ in _others(name)}


@lru_cache(maxsize=1)
def norms() -> dict[str, str]:
    """The norms of MMCV that need no argument, by their names there."""
    fields = {name: REGISTRY[name].model_fields.values() for name in BUILT_IN if REGISTRY[name].role == "norm"}
    bare = [name for name, each in fields.items() if not any(field.is_required() for field in each)]
    return {word: name for name in bare for word, other in _others(name) if other.origin == "MMCV"}


def _others(name: str) -> list[tuple[str, OtherName]]:
    return [(word, other) for other in REGISTRY[name].known_as for word in other.names]


# What is a layer elsewhere and has no counterpart here, with what to use where something comes near.
TORCH = "PyTorch"
ABSENT: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("gru", "lstm", "rnn", "grucell", "lstmcell", "rnncell"), (TORCH, "")),
    **dict.fromkeys(("embedding", "embeddingbag", "multiheadattention", "bilinear", "rmsnorm", "fold"), (TORCH, "")),
    **dict.fromkeys(
        ("transformer", "transformerencoder", "transformerencoderlayer", "transformerdecoder"), (TORCH, "")
    ),
    **dict.fromkeys(("transformerdecoderlayer", "unfold", "maxunpool2d", "fractionalmaxpool2d"), (TORCH, "")),
    **dict.fromkeys(("simplernn", "bidirectional", "timedistributed", "attention"), ("Keras", "")),
    **dict.fromkeys(("additiveattention", "convlstm2d", "lambda", "masking"), ("Keras", "")),
    **dict.fromkeys(
        ("rescaling", "normalization", "resizing", "randomflip", "randomrotation"),
        ("Keras", "the recipe preprocesses images, not the network"),
    ),
    **dict.fromkeys(
        ("randomzoom", "randomcrop", "gaussiannoise"),
        ("Keras", "the recipe augments images, not the network: `augment`"),
    ),
    **dict.fromkeys(("globalresponsenorm", "grn", "patchembed", "blurpool2d"), ("timm", "")),
    **dict.fromkeys(("dcn", "dcnv2", "deformconv2d", "modulateddeformconv2d"), ("MMCV", "")),
    **dict.fromkeys(("nonlocal2d", "contextblock"), ("MMCV", "")),
    "attention2d": ("timm", ""),
}

# Modules of Ultralytics that are blocks of several layers, and heads that are no layers.
ULTRALYTICS = frozenset(
    """
    a2c2f bottleneckcsp c1 c2 c2f c2fcib c2psa c3 c3ghost c3k c3k2 c3tr c3x dwconv dwconvtranspose2d elan1 focus
    ghostbottleneck ghostconv hgblock hgstem psa repc3 repconv repncspelan4 scdown spp sppelan sppf
    """.split()
)
HEADS = frozenset({"detect", "segment", "pose", "obb", "classify", "worlddetect", "rtdetrdecoder", "v10detect"})
