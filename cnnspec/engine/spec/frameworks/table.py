"""Names of layers in other frameworks, and what they are here.

A name stands in lower case without its module: `tf.keras.layers.Dense` is `dense`. Arguments are translated by
the synonyms that all messages share; a rule adds the order of arguments that are given by position.
"""

from __future__ import annotations

from msgspec import Struct, field

from cnnspec.engine.layers import ACTIVATIONS as BUILT_IN_ACTIVATIONS


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


POOL = ("kernel_size", "stride", "padding")
HALF = {"kernel_size": "2"}
GLOBAL = {"output_size": "1"}
KERAS_CONV = ("out_channels", "kernel_size", "stride", "padding")
BATCH_NORM = TranslationRule("BatchNorm2d", "Keras", note="the defaults of Keras are `eps: 1e-3` and `momentum: 0.01`")

RULES: dict[str, TranslationRule] = {
    # Keras
    "dense": TranslationRule("Linear", "Keras", ("out_features",)),
    "conv2d": TranslationRule("Conv2d", "Keras", KERAS_CONV),
    "convolution2d": TranslationRule("Conv2d", "Keras", KERAS_CONV),
    "conv1d": TranslationRule("Conv1d", "Keras", KERAS_CONV),
    "conv3d": TranslationRule("Conv3d", "Keras", KERAS_CONV),
    "conv2dtranspose": TranslationRule("ConvTranspose2d", "Keras", KERAS_CONV),
    "depthwiseconv2d": TranslationRule(
        "Conv2d",
        "Keras",
        ("kernel_size", "stride", "padding"),
        stated={"out_channels": "$(in.channels)", "groups": "$(in.channels)"},
    ),
    "maxpooling1d": TranslationRule("MaxPool1d", "Keras", POOL, stated=HALF),
    "maxpooling2d": TranslationRule("MaxPool2d", "Keras", POOL, stated=HALF),
    "maxpooling3d": TranslationRule("MaxPool3d", "Keras", POOL, stated=HALF),
    **dict.fromkeys(("maxpool2d", "maxpool"), TranslationRule("MaxPool2d", "", POOL, stated=HALF)),
    **dict.fromkeys(("avgpool2d", "avgpool", "averagepool"), TranslationRule("AvgPool2d", "", POOL, stated=HALF)),
    "averagepooling1d": TranslationRule("AvgPool1d", "Keras", POOL, stated=HALF),
    "averagepooling2d": TranslationRule("AvgPool2d", "Keras", POOL, stated=HALF),
    "averagepooling3d": TranslationRule("AvgPool3d", "Keras", POOL, stated=HALF),
    "globalaveragepooling2d": TranslationRule("AdaptiveAvgPool2d", "Keras", stated=GLOBAL, after=("Flatten",)),
    "globalmaxpooling2d": TranslationRule("AdaptiveMaxPool2d", "Keras", stated=GLOBAL, after=("Flatten",)),
    "batchnormalization": BATCH_NORM,
    "layernormalization": TranslationRule("LayerNorm", "Keras", note="Keras normalizes the last dimension alone"),
    "groupnormalization": TranslationRule("GroupNorm", "Keras", ("num_groups",)),
    "zeropadding2d": TranslationRule("ZeroPad2d", "Keras", ("padding",), stated={"padding": "1"}),
    "upsampling2d": TranslationRule(
        "Upsample", "Keras", ("scale_factor",), stated={"scale_factor": "2"}, renamed={"size": "scale_factor"}
    ),
    "spatialdropout2d": TranslationRule("Dropout2d", "Keras", ("p",)),
    # MMCV and MMDetection
    "bn": TranslationRule("BatchNorm2d", "MMCV"),
    "bn2d": TranslationRule("BatchNorm2d", "MMCV"),
    "syncbn": TranslationRule("BatchNorm2d", "MMCV"),
    "syncbatchnorm": TranslationRule("BatchNorm2d", "PyTorch"),
    "gn": TranslationRule("GroupNorm", "MMCV", ("num_groups",)),
    "ln2d": TranslationRule("LayerNorm2d", "MMCV"),
    "hswish": TranslationRule("Hardswish", "MMCV"),
    "hsigmoid": TranslationRule("Hardsigmoid", "MMCV"),
    # timm, torchvision, PyTorch
    "droppath": TranslationRule("StochasticDepth", "timm", ("p", "scale_by_keep"), stated={"mode": "row"}),
    "conv2dnormactivation": TranslationRule(
        "ConvNormAct", "torchvision", ("in_channels", "out_channels", "kernel_size", "stride")
    ),
    "frozenbatchnorm2d": TranslationRule("BatchNorm2d", "torchvision"),
    "interpolate": TranslationRule("Upsample", "PyTorch", ("size", "scale_factor", "mode", "align_corners")),
    "upsamplingnearest2d": TranslationRule("Upsample", "PyTorch", ("size", "scale_factor"), stated={"mode": "nearest"}),
    "upsamplingbilinear2d": TranslationRule(
        "Upsample", "PyTorch", ("size", "scale_factor"), stated={"mode": "bilinear", "align_corners": "true"}
    ),
    "resize": TranslationRule("Upsample", "", ("size",)),
    "max_pool2d": TranslationRule("MaxPool2d", "PyTorch", POOL),
    "avg_pool2d": TranslationRule("AvgPool2d", "PyTorch", POOL),
    "adaptive_avg_pool2d": TranslationRule("AdaptiveAvgPool2d", "PyTorch", ("output_size",)),
    # names of no one framework
    "fc": TranslationRule("Linear", "", ("out_features",)),
    "fullyconnected": TranslationRule("Linear", "", ("out_features",)),
    **dict.fromkeys(
        ("globalavgpool", "globalavgpool2d", "globalaveragepool", "globalaveragepool2d", "gap", "adaptiveavgpool"),
        TranslationRule("AdaptiveAvgPool2d", "", ("output_size",), stated=GLOBAL),
    ),
    **dict.fromkeys(
        ("globalmaxpool", "globalmaxpool2d", "adaptivemaxpool"),
        TranslationRule("AdaptiveMaxPool2d", "", ("output_size",), stated=GLOBAL),
    ),
    "convolution": TranslationRule("Conv2d", "", ("out_channels", "kernel_size", "stride", "padding")),
    "convolutional": TranslationRule("Conv2d", "Darknet", ("out_channels", "kernel_size", "stride", "padding")),
    "batchnormact2d": TranslationRule("BatchNorm2d", "timm", after=("ReLU",)),
    "depthtospace": TranslationRule("PixelShuffle", "", ("upscale_factor",)),
    "spacetodepth": TranslationRule("PixelUnshuffle", "", ("downscale_factor",)),
}

