"""The schema says of a text what the checker says, as far as a schema can see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.layers import JOINS, REGISTRY
from cnnspec.engine.lint import CODES
from cnnspec.engine.schema import FILE, schema
from cnnspec.engine.schema.text import WIDTH, text
from cnnspec.engine.spec import builtin_blocks
from cnnspec.engine.spec.params import to_plain
from cnnspec.engine.spec.read import KEYS
from cnnspec.engine.syntax import parse
from tests.cli.runner import run
from tests.conftest import REPOSITORY
from tests.emit.unseen import doubtful, visible
from tests.layers.samples import arguments
from tests.test_docs import SPECS as DOCS
from tests.test_mistakes import OF_SPECS as MISTAKES
from tests.test_mistakes import expected
from tests.tiers import examples

SHIPPED = sorted(path for path in (REPOSITORY / "specs").rglob("*.yaml") if path.parent.name != "sweeps")
LAYERS = [name for name in REGISTRY if name not in JOINS]
TEXTS = [(str(path.relative_to(REPOSITORY)), path.read_text(encoding="utf-8")) for path in SHIPPED] + DOCS


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def plain(text: str) -> Any:
    """A text as cnnspec reads it, in the values of JSON."""
    sink = Sink()
    top = parse(Source("spec", text), sink)
    is_yaml = top is not None and all(diagnostic.code != "yaml-syntax" for diagnostic in sink)
    return to_plain(top) if top is not None and is_yaml else None


def problems(text: str) -> list[str]:
    """What the schema says of a text, each with the way to its place."""
    return [f"{error.json_path}: {error.message}" for error in validator().iter_errors(plain(text))]


def item(name: str, given: Any) -> dict[str, Any]:
    """A spec of one line."""
    return {"cnnspec": 1, "input": [3, 8, 8], "layers": [{name: given}]}


# ---------------------------------------------------------------------------------------------------- the schema


def test_it_is_a_schema_of_its_draft() -> None:
    """The metaschema of draft 2020-12 admits it, and every reference leads somewhere."""
    made = schema()
    Draft202012Validator.check_schema(made)
    used = set(re.findall(r'"\$ref": "#/\$defs/([^"]+)"', json.dumps(made)))
    assert used == set(made["$defs"])
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_file_beside_the_specs_is_the_schema(golden: Callable[[Path, str], None]) -> None:
    """What editors read in a checkout is what the registry says; `make golden` writes it anew."""
    golden(REPOSITORY / "specs" / FILE, text(schema()) + "\n")


def test_its_text_is_its_value() -> None:
    """The layout of the text changes nothing, and keeps to the width where a value can be broken."""
    written = text(schema())
    assert json.loads(written) == json.loads(json.dumps(schema()))
    assert all(len(line) <= WIDTH for line in written.splitlines() if line.rstrip(",")[-1] in "]}")


def test_it_knows_everything_that_the_language_has() -> None:
    """Every key of a file, layer type, argument, block and warning is in it, with a description."""
    made = schema()
    assert tuple(made["properties"]) == KEYS
    for name in LAYERS:
        known = made["$defs"][f"{name}-arguments"]["properties"]
        assert set(known) == set(REGISTRY[name].model_fields)
        assert all(argument["description"] for argument in known.values())
        assert made["$defs"][name]["description"]
    for name, block in builtin_blocks().items():
        assert set(made["$defs"][f"{name}-arguments"]["properties"]) == set(block.params)
    assert set(made["$defs"]["item"]["properties"]) >= {*REGISTRY, *builtin_blocks(), "Sequential", "layers"}
    assert set(made["properties"]["lint"]["properties"]["ignore"]["items"]["anyOf"][1]["enum"]) == CODES


def test_an_argument_is_described_as_the_command_does() -> None:
    """The words of `cnnspec layers` and torch's page are what an editor shows."""
    made = schema()["$defs"]
    assert made["Conv2d"]["description"].startswith("2-D convolution over a C×H×W map.\n\nhttps://docs.pytorch.org/")
    known = made["Conv2d-arguments"]["properties"]
    assert known["kernel_size"]["description"] == "A positive whole number, or a list of 2. Required."
    assert known["stride"]["description"] == "A positive whole number, or a list of 2. Default: 1."
    assert known["stride"]["default"] == 1
    assert known["in_channels"]["description"] == "A positive whole number. Left out, it is inferred."
    assert made["Slice"]["description"] == "Channels `start` to `end` (exclusive; without it, to the last)."


