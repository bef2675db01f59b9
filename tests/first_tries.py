"""What users of other frameworks write at first: a spec, the code it gets, and the edit that the help must hold."""

from __future__ import annotations

from textwrap import indent

from msgspec import Struct

HEAD = "cnnspec: 1\ninput: [3, 32, 32]\n"
STEM = """
- Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
  id: a
- Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
  id: b
"""


class Try(Struct, frozen=True):
    """Lines below a stem of two convolutions, `a` and `b`; ``fixed`` whether the edit leaves a sound spec."""

    lines: str
    code: str
    help: str
    fixed: bool = True
    rest: str = ""
    stem: str = STEM

    @property
    def text(self) -> str:
        return f"{HEAD}{self.rest}layers:\n{indent(self.stem.lstrip(), '  ')}{indent(self.lines, '  ')}\n"


JOINS = (
    Try("- Concat: {from: [a, b]}", "unknown-argument", "`Concat:` with `from: [a, b]` below it"),
    Try("- Concat: {inputs: [a, b]}", "unknown-argument", "`Concat:` with `from: [a, b]` below it"),
    Try("- Add:\n    from: [a, b]", "unknown-argument", "`Add:` with `from: [a, b]` below it"),
    Try("- Add:\n    from: [a, b]\n  id: c\n- ReLU:\n  from: c", "unknown-argument", "`from: [a, b]` and `id: c`"),
    Try("- {Concat: {from: [a, b]}, id: c}", "unknown-argument", "`from: [a, b]`"),
    Try("- Concat: [a, b]", "wrong-type", "`from: [a, b]`"),
    Try("- Add: [prev, a]", "wrong-type", "`from: [prev, a]`"),
    Try("- Add: a", "wrong-type", "`from: [prev, a]`"),
    Try("- Concat:\n    - a\n    - b", "wrong-type", "`from: [a, b]`"),
    Try("- Multiply: [a, b]\n  id: gate", "wrong-type", "`from: [a, b]`"),
    Try("- Concat: [-1, 6]", "wrong-type", "`from: [prev, ID]`", fixed=False),
    Try("- Add:\n    - - ReLU\n    -", "wrong-type", "write `- []`"),
    Try("- Add:\n    - - ReLU\n    - null", "wrong-type", "write `- []`"),
    Try("- Add:\n    left: [ReLU]\n    skip:", "wrong-type", "write `skip: []`"),
    Try("- Add:\n    - - ReLU\n    - identity", "wrong-type", "write `[]`"),
    Try("- Add:\n    - - ReLU\n    - a", "wrong-type", "[{Identity: null, from: a}]"),
    Try("- Add:\n    - [ReLU]\n    - Sigmoid", "wrong-type", "write `- - `"),
)

TYPES = (
    Try(
        "- type: Conv2d\n  out_channels: 4\n  kernel_size: 1",
        "unknown-word",
        "write `Conv2d: {out_channels: 4, kernel_size: 1}`",
    ),
    Try(
        "- {type: Conv2d, out_channels: 4, kernel_size: 1}",
        "unknown-word",
        "write `Conv2d: {out_channels: 4, kernel_size: 1}`",
    ),
    Try(
        '- {"type": "Conv2d", "out_channels": 4, "kernel_size": 1}',
        "unknown-word",
        "write `Conv2d: {out_channels: 4, kernel_size: 1}`",
    ),
    Try("- type: ReLU", "unknown-word", "write `ReLU`"),
    Try("- layer: MaxPool2d\n  kernel_size: 2\n  id: pool", "unknown-word", "`id: pool`"),
    Try("- name: conv3\n  type: Conv2d\n  out_channels: 4\n  kernel_size: 1", "unknown-word", "`id: conv3`"),
    Try("- {op: Conv2d, args: {out_channels: 4, kernel_size: 1}}", "unknown-word", "`Conv2d: {out_channels: 4"),
    Try("- module: nn.Conv2d\n  args: {out_channels: 4, kernel_size: 1}", "unknown-word", "`Conv2d: {out_channels: 4"),
    Try(
        "- _target_: torch.nn.Conv2d\n  in_channels: 4\n  out_channels: 4\n  kernel_size: 1",
        "unknown-word",
        "`Conv2d: {out_channels: 4, kernel_size: 1}`",
    ),
    Try(
        "- class_name: Conv2D\n  config: {filters: 8, kernel_size: 3, activation: relu}",
        "unknown-word",
        "`Conv2d: {out_channels: 8, kernel_size: 3}` and `ReLU`",
    ),
    Try(
        "- type: ConvModule\n  out_channels: 8\n  kernel_size: 3\n  padding: 1\n  norm_cfg: {type: BN}",
        "unknown-word",
        "`ConvNormAct: {out_channels: 8, kernel_size: 3, padding: 1}`",
    ),
    Try("- conv3: {type: Conv2d, out_channels: 4, kernel_size: 1}", "unknown-word", "`id: conv3`"),
    Try("- conv3: {Conv2d: {out_channels: 4, kernel_size: 1}}", "unknown-word", "`id: conv3`"),
    Try("- conv3: nn.Conv2d(4, 8, 3)", "unknown-word", "`Conv2d: {out_channels: 8, kernel_size: 3}`"),
    Try("- relu1: ReLU", "unknown-word", "`ReLU:` with `id: relu1` below it"),
    Try("- {name: Flatten}", "unknown-word", "write `Flatten`"),
    Try('- {"op": "Swoosh"}', "unknown-word", "`cnnspec layers`", fixed=False),
    Try("- type: Concat\n  from: [a, b]", "unknown-word", "`Concat:` with `from: [a, b]` below it"),
)

