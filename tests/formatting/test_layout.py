"""Formatting changes the layout of a text and nothing that it says."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import yaml

from cnnspec.engine.checking import examine
from cnnspec.engine.diagnostics import Source
from cnnspec.engine.formatting import formatted, formatted_source
from cnnspec.engine.syntax.marks import kind
from tests.formatting.scrambled import scrambled
from tests.fuzz.text import spec_of

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path for folder in ("specs", "recipes", "cnnspec/blocks") for path in (ROOT / folder).rglob("*.yaml"))
MISTAKES = sorted((ROOT / "tests" / "mistakes").glob("*.yaml"))

BEFORE = """\
---
# a network
cnnspec:   1  # the version

input:   [3 ,32,   32]   # sizes
description: >-
    long  # not a comment
    text
# before params
params:   # settings
   # first
   a: {type: int, default: 3,
       # inner
       min: 1}   # last
   b: 'x''y'
   c: 'x'


   d: "a\\tb"
   # end of params
layers:
- # the dash
  Conv2d:   {out_channels: $( a*2 ),kernel_size: 3}
  id:   'layer$(index+1)'
- {ReLU: {}}
- Add:
  - - Conv2d: {out_channels: 64, kernel_size: "$(-a if -a>0 else max(a,-1,[1,2][0]))", stride: 2, padding: 3, bias: no}
    - ReLU   # behind it
    # end of the path
  - [ ]
- layers: &h
  - ReLU
- layers: *h
"""
AFTER = """\
# a network
cnnspec: 1 # the version

input: [3, 32, 32] # sizes
description: >-
  long  # not a comment
  text

# before params
params: # settings
  # first
  a: # last
    type: int
    default: 3
    # inner
    min: 1
  b: "x'y"
  c: "x"

  d: "a\\tb"
  # end of params

layers:
  # the dash
  - Conv2d: {out_channels: $(a * 2), kernel_size: 3}
    id: "layer$(index + 1)"
  - {ReLU: {}}
  - Add:
      - - Conv2d:
            out_channels: 64
            kernel_size: "$(-a if -a > 0 else max(a, -1, [1, 2][0]))"
            stride: 2
            padding: 3
            bias: no
        - ReLU # behind it
        # end of the path
      - []
  - layers: &h
      - ReLU
  - layers: *h
"""


def read(text: str) -> object:
    """What the loader of libyaml makes of a text: it shares no code with the formatter."""
    return yaml.load(text, Loader=yaml.CBaseLoader)


def without_spaces(value: object) -> object:
    """A value in which the spaces of texts do not count: those of expressions may change."""
    if isinstance(value, dict):
        return [(without_spaces(key), without_spaces(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [without_spaces(inner) for inner in value]
    return str(value).replace(" ", "") if "$(" in str(value) else value


def holds(text: str) -> bool:
    """Whether the layout of a text that can be read is a fixed point, with the values and the comments of the text."""
    found, diagnostics = formatted_source(Source("spec.yaml", text))
    if diagnostics:
        assert found == text
        return False
    assert formatted(found) == found
    assert without_spaces(read(found)) == without_spaces(read(text))
    assert found.count("#") == text.count("#")
    return True


def test_every_rule() -> None:
    """Indentation, spaces, quotes, brackets that do not fit, blank lines and comments have one layout."""
    assert formatted(BEFORE) == AFTER


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_shipped_files_have_the_layout(path: Path) -> None:
    """What ships is formatted."""
    assert formatted(path.read_text(encoding="utf-8")) == path.read_text(encoding="utf-8")


def test_mistakes_keep_their_values() -> None:
    """A file with mistakes is formatted if it is YAML, and left alone if it is not."""
    assert 0.8 * len(MISTAKES) < sum(holds(path.read_text()) for path in MISTAKES) < len(MISTAKES)


@pytest.mark.parametrize("seed", range(0, 200, 10))
def test_random_specs_keep_their_values(seed: int) -> None:
    """Specs of the fuzzer, and the same laid out otherwise, keep their values and comments."""
    texts = [spec_of(seed + number) for number in range(10)]
    assert all(holds(text) for text in texts)
    assert sum(holds(scrambled(text, Random(seed))) for text in texts) >= 5


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_shipped_files_laid_out_otherwise(path: Path) -> None:
    """Comments, blank lines and line breaks at random places leave the values and comments as they were."""
    text = path.read_text(encoding="utf-8")
    for seed in range(10):
        holds(scrambled(text, Random(seed)))


@pytest.mark.parametrize("name", ["resnet", "unet", "lenet5", "mobilenet_v3"])
def test_the_network_is_the_same(name: str) -> None:
    """A spec laid out otherwise gives the same layers, shapes and tensors once it is formatted."""
    text = (ROOT / "specs" / f"{name}.yaml").read_text(encoding="utf-8")
    before, after = (examine(Source(name, each)) for each in (text, formatted(scrambled(text, Random(3)))))
    assert [layers(graph) for graph in before.graphs] == [layers(graph) for graph in after.graphs]


def layers(graph: object) -> list[object]:
    return [(node.key, node.type, node.shape, node.named_tensors) for node in graph.nodes]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "a: |2\n    x\n   y\n",
        "a: |+ # keep\n  k\n\n\nb: 1\n",
        "a: |+\n  k\n\n\n",
        "a:\n- >-\n  folded\n    more\n\n  text\n- &q |\n   z\n\n     w\n",
        'a: "dq \\\n   cont\n\n   x"\n',
        "a: {b: over\n   lines, c: [ ], d}\n",
        "? a\n: 1\n'b': ~\n&x c: *x\n",
        "a: [1,# first\n  2]\n",
    ],
)
def test_scalars_of_every_style(text: str) -> None:
    """Block scalars, folded texts, anchors and keys of every style are kept."""
    assert holds(text)


def test_expressions_that_cannot_be_read_stay() -> None:
    """A broken expression is text, and keeps its spaces."""
    assert formatted("a: $(1  +)\n") == "a: $(1  +)\n"


def test_kinds() -> None:
    """Only the sections of a spec are set apart by blank lines."""
    sweep = "cnnspec_sweep: 1\naxes:\n  seed: [0, 1]\nname: x\n"
    assert kind(Source("x", sweep)) == "sweep"
    assert formatted(sweep) == sweep