# -------------------------------------------------------------------------------------------------------- texts


@pytest.mark.parametrize("text", [t for _, t in TEXTS], ids=[place for place, _ in TEXTS])
def test_a_sound_spec_validates(text: str) -> None:
    """Every spec that ships and every whole spec in the docs is right by the schema, or wrong by the checker, too."""
    assert not problems(text) or _refused(text)


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_a_shipped_spec_leads_editors_to_the_schema(path: Path) -> None:
    """The first line of each names the schema's file, as it lies from there."""
    match = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text(encoding="utf-8"))
    assert match
    assert (path.parent / match[1]).resolve() == (REPOSITORY / "specs" / FILE)


@pytest.mark.parametrize("path", MISTAKES, ids=[path.stem for path in MISTAKES])
def test_a_mistake_is_refused_if_a_schema_can_see_it(path: Path) -> None:
    """Of each mistake it is known whether a schema can see it: tests/emit/unseen.py lists those that it cannot."""
    if plain(path.read_text()) is None:
        pytest.skip("no YAML that a schema could be asked about")
    found, wanted = problems(path.read_text()), visible(path.stem, expected(path))
    assert bool(found) == bool(wanted) or (found and doubtful(expected(path)))


# ------------------------------------------------------------------------------------------------------- values

# No float is whole: test_a_whole_float_passes_for_an_integer says why.
EDGES: list[Any] = [None, True, False, -1, 0, 1, 2, 2**31 - 1, 2**31, 1 - 2**31, -(2**31), 10**39, -(10**39), 0.5, -0.5]
EDGES += [1.5, 1e-300, "", "3", "same", "zeros", "reflect", "nearest", "tanh", "none", "Same"]
VALUES = st.one_of(
    st.sampled_from(EDGES),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x != int(x)),
    st.lists(st.one_of(st.sampled_from(EDGES), st.integers(-2, 9)), max_size=5),
)


@pytest.mark.parametrize("name", LAYERS)
@given(data=st.data())
@settings(max_examples=examples(12, of=4), deadline=None)
def test_arguments_that_a_layer_takes_are_right(name: str, data: st.DataObject) -> None:
    """What the annotations of a layer admit, the schema admits in a line."""
    drawn = data.draw(arguments(REGISTRY[name]))
    assert validator().is_valid(item(name, json.loads(json.dumps(drawn))))


@pytest.mark.parametrize("name", LAYERS)
def test_a_literal_at_the_edge_is_right_where_the_layer_takes_it(name: str) -> None:
    """The bounds, types and lengths of every argument are those of the layer's class."""
    edges = [*EDGES, *([edge] * length for edge in EDGES for length in range(5)), [1, None], [2, -1], [1, 2, "3"]]
    for argument in REGISTRY[name].model_fields:
        for value in edges:
            assert _argument(name, argument).is_valid(value) == taken(name, argument, value), (argument, value)


@pytest.mark.parametrize("name", LAYERS)
@given(data=st.data())
@settings(max_examples=examples(30, of=10), deadline=None)
def test_a_literal_is_right_where_the_layer_takes_it(name: str, data: st.DataObject) -> None:
    """Any value of any argument is refused by the schema where the layer's class refuses it, and only there."""
    if REGISTRY[name].model_fields:
        argument, value = data.draw(st.sampled_from(sorted(REGISTRY[name].model_fields))), data.draw(VALUES)
        assert _argument(name, argument).is_valid(value) == taken(name, argument, value)


def taken(name: str, argument: str, value: Any) -> bool:
    """Whether the layer's class takes a value, whatever else it lacks."""
    try:
        REGISTRY[name].model_validate({argument: tuple(value) if isinstance(value, list) else value})
    except ValidationError as error:
        return not any(problem["loc"][0] == argument for problem in error.errors())
    return True


