"""Hand-picked cases of every layer type: the edges of its rules, taken and refused alike.

CASES[type] = [(arguments, shape) …]; a join has several shapes.
"""

from __future__ import annotations

from typing import Any

Case = tuple[dict[str, Any], tuple[Any, ...]]


def _windows(rank: int) -> list[Case]:
    """Settings that convolutions and pools share, for a map of ``rank`` dimensions of 1 to 8 values."""
    sizes = (7, 8, 5)[:rank]
    return [
        *(({"kernel_size": 3, "stride": s, "padding": p}, (4, *sizes)) for s in (1, 2, 3) for p in (0, 1)),
        ({"kernel_size": 1}, (1, *[1] * rank)),
        ({"kernel_size": 5}, (2, *[4] * rank)),
        ({"kernel_size": 5, "padding": 1}, (2, *[3] * rank)),
        ({"kernel_size": 8, "padding": 4}, (2, *[3] * rank)),
        ({"kernel_size": tuple(range(2, 2 + rank)), "stride": tuple(range(1, 1 + rank))}, (2, *sizes)),
        ({"kernel_size": 2, "stride": 9}, (2, *sizes)),
    ]


def _convs(rank: int) -> list[Case]:
    some: list[Case] = [({"out_channels": 6, **arguments}, shape) for arguments, shape in _windows(rank)]
    sizes = (7, 8, 5)[:rank]
    more: list[dict[str, Any]] = [
        {"bias": False},
        {"groups": 2},
        {"groups": 4, "out_channels": 8},
        {"groups": 3},
        {"groups": 3, "out_channels": 6},
        {"groups": 4, "out_channels": 6},
        {"in_channels": 4},
        {"in_channels": 3},
        {"padding": "same"},
        {"padding": "same", "kernel_size": 4},
        {"padding": "same", "kernel_size": 2, "dilation": 3},
        {"padding": "same", "stride": 2},
        {"padding": "valid", "dilation": 2},
        {"padding": 3, "dilation": 3, "stride": 2},
        *({"padding": p, "padding_mode": m} for p in range(4, 10) for m in ("reflect", "replicate", "circular")),
        {"padding": "same", "kernel_size": 5, "padding_mode": "circular"},
        {"padding": "same", "kernel_size": 7, "dilation": 2, "padding_mode": "reflect"},
        {"padding": "valid", "padding_mode": "reflect"},
        {"stride": 1, "padding_mode": "reflect"},
    ]
    return some + [({"out_channels": 4, "kernel_size": 3, **arguments}, (4, *sizes)) for arguments in more]