KERAS = (
    Try("- Conv2D: {filters: 8, kernel_size: 3}", "unknown-layer", "`Conv2d: {out_channels: 8, kernel_size: 3}`"),
    Try(
        "- Conv2D: {filters: 8, kernel_size: [3, 3], strides: [2, 2], activation: relu}",
        "unknown-layer",
        "`Conv2d: {out_channels: 8, kernel_size: [3, 3], stride: [2, 2]}` and `ReLU`",
    ),
    Try("- Conv2D: {filters: 8, kernel_size: (3, 3), padding: 'same'}", "unknown-layer", "`Conv2d: "),
    Try(
        "- Conv2D(8, (3, 3), activation='relu')",
        "unknown-layer",
        "`Conv2d: {out_channels: 8, kernel_size: [3, 3]}` and `ReLU`",
    ),
    Try("- layers.Conv2D(8, 3)", "unknown-layer", "`Conv2d: {out_channels: 8, kernel_size: 3}`"),
    Try("- Conv2D: [8, 3]", "unknown-layer", "`Conv2d: {out_channels: 8, kernel_size: 3}`"),
    Try("- MaxPooling2D", "unknown-layer", "`MaxPool2d: {kernel_size: 2}`"),
    Try("- MaxPooling2D: {pool_size: 2, strides: 2}", "unknown-layer", "`MaxPool2d: {kernel_size: 2, stride: 2}`"),
    Try("- MaxPool2D: 2", "unknown-layer", "`MaxPool2d: {kernel_size: 2}`"),
    Try("- AveragePooling2D: {pool_size: 2}", "unknown-layer", "`AvgPool2d: {kernel_size: 2}`"),
    Try(
        "- GlobalAveragePooling2D\n- Linear: {out_features: 10}",
        "unknown-layer",
        "`AdaptiveAvgPool2d: {output_size: 1}` and `Flatten`",
    ),
    Try("- Flatten\n- Dense: {units: 10}", "unknown-layer", "`Linear: {out_features: 10}`"),
    Try("- Flatten\n- Dense: 10", "unknown-layer", "`Linear: {out_features: 10}`"),
    Try(
        "- Flatten\n- Dense: {units: 64, activation: relu, use_bias: false}",
        "unknown-layer",
        "`Linear: {out_features: 64, bias: false}` and `ReLU`",
    ),
    Try(
        "- Flatten\n- Dense(10, activation='softmax')",
        "unknown-layer",
        "`Linear: {out_features: 10}` and `Softmax: {dim: 1}`",
    ),
    Try("- BatchNormalization", "unknown-layer", "`BatchNorm2d`"),
    Try(
        "- BatchNormalization: {momentum: 0.99, epsilon: 1e-3}",
        "unknown-layer",
        "`BatchNorm2d: {eps: 1e-3, momentum: 0.01}`",
    ),
    Try("- Activation: relu", "unknown-layer", "`ReLU`"),
    Try("- Activation: {activation: swish}", "unknown-layer", "`SiLU`"),
    Try("- Activation('gelu')", "unknown-layer", "`GELU`"),
    Try("- UpSampling2D: {size: 2}", "unknown-layer", "`Upsample: {scale_factor: 2}`"),
    Try("- ZeroPadding2D: {padding: 1}", "unknown-layer", "`ZeroPad2d: {padding: 1}`"),
    Try(
        "- Conv2DTranspose: {filters: 8, kernel_size: 2, strides: 2}",
        "unknown-layer",
        "`ConvTranspose2d: {out_channels: 8, kernel_size: 2, stride: 2}`",
    ),
    Try("- DepthwiseConv2D: {kernel_size: 3}", "unknown-layer", "groups: $(in.channels)"),
    Try("- SeparableConv2D: {filters: 8, kernel_size: 3}", "unknown-layer", "kernel_size: 1}"),
    Try("- SpatialDropout2D: {rate: 0.2}", "unknown-layer", "`Dropout2d: {p: 0.2}`"),
    Try("- GroupNormalization: {groups: 2}", "unknown-layer", "`GroupNorm: {num_groups: 2}`"),
    Try("- Dropout: {rate: 0.5}", "unknown-argument", "`p`"),
    Try("- Conv2d: {filters: 8, kernel_size: 3}", "unknown-argument", "`out_channels`"),
    Try(
        "- Conv2D: {filters: 8, kernel_size: 3, kernel_initializer: he_normal}",
        "unknown-layer",
        "no `kernel_initializer`",
        fixed=False,
    ),
    Try("- Concatenate: [a, b]", "unknown-layer", "`Concat:` with `from: [a, b]` below it"),
    Try("- Input: {shape: [32, 32, 3]}", "unknown-layer", "the key `input`", fixed=False),
    Try("- Reshape: {target_shape: [8, 8, 64]}", "unknown-layer", "`Unflatten", fixed=False),
    Try("- Conv2D: {filters: 4, kernel_size: 3, name: c1}\n- ReLU:\n  from: c1", "unknown-layer", "`id: c1` below it"),
    Try(
        "- Conv2d: {out_channels: 8, kernel_size: 3, activation: relu}",
        "unknown-argument",
        "`Conv2d: {out_channels: 8, kernel_size: 3}` and `ReLU`",
    ),
    Try("- Conv2d: {out_channels: 8, kernel_size: 3, act: gelu}\n  id: c", "unknown-argument", "`GELU:` with `id: c`"),
    Try("- Conv2d: {out_channels: 8, kernel_size: 3, bn: true}", "unknown-argument", "`ConvNormAct`", fixed=False),
    Try("- conv2d: {filters: 8, kernel: 3}", "unknown-layer", "`Conv2d: {out_channels: 8, kernel_size: 3}`"),
    Try("- flatten\n- linear: {out: 10}", "unknown-layer", "`Flatten`"),
    Try("- maxpool: {size: 2, stride: 2}", "unknown-layer", "`MaxPool2d: {kernel_size: 2, stride: 2}`"),
    Try("- upsample: {scale: 2}", "unknown-layer", "`Upsample: {scale_factor: 2}`"),
    Try("- Rescaling: {scale: 0.004}", "unknown-layer", "the recipe preprocesses images", fixed=False),
    Try("- LSTM: {units: 64}", "unknown-layer", "does not have `LSTM` yet", fixed=False),
)

