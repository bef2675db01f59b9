"""Each rule finds what it is for, at its line, and leaves the sound twin alone."""

import re
from pathlib import Path
from textwrap import dedent, indent

import pytest
import yaml

from cnnspec.engine.checking import check_source
from cnnspec.engine.diagnostics import Source
from cnnspec.engine.lint import CODES
from tests.conftest import REPOSITORY

CASES = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))


def spec(input: object, layers: str, rest: str = "") -> Source:
    return Source("spec.yaml", f"cnnspec: 1\ninput: {input}\n{rest}layers:\n{indent(layers, '  ')}\n")


def codes(source: Source) -> list[tuple[str, int]]:
    return [(d.code, d.span.line) for d in check_source(source)]


@pytest.mark.parametrize("name", CASES)
def test_a_rule_finds_what_it_is_for(name: str) -> None:
    case = CASES[name]
    assert codes(spec(case["input"], case["warns"])) == [(name.partition("/")[0], case["line"] + 3)]


@pytest.mark.parametrize("name", CASES)
def test_the_sound_twin_is_left_alone(name: str) -> None:
    assert codes(spec(CASES[name]["input"], CASES[name]["sound"])) == []


def test_every_code_has_a_case() -> None:
    told_below = {"unused-input", "unused-param", "unused-block", "unused-init"}
    assert {name.partition("/")[0] for name in CASES} | told_below == CODES


def test_a_pool_is_told_by_the_axis_that_grows() -> None:
    """Of a map whose rows are halved, the columns that a pool adds are told, with their own arithmetic."""
    (found,) = check_source(spec([3, 8, 25], CASES["pool-enlarges/columns"]["warns"]))
    assert found.message == "this pool returns more columns than its input has: 26 from 25"
    assert found.notes == ("floor((25 + 2·1 − 1·(2 − 1) − 1) / 1) + 1 = 26 columns",)


def test_one_number_is_told_as_one() -> None:
    layers = "- Conv2d: {out_channels: 1, kernel_size: 1}\n- BatchNorm2d"
    (found,) = check_source(spec([3, 8, 8], layers))
    assert found.notes == ("1 number is trained and stored without effect",)


BLOCKS = """\
    cnnspec: 1
    input: [3, 8, 8]
    params: {width: 8, depth: 2}
    layers:
      - Used: {width: $width}
    blocks:
      Used:
        params: {width: int, extra: 3}
        layers: [Conv2d: {out_channels: $width, kernel_size: 3}]
      Unused:
        params: {width: 8}
        layers: [Deeper: {width: $width}]
      Deeper:
        params: {width: int}
        layers: [Conv2d: {out_channels: $width, kernel_size: 3}]
"""


def test_params_and_blocks_that_nobody_uses() -> None:
    """A block that only an unused one calls goes with it, and is not told of."""
    found = codes(Source("spec.yaml", dedent(BLOCKS)))
    assert found == [("unused-param", 3), ("unused-param", 8), ("unused-block", 10)]


INPUTS = """\
    cnnspec: 1
    input:
      left: [8]
      right: [8]
      more: [8]
      given: [8]
    params: {two: false}
    variants: {one: {}, two: {two: true}}
    outputs: {a: last, b: given}
    layers:
      - ReLU
      - Add:
        from: [prev, right]
        when: $two
      - Identity:
        id: last
"""


def test_an_input_that_no_line_takes() -> None:
    """The first line takes the first input; one that a variant takes, or that is an output, is left alone."""
    assert codes(Source("spec.yaml", dedent(INPUTS))) == [("unused-input", 5)]
    silenced = dedent(INPUTS).replace("more: [8]", "more: [8] # cnnspec: ignore[unused-input]")
    assert codes(Source("spec.yaml", silenced)) == []


def test_a_misspelt_param_of_the_base() -> None:
    """A param that only the extending spec has, and nothing reads, may be meant to set one of the base."""
    (found,) = check_source(Source("spec.yaml", "cnnspec: 1\nextends: resnet18\nparams: {num_clases: 10}\n"))
    assert (found.code, found.primary.text) == ("unused-param", "did you mean `num_classes`?")


def test_a_rule_of_init_for_a_type_that_no_variant_has() -> None:
    """A type that one variant has is used; a comment on the rule's line silences it."""
    text = """\
    cnnspec: 1
    input: [8]
    params: {act: ReLU}
    variants: {a: {}, b: {act: PReLU}}
    init:
      PReLU: {weight: zeros_}
      LayerNorm: {weight: ones_}
    layers: [$act]
    """
    assert codes(Source("spec.yaml", dedent(text))) == [("unused-init", 7)]
    silenced = dedent(text).replace("ones_}", "ones_} # cnnspec: ignore[unused-init]")
    assert codes(Source("spec.yaml", silenced)) == []


