"""What other frameworks and papers call a thing: a word of theirs, in lower case, and the word that is meant here.

A word is offered only where it may stand, so that one table serves layers, arguments and the words beside an operation.
A layer states its own other names (``Layer.known_as``).
"""

from __future__ import annotations

from collections.abc import Collection

SYNONYMS: dict[str, tuple[str, ...]] = {
    # arguments
    "alpha": ("negative_slope",),
    "drop": ("p",),
    "dim": ("out_features", "out_channels"),
    "in_channels": ("in_features", "num_features", "num_channels"),
    "in_features": ("in_channels", "num_features", "num_channels"),
    "num_features": ("num_channels", "in_channels", "in_features"),
    "out_channels": ("out_features",),
    "out_features": ("out_channels",),
    "out_planes": ("out_channels", "out_features"),
    "planes": ("out_channels", "out_features"),
    "epsilon": ("eps",),
    "filters": ("out_channels",),
    "num_filters": ("out_channels",),
    "channels": ("out_channels", "width"),
    "channels_out": ("out_channels",),
    "out_chs": ("out_channels",),
    "out_ch": ("out_channels",),
    "out_dim": ("out_features", "out_channels"),
    "num_classes": ("out_features",),
    "c2": ("out_channels",),
    "ch": ("out_channels",),
    "c": ("out_channels",),
    "k": ("kernel_size",),
    "s": ("stride",),
    "d": ("dilation",),
    "strides": ("stride",),
    "dilation_rate": ("dilation",),
    "drop_prob": ("p",),
    "drop_rate": ("p",),
    "act_layer": ("act",),
    "norm_layer": ("norm",),
    "out": ("out_channels", "out_features"),
    "size": ("kernel_size",),
    "dropout": ("p",),
    "scale": ("scale_factor",),
    "factor": ("scale_factor",),
    "interpolation": ("mode",),
    "target_size": ("size",),
    "kernel": ("kernel_size",),
    "ksize": ("kernel_size",),
    "pool_size": ("kernel_size",),
    "pad": ("padding",),
    "groups": ("num_groups",),
    "rate": ("p", "dilation"),
    "units": ("out_features",),
    "use_bias": ("bias",),
    # operations and arguments of recipes
    "bfloat16": ("bf16",),
    "cosine": ("CosineAnnealingLR",),
    "cosinelr": ("CosineAnnealingLR",),
    "float16": ("fp16",),
    "half": ("fp16",),
    "hflip": ("RandomHorizontalFlip",),
    "learning_rate": ("lr",),
    "onecycle": ("OneCycleLR",),
    "plateau": ("ReduceLROnPlateau",),
    "vflip": ("RandomVerticalFlip",),
    # keys of a spec and of a block
    "args": ("params",),
    "architecture": ("layers",),
    "backbone": ("layers",),
    "definitions": ("blocks",),
    "hparams": ("params",),
    "in_shape": ("input",),
    "input_shape": ("input",),
    "input_size": ("input",),
    "modules": ("blocks",),
    "network": ("layers",),
    "parameters": ("params",),
    # words beside an operation
    "if": ("when",),
    "input": ("from",),
    "inputs": ("from",),
    "name": ("id",),
    "number": ("repeat",),
    "times": ("repeat",),
    # functions of expressions
    "int": ("floor",),
    # functions that fill weights
    "glorot": ("xavier_uniform_",),
    "he": ("kaiming_normal_",),
    "kaiming": ("kaiming_normal_",),
    "xavier": ("xavier_uniform_",),
    "glorot_normal": ("xavier_normal_",),
    "glorot_uniform": ("xavier_uniform_",),
    "he_normal": ("kaiming_normal_",),
    "he_uniform": ("kaiming_uniform_",),
}


def add_synonyms(meaning: str, words: Collection[str]) -> None:
    """Add other words for a layer; a word that the table has keeps its meaning."""
    for word in words:
        SYNONYMS.setdefault(word, (meaning,))


def synonym(word: str, known: Collection[str]) -> str | None:
    """The known word that means the same, or None."""
    return next((here for here in SYNONYMS.get(word.casefold(), ()) if here in known), None)