TORCH = (
    Try(
        "- nn.Conv2d: {in_channels: 4, out_channels: 8, kernel_size: 3}",
        "unknown-layer",
        "`Conv2d: {out_channels: 8, kernel_size: 3}`",
    ),
    Try(
        "- nn.Conv2d(4, 8, kernel_size=3, padding=(1, 1))",
        "unknown-layer",
        "`Conv2d: {out_channels: 8, kernel_size: 3, padding: [1, 1]}`",
    ),
    Try("- torch.nn.BatchNorm2d(4)", "unknown-layer", "`BatchNorm2d`"),
    Try("- nn.ReLU(inplace=True)", "unknown-layer", "`ReLU: {inplace: true}`"),
    Try("- F.relu", "unknown-layer", "`ReLU`"),
    Try("- F.interpolate: {scale_factor: 2, mode: nearest}", "unknown-layer", "`Upsample: {scale_factor: 2"),
    Try("- relu", "unknown-layer", "`ReLU`"),
    Try("- flatten", "unknown-layer", "`Flatten`"),
    Try("- torch.cat: {dim: 1}\n  from: [a, b]", "unknown-layer", "`Concat:` with `from: [a, b]` below it"),
    Try("- Flatten\n- Linear: {in_channels: 4096, out_channels: 10}", "unknown-argument", "`in_features`"),
    Try("- Flatten\n- Linear: {out_channels: 10}", "unknown-argument", "`out_features`"),
    Try("- Upsample {scale_factor: 2}", "unknown-layer", "`Upsample: {scale_factor: 2}`"),
    Try("- Conv2d {out_channels: 8, kernel_size: 3}", "yaml-syntax", "`Conv2d: {out_channels: 8, kernel_size: 3}`"),
    Try("- nn.Sequential:\n    - Tanh\n    - ReLU", "unknown-layer", "`Sequential:`"),
    Try("- torch.flatten: {start_dim: 1}", "unknown-layer", "`Flatten: {start_dim: 1}`"),
    Try(
        "- Conv2d: in_channels=4, out_channels=8, kernel_size=3",
        "wrong-type",
        "`Conv2d: {out_channels: 8, kernel_size: 3}`",
    ),
    Try("- GELUTanh", "unknown-layer", "`GELU: {approximate: tanh}`"),
    Try("- BatchNormAct2d", "unknown-layer", "`BatchNorm2d` and `ReLU`"),
    Try(
        "- SelectAdaptivePool2d: {pool_type: avg, flatten: true}",
        "unknown-layer",
        "`AdaptiveAvgPool2d: {output_size: 1}` and `Flatten`",
    ),
    Try("- ConvNormAct: {out_chs: 8, act_layer: SiLU}", "unknown-argument", "`out_channels`"),
    Try(
        "- dict(type='Conv2d', out_channels=8, kernel_size=3)",
        "unknown-layer",
        "`Conv2d: {out_channels: 8, kernel_size: 3}`",
    ),
    Try("- x.view(x.size(0), -1)", "unknown-layer", "Flatten"),
    Try("- GRU: {hidden_size: 64}", "unknown-layer", "does not have `GRU` yet", fixed=False),
    Try(
        "- LSTM: {input_size: 10, hidden_size: 8}",
        "unknown-layer",
        "does not have `LSTM` yet",
        fixed=False,
    ),
    Try("- MultiheadAttention: {num_heads: 4}", "unknown-layer", "does not have `MultiheadAttention` yet", fixed=False),
    Try("- AdaptiveAvgPool2d: 1", "wrong-type", "`AdaptiveAvgPool2d: {output_size: 1}`"),
    Try("- DropPath: {drop_prob: 0.1}", "unknown-layer", "`StochasticDepth: {p: 0.1, mode: row}`"),
    Try("- DropPath: 0.1", "unknown-layer", "`StochasticDepth: {p: 0.1, mode: row}`"),
    Try("- Interpolate: {scale_factor: 2}", "unknown-layer", "`Upsample: {scale_factor: 2}`"),
    Try("- GlobalAvgPool", "unknown-layer", "`AdaptiveAvgPool2d: {output_size: 1}`"),
    Try("- GlobalAvgPool2d:\n  id: pool", "unknown-layer", "`id: pool`"),
    Try("- Residual:\n    - ReLU", "unknown-layer", "`Add:`", fixed=False),
    Try("- HSwish", "unknown-layer", "`Hardswish`"),
    Try("- SELayer: {reduction: 16}", "unknown-layer", "`SqueezeExcitation", fixed=False),
    Try("- SelectAdaptivePool2d", "unknown-layer", "`AdaptiveAvgPool2d: {output_size: 1}`"),
)

