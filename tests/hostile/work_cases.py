"""Specs that ask for much work in few words."""

from __future__ import annotations

from tests.hostile.case import HEAD, Case, spec

LIST = f"[{', '.join(['1'] * 9_000)}]"


def many(line: str, times: int) -> str:
    return spec("\n".join([f"  - {line}"] * times))


def nested_groups(depth: int, times: int, inner: str = "ReLU") -> str:
    text = inner
    for _ in range(depth):
        text = f"{{layers: [{text}], repeat: {times}}}"
    return spec(f"  - {text}")


def tree_of_blocks(depth: int, width: int, leaf: str = "ReLU") -> str:
    blocks = [f"  B0: {{layers: [{leaf}]}}"]
    blocks += [f"  B{i}: {{layers: [{', '.join([f'B{i - 1}'] * width)}]}}" for i in range(1, depth)]
    return spec(f"  - B{depth - 1}", "blocks:\n" + "\n".join(blocks))


def list_through_blocks(times: int) -> str:
    block = "blocks:\n  B:\n    params: {a: 'list[int]', n: 1}\n    layers: [ReLU]"
    return f"{HEAD}params: {{a: {LIST}}}\nlayers:\n  - B: {{a: $a, n: $(index + 1)}}\n    repeat: {times}\n{block}\n"


def nested_list_through_blocks(times: int) -> str:
    block = "blocks:\n  B:\n    params: {a: 'list[list[int]]'}\n    layers: [ReLU]"
    return f"{HEAD}params: {{a: [{LIST}]}}\nlayers:\n  - B: {{a: $a}}\n    repeat: {times}\n{block}\n"


def summed(expression: str, times: int = 10_000) -> str:
    return (
        f"{HEAD}params: {{a: {LIST}}}\nlayers:\n  - ReLU\n  - ReLU:\n    when: $({expression})\n    repeat: {times}\n"
    )


def params_of_a_block(count: int, times: int) -> str:
    params = ", ".join(f"p{i}: 1" for i in range(count))
    return spec(f"  - B\n  - B:\n    repeat: {times}", f"blocks:\n  B:\n    params: {{{params}}}\n    layers: [ReLU]")


def unused_blocks(count: int) -> str:
    return spec("  - ReLU", "blocks:\n" + "".join(f"  B{i}: {{layers: [B{i + 1}]}}\n" for i in range(count)))


def unused_blocks_with_arguments(count: int) -> str:
    lines = "".join(f"  B{i}: {{params: {{a: ReLU}}, layers: [B0: {{a: ELU}}]}}\n" for i in range(count))
    return spec("  - ReLU", "blocks:\n" + lines)


def windows_with_holes(count: int) -> str:
    lines = "".join(
        f"  - MaxPool2d: {{kernel_size: {10**6 + i}, dilation: 2}}\n    from: input\n" for i in range(count)
    )
    return f"cnnspec: 1\ninput: [1, 4000000, 4000000]\nlayers:\n{lines}"


def silenced(count: int) -> str:
    codes = ", ".join(["bias-before-norm"] * count)
    return spec(f"  - ReLU # cnnspec: ignore[{codes}]")


def in_place(count: int) -> str:
    lines = "  - ReLU: {inplace: true}\n    from: a\n" * count
    return spec(f"  - Conv2d: {{out_channels: 3, kernel_size: 1}}\n    id: a\n{lines}")


def slices_in_place(count: int) -> str:
    lines = "".join(f"  - Slice: {{start: {i}, end: {i + 1}}}\n    from: x\n    id: s{i}\n" for i in range(count))
    lines += "".join(f"  - ReLU: {{inplace: true}}\n    from: s{i}\n" for i in range(count))
    head = "cnnspec: 1\ninput: [4000, 2, 2]\nlayers:\n  - Conv2d: {out_channels: 4000, kernel_size: 1}\n    id: x\n"
    return head + lines


