"""Specs whose source was wrong once, or that come close to it, by what they are about."""

from __future__ import annotations

CONV = "{Conv2d: {out_channels: 4, kernel_size: 1}"


def called(params: str, calls: tuple[str, str], *lines: str) -> str:
    """Two calls of a block of some lines."""
    uses = "".join(f"  - B: {{{call}}}\n" for call in calls)
    body = "".join(f"      - {line}\n" for line in lines)
    return f"layers:\n{uses}blocks:\n  B:\n    params: {{{params}}}\n    layers:\n{body}"


def alone(*lines: str) -> str:
    return "layers:\n" + "".join(f"  - {line}\n" for line in lines)


CASES = {
    "one id under opposite conditions": called(
        *("se: bool", ("se: false", "se: true")),
        *(f"{CONV}, id: conv}}", "{Identity: {}, id: se, when: $(not se)}", f"{CONV}, id: se, when: $se}}"),
        "{Add: , from: [prev, conv]}",
    ),
    "one position under opposite conditions": called(
        *("a: bool", ("a: false", "a: true")),
        *("{BatchNorm2d: {}, when: $a}", f"{CONV}, when: $(not a)}}", "{Add: [[], [ReLU]]}"),
    ),
    "a module that runs again in some uses": called(
        *("again: bool", ("again: true", "again: false")),
        *(f"{CONV}, id: c}}", "{share: c, when: $again}"),
    ),
    "a line that nobody reads where it is left out": called(
        *("a: bool", ("a: true", "a: false")),
        f"{{Add: [[{CONV}, id: side, when: $a}}, {{Slice: {{end: 4}}, when: $(not a)}}], [ReLU]]}}",
    ),
    "a choice inside a product": called(
        *("a: bool", ("a: true", "a: false")),
        *("ReLU", "{Multiply: [[{ReLU: {}, when: $a}], []]}"),
    ),
    "a choice under a scale": called(
        *("a: bool", ("a: true", "a: false")),
        *("Tanh", "{ReLU: {}, when: $a}", "{LayerScale: {init_value: 0.5}}"),
    ),
    "layer types with arguments that are compared": called(
        "one: layer, other: layer, wide: int",
        (
            "one: {LeakyReLU: {negative_slope: 0.3}}, other: {LeakyReLU: {negative_slope: 0.3}}, wide: 8",
            "one: ReLU, other: GELU, wide: 4",
        ),
        *("{LayerNorm2d: {}, when: $(wide == in.channels)}", "{BatchNorm2d: {}, when: $(not (wide == in.channels))}"),
    ),
    "rounding to no digits": called(
        *("r: float, d: int", ("r: 2.5, d: 0", "r: 3.5, d: 0")),
        *('{Conv2d: {out_channels: "$(round(r * 2, 0))", kernel_size: 1}}', f"{CONV}}}"),
        '{Dropout: {p: "$(round(r / 10, 1))"}}',
    ),
    "params that are attributes of modules": called(
        *("training: bool, half: bool", ("training: true, half: false", "training: false, half: true")),
        *(f"{CONV}, id: c}}", "{Add: , from: [prev, input], when: $training}", "ReLU"),
        "{Multiply: , from: [prev, input], when: $half}",
    ),
    "a param that torch has among the private ones": called(
        *("_modules: bool", ("_modules: true", "_modules: false")),
        *(f"{CONV}, id: c}}", "{Add: , from: [prev, input], when: $_modules}"),
    ),
    "params whose spellings meet": called(
        *("layers: int, layers_: int", ("layers: 1, layers_: 2", "layers: 2, layers_: 3")),
        *("{Conv2d: {out_channels: $layers, kernel_size: 1}}", "{Conv2d: {out_channels: $layers_, kernel_size: 1}}"),
        f"{CONV}}}",
    ),
    "params that hide functions and helpers": called(
        *("len: int, LayerNorm2d: bool, range: int", ("len: 2, LayerNorm2d: true, range: 3",
                                                      "len: 3, LayerNorm2d: false, range: 2")),
        *("{LayerNorm2d: {}, when: $LayerNorm2d}", f"{CONV}, repeat: $len}}", f"{CONV}, repeat: $(range - 1)}}"),
    ),
    "a param that hides the class of a block": called(
        *("C: bool", ("C: true", "C: false")), *("{BatchNorm2d: {}, when: $C}", "{C: {a: $C}}")
    )
    + "  C: {params: {a: bool}, layers: [{BatchNorm2d: {affine: $a}}, {Add: [[], [ReLU]]}]}\n",
    "a walk that hides a param": called(
        *("width: int", ("width: 6", "width: 8")),
        "{layers: [{Conv2d: {out_channels: $width, kernel_size: 1}}, {ReLU: {}, when: $(width > 3)}], "
        "foreach: {width: [3, 4, 5, 7]}}",
        *("{Conv2d: {out_channels: $width, kernel_size: 1}}", f"{CONV}}}"),
    ),
    "a list that hides a param": called(
        *("depth: int, wide: bool", ("depth: 1, wide: true", "depth: 3, wide: false")),
        f"{{Sequential: [{CONV}, repeat: $depth}}, {{ReLU: {{}}, when: $wide}}], id: depth}}",
        f"{{Sequential: [{{Sequential: [{CONV}, repeat: $depth}}, {{Tanh: {{}}, when: $wide}}], id: depth}},"
        f" {{ReLU: {{}}, when: $wide}}], id: i}}",
        f"{{layers: [{CONV}}}], repeat: $depth}}",
    ),
    "ids that are names of a forward": alone(
        *(f"{CONV}, id: {name}}}" for name in ("self", "F", "torch", "_conv")),
        *("ReLU", f"{CONV}}}", f"{CONV}}}", "{MaxPool2d: {kernel_size: 2}}", "{Upsample: {scale_factor: 2}}"),
        *("{Concat: , from: [prev, self, F, torch, _conv]}", f"{CONV}}}"),
    ),
    "ids that are no names": alone(
        *(f"{CONV}, id: 'a\"b'}}", "{Add: , from: [prev, 'a\"b']}", f"{CONV}, id: 'c\\d{{e}}'}}"),
    ),
    "blocks that are named as what source brings along": alone(
        *("{Slice: {start: 1}, id: s}", "{LayerNorm2d: {}, id: n}", "{Slice: {end: 1}}", "NetOutputs", "Exception"),
    )
    + f"aux: {{h: {{from: n, weight: 0.3, layers: [{CONV}}}]}}}}\nblocks:\n"
    + "".join(
        f"  {name}: {{layers: [{CONV}, id: a}}, {{Add: , from: [prev, a]}}]}}\n" for name in ("NetOutputs", "Exception")
    ),
    "descriptions with quotes": "description: 'the \"stem\"'\n"
    + alone("B", "B", "C", "C")
    + "blocks:\n  B:\n    description: 'ends in \"quotes\"'\n    layers: [BatchNorm2d, {Add: [[], [ReLU]]}]\n"
    + "  C:\n    description: 'holds \\ \"\"\" and \\\"'\n    layers: [BatchNorm2d, {Add: [[], [ReLU]]}]\n",
    "descriptions with characters that no source holds": 'description: "a\\0b\\r\\x7f c\\\\"\n' + alone(f"{CONV}}}"),
    "numbers at the ends of what a float holds": alone(
        "{LeakyReLU: {negative_slope: 1.0e+30}, id: h}",
        "{LeakyReLU: {negative_slope: 0.1000000000000000055511151231257827}}",
        "{Threshold: {threshold: 1.0e-45, value: 5.0e-324}}",
    ),
    "params that initial weights name": "params: {fan_in: 5, module: 3, isinstance: 2}\n"
    + alone("Flatten", "{Linear: {out_features: $fan_in}}", "{Linear: {out_features: $module}}")
    + "init: {Linear: {weight: {normal_: {std: $(1 / sqrt(layer.fan_in))}}}}\n",
    "a round that is left out": alone(f"{{layers: [{CONV}, id: c$(index), when: $(index != 1)}}], repeat: 3}}"),
}  # fmt: skip
