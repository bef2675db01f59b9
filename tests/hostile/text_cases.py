"""Texts that abuse YAML: its tags, its anchors, its encodings, its sizes."""

from __future__ import annotations

from tests.hostile.case import HEAD, Case, spec


def alias_bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    return "\n".join(lines)


def merge_bomb() -> str:
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}" for i in range(1, 200)]
    return "\n".join(lines)


def alias_bomb_of_layers() -> str:
    """Each list of lines holds the one before it ten times: few values, many layers."""
    lines = ["  a0: &a0 {layers: [ReLU, ReLU, ReLU, ReLU, ReLU, ReLU, ReLU, ReLU, ReLU, ReLU]}"]
    lines += [f"  a{i}: &a{i} {{layers: [{', '.join([f'*a{i - 1}'] * 10)}]}}" for i in range(1, 6)]
    return HEAD + "params:\n" + "\n".join(lines) + "\nlayers:\n  - *a5\n"


def anchors() -> str:
    return "a:\n" + "".join(f"- &a{i} 1\n" for i in range(90_000))


def long_anchor() -> str:
    return "a: [" + ", ".join(f"&{'a' * 100}{i} 1, *{'a' * 100}{i}" for i in range(4_000)) + "]"


def long_keys() -> str:
    return "".join(f"{i}{'k' * 9}: 1\n" for i in range(49_000))


def huge_keys() -> str:
    return HEAD + "".join(f"{'k' * 1000}{i}: 1\n" for i in range(900))


TEXTS = (
    Case("a tag that names a Python object", spec("  - !!python/object/apply:os.system [ls]"), "tag", "4:5"),
    Case("a custom tag", spec("  - !mine ReLU"), "tag", "4:5"),
    Case("an alias bomb", alias_bomb, "too-large", "5:30", heavy=True),
    Case("an alias bomb of layers", alias_bomb_of_layers, "too-large", "8:36", heavy=True),
    Case("a merge bomb", merge_bomb, "merge-key", "2:10", heavy=True),
    Case("an anchor that holds itself", spec("  - &a\n    Sequential: [*a]"), "bad-alias", "5:18"),
    Case("an alias of nothing", spec("  - *nowhere"), "bad-alias", "4:5"),
    Case("90,000 anchors", anchors, "too-large", "1:1", heavy=True),
    Case("4,000 anchors with long names", long_anchor, "unknown-key", "1:1", heavy=True),
    Case("100,000 nested brackets", "[" * 100_000, "too-deep", "1:66", heavy=True),
    Case(
        "100,000 nested brackets in an argument",
        spec(f"  - Conv2d: {{out_channels: {'[' * 100_000}"),
        "too-deep",
        "4:89",
        heavy=True,
    ),
    Case("100,000 nested dashes", "- " * 100_000, "too-deep", "1:131", heavy=True),
    Case("100,000 nested braces", "{a: " * 100_000, "too-deep", "1:258", heavy=True),
    Case("a key written twice", spec("  - ReLU", "layers: []"), "duplicate-key", "5:1"),
    Case("several documents", spec("  - ReLU", "--- \ncnnspec: 1"), "several-documents", "5:1"),
    Case("50,000 documents", "--- 1\n" * 50_000, "several-documents", "2:1", heavy=True),
    Case("a NUL", spec("  - Re\0LU"), "control-character", "4:7"),
    Case("a terminal escape", spec("  - \x1b[2J"), "control-character", "4:5"),
    Case("bytes that are not UTF-8", HEAD.encode() + b"name: \xff", "not-utf8", "3:7"),
    Case("UTF-16", spec("  - ReLU").encode("utf-16"), "not-utf8", "1:1"),
    Case("UTF-16 without a mark", spec("  - ReLU").encode("utf-16-le"), "control-character", "1:2"),
    Case("more than a megabyte", "a" * 1_000_001, "too-large", "1:1", heavy=True),
    Case("a megabyte of ReLU", lambda: spec("  - ReLU\n" * 110_000), "too-large", "50001:1", heavy=True),
    Case("a megabyte of values", lambda: "a: [" + "x," * 499_000 + "]", "too-large", "1:119999", heavy=True),
    Case("a megabyte of empty values", lambda: "{" + "?," * 499_000 + "}", "duplicate-key", "1:5", heavy=True),
    Case("a megabyte of commas", lambda: "[" + "," * 999_000, "yaml-syntax", "1:2", heavy=True),
    Case("50,000 empty lines", "\n" * 50_000, "empty-spec", "1:1", heavy=True),
    Case("50,000 comments", "#\n" * 50_000, "empty-spec", "1:1", heavy=True),
    Case("a megabyte of blanks", " " * 999_999, "empty-spec", "1:1", heavy=True),
    Case("49,000 long keys", long_keys, "too-large", "30000:17", heavy=True),
    Case("900 very long keys", huge_keys, "unknown-key", "3:1", heavy=True),
    Case("a key of a megabyte", lambda: HEAD + "k" * 900_000 + ": 1\n", "yaml-syntax", "3:900001", heavy=True),
    Case(
        "a text of a megabyte in quotes",
        lambda: HEAD + "layers: [ReLU]\nname: '" + "k " * 400_000 + "'\n",
        "",
        "",
        heavy=True,
    ),
    Case(
        "a text of a million quotes",
        lambda: HEAD + "layers: [ReLU]\nname: '" + "'" * 900_000 + "'\n",
        "",
        "",
        heavy=True,
    ),
    Case(
        "a text of a million escapes",
        lambda: HEAD + 'layers: [ReLU]\nname: "' + "\\n" * 400_000 + '"\n',
        "",
        "",
        heavy=True,
    ),
    Case(
        "a text of 300,000 folded lines",
        lambda: HEAD + "name: >\n" + " x\n" * 300_000,
        "too-large",
        "50001:1",
        heavy=True,
    ),
    Case("half a megabyte of open expressions", lambda: "a: [" + "$( [" * 120_000, "yaml-syntax", "1:8", heavy=True),
    Case("a line of half a million colons", lambda: "a: " + "b: " * 170_000, "yaml-syntax", "1:5", heavy=True),
    Case("a line of a million blanks", lambda: "a: b" + " " * 900_000 + "c: d", "yaml-syntax", "1:900006", heavy=True),
    Case("100,000 open braces behind dollars", lambda: "- " + "${" * 100_000, "too-large", "1:3", heavy=True),
    Case("a number of a thousand digits", spec(f"  - Linear: {{out_features: {'9' * 1000}}}"), "linear-on-map", "4:5"),
    Case(
        "a number of a million digits",
        lambda: spec(f"  - Linear: {{out_features: {'9' * 900_000}}}"),
        "bad-number",
        "4:28",
        heavy=True,
    ),
    Case("an infinity", spec("  - Dropout: {p: .inf}"), "bad-number", "4:18"),
    Case("a nan", spec("  - Dropout: {p: .nan}"), "bad-number", "4:18"),
    Case("a float past all bounds", spec("  - Dropout: {p: 1e999}"), "bad-number", "4:18"),
    Case(
        "a hexadecimal number of a thousand digits",
        spec(f"  - Linear: {{out_features: 0x{'f' * 1000}}}"),
        "bad-number",
        "4:28",
    ),
)