@cache
def _argument(name: str, argument: str) -> Draft202012Validator:
    return Draft202012Validator(schema()["$defs"][f"{name}-arguments"]["properties"][argument])


@pytest.mark.parametrize(("name", "argument"), [(n, a) for n in LAYERS for a in REGISTRY[n].model_fields])
def test_every_argument_takes_an_expression(name: str, argument: str) -> None:
    """`$name` and `$(...)` may stand for any value, and no text around them."""
    one = _argument(name, argument)
    assert all(one.is_valid(value) for value in ("$width", "$(depths[0] * 2)", "$(1 if index == 0 else 2)"))
    assert not any(one.is_valid(value) for value in ("width", "$", "$(a", "x$a", "${a}", "a$(b)c", "$1"))


def test_a_whole_float_passes_for_an_integer() -> None:
    """JSON has one kind of number: `3.0` and `1e3` are integers to a schema, and none to the checker."""
    assert _argument("Conv2d", "kernel_size").is_valid(3.0)
    with pytest.raises(ValidationError):
        REGISTRY["Linear"].model_validate({"out_features": 3.0})


# -------------------------------------------------------------------------------------------------------- lines

RIGHT = [
    "[ReLU, $act, '$(acts[0])', {$act: }, {$conv: {anything: [1, 2]}}]",
    "[{ReLU: , id: a$(index + 1).b}, {ReLU: {}, id: 0}, {Flatten: {start_dim: 2}, when: true, repeat: 0}]",
    "[{Add: , from: [a, prev]}, {Concat: {a: [], b: {when: $x, layers: []}}}, {Multiply: [[ReLU], {layers: []}]}]",
    "[{layers: [ReLU], foreach: {a: [1, x], b: $c}}, {Sequential: [], id: tail, repeat: $(n - 1)}]",
    "[{Conv2d: {out_channels: 0x10, kernel_size: [3, $k], padding: same, bias: $b}, from: 3}]",
    "[ConvNormAct: {out_channels: 8, act: {LeakyReLU: {negative_slope: 0.1}}, norm: null}]",
    "[ConvNormAct: {out_channels: 8, act: GELU, norm: {Own: {a: 1}}}]",
]
WRONG = [
    "ReLU",
    "[[ReLU]]",
    "[3]",
    "[null]",
    "[{}]",
    "[{id: a}]",
    "[Conv2d]",
    "[relu]",
    "[Relu]",
    "[Add]",
    "[Sequential]",
    "[{Sequential: }]",
    "[{Add: []}]",
    "[{Add: {}}]",
    "[{Add: [ReLU]}]",
    "[{Add: [[], {when: $a}]}]",
    "[{Add: {a.b: [], c: []}}]",
    "[{Relu: {}}]",
    "[{ReLU: [true]}]",
    "[{ReLU: {}, Tanh: {}}]",
    "[{ReLU: {}, layers: []}]",
    "[{layers: [], Own: {}}]",
    "[{ReLU: {}, note: x}]",
    "[{ReLU: {}, id: null}]",
    "[{ReLU: {}, id: a.b}]",
    "[{ReLU: {}, id: __a}]",
    "[{ReLU: {}, id: train}]",
    "[{ReLU: {}, from: []}]",
    "[{ReLU: {}, repeat: -1}]",
    "[{ReLU: {}, repeat: twice}]",
    "[{ReLU: {}, repeat: 100_001}]",
    "[{ReLU: {}, when: 1}]",
    "[{ReLU: {}, foreach: {}}]",
    "[{ReLU: {}, foreach: {a: 3}}]",
    "[{ReLU: {}, foreach: {in: [3]}}]",
    "[{ConvNormAct: {}}]",
    "[{ConvNormAct: {out_channels: 3, bias: 1}}]",
    "[{ConvNormAct: {out_channels: 3, act: 1}}]",
    "[{ConvNormAct: {out_channels: 3, act: {LeakyReLU: {slope: 1}}}}]",
    "[{Dropout: {p: 2}}]",
]


@pytest.mark.parametrize("layers", RIGHT)
def test_lines_in_every_form_are_right(layers: str) -> None:
    """Each form of an item, a word, a join and a value."""
    assert not problems(f"cnnspec: 1\ninput: [3, 8, 8]\nlayers: {layers}\n")