ULTRALYTICS = (
    Try(
        "- [-1, 1, Conv, [64, 3, 2]]",
        "not-an-item",
        "`ConvNormAct: {out_channels: 64, kernel_size: 3, stride: 2, act: SiLU}`",
    ),
    Try("- [-1, 3, Conv, [64, 3]]", "not-an-item", "with `repeat: 3` below it"),
    Try('- [-1, 1, nn.Upsample, [None, 2, "nearest"]]', "not-an-item", "`Upsample: {scale_factor: 2, mode: nearest}`"),
    Try("- [-1, 1, nn.MaxPool2d, [2, 2]]", "not-an-item", "`MaxPool2d: {kernel_size: 2, stride: 2}`"),
    Try(
        "- Conv: {c2: 64, k: 3, s: 2}",
        "unknown-layer",
        "`Conv2d: {out_channels: 64, kernel_size: 3, stride: 2}`, or write `ConvNormAct: {out_channels: 64",
    ),
    Try("- Conv: [64, 3, 2]", "unknown-layer", "stride: 2, act: SiLU}`"),
    Try("- module: nn.MaxPool2d\n  args: [2, 2]", "unknown-word", "`MaxPool2d: {kernel_size: 2, stride: 2}`"),
    Try("- nn.Upsample: [None, 2, nearest]", "unknown-layer", "`Upsample: {scale_factor: 2, mode: nearest}`"),
    Try("- [[-1, 6], 1, Concat, [1]]", "not-an-item", "`Concat:` with `from: [prev, ID]`", fixed=False),
    Try("- [-1, 3, C2f, [128, True]]", "not-an-item", "`C2f` as a block", fixed=False),
    Try("- [[15, 18, 21], 1, Detect, [nc]]", "not-an-item", "`outputs: {p3: id}`", fixed=False),
)