def patterns_of_stars(count: int) -> str:
    rules = "".join(f'  "{"*a" * 90}{i}": {{weight: {{zeros_: {{}}}}}}\n' for i in range(count))
    lines = "".join(f"  - Conv2d: {{out_channels: 3, kernel_size: 1}}\n    id: {'a' * 90}{i}\n" for i in range(count))
    return f"{HEAD}init:\n{rules}layers:\n{lines}"


def variants(count: int, layers: int) -> str:
    names = "".join(f"  v{i}: {{a: {i}}}\n" for i in range(count))
    lines = f"  - ReLU:\n    repeat: {layers}\n  - Linear: {{out_features: 3}}\n"
    return f"{HEAD}params: {{a: 1}}\nvariants:\n{names}layers:\n{lines}"


def walks_back(count: int) -> str:
    """A long chain of ReLU, and then many lines whose mistake comes from its beginning."""
    wrong = "  - Add:\n      - []\n      - - Conv2d: {out_channels: 7, kernel_size: 1}\n" * 90
    return spec(f"  - ReLU:\n    repeat: {count}\n" + wrong)


def walks_back_each_time(count: int) -> str:
    lines = "      - ReLU\n      - Conv2d: {out_channels: 4, kernel_size: 64}\n        from: prev"
    return spec(f"  - layers:\n{lines}\n    repeat: {count}")