@pytest.mark.parametrize("layers", WRONG)
def test_lines_in_no_form_are_refused(layers: str) -> None:
    """Each breaks one rule of the language, and the checker refuses it, too."""
    spec = f"cnnspec: 1\ninput: [3, 8, 8]\nlayers: {layers}\n"
    assert problems(spec)
    assert _refused(spec)


SECTIONS_RIGHT = [
    "params: {a: int, b: 'list[int]?', c: [1, 2], d: {LeakyReLU: {}}, e: {type: 'layer?'}}",
    "params: {f: {default: null, type: str?}}",
    "params: {a: {type: float, min: 0, max: 1.5, choices: [0, 1], description: x}, b: ReLU, c: text, d: 0.5, e: true}",
    "variants: {a-1.b: , c: {d: 1, e: [x], f: {Own: {g: 1}}}}",
    "blocks: {Own: {layers: [ReLU], params: {g: 1}, description: x}}",
    "lint: {ignore: [unused-id]}",
    "lint: {ignore: unused-id}",
    "budget: {max_params: 12M, max_macs: 1.5 G, max_memory: 100 MiB, min_input: 64}",
    "budget: {max_params: 12_000, variants: {}}",
]
SECTIONS_WRONG = [
    "name: 5",
    "layer: []",
    "params: [a]",
    "params: {a: null}",
    "params: {a: string}",
    "params: {a: $b}",
    "params: {in: 3}",
    "params: {a.b: 3}",
    "params: {a: {typ: int}}",
    "params: {a: {type: integer}}",
    "params: {a: {min: 3}}",
    "variants: [a]",
    "variants: {a b: {}}",
    "variants: {a: 3}",
    "variants: {a: {b: {c: 1}}}",
    "blocks: {own: {layers: []}}",
    "blocks: {Own: {}}",
    "blocks: {Own: {layers: [], extra: 1}}",
    "blocks: {ReLU: {layers: []}}",
    "blocks: {Add: {layers: []}}",
    "blocks: {Own: {layers: [{ReLU: {inplace: 3}}]}}",
    "lint: {ignor: []}",
    "lint: {ignore: [3]}",
    "lint: [a]",
    "budget: {max_param: 3}",
    "budget: {max_params: 0}",
    "budget: {max_params: 3MB}",
    "budget: {min_input: 3k}",
    "budget: {max_params: [3]}",
]


@pytest.mark.parametrize("section", SECTIONS_RIGHT)
def test_sections_in_every_form_are_right(section: str) -> None:
    """Each form of a param, a variant, a block, and of what the file silences and allows."""
    assert not problems(f"cnnspec: 1\ninput: [3, 8, 8]\nlayers: [ReLU]\n{section}\n")


@pytest.mark.parametrize("section", SECTIONS_WRONG)
def test_sections_in_no_form_are_refused(section: str) -> None:
    """Each breaks one rule of the language, and the checker refuses it, too."""
    spec = f"cnnspec: 1\ninput: [3, 8, 8]\nlayers: [ReLU]\n{section}\n"
    assert problems(spec)
    assert _refused(spec)


EXTENDING_RIGHT = [
    "",
    "params: {width: 3, norm: null, act: {LeakyReLU: {}}, deep: $(width * 2)}",
    "params: {p: {max: 3}, q: float, new: {type: int, default: 3}}",
    "layers: [Own: {a: 3}, Bottleneck: {a: 3}]",
    "patch: [{remove: maxpool}, {remove: 3, when: $a}]",
    "patch: [{replace: layer4.*.conv2, layers: [ReLU]}]",
    "patch: [{insert_after: '**.bn1', layers: [{Own: {}, id: a}], when: true}]",
    "patch: [{insert_before: a.**.*b*.1, layers: [$act]}]",
]
EXTENDING_WRONG = [
    "layers: [ReLU]\npatch: [{remove: fc}]",
    "patch: {remove: fc}",
    "patch: [remove]",
    "patch: [{remove: [a]}]",
    "patch: [{remove: a..b}]",
    "patch: [{remove: a.**b}]",
    "patch: [{remove: $a}]",
    "patch: [{remove: fc, layers: [ReLU]}]",
    "patch: [{replace: fc}]",
    "patch: [{replace: fc, layers: []}]",
    "patch: [{replace: fc, layers: ReLU}]",
    "patch: [{layers: [ReLU]}]",
    "patch: [{replace: fc, remove: fc, layers: [ReLU]}]",
    "patch: [{delete: fc}]",
    "patch: [{replace: fc, layers: [{ReLU: {inplace: 3}}]}]",
    "params: {width: {typ: int}}",
]


