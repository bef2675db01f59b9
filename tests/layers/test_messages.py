"""Refusals as a reader meets them: what is wrong, which argument is to blame, and what mends it."""

from __future__ import annotations

from typing import Any

import pytest

from cnnspec.engine.layers import REGISTRY, Refusal, Shape

FLAT, SEQUENCE, MAP, SMALL = (256,), (4, 9), (4, 9, 9), (32, 4, 4)


def refusal(name: str, arguments: dict[str, Any], *shapes: tuple[int, ...]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        REGISTRY[name].model_validate(arguments).infer(*map(Shape, shapes))
    return refused.value


MESSAGES = [
    ("Conv2d", {"out_channels": 8, "kernel_size": 3}, FLAT, "`Conv2d` takes a C×H×W map, not a flat vector of 256"),
    ("BatchNorm1d", {}, MAP, "`BatchNorm1d` takes a flat vector or a C×L sequence, not 4×9×9"),
    ("Linear", {"out_features": 9}, MAP, "`Linear` takes a flat vector, but the input is a map of 4×9×9"),
    ("BatchNorm2d", {"num_features": 3}, MAP, "`num_features` is 3, but the input has 4 channels"),
    ("Linear", {"out_features": 9, "in_features": 5}, FLAT, "`in_features` is 5, but the input has 256 features"),
    ("LayerNorm", {"normalized_shape": (9, 8)}, MAP, "`normalized_shape` is [9, 8], but the input is 4×9×9"),
    ("LayerNorm", {"normalized_shape": (2, 4, 9, 9)}, MAP, "`normalized_shape` has 4 sizes, but the input is 4×9×9"),
    ("GroupNorm", {"num_groups": 3}, MAP, "`num_groups: 3` does not divide 4 channels"),
    ("PixelShuffle", {"upscale_factor": 3}, MAP,
     "`PixelShuffle` turns 9 channels into 3×3 pixels, but the input has 4 channels"),
    ("PixelUnshuffle", {"downscale_factor": 2}, MAP, "`downscale_factor: 2` does not divide 9 rows"),
    ("GLU", {}, MAP, "`GLU` splits dimension 3 in half, but its size is odd: 9"),
    ("Conv2d", {"out_channels": 8, "kernel_size": 5}, SMALL, "a 5×5 window does not fit in a 4×4 input"),
    ("Conv2d", {"out_channels": 8, "kernel_size": 3, "padding": "same", "stride": 2}, MAP,
     "`padding: same` needs a stride of 1, not 2"),
    ("Conv2d", {"out_channels": 8, "kernel_size": 9, "padding": 4, "padding_mode": "reflect"}, SMALL,
     "`padding_mode: reflect` pads 4 values by at most 3, not by 4"),
    ("ConvTranspose2d", {"out_channels": 8, "kernel_size": 3, "padding": 5}, SMALL,
     "`padding: 5` removes the whole output of this layer on 4×4"),
    ("MaxPool2d", {"kernel_size": 3, "padding": 2}, MAP, "`padding: 2` is more than half of the pool's 3×3 kernel"),
    ("MaxPool2d", {"kernel_size": 2, "padding": 1, "dilation": 5}, (32, 4, 4),
     "a window with dilation 5 skips the whole input and contains only padding"),
    ("AvgPool3d", {"kernel_size": 3, "padding": 1}, (4, 2, 9, 9),
     "a 3×3×3 window of `AvgPool3d` does not fit in a 2×9×9 input without padding"),
    ("InstanceNorm2d", {}, (64, 1, 1),
     "`InstanceNorm2d` needs more than one value per channel, but the input is 64×1×1"),
    ("Softmax", {}, SEQUENCE, "`Softmax` without `dim` uses dimension 0 of a sequence, which is the batch"),
    ("Softmax", {"dim": 0}, FLAT, "`Softmax` works along dimension 0, which is the batch"),
    ("Flatten", {"start_dim": 0}, MAP, "`Flatten` merges dimension 0, which is the batch"),
    ("Flatten", {"end_dim": 4}, MAP, "there is no dimension 4: dimensions go from 0, the batch, to 3"),
    ("Flatten", {"start_dim": 3, "end_dim": 1}, MAP,
     "`start_dim` is dimension 3, which is after `end_dim`, dimension 1"),
    ("Unflatten", {"dim": 1, "unflattened_size": (10, 5, 5)}, FLAT, "256 values cannot fill [10, 5, 5]"),
    ("Upsample", {}, MAP, "`Upsample` needs `size` or `scale_factor`"),
    ("Upsample", {"scale_factor": 2, "mode": "linear"}, MAP, "`mode: linear` takes a C×L sequence, not 4×9×9"),
    ("Upsample", {"scale_factor": 0.1}, MAP, "`scale_factor: 0.1` reduces 9×9 to nothing"),
    ("ZeroPad2d", {"padding": -5}, MAP, "`ZeroPad2d` crops 10 columns, but the input has 9"),
    ("ReflectionPad2d", {"padding": 9}, MAP, "`ReflectionPad2d` reflects at most 8 of 9 columns, not 9"),
    ("ELU", {"alpha": -1.0, "inplace": True}, MAP, "`ELU` in place cannot be trained with a negative `alpha`"),
    ("CELU", {"alpha": 0}, MAP, "`CELU` divides by `alpha`, which is 0"),
    ("Hardtanh", {"min_val": 2}, MAP, "`min_val` is 2, which is not less than `max_val`, 1"),
    ("PReLU", {"num_parameters": 3}, MAP, "`num_parameters` is 3, but must be 1 or the 4 channels of the input"),
    ("Slice", {"end": 5}, MAP, "`end` is 5, but the input has 4 channels"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "shape", "message"), MESSAGES)
def test_a_message_says_what_is_wrong(name: str, arguments: dict[str, Any], shape: Any, message: str) -> None:
    """Each refusal is said in the words of the field, with the numbers at hand."""
    assert refusal(name, arguments, shape).message == message


@pytest.mark.parametrize(
    ("name", "arguments", "shape", "tries"),
    [
        ("Conv2d", {"out_channels": 8, "kernel_size": 5}, SMALL,
         ["set `padding: 1` or more", "set `kernel_size: 4` or less"]),
        ("Conv2d", {"out_channels": 8, "kernel_size": (5, 1)}, (32, 4, 9),
         ["set `padding: [1, 0]` or more", "set `kernel_size: [4, 1]` or less"]),
        ("Conv2d", {"out_channels": 8, "kernel_size": 3}, (32, 1, 1),
         ["set `padding: 1` or more", "set `kernel_size: 1`"]),
        ("Conv2d", {"out_channels": 8, "kernel_size": 3, "dilation": 5}, SMALL,
         ["set `padding: 4` or more", "set `kernel_size: 1`"]),
        ("Conv2d", {"out_channels": 8, "kernel_size": 9, "padding_mode": "reflect"}, (32, 2, 2),
         ["set `kernel_size: 2` or less"]),
        ("Conv2d", {"out_channels": 12, "kernel_size": 3, "groups": 8}, SMALL, ["set `groups: 4`"]),
        ("Conv2d", {"out_channels": 8, "kernel_size": 5, "padding": "same", "stride": 2}, MAP,
         ["set `padding: 2`", "set `stride: 1`"]),
        ("MaxPool2d", {"kernel_size": 5}, SMALL, ["set `padding: 1` or more", "set `kernel_size: 4` or less"]),
        ("MaxPool2d", {"kernel_size": 9}, (32, 1, 1), ["set `padding: 4`", "set `kernel_size: 1`"]),
        ("MaxPool2d", {"kernel_size": 3, "dilation": 3}, (32, 3, 3), ["set `kernel_size: 1`"]),
        ("MaxPool2d", {"kernel_size": (3, 5), "padding": (2, 2)}, MAP, ["set `padding: [1, 2]`"]),
        ("Linear", {"out_features": 9, "in_features": 5}, FLAT,
         ["set `in_features: 256`"]),
        ("LayerNorm", {"normalized_shape": 4}, MAP,
         ["set `normalized_shape: 9`, or omit it to normalize over all dimensions"]),
        ("Unflatten", {"dim": 1, "unflattened_size": (10, 4, 4)}, FLAT, ["set `unflattened_size: [-1, 4, 4]`"]),
        ("Unflatten", {"dim": 1, "unflattened_size": (10, 5, 5)}, FLAT, []),
        ("GLU", {}, MAP, ["set `dim: 1`"]),
        ("ReflectionPad2d", {"padding": (9, 0, 1, 1)}, MAP, ["set `padding: [8, 0, 1, 1]`"]),
    ],
)  # fmt: skip
def test_tries_are_what_mends_it(name: str, arguments: dict[str, Any], shape: Any, tries: list[str]) -> None:
    """What is proposed is the least change, in the order in which to offer it."""
    assert [words for words, _ in refusal(name, arguments, shape).tries] == tries


def test_a_window_that_does_not_fit_shows_its_arithmetic() -> None:
    """The label says what is needed, the note computes the output, and the size that fell short is pointed at."""
    found = refusal("Conv2d", {"out_channels": 8, "kernel_size": 5}, (32, 4, 9))
    assert (found.code, found.argument, found.label) == ("window-too-large", "kernel_size", "needs at least 5×5")
    assert found.note == "floor((4 + 2·0 − 1·(5 − 1) − 1) / 1) + 1 = 0 rows"
    assert found.dims == (1,)


def test_the_kernel_that_same_padding_follows_is_to_blame() -> None:
    """Padding that follows from the kernel is not blamed on `padding: same`."""
    arguments = {"out_channels": 8, "kernel_size": 9, "padding": "same", "padding_mode": "reflect"}
    assert refusal("Conv2d", arguments, SMALL).argument == "kernel_size"


@pytest.mark.parametrize(
    ("name", "shapes", "message", "help"),
    [
        ("Add", [(64, 32, 32), (128, 32, 32)], "`Add` needs equal shapes, but the channels differ: 64 and 128",
         "make both `out_channels` equal, or use `Concat` to get 192 channels"),
        ("Add", [(1, 8, 8), (64, 8, 8), (64, 4, 8)], "`Add` needs equal shapes, but the sizes differ: 8×8 and 4×8",
         "give the paths equal strides, and paddings that keep their sizes equal"),
        ("Multiply", [(10,), (12,)], "`Multiply` needs equal shapes, but the features differ: 10 and 12", ""),
        ("Add", [(64, 8, 8), (64,)], "`Add` needs tensors of the same rank, not 64×8×8 and a flat vector of 64",
         "end all paths in maps, or all in flat vectors: put the `Flatten` after the join"),
        ("Concat", [(64, 8, 8), (32, 8, 7)],
         "`Concat` needs equal heights and widths, but the sizes differ: 8×8 and 8×7",
         "give the paths equal strides, and paddings that keep their sizes equal"),
    ],
)  # fmt: skip
def test_a_join_names_the_two_that_conflict(name: str, shapes: Any, message: str, help: str) -> None:
    """A join says what differs between the first two paths that do."""
    found = refusal(name, {}, *shapes)
    assert (found.code, found.message, found.help) == ("shape-mismatch", message, help)
