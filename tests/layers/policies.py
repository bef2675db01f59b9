"""What is refused although PyTorch takes it, and why: each with the case that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.layers.oracle import Torch

RANKS = "a layer takes the ranks its name says; torch reads others as unbatched, or as several batch dimensions"
BATCH = "no layer may mix the images of a batch or move them"
EMPTY = "a layer that leaves nothing is a mistake; torch gives a tensor without numbers"
UNSEEN = "what is stated is checked; torch looks only where it holds a tensor of that size"
CUT = "a slice past the last channel, or of none, is a mistake; torch cuts it short"
ONE = "a tensor in one part is a mistake; torch gives it as it is"
FEWER = "the parts have names, which tell how many there are; torch gives fewer chunks than it is asked for"
FLAT = "a map that meets a Linear has mostly not been flattened; `in_features` says that it is meant"
PADDING = "torch gives -inf for a window of padding alone, and its gradient writes outside of the tensor"
ALONE = "torch takes two images, and refuses one by itself: the groups of both are counted together"
FREE = {"affine": False, "track_running_stats": False}


@dataclass(frozen=True)
class Policy:
    """A refusal of ``type`` with ``code``, shown on ``arguments`` and ``shapes``."""

    type: str
    code: str
    reason: str
    arguments: dict[str, Any]
    shapes: tuple[tuple[int, ...], ...]
    unsafe: bool = False  # torch must not be run on it

    def allows(self, torch: Torch | None) -> bool:
        """Whether what torch gives, or None where it raises, is what the reason speaks of."""
        return torch is None or self.reason != EMPTY or torch.is_empty


def policy(type: str, code: str, reason: str, *shapes: tuple[int, ...], **arguments: Any) -> Policy:
    return Policy(type, code, reason, arguments, shapes)


def _of_rank(type: str, *shape: int, **arguments: Any) -> Policy:
    return policy(type, "wrong-rank", RANKS, shape, **arguments)


def _padding_alone(type: str, *shape: int) -> Policy:
    arguments = {"kernel_size": 2, "padding": 1, "dilation": 2}
    return Policy(type, "window-of-padding", PADDING, arguments, (shape,), unsafe=True)


POLICIES = [
    policy("GroupNorm", "nothing-to-normalize", ALONE, (6,), num_groups=6),
    _of_rank("AdaptiveAvgPool1d", 3, output_size=1),
    _of_rank("Conv1d", 2, out_channels=2, kernel_size=1),
    _of_rank("Conv2d", 2, 4, out_channels=2, kernel_size=1),
    _of_rank("Conv3d", 2, 4, 4, out_channels=2, kernel_size=1),
    _of_rank("ConvTranspose2d", 2, 4, out_channels=2, kernel_size=1),
    _of_rank("MaxPool1d", 4, kernel_size=2),
    _of_rank("MaxPool2d", 3, 4, kernel_size=2),
    _of_rank("MaxPool3d", 3, 4, 4, kernel_size=2),
    _of_rank("AvgPool1d", 4, kernel_size=2),
    _of_rank("AvgPool2d", 3, 4, kernel_size=2),
    _of_rank("AvgPool3d", 3, 4, 4, kernel_size=2),
    _of_rank("AdaptiveAvgPool2d", 3, 4, output_size=1),
    _of_rank("AdaptiveMaxPool2d", 3, 4, output_size=1),
    _of_rank("InstanceNorm2d", 2, 4),
    _of_rank("LocalResponseNorm", 2, 2, 2, 2, 2, size=2),
    _of_rank("ChannelShuffle", 2, 2, 2, 2, 2, groups=2),
    _of_rank("Softmax2d", 3, 4),
    _of_rank("Dropout2d", 3, 4),
    _of_rank("PixelShuffle", 3, 4, upscale_factor=1),
    _of_rank("PixelUnshuffle", 4, 4, downscale_factor=2),
    _of_rank("ZeroPad2d", 3, 4, padding=1),
    _of_rank("ConstantPad2d", 3, 4, padding=1, value=1.0),
    _of_rank("ReflectionPad2d", 3, 4, padding=1),
    _of_rank("ReplicationPad2d", 3, 4, padding=1),
    policy("Flatten", "mixes-batch", BATCH, (3, 4), start_dim=0),
    policy("Unflatten", "mixes-batch", BATCH, (4,), dim=0, unflattened_size=(2, 1)),
    policy("Permute", "mixes-batch", BATCH, (3, 4, 4), dims=(1, 0, 2, 3)),
    policy("GLU", "mixes-batch", BATCH, (4,), dim=0),
    policy("Softmax", "mixes-batch", BATCH, (4,), dim=0),
    policy("LogSoftmax", "mixes-batch", BATCH, (4,), dim=0),
    policy("Softmin", "mixes-batch", BATCH, (3, 4)),
    policy("LayerNorm", "mixes-batch", BATCH, (3, 4), normalized_shape=(2, 3, 4)),
    policy("Add", "shape-mismatch", BATCH + ", as broadcasting over unequal ranks does", (2, 3, 4), (3, 4)),
    policy("Multiply", "shape-mismatch", BATCH + ", as broadcasting over unequal ranks does", (2, 3, 4), (3, 4)),
    policy("ConvTranspose2d", "padding-too-large", EMPTY, (2, 1, 1), out_channels=2, kernel_size=2, padding=1),
    policy("ZeroPad2d", "crops-everything", EMPTY, (2, 4, 4), padding=-2),
    policy("ConstantPad2d", "crops-everything", EMPTY, (2, 4, 4), padding=-2, value=1.0),
    policy("BatchNorm1d", "stated-wrongly", UNSEEN, (3,), num_features=2, **FREE),
    policy("BatchNorm2d", "stated-wrongly", UNSEEN, (3, 4, 4), num_features=2, **FREE),
    policy("BatchNorm3d", "stated-wrongly", UNSEEN, (3, 2, 2, 2), num_features=2, **FREE),
    policy("InstanceNorm2d", "stated-wrongly", UNSEEN, (3, 4, 4), num_features=2),
    policy("GroupNorm", "stated-wrongly", UNSEEN, (4, 4, 4), num_groups=2, num_channels=2, affine=False),
    policy("Slice", "slice", CUT, (3,), end=4),
    policy("Split", "too-few-channels", ONE, (3,), split_size_or_sections=3),
    policy("Chunk", "too-few-channels", FEWER, (3,), chunks=4),
    policy("Linear", "linear-on-map", FLAT, (3, 4), out_features=2),
    _padding_alone("MaxPool1d", 2, 1),
    _padding_alone("MaxPool2d", 2, 1, 1),
    _padding_alone("MaxPool3d", 2, 1, 1, 1),
]
BY_REFUSAL = {(p.type, p.code): p for p in POLICIES}