# Activations: their names as a text (`activation: relu`) and as a layer. None: no layer at all.
ACTIVATIONS: dict[str, str | None] = {
    **{name.lower(): name for name in BUILT_IN_ACTIVATIONS},
    "gelutanh": "GELU: {approximate: tanh}",
    "swish": "SiLU",
    "hard_sigmoid": "Hardsigmoid",
    "hsigmoid": "Hardsigmoid",
    "hard_swish": "Hardswish",
    "h_swish": "Hardswish",
    "hswish": "Hardswish",
    "softmax": "Softmax: {dim: 1}",
    "log_softmax": "LogSoftmax: {dim: 1}",
    "linear": None,
    "identity": None,
    "none": None,
    "null": None,
}

JOINED = {
    "concatenate": "Concat",
    "cat": "Concat",
    "concat": "Concat",
    "route": "Concat",
    "sum": "Add",
    "add": "Add",
    "eltwise": "Add",
    "mul": "Multiply",
    "multiply": "Multiply",
}

NORMS = {
    "bn": "BatchNorm2d",
    "bn2d": "BatchNorm2d",
    "syncbn": "BatchNorm2d",
    "ln2d": "LayerNorm2d",
    "in": "InstanceNorm2d",
    "in2d": "InstanceNorm2d",
}

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
        ("Keras", "a recipe prepares the images: `transforms`"),
    ),
    **dict.fromkeys(("randomzoom", "randomcrop", "gaussiannoise"), ("Keras", "a recipe augments: `transforms`")),
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
