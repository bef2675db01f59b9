"""What torch takes by position, where the source says so; a test compares every entry with torch itself."""

from __future__ import annotations

CONV = "in_channels out_channels kernel_size"
LAYERS = {
    **dict.fromkeys(("Conv1d", "Conv2d", "Conv3d", "ConvTranspose2d"), CONV),
    **dict.fromkeys(("MaxPool1d", "MaxPool2d", "MaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d"), "kernel_size"),
    **dict.fromkeys(("AdaptiveAvgPool2d", "AdaptiveMaxPool2d"), "output_size"),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "InstanceNorm2d"), "num_features"),
    **dict.fromkeys(("LayerNorm", "LayerNorm2d"), "normalized_shape"),
    **dict.fromkeys(("ZeroPad2d", "ReplicationPad2d", "ReflectionPad2d"), "padding"),
    "ConstantPad2d": "padding value",
    "GroupNorm": "num_groups num_channels",
    "LocalResponseNorm": "size",
    "Threshold": "threshold value",
    "Linear": "in_features out_features",
    "StochasticDepth": "p mode",
    "Unflatten": "dim unflattened_size",
    "ChannelShuffle": "groups",
    "Permute": "dims",
    "PixelShuffle": "upscale_factor",
    "PixelUnshuffle": "downscale_factor",
}
POOLS = {f"{kind}_pool{rank}d": f"{kind.title()}Pool{rank}d" for kind in ("max", "avg") for rank in (1, 2, 3)}
# Functions that a forward calls: the layer that each is, and what follows its input by position.
FUNCTIONS = {
    "relu": ("ReLU", ""),
    "relu6": ("ReLU6", ""),
    "leaky_relu": ("LeakyReLU", ""),
    "elu": ("ELU", ""),
    "celu": ("CELU", ""),
    "selu": ("SELU", ""),
    "gelu": ("GELU", ""),
    "silu": ("SiLU", ""),
    "mish": ("Mish", ""),
    "softplus": ("Softplus", ""),
    "logsigmoid": ("LogSigmoid", ""),
    "tanhshrink": ("Tanhshrink", ""),
    "softsign": ("Softsign", ""),
    "hardsigmoid": ("Hardsigmoid", ""),
    "hardswish": ("Hardswish", ""),
    "hardtanh": ("Hardtanh", ""),
    "hardshrink": ("Hardshrink", ""),
    "softshrink": ("Softshrink", ""),
    "glu": ("GLU", ""),
    **{function: (layer, "kernel_size") for function, layer in POOLS.items()},
    "adaptive_avg_pool2d": ("AdaptiveAvgPool2d", "output_size"),
    "adaptive_max_pool2d": ("AdaptiveMaxPool2d", "output_size"),
    "local_response_norm": ("LocalResponseNorm", "size"),
    "pixel_shuffle": ("PixelShuffle", "upscale_factor"),
    "pixel_unshuffle": ("PixelUnshuffle", "downscale_factor"),
    "channel_shuffle": ("ChannelShuffle", "groups"),
}
TORCH = {"sigmoid": ("Sigmoid", ""), "tanh": ("Tanh", ""), "flatten": ("Flatten", "start_dim end_dim")}
FLATTEN = {"start_dim": 0}  # where torch's function begins and its module does not
SUBCLASSES = {
    "LayerNorm2d": "LayerNorm",
    "ReLU6": "Hardtanh",
    "ZeroPad2d": "ConstantPad2d",
}  # what `isinstance` finds beside a type itself
