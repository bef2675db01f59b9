"""Names, references and values that are meant to reach where they should not."""

from __future__ import annotations

from tests.hostile.case import HEAD, Case, spec


def with_id(name: str) -> str:
    return spec(f"  - ReLU:\n    id: {name}")


NAMES = (
    Case("an id `forward`", with_id("forward"), "bad-id", "5:9"),
    Case("an id `a.b`", with_id("a.b"), "bad-id", "5:9"),
    Case("an empty id", with_id("''"), "bad-id", "5:9"),
    Case("an id `__class__`", with_id("__class__"), "bad-id", "5:9"),
    Case("an id `prev`", with_id("prev"), "bad-id", "5:9"),
    Case("an id with a terminal escape", with_id('"\\e[2Jx"'), "bad-id", "5:9"),
    Case("an id with a bidi control", with_id('"\\u202Eknil"'), "bad-id", "5:9"),
    Case("an id with a line break", with_id('"a\\nb"'), "bad-id", "5:9"),
    Case("an id made of params", f'{HEAD}params: {{a: "\\e[2J"}}\nlayers:\n  - ReLU:\n    id: x$a\n', "bad-id", "6:9"),
    Case("a layer with a terminal escape", spec('  - "\\e[31mReLU"'), "unknown-layer", "4:5"),
    Case("a layer with a bidi control in the text", spec("  - Re\u202eLU"), "unknown-layer", "4:5"),
    Case("a layer with rich markup", spec('  - "Re[red]LU[/red]"'), "unknown-layer", "4:5"),
    Case("a layer `__class__`", spec("  - __class__"), "unknown-layer", "4:5"),
    Case("an argument `__class__`", spec("  - ReLU: {__class__: 1}"), "unknown-argument", "4:12"),
    Case("an argument with a terminal escape", spec('  - ReLU: {"\\e[2J": 1}'), "unknown-argument", "4:12"),
    Case("a key with a terminal escape", f'{HEAD}"\\e[2J": 1\nlayers: [ReLU]', "unknown-key", "3:1"),
    Case("a param `__class__.x`", f"{HEAD}params: {{__class__.x: 1}}\nlayers: [ReLU]", "bad-name", "3:10"),
    Case("a variant with a terminal escape", f'{HEAD}variants: {{"\\e[2J": {{}}}}\nlayers: [ReLU]', "bad-name", "3:12"),
    Case("a variant `../x`", f"{HEAD}variants: {{../x: {{}}}}\nlayers: [ReLU]", "bad-name", "3:12"),
    Case("a block with a terminal escape", spec("  - ReLU", 'blocks: {"B\\e[2J": {layers: []}}'), "bad-name", "5:10"),
    Case("an attribute in an expression", spec("  - ReLU:\n    when: $(in.__class__ == 1)"), "bad-expression", "5:16"),
    Case("a call in an expression", spec("  - ReLU:\n    when: $(open('x'))"), "call-in-expression", "5:13"),
    Case("a reference to nothing", spec("  - ReLU:\n    from: nowhere"), "undefined-from", "5:11"),
    Case("a reference to itself", spec("  - ReLU:\n    id: a\n    from: a"), "undefined-from", "6:11"),
    Case(
        "references in a circle",
        spec("  - ReLU:\n    id: a\n    from: b\n  - ReLU:\n    id: b\n    from: a"),
        "undefined-from",
        "6:11",
    ),
    Case("a reference with a terminal escape", spec('  - ReLU:\n    from: "\\e[2J"'), "undefined-from", "5:11"),
)