def _pools(rank: int) -> list[Case]:
    """Ceil mode where the last window hangs over, where it would start in the padding, and where it is the only one."""
    more = [
        ({"kernel_size": 3, "stride": 2, "ceil_mode": True}, 6),
        ({"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}, 6),
        ({"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True}, 5),
        ({"kernel_size": 2, "stride": 2, "padding": 1, "ceil_mode": True}, 3),
        ({"kernel_size": 3, "stride": 3, "ceil_mode": True}, 3),
        ({"kernel_size": 4, "stride": 5, "ceil_mode": True}, 2),
        ({"kernel_size": 4, "stride": 2, "ceil_mode": True}, 2),
        ({"kernel_size": 6, "stride": 2, "ceil_mode": True}, 2),
        ({"kernel_size": 3, "padding": 2}, 6),
        ({"kernel_size": 4, "padding": 2}, 6),
    ]
    return _windows(rank) + [(arguments, (3, *[size] * rank)) for arguments, size in more]


def _max_pools(rank: int) -> list[Case]:
    more = [
        ({"kernel_size": 3, "dilation": 2, "padding": 2}, 7),
        ({"kernel_size": 3, "dilation": 2, "padding": 1}, 7),
        ({"kernel_size": 3, "dilation": 3}, 7),
        ({"kernel_size": 3, "dilation": 4}, 7),
        ({"kernel_size": 2, "dilation": 3, "padding": 1}, 3),
        ({"kernel_size": 2, "dilation": 2, "padding": 1}, 1),
    ]
    return _pools(rank) + [(arguments, (2, *[size] * rank)) for arguments, size in more]


def _avg_pools(rank: int) -> list[Case]:
    pads: list[Case] = [({"kernel_size": 3, "padding": 1, "count_include_pad": False}, (2, *[5] * rank))]
    return _pools(rank) + pads + ([({"kernel_size": 2, "divisor_override": 3}, (2, *[5] * rank))] if rank > 1 else [])


def _inplace(**arguments: Any) -> list[Case]:
    return [({**arguments, "inplace": flag}, (3, 4, 4)) for flag in (False, True)] + [(arguments, (5,))]


def _norms(*shapes: tuple[int, ...], **required: Any) -> list[Case]:
    flags: list[dict[str, Any]] = [
        {},
        {"affine": True},
        {"affine": False},
        {"affine": True, "bias": False},
        {"eps": 0.1},
    ]
    return [({**required, **flag}, shape) for shape in shapes for flag in flags]


def _tracked(*shapes: tuple[int, ...]) -> list[Case]:
    flags: list[dict[str, Any]] = [
        {"track_running_stats": False},
        {"track_running_stats": True, "affine": False},
        {"num_features": shapes[0][0]},
        {"num_features": 5, "affine": True},
        {"momentum": 0.0},
    ]
    return _norms(*shapes) + [(flag, shapes[0]) for flag in flags]


ROWS: list[Case] = [({}, (8,)), ({}, (3, 5)), ({}, (3, 4, 4)), ({}, (2, 3, 4, 4))]
MAP = (3, 4, 5)
PADS: list[Any] = [0, 1, 3, 4, -1, -2, (1, 2, 0, 3), (-1, 2, 0, 1), (4, 0, 0, 0), (0, 0, 4, 0), (-3, 3, 0, 0)]
PADS += [(-6, 7, 0, 0), (0, 0, 0, -4), (-2, -3, 0, 0), (0, 0, -2, -1)]
DIMS: list[Case] = [({"dim": dim}, shape) for dim in range(-4, 5) for shape in ((4,), (4, 6), (2, 4, 6))]

CASES: dict[str, list[Case]] = {
    **{f"Conv{rank}d": _convs(rank) for rank in (1, 2, 3)},
    **{f"MaxPool{rank}d": _max_pools(rank) for rank in (1, 2, 3)},
    **{f"AvgPool{rank}d": _avg_pools(rank) for rank in (1, 2, 3)},
    "ConvTranspose2d": [
        *(({"out_channels": 4, **arguments}, shape) for arguments, shape in _windows(2)),
        ({"out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1}, (2, 4, 5)),
        ({"out_channels": 4, "kernel_size": 3, "stride": 2, "output_padding": 2}, (2, 4, 5)),
        ({"out_channels": 4, "kernel_size": 3, "dilation": 3, "output_padding": (2, 0)}, (2, 4, 5)),
        ({"out_channels": 4, "kernel_size": 3, "groups": 2, "bias": False, "dilation": (1, 2)}, (6, 4, 5)),
        ({"out_channels": 4, "kernel_size": 3, "groups": 3}, (6, 4, 5)),
        ({"out_channels": 4, "kernel_size": 2, "padding": 2}, (2, 2, 2)),
    ],
    **{
        name: [({"output_size": size}, MAP) for size in (1, 7, (2, 3), (None, 1), (3, None), (None, None))]
        for name in ("AdaptiveAvgPool2d", "AdaptiveMaxPool2d")
    },
    "BatchNorm1d": [*_tracked((3,), (3, 5)), ({"momentum": None}, (3,)), ({}, (3, 1)), ({}, MAP)],
    "BatchNorm2d": [*_tracked(MAP), ({"momentum": None}, MAP), ({}, (3, 1, 1)), ({}, (3,))],
    "BatchNorm3d": [*_tracked((3, 2, 4, 4)), ({}, MAP)],
    "InstanceNorm2d": [*_tracked(MAP), ({}, (3, 1, 1)), ({}, (3, 1, 2)), ({"track_running_stats": True}, (3, 1, 1))],
    "GroupNorm": [
        *_norms((6,), (6, 4), (6, 3, 3), (6, 2, 2, 2), num_groups=3),
        ({"num_groups": 4}, (6, 3, 3)),
        ({"num_groups": 7}, (6, 3, 3)),
        ({"num_groups": 6, "num_channels": 6}, (6,)),
        ({"num_groups": 2, "num_channels": 4}, (6, 3, 3)),
    ],
    "LayerNorm": [
        *ROWS,
        *(({"normalized_shape": s}, MAP) for s in (5, 4, (5,), (4, 5), (3, 4, 5), (2, 4, 5), (4, 4), (2, 3, 4, 5))),
        *(({"elementwise_affine": affine, "bias": False}, MAP) for affine in (True, False)),
        ({"elementwise_affine": False, "eps": 0.0}, MAP),
    ],
    "LayerNorm2d": [
        *(({"elementwise_affine": a, "bias": b, "eps": 0.0}, MAP) for a in (True, False) for b in (True, False)),
        *(({"normalized_shape": n}, MAP) for n in (3, 4)),
        ({}, (1, 2, 2)),
        ({}, (3, 4)),
    ],
    "LayerScale": [({"init_value": v}, shape) for v in (1e-6, 0, -2.5) for shape in ((4,), (3, 5), MAP, (2, 3, 4, 4))],
    "LocalResponseNorm": [({"size": n}, shape) for n in (1, 2, 3, 9) for shape in ((3,), (3, 4), MAP, (3, 2, 2, 2))],
    "Linear": [
        ({"out_features": 4}, (6,)),
        ({"out_features": 4, "bias": False}, (6,)),
        ({"out_features": 4, "in_features": 6}, (6,)),
        ({"out_features": 4, "in_features": 5}, (6,)),
        ({"out_features": 4, "in_features": 6}, (3, 6)),
        ({"out_features": 4, "in_features": 6, "bias": False}, (3, 2, 6)),
        ({"out_features": 4, "in_features": 18}, (3, 6)),
        ({"out_features": 4}, (3, 6)),
    ],
    "Flatten": [
        *ROWS,
        *(({"start_dim": a, "end_dim": b}, MAP) for a in (-5, -4, -2, 0, 1, 2, 3, 4) for b in (-4, -1, 0, 1, 2, 3, 4)),
    ],
    "Unflatten": [
        *(({"dim": d, "unflattened_size": (2, -1)}, (4, 6)) for d in (-4, -3, -2, -1, 0, 1, 2, 3)),
        *(({"dim": 1, "unflattened_size": s}, (12,)) for s in ((12,), (3, 4), (3, 5), (5, 3), (5, -1), (-1, -1))),
        *(({"dim": 1, "unflattened_size": s}, (12,)) for s in ((-1,), (2, 2, 3), (2, -1, 2))),
    ],
    "Upsample": [
        *(({"scale_factor": s, "mode": m}, MAP) for s in (2, 1.5, 0.5, 0.1) for m in ("nearest", "bilinear", "area")),
        *(({"size": s}, MAP) for s in (1, 7, (2, 9), (2,), (2, 9, 4))),
        *(
            ({"scale_factor": 2.0, "mode": m}, shape)
            for m in ("linear", "bilinear", "bicubic", "trilinear", "nearest-exact", "area")
            for shape in ((3, 4), MAP, (2, 2, 3, 4))
        ),
        *(({"size": 8, "mode": m, "align_corners": a}, MAP) for m in ("nearest", "bicubic") for a in (True, False)),
        *(({"scale_factor": 1 / n}, (1, n, n)) for n in (3, 7, 49, 98, 103, 107)),
        *(({"scale_factor": s}, (1, 100)) for s in (0.29, 0.57, 0.58, 1.1, 1.15)),
        *(({"scale_factor": 0.29, "mode": "area"}, (1, n)) for n in (3, 4, 100)),
        ({}, MAP),
        ({"size": 8, "scale_factor": 2.0}, MAP),
        ({"size": 8, "recompute_scale_factor": True}, MAP),
        ({"size": 8, "recompute_scale_factor": False}, MAP),
        ({"scale_factor": (1.5, 2), "recompute_scale_factor": True}, MAP),
        ({"scale_factor": (1.5, 2, 2.0)}, MAP),
        ({"scale_factor": 2.0}, (3,)),
    ],
    "Permute": [
        *(({"dims": dims}, MAP) for dims in ((0, 2, 3, 1), (0, 3, 1, 2), (0, -2, -1, 1), (0, 1, 2, 3))),
        *(({"dims": dims}, MAP) for dims in ((0, 2, 1), (0, 1, 2, 4), (0, 1, 1, 2), (0, 1, -3, 2), (1, 0, 2, 3))),
        *(({"dims": dims}, (3, 4)) for dims in ((0, 2, 1), (0, 2, 3, 1))),
        ({"dims": (0, 1)}, (5,)),
        ({"dims": (0, 4, 2, 1, 3)}, (2, 3, 4, 5)),
    ],
    "PixelShuffle": [({"upscale_factor": r}, shape) for r in (1, 2, 3) for shape in ((8, 3, 2), (9, 1, 1), (4, 4))],
    "PixelUnshuffle": [({"downscale_factor": r}, shape) for r in (1, 2, 3) for shape in ((2, 6, 4), (1, 3, 3), (4, 4))],
    "ChannelShuffle": [({"groups": g}, s) for g in (1, 2, 4, 8) for s in ((4,), (4, 2), (4, 2, 2), (4, 1, 2, 2))],
    **{f"{kind}Pad2d": [({"padding": p}, (2, 4, 5)) for p in PADS] for kind in ("Zero", "Reflection", "Replication")},
    "ConstantPad2d": [({"padding": p, "value": 0.5}, (2, 4, 5)) for p in PADS],
    "Dropout": [({"p": p, "inplace": i}, MAP) for p in (0, 0.2, 1) for i in (False, True)],
    "Dropout2d": [({"p": p, "inplace": i}, MAP) for p in (0, 0.2, 1) for i in (False, True)],
    "StochasticDepth": [
        ({"p": p, "mode": mode}, shape) for p in (0, 0.2, 1) for mode in ("row", "batch") for shape in (MAP, (3,))
    ],
    "AlphaDropout": [({"p": p, "inplace": i}, MAP) for p in (0, 0.2, 1) for i in (False, True)],
    **{name: _inplace() for name in ("ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Hardsigmoid", "Hardswish")},
    "LeakyReLU": [*_inplace(), *_inplace(negative_slope=0), *_inplace(negative_slope=-0.1)],
    "ELU": [*_inplace(), *_inplace(alpha=0), *_inplace(alpha=-1.0)],
    "CELU": [*_inplace(), *_inplace(alpha=-1.0), *(({"alpha": a}, (3,)) for a in (0, 1e-300, -1e-39, 1e-38, 3e38))],
    "RReLU": [*_inplace(), *_inplace(lower=-0.5), *_inplace(lower=0.25, upper=0.25), *_inplace(lower=0.5)],
    "Hardtanh": [*_inplace(), *_inplace(min_val=1), *_inplace(min_val=2, max_val=-2), *_inplace(max_val=3)],
    "Threshold": [*_inplace(threshold=0.1, value=20)],
    "PReLU": [({"num_parameters": n}, shape) for n in (1, 2, 3) for shape in ((3,), (3, 2), MAP)],
    "GELU": [({"approximate": a}, MAP) for a in ("none", "tanh")],
    "Softplus": [({"beta": b, "threshold": t}, MAP) for b in (1, 0, -2.0) for t in (20, -1.0)],
    "Hardshrink": [({"lambd": v}, MAP) for v in (0, 1, -1)],
    "Softshrink": [({"lambd": v}, MAP) for v in (0, 1)],
    "GLU": [({}, (4, 6)), ({}, (4, 5)), *DIMS],
    **{name: [*ROWS, *DIMS] for name in ("Softmax", "LogSoftmax", "Softmin")},
    **dict.fromkeys(("Softmax2d", "Sigmoid", "LogSigmoid", "Tanh", "Tanhshrink", "Softsign", "Identity"), ROWS),
    "Add": [({}, xs) for xs in (((3,), (3,)), (MAP, MAP, MAP), (MAP, (3, 1, 1)), (MAP, (3, 4, 4)), ((3,), (4,)))],
    "Multiply": [({}, shapes) for shapes in ((MAP, MAP), ((3, 1, 1), MAP), (MAP, (1, 4, 5)), (MAP, (2, 4, 5)))],
    "Concat": [({}, shapes) for shapes in (((3,), (4,)), (MAP, (1, 4, 5), MAP), (MAP, (3, 4, 1)), (MAP, (3, 4)))],
    "Slice": [({"start": a, "end": b}, MAP) for a in (0, 1, 3, 4) for b in (None, 0, 1, 3, 4)],
    "Split": [({"split_size_or_sections": s}, (6, 2, 2)) for s in (1, 4, 5, 6, (2, 4), (1, 2, 3), (3, 4), (6, 6))],
    "Chunk": [({"chunks": n}, shape) for n in (2, 3, 4, 5, 6, 7) for shape in ((6,), (6, 2, 2), (1, 3))],
    "ResizeLike": [
        *(({"mode": m}, ((2, 4, 5), (1, 7, 3))) for m in ("nearest", "bilinear", "bicubic", "area", "linear")),
        *(({"mode": "bilinear", "align_corners": a}, (MAP, (1, 9, 9))) for a in (True, False)),
        ({"mode": "trilinear"}, ((1, 2, 2, 2), (3, 4, 5, 6))),
        ({"align_corners": True}, (MAP, MAP)),
        ({}, ((3, 8), (1, 5))),
        ({}, (MAP, (3, 8))),
        ({}, ((4,), (4,))),
    ],
    "Embedding": [
        *(({"num_embeddings": n, "embedding_dim": 3}, shape) for n in (1, 7) for shape in ((4,), (2, 3), (2, 2, 2))),
        *(({"num_embeddings": 5, "embedding_dim": 2, "padding_idx": i}, (4,)) for i in (0, 4, 5, -1, -5, -6)),
        ({"num_embeddings": 5, "embedding_dim": 2, "max_norm": 1.0, "norm_type": 1.0}, (4,)),
        ({"num_embeddings": 5, "embedding_dim": 2, "scale_grad_by_freq": True}, (4,)),
        ({"num_embeddings": 5, "embedding_dim": 2, "sparse": True}, (4,)),
    ],
    "AdaptiveAvgPool1d": [
        ({"output_size": n}, shape) for n in (1, 3, 8, (2,)) for shape in ((2, 8), (1, 5), (3,), MAP)
    ],
}