@pytest.mark.parametrize("rest", EXTENDING_RIGHT)
def test_what_extends_another_spec_is_right_in_every_form(rest: str) -> None:
    """It may lack what its base has, call blocks that no schema sees, and set params that are declared elsewhere."""
    assert not problems(f"cnnspec: 1\nextends: resnet50\n{rest}\n")


@pytest.mark.parametrize("rest", EXTENDING_WRONG)
def test_what_extends_another_spec_in_no_form_is_refused(rest: str) -> None:
    """Each breaks one rule of the language, and the checker refuses it, too."""
    spec = f"cnnspec: 1\nextends: resnet50\n{rest}\n"
    assert problems(spec)
    assert _refused(spec)


@pytest.mark.parametrize("base", ["../a.yaml", "a/../b.yaml", "/a.yaml", "~/a.yaml", "C:/a.yaml", "3", "[a]", "''"])
def test_a_base_that_leads_out_of_the_folder_is_refused(base: str) -> None:
    """By its name alone, and by the checker."""
    spec = f"cnnspec: 1\nextends: {base}\n"
    assert problems(spec)
    assert _refused(spec)


def test_a_patch_needs_a_base() -> None:
    """Without `extends` there is nothing to be patched, and `input` and `layers` have to be there."""
    assert not problems("cnnspec: 1\nextends: resnet50:resnet18\n")
    assert len(problems("cnnspec: 1\n")) == 2
    assert problems("cnnspec: 1\ninput: [3, 8, 8]\nlayers: [ReLU]\npatch: []\n")


@pytest.mark.parametrize("wanted", ["[]", "3", "[0]", "[3.5]", "[x]", "null"])
def test_an_input_of_no_sizes_is_refused(wanted: str) -> None:
    """The sizes of the input are positive whole numbers."""
    spec = f"cnnspec: 1\ninput: {wanted}\nlayers: [ReLU]\n"
    assert problems(spec)
    assert _refused(spec)


def _refused(spec: str) -> bool:
    from cnnspec.engine.checking import check_source

    return any(diagnostic.severity == "error" for diagnostic in check_source(Source("spec", spec)))


def test_what_may_be_called_depends_on_the_blocks_of_the_file() -> None:
    """Any capital may be a block where the file has blocks; a built-in one is known where the file has none like it."""
    layers = "cnnspec: 1\ninput: [3, 8, 8]\nlayers:\n  - Owm: {a: 1}\n  - Bottleneck: {a: 1}\n"
    own, overridden = "blocks: {Own: {layers: []}}\n", "blocks: {Bottleneck: {params: {a: int}, layers: []}}\n"
    assert len(problems(layers)) == 3
    assert [problem.split(":")[0] for problem in problems(layers + own)] == ["$.layers[1].Bottleneck"] * 2
    assert not problems(layers + overridden)


# ------------------------------------------------------------------------------------------------------ command


def test_the_command_prints_or_writes_it(tmp_path: Path) -> None:
    """Printed and written it is the same text; who has it written is told the line that a spec needs."""
    printed = run("schema")
    assert printed.exit_code == 0
    assert printed.stdout == text(schema()) + "\n"
    written = run("schema", "--out", str(tmp_path / FILE))
    assert written.exit_code == 0
    assert f"# yaml-language-server: $schema={FILE}\n" in written.stdout
    assert (tmp_path / FILE).read_text(encoding="utf-8") == printed.stdout


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder that is not there is no defect of the program."""
    result = run("schema", "--out", str(tmp_path / "none" / FILE))
    assert result.exit_code == 7
    assert "cannot be written" in result.stderr
    assert "Traceback" not in result.output