def errors(line: str = "Xelu") -> str:
    return many(line, min(49_000, 999_000 // (len(line) + 5)))


def wrong_windows() -> str:
    """Every line has a mistake with several repairs to try, in a text that takes long to check."""
    lines = ["  - Conv2d: {out_channels: 8, kernel_size: 99}\n    from: input"] * 100
    return spec("\n".join(["  - ReLU"] * 9_000 + lines))


WORK = (
    Case("a huge repeat", spec("  - ReLU:\n    repeat: 999999999"), "bad-repeat", "5:13"),
    Case("a repeat of 100,000", spec("  - ReLU:\n    repeat: 100000"), "too-many-layers", "4:5", heavy=True),
    Case(
        "a repeat of convolutions that all differ",
        spec("  - Conv2d: {out_channels: $(index + 1), kernel_size: 1}\n    repeat: 100000"),
        "too-much-work",
        "",
        heavy=True,
    ),
    Case("repeats in repeats", nested_groups(10, 100), "too-much-work", "", heavy=True),
    Case(
        "repeats of nothing in repeats",
        nested_groups(10, 100, "{ReLU: {}, repeat: 0}"),
        "too-much-work",
        "",
        heavy=True,
    ),
    Case("repeats of empty groups", nested_groups(10, 100, "{layers: []}"), "too-much-work", "", heavy=True),
    Case(
        "lines that are never there",
        spec("  - layers:\n      - ReLU: {}\n        when: $(1 > 2)\n        repeat: 100000\n    repeat: 100000"),
        "too-much-work",
        "",
        heavy=True,
    ),
    Case(
        "a foreach over a product of lists",
        spec(f"  - layers:\n      - layers: [ReLU]\n        foreach: {{b: {LIST}}}\n    foreach: {{a: {LIST}}}"),
        "too-much-work",
        "",
        heavy=True,
    ),
    Case(
        "a foreach over many lists",
        spec("  - ReLU:\n    foreach: {" + ", ".join(f"a{i}: [1, 2, 3]" for i in range(9000)) + "}\n    repeat: 1000"),
        "too-much-work",
        "",
        heavy=True,
    ),
    Case("blocks that call blocks, 2 to the 30 times", tree_of_blocks(30, 2), "too-many-layers", "12:21", heavy=True),
    Case("blocks that call blocks, 10 to the 5 times", tree_of_blocks(6, 10), "too-many-layers", "11:25", heavy=True),
    Case(
        "blocks that hold nothing, 2 to the 30 times",
        tree_of_blocks(30, 2, "{ReLU: {}, repeat: 0}"),
        "too-much-work",
        "",
        heavy=True,
    ),
    Case("a block that calls itself", spec("  - B", "blocks:\n  B:\n    layers: [B]"), "recursive-block", "7:14"),
    Case(
        "blocks that call each other",
        spec("  - A", "blocks:\n  A:\n    layers: [B]\n  B:\n    layers: [A]"),
        "recursive-block",
        "9:14",
    ),
    Case(
        "a block that calls itself through a param",
        spec(
            "  - A: {b: A}",
            "blocks:\n  A:\n    params: {b: layer}\n    layers:\n      - $b: {b: $b}\n      - $b: {b: $b}",
        ),
        "too-deep",
        "9:9",
        heavy=True,
    ),
    Case("a long list handed to blocks", list_through_blocks(9_000), "too-much-work", "", heavy=True),
    Case("a nested list handed to blocks", nested_list_through_blocks(9_000), "too-much-work", "", heavy=True),
    Case("a sum of a long list in a loop", summed("sum(a) < 0"), "too-much-work", "", heavy=True),
    Case("a length of long lists in a loop", summed("len(a[1:9000]) < 0"), "too-much-work", "", heavy=True),
    Case(
        "sums of lists of lists in a loop",
        summed("len([a, a, a] + [a, a]) < 0"),
        "number-out-of-bounds",
        "7:17",
        heavy=True,
    ),
    Case("a comparison of long lists in a loop", summed("a[1:] == a[1:]"), "too-much-work", "", heavy=True),
    Case("a maximum of a long list in a loop", summed("max(a) < min(a)"), "too-much-work", "", heavy=True),
    Case(
        "a long expression in a loop",
        summed(" + ".join(["1"] * 99) + " < 0", 100_000),
        "too-much-work",
        "",
        heavy=True,
    ),
    Case(
        "many expressions in a loop",
        spec("  - ReLU:\n    when: $(1 > 2)\n    repeat: 100000"),
        "too-much-work",
        "",
        heavy=True,
    ),
    Case("a block of many params called often", params_of_a_block(5_000, 5_000), "", "", heavy=True),
    Case("1,000 unused blocks", unused_blocks(1_000), "unknown-layer", "1005:19", heavy=True),
    Case("10,000 unused blocks", unused_blocks(10_000), "too-large", "1006:3", heavy=True),
    Case("20,000 unused blocks", unused_blocks(20_000), "too-large", "12003:12", heavy=True),
    Case("1,000 unused blocks with arguments", unused_blocks_with_arguments(1_000), "", "", heavy=True),
    Case("4,000 unused blocks with arguments", unused_blocks_with_arguments(4_000), "too-large", "1006:3", heavy=True),
    Case("1,000 variants of 10,000 layers", variants(1_000, 10_000), "too-much-work", "", heavy=True),
    Case("1,000 variants that are wrong", variants(1_000, 1), "linear-on-map", "1008:5", heavy=True),
    Case("10,000 variants of 10,000 layers", variants(10_000, 10_000), "too-large", "1005:3", heavy=True),
    Case("10,000 variants that are wrong", variants(10_000, 1), "too-large", "1005:3", heavy=True),
    Case("long walks back to where a size comes from", walks_back(9_000), "shape-mismatch", "6:5", heavy=True),
    Case("mistakes after a long chain", walks_back_each_time(9_000), "window-too-large", "6:35", heavy=True),
    Case("49,000 mistakes", lambda: errors(), "unknown-layer", "4:5", heavy=True),
    Case(
        "20,000 mistakes on one line",
        lambda: HEAD + "layers: [" + "Xelu, " * 20_000 + "]",
        "unknown-layer",
        "3:10",
        heavy=True,
    ),
    Case("a megabyte of long mistakes", lambda: errors("X" + "e" * 9_000), "unknown-layer", "4:5", heavy=True),
    Case("a hundred repairs in a long text", wrong_windows, "window-too-large", "9004:31", heavy=True),
    Case(
        "20,000 unknown arguments",
        lambda: spec(
            "  - Conv2d: {out_channels: 1, kernel_size: 1" + "".join(f", kernel_siz{i}: 1" for i in range(20_000)) + "}"
        ),
        "unknown-argument",
        "4:47",
        heavy=True,
    ),
    Case(
        "an unknown name among many",
        lambda: (
            f"{HEAD}params: {{{', '.join(f'name{i}: 1' for i in range(9_000))}}}\nlayers:\n"
            + "  - ReLU: {inplace: $nam}\n" * 200
        ),
        "unknown-name",
        "5:22",
        heavy=True,
    ),
    Case(
        "unknown layers among many blocks",
        lambda: spec("  - Xelu\n" * 100, "blocks:\n" + "".join(f"  Belu{i}: {{layers: []}}\n" for i in range(1_900))),
        "unknown-layer",
        "4:5",
        heavy=True,
    ),
    Case(
        "undefined references among many ids",
        lambda: spec(
            "".join(f"  - ReLU:\n    id: name{i}\n" for i in range(2_000)) + "  - ReLU:\n    from: nam\n" * 100
        ),
        "undefined-from",
        "4005:11",
        heavy=True,
    ),
    Case("an id of a megabyte", lambda: spec("  - ReLU:\n    id: " + "a" * 900_000), "bad-id", "5:9", heavy=True),
    Case("a layer name of a megabyte", lambda: spec("  - R" + "e" * 900_000), "unknown-layer", "4:5", heavy=True),
    Case(
        "an expression of a megabyte",
        lambda: spec("  - ReLU:\n    when: $(" + "1+" * 400_000 + "1 > 2)"),
        "too-large",
        "5:11",
        heavy=True,
    ),
    Case(
        "an expression of nested brackets",
        spec("  - ReLU:\n    when: $(" + "(" * 900 + ")" * 900 + ")"),
        "bad-expression",
        "5:53",
    ),
    Case(
        "many long expressions",
        lambda: spec("".join(f"  - ReLU:\n    when: $({i} > {'+'.join(['1'] * 95)})\n" for i in range(4_500))),
        "too-large",
        "1407:11",
        heavy=True,
    ),
    Case(
        "a list that doubles itself",
        f"{HEAD}params: {{a: [1], "
        + ", ".join(
            f"{chr(98 + i)}: {{type: 'list[int]', default: $({chr(97 + i)} + {chr(97 + i)})}}" for i in range(20)
        )
        + "}\nlayers: [ReLU]",
        "number-out-of-bounds",
        "3:611",
    ),
    Case("9**9**9", spec("  - Linear: {out_features: $(9**9**9)}"), "number-out-of-bounds", "4:30"),
    Case(
        "a product past all bounds",
        spec("  - Linear: {out_features: $(" + "9" * 9 + "*999999999" * 30 + ")}"),
        "number-out-of-bounds",
        "4:30",
    ),
    Case(
        "a rounding to a billion digits",
        spec("  - Linear: {out_features: $(round(1, -999999999))}"),
        "bad-expression",
        "4:28",
    ),
    Case(
        "a billion-parameter layer",
        spec("  - Flatten\n  - Linear: {out_features: 2147483647}\n  - Linear: {out_features: 2147483647}"),
        "too-large",
        "6:5",
    ),
    Case("an input past all bounds", HEAD.replace("32, 32", "99999999999, 32") + "layers: [ReLU]", "bad-input", "2:8"),
    Case(
        "a network input of a thousand sizes",
        "cnnspec: 1\ninput: [" + "2, " * 1000 + "2]\nlayers: [ReLU]",
        "too-large",
        "3:10",
    ),
    Case("a window of a billion", spec("  - MaxPool2d: {kernel_size: 2147483647}"), "window-too-large", "4:17"),
    Case("windows of a million with holes", windows_with_holes(40), "", heavy=True),
    Case("42,000 silenced codes", silenced(42_000), "", heavy=True),
    Case("3,000 lines in place on one tensor", in_place(3_000), "in-place-shared", "8:12", heavy=True),
    Case("3,000 lines in place on slices of one tensor", slices_in_place(3_000), "in-place-gradient", heavy=True),
    Case("900 patterns of stars", patterns_of_stars(900), "too-much-work", heavy=True),
)