EINOPS = (
    Try("- Rearrange: b c h w -> b h w c", "unknown-layer", "`Permute: {dims: [0, 2, 3, 1]}`"),
    Try("- Rearrange: 'b c h w -> b (c h w)'", "unknown-layer", "`Flatten`"),
    Try("- Rearrange: {pattern: 'b c h w -> b c (h w)'}", "unknown-layer", "`Flatten: {start_dim: 2}`"),
    Try(
        "- Rearrange: 'b c h w -> b (h w) c'",
        "unknown-layer",
        "`Permute: {dims: [0, 2, 3, 1]}` and `Flatten: {end_dim: 2}`",
    ),
    Try("- Rearrange('b c h w -> b (c h w)')", "unknown-layer", "`Flatten`"),
    Try(
        "- Rearrange: {pattern: 'b (c r1 r2) h w -> b c (h r1) (w r2)', r1: 2, r2: 2}",
        "unknown-layer",
        "`PixelShuffle: {upscale_factor: 2}`",
    ),
    Try("- Reduce: ['b c h w -> b c', mean]", "unknown-layer", "`AdaptiveAvgPool2d: {output_size: 1}` and `Flatten`"),
    Try("- Reduce: ['b c (h 2) (w 2) -> b c h w', max]", "unknown-layer", "`MaxPool2d: {kernel_size: 2}`"),
    Try("- Rearrange: 'b (h p) w -> b h p w'", "unknown-layer", "`Permute`, `Flatten`", fixed=False),
)

VALUES = (
    Try("- Conv2d: {out_channels: {w*2}, kernel_size: 1}", "wrong-type", "`$(w * 2)`", rest="params: {w: 4}\n"),
    Try("- Conv2d: {out_channels: {w}, kernel_size: 1}", "wrong-type", "`$w`", rest="params: {w: 4}\n"),
    Try("- ConvNormAct: {out_channels: 4, act: {type: SiLU}}", "wrong-type", "`SiLU`"),
    Try(
        "- ConvNormAct: {out_channels: 4, act: {type: LeakyReLU, negative_slope: 0.1}}",
        "wrong-type",
        "`{LeakyReLU: {negative_slope: 0.1}}`",
    ),
    Try(
        "- Conv2d: {out_channels: $w, kernel_size: 1}",
        "bad-param",
        "`w: {type: int, default: 4}`",
        rest="params:\n  w: int = 4\n",
    ),
    Try(
        "- Conv2d: {out_channels: $w, kernel_size: 1}",
        "bad-param",
        "`w: {type: int, default: 4}`",
        rest="params:\n  w: int(4)\n",
    ),
    Try(
        "- Conv2d: {out_channels: $w, kernel_size: 1}",
        "bad-param",
        "`w: {type: int, default: 4}`",
        rest="params:\n  w: {int: 4}\n",
    ),
    Try(
        "- Conv2d: {out_channels: $w, kernel_size: 1}",
        "bad-param",
        "`w: {type: int, default: 4}`",
        rest="params:\n  w: [int, 4]\n",
    ),
    Try("- Conv2d: {out_channels: $w, kernel_size: 1}", "bad-name", "`w: 4`", rest="params: {w = 4}\n"),
)

TRIES = (*JOINS, *TYPES, *KERAS, *TORCH, *ULTRALYTICS, *EINOPS, *VALUES)
