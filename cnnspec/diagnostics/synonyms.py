"""What other frameworks and papers call a thing: a word of theirs, in lower case, and the word that is meant here.

A word is offered only where it may stand, so that one table serves layers, arguments and the words beside an operation.
"""

from __future__ import annotations

from collections.abc import Collection

SYNONYMS: dict[str, tuple[str, ...]] = {
    # layers
    "batchnorm": ("BatchNorm2d",),
    "batchnormalization": ("BatchNorm2d",),
    "bn": ("BatchNorm2d",),
    "convolution": ("Conv2d",),
    "conv2dtranspose": ("ConvTranspose2d",),
    "deconv": ("ConvTranspose2d",),
    "dense": ("Linear",),
    "fc": ("Linear",),
    "fullyconnected": ("Linear",),
    "globalaveragepooling2d": ("AdaptiveAvgPool2d",),
    "globalaveragepool": ("AdaptiveAvgPool2d",),
    "globalaveragepool2d": ("AdaptiveAvgPool2d",),
    "globalavgpool": ("AdaptiveAvgPool2d",),
    "globalavgpool2d": ("AdaptiveAvgPool2d",),
    "globalmaxpool": ("AdaptiveMaxPool2d",),
    "globalmaxpool2d": ("AdaptiveMaxPool2d",),
    "globalmaxpooling2d": ("AdaptiveMaxPool2d",),
    "averagepool": ("AvgPool2d",),
    "averagepooling2d": ("AvgPool2d",),
    "maxpooling2d": ("MaxPool2d",),
    "concatenate": ("Concat",),
    "cat": ("Concat",),
    "lrn": ("LocalResponseNorm",),
    "mul": ("Multiply",),
    "reshape": ("Unflatten",),
    "sum": ("Add",),
    "swish": ("SiLU",),
    "upsampling2d": ("Upsample",),
    "view": ("Flatten",),
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
    "channels": ("out_channels", "width"),
    "kernel": ("kernel_size",),
    "ksize": ("kernel_size",),
    "pool_size": ("kernel_size",),
    "pad": ("padding",),
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


def synonym(word: str, known: Collection[str]) -> str | None:
    """The known word that means the same, or None."""
    return next((here for here in SYNONYMS.get(word.casefold(), ()) if here in known), None)
