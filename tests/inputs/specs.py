"""Specs whose inputs are constrained in every way that the layers know, by what they are to show."""

from __future__ import annotations

HEAD = "cnnspec: 1\ninput: {input}\nlayers:\n"


def text(lines: str, input: str = "[2, 40, 40]", more: str = "") -> str:
    """A spec of these lines, one a line."""
    body = "\n".join(f"  {line}" for line in lines.strip("\n").split("\n"))
    return HEAD.format(input=input) + body + "\n" + more


UNET = """
- Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
  id: top
- MaxPool2d: {kernel_size: 2}
- Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
  id: middle
- MaxPool2d: {kernel_size: 2}
- Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
- ConvTranspose2d: {out_channels: 4, kernel_size: 2, stride: 2}
- Concat:
  from: [middle, prev]
- Upsample: {scale_factor: 2, mode: bilinear}
- Concat:
  from: [top, prev]
"""
STATED = """
- Conv2d: {out_channels: 4, kernel_size: 3, stride: 2}
- MaxPool2d: {kernel_size: 2}
- Flatten
- Linear: {out_features: 3, in_features: 48}
"""
CEIL = """
- MaxPool2d: {kernel_size: 2, stride: 2, padding: 1, ceil_mode: true}
- AvgPool2d: {kernel_size: 3, stride: 2, ceil_mode: true}
- MaxPool2d: {kernel_size: 3, stride: 3, padding: 1, ceil_mode: true}
- Conv2d: {out_channels: 2, kernel_size: 3}
"""
STRIDES = """
- Conv2d: {out_channels: 2, kernel_size: [5, 3], stride: [3, 5], dilation: 2}
- Conv2d: {out_channels: 2, kernel_size: 2, stride: 5}
"""
TRANSPOSED = """
- ConvTranspose2d: {out_channels: 2, kernel_size: 3, stride: 3, padding: [4, 1], output_padding: 1}
- Conv2d: {out_channels: 2, kernel_size: 4, stride: 2}
"""
SHUFFLES = """
- PixelUnshuffle: {downscale_factor: 3}
- Conv2d: {out_channels: 8, kernel_size: 2}
- PixelShuffle: {upscale_factor: 2}
- PixelUnshuffle: {downscale_factor: 4}
"""
PADS = """
- ReflectionPad2d: {padding: [5, 0, 3, 7]}
- ZeroPad2d: {padding: [-9, -2, 1, -12]}
- Conv2d: {out_channels: 2, kernel_size: 3, padding: 2, padding_mode: circular}
- Conv2d: {out_channels: 2, kernel_size: 5, padding: same, padding_mode: reflect}
"""
RESIZED = """
- Upsample: {scale_factor: 0.5}
- Upsample: {scale_factor: 1.5}
- Conv2d: {out_channels: 2, kernel_size: 7, stride: 2}
- Upsample: {scale_factor: [2, 0.25]}
"""
ROUNDED = """
- Upsample: {scale_factor: 0.29}
- Conv2d: {out_channels: 2, kernel_size: 3}
"""
ADAPTIVE = """
- Conv2d: {out_channels: 2, kernel_size: 6}
- AdaptiveAvgPool2d: {output_size: [null, 3]}
- Conv2d: {out_channels: 2, kernel_size: [4, 3]}
"""
BROADCAST = """
- Conv2d: {out_channels: 2, kernel_size: 3, stride: 2}
  id: a
- Conv2d: {out_channels: 2, kernel_size: 3, stride: 2}
  from: input
- MaxPool2d: {kernel_size: 4, stride: 4}
- Add:
  from: [a, prev]
"""
UNEVEN = """
- Add:
    - - Conv2d: {out_channels: 2, kernel_size: 1, stride: 2}
    - - MaxPool2d: {kernel_size: 2}
    - - AvgPool2d: {kernel_size: 3, stride: 2, padding: 1}
"""
GATED = """
- Multiply:
    - - AdaptiveAvgPool2d: {output_size: 1}
      - Sigmoid
    - []
- Multiply:
    - - Conv2d: {out_channels: 2, kernel_size: 3}
    - - AdaptiveAvgPool2d: {output_size: 1}
"""
WHEN = """
- Conv2d: {out_channels: 2, kernel_size: 9, stride: 4}
  when: $(in.height > 16)
- Conv2d: {out_channels: 2, kernel_size: 3}
  when: $(in.width % 3 == 1 or in.height * in.width < 50)
- Conv2d: {out_channels: 2, kernel_size: 4}
"""
WAYS = """
- Conv2d: {out_channels: 2, kernel_size: 7, stride: 2}
- Conv2d: {out_channels: 2, kernel_size: 7, padding: 2, stride: 2}
  when: $(in.height * in.width > 100)
"""
REPEAT = """
- Conv2d: {out_channels: 2, kernel_size: 5}
  repeat: $(in.height // 16 + 1)
- Conv2d: {out_channels: 2, kernel_size: 3}
  repeat: $(min(in.width // 20, 2))
"""
GLOBAL = """
- Conv2d: {out_channels: 2, kernel_size: 3, stride: 2}
- AvgPool2d: {kernel_size: [$(in.height), $(in.width)]}
- Flatten
- Linear: {out_features: 2, in_features: 2}
"""
HALF_GLOBAL = """
- Conv2d: {out_channels: 2, kernel_size: [$(in.height // 2), 3], padding: "$([in.width // 7, 0])"}
"""
NORMS = """
- Conv2d: {out_channels: 2, kernel_size: 3, stride: 2}
- InstanceNorm2d
- LayerNorm: {normalized_shape: [4]}
"""
DILATED = """
- MaxPool2d: {kernel_size: 3, dilation: 4, padding: 1}
- MaxPool2d: {kernel_size: 2, dilation: 3, padding: 1}
"""
BLOCKS = """
- Down: {width: 4, tall: $(in.height)}
  repeat: 2
- Inception: {ch1x1: 2, ch3x3red: 2, ch3x3: 2, ch5x5red: 2, ch5x5: 2, pool_proj: 2}
- GLU: {dim: 2}
"""
DOWN = """
blocks:
  Down:
    params: {width: int, tall: {type: int, max: 60}}
    layers:
      - ConvNormAct: {out_channels: $width, stride: 2}
        when: $(tall > 7)
      - BasicBlock: {width: $width, stride: 3}
"""
IMPOSSIBLE = """
- PixelUnshuffle: {downscale_factor: 2}
- GLU: {dim: 2}
- ConvTranspose2d: {out_channels: 2, kernel_size: 2, stride: 2}
- ZeroPad2d: {padding: [0, 0, 1, 0]}
- PixelUnshuffle: {downscale_factor: 2}
"""
FLAT = """
- Flatten: {start_dim: 2}
- Conv1d: {out_channels: 2, kernel_size: 30}
- Unflatten: {dim: 2, unflattened_size: [7, -1]}
"""
MAPS = {
    "unet": text(UNET),
    "stated": text(STATED),
    "ceil": text(CEIL),
    "strides": text(STRIDES),
    "transposed": text(TRANSPOSED),
    "shuffles": text(SHUFFLES),
    "pads": text(PADS),
    "resized": text(RESIZED),
    "adaptive": text(ADAPTIVE),
    "broadcast": text(BROADCAST),
    "uneven": text(UNEVEN),
    "gated": text(GATED),
    "when": text(WHEN),
    "ways": text(WAYS),
    "global": text(GLOBAL),
    "norms": text(NORMS),
    "dilated": text(DILATED),
    "blocks": text(BLOCKS, more=DOWN.lstrip("\n")),
    "impossible": text(IMPOSSIBLE),
}
# Sizes that no formula follows: each value is a case of its own, and only some are looked at.
HARD = {
    "repeat": text(REPEAT),
    "rounded": text(ROUNDED),
    "half_global": text(HALF_GLOBAL),
    "flat": text(FLAT),
}
OTHERS = {
    "vector": text("- Linear: {out_features: 4, in_features: 12}", "[16]"),
    "sequence": text(
        "- Conv1d: {out_channels: 4, kernel_size: 7, stride: 3}\n- MaxPool1d: {kernel_size: 4}\n- Flatten\n"
        "- Linear: {out_features: 2, in_features: 24}",
        "[1, 90]",
    ),
    "volume": text(
        "- Conv3d: {out_channels: 2, kernel_size: [3, 5, 5], stride: 2}\n- AvgPool3d: {kernel_size: 2}\n- Flatten\n"
        "- Linear: {out_features: 2, in_features: 12}",
        "[1, 9, 14, 20]",
    ),
}