def test_a_condition_in_a_block_that_no_call_makes_true() -> None:
    text = """\
    cnnspec: 1
    input: [3, 8, 8]
    layers:
      - Unit: {stride: 1}
      - Unit: {stride: 2}
    blocks:
      Unit:
        params: {stride: int}
        layers:
          - Conv2d: {out_channels: 8, kernel_size: 3, padding: 1, stride: $stride}
          - ReLU:
            when: $(stride > 2)
    """
    assert codes(Source("spec.yaml", dedent(text))) == [("unreachable-line", 11)]
    assert codes(Source("spec.yaml", dedent(text).replace("stride: 2}", "stride: 3}", 1))) == []
    param = dedent(text).replace("layers:", "params: {s: 2}\nlayers:", 1).replace("{stride: 2}", "{stride: $s}", 1)
    assert codes(Source("spec.yaml", param)) == []


def test_a_finding_in_many_places_is_told_once() -> None:
    text = "- layers:\n    - Conv2d: {out_channels: 8, kernel_size: 3}\n    - BatchNorm2d\n    - ReLU\n  repeat: 3"
    (warning,) = check_source(spec("[3, 32, 32]", text))
    assert warning.notes[-1] == "the same in 2 more layers"
    assert warning.repairs[0].safe


def test_a_repair_is_offered_only_where_it_is_right_at_every_place() -> None:
    text = """\
    - layers:
        - Conv2d: {out_channels: 8, kernel_size: 3}
        - BatchNorm2d:
          when: $(index == 0)
        - ReLU
      repeat: 2
    """
    (warning,) = check_source(spec("[3, 32, 32]", dedent(text)))
    assert warning.code == "bias-before-norm"
    assert not warning.repairs


def test_a_file_silences_a_code() -> None:
    layers = "- Conv2d: {out_channels: 8, kernel_size: 3}\n- BatchNorm2d"
    assert codes(spec("[3, 32, 32]", layers, "lint: {ignore: [bias-before-norm]}\n")) == []
    assert codes(spec("[3, 32, 32]", layers, "lint: {ignore: bias-before-norm}\n")) == []
    assert codes(spec("[3, 32, 32]", "- ReLU", "lint: {ignore: [bias-before-norm]}\n")) == [("unused-ignore", 3)]
    assert codes(spec("[3, 32, 32]", "- ReLU", "lint: {ignor: [a]}\n")) == [("unknown-key", 3)]


def test_a_comment_silences_its_own_line_alone() -> None:
    conv = "- Conv2d: {out_channels: 8, kernel_size: 3}"
    layers = f"{conv} # cnnspec: ignore[bias-before-norm]\n- BatchNorm2d\n{conv}\n- BatchNorm2d"
    assert codes(spec("[3, 32, 32]", layers)) == [("bias-before-norm", 6)]


def test_errors_come_before_warnings() -> None:
    layers = "- Conv2d: {out_channels: 8, kernel_size: 3}\n- BatchNorm2d\n- Cov2d"
    assert codes(spec("[3, 32, 32]", layers)) == [("unknown-layer", 6)]


def test_the_docs_list_every_code() -> None:
    table = (REPOSITORY / "docs" / "reference" / "lint.md").read_text(encoding="utf-8").partition("| code |")[2]
    cells = (line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    assert {code for cell in cells for code in re.findall(r"`([a-z-]+)`", cell)} == CODES


@pytest.mark.parametrize(
    ("settings", "note", "help"),
    [
        ("kernel_size: 1, stride: 2", "a window of 1 row moves on by 2", "a stride of at most the kernel size covers"),
        ("kernel_size: 3, stride: 2, dilation: 2", "3 rows, 2 apart, moves on by 2", "`dilation: 1` covers"),
        ("kernel_size: 2, stride: 5, dilation: 4", "2 rows, 4 apart, moves on by 5", "size and `dilation: 1` cover"),
    ],
)
def test_skipped_rows_are_told_with_their_cause(settings: str, note: str, help: str) -> None:
    """Where holes in the window skip rows, a smaller stride is no help: the note says so and the help works."""
    layers = f"- Conv2d: {{out_channels: 4, {settings}}}"
    (warning,) = check_source(spec("[3, 33, 33]", layers))
    assert warning.code == "skipped-input"
    assert note in warning.notes[0]
    assert f"{help} everything" in warning.help
