"""`extends`: what of a base holds for the spec that extends it, and where a base may be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cnnspec.engine.checking import check_source, examine
from cnnspec.engine.diagnostics import Diagnostic, Source, plain
from cnnspec.engine.spec import Spec
from cnnspec.engine.spec.extends import MAX_BASES, base_files
from cnnspec.engine.spec.shipped import open_source
from tests.network.extended import graph_of, lines, patch, sources

BASE = """cnnspec: 1
name: base
description: A base.
source: https://arxiv.org/abs/1512.03385
input: [3, 8, 8]
params:
  width: {type: int, default: 4, min: 2, description: of the stem}
  rate: 0.5
  act: ReLU
  norm: {type: layer?, default: BatchNorm2d}
  wide: {type: int, default: $(width * 2)}
variants:
  small: {}
  large: {width: 16, act: {LeakyReLU: {negative_slope: 0.2}}}
budget: {max_params: 10k, max_macs: 1M, variants: {large: {max_params: 20k}}}
lint: {ignore: [bias-before-norm]}
layers:
  - Conv2d: {out_channels: $width, kernel_size: 3, padding: 1}
    id: stem
  - $norm: {}
    when: $(norm != null)
  - $act
  - Dropout: {p: $rate}
  - Tail: {width: $wide}
blocks:
  Tail:
    params: {width: int}
    layers: [Conv2d: {out_channels: $width, kernel_size: 1}]
"""


def spec_of(*texts: str) -> Spec:
    """The last of some texts, each of which extends the one before; all are sound."""
    examined = examine(sources(*texts))
    assert not examined.errors, "\n".join(map(plain, examined.errors))
    assert examined.spec is not None
    return examined.spec


def own(text: str = "", base: str = "base.yaml") -> str:
    return f"cnnspec: 1\nextends: {base}\n{text}"


def said(source: Source) -> list[str]:
    return [f"{d.code} {d.span}" for d in check_source(source)]


# ---------------------------------------------------------------------------------------------------------- merging


def test_what_is_not_said_is_that_of_the_base() -> None:
    """A text with nothing of its own is the base, but for what tells people of it."""
    assert lines(graph_of(BASE, own())) == lines(graph_of(BASE))
    spec = spec_of(BASE, own())
    assert (spec.name, spec.description, spec.title) == ("", "", "1.yaml")
    assert spec.reference == "https://arxiv.org/abs/1512.03385"
    assert list(spec.variants) == ["small", "large"]


@pytest.mark.parametrize(
    ("params", "channels", "type_"),
    [
        ("width: 6", 6, "int"),
        ("rate: 0", 4, "float"),
        ("act: {LeakyReLU: {negative_slope: 0.1}}", 4, "layer"),
        ("norm: null", 4, "layer?"),
        ("width: {default: 8}", 8, "int"),
        ("width: {max: 50}", 4, "int"),
        ("rate: {type: float, default: 0.1}", 4, "float"),
        ("width: $(2 * 3)", 6, "int"),
    ],
)
def test_a_value_is_a_new_default_for_the_params_own_type(params: str, channels: int, type_: str) -> None:
    """The declaration of the base stays: 0 is a float where that is one, and null stands where it may."""
    graph = graph_of(BASE, own(f"params: {{{params}}}\n"))
    param = spec_of(BASE, own(f"params: {{{params}}}\n")).params[params.split(":")[0]]
    assert (graph.nodes[0].shape[0], str(param.type)) == (channels, type_)


@pytest.mark.parametrize(
    ("params", "place"),
    [("width: 1", "3:17"), ("width: ReLU", "3:17"), ("width: {max: 3}", "7:31"), ("act: 3", "3:15")],
)
def test_a_value_is_held_against_the_declaration_of_the_base(params: str, place: str) -> None:
    """A new default out of the base's bounds, or of another type, is told where it stands."""
    found = examine(sources(BASE, own(f"params: {{{params}}}\n"))).errors
    assert [(d.code, f"{d.span.line}:{d.span.column}") for d in found] == [("wrong-type", place)]
    assert {label.span.source.name for d in found for label in d.labels} | {found[0].span.source.name} == {
        "0.yaml",
        "1.yaml",
    }


def test_a_stated_type_declares_a_param_anew() -> None:
    """Bounds and default of the base are gone with it."""
    text = own(
        "params: {width: {type: int, default: 1}, rate: float}\nvariants: {large: {rate: 0}, small: {rate: 1}}\n"
    )
    params = spec_of(BASE, text).params
    assert (params["width"].min, params["width"].description) == (None, "")
    assert params["rate"].required


def test_new_params_can_be_read_by_those_that_take_the_place_of_others() -> None:
    """A new one stands before the next own one that the base has; its later defaults read what they read before."""
    text = own("""
params:
  factor: 3
  width: {type: int, default: $(factor * 2)}
  last: {type: int, default: $wide}
layers: [Conv2d: {out_channels: $last, kernel_size: 1}]
""")
    assert list(spec_of(BASE, text).params) == ["factor", "width", "rate", "act", "norm", "wide", "last"]
    assert graph_of(BASE, text).output[0] == 12


def test_one_variant_of_a_base_makes_its_settings_the_defaults() -> None:
    """No other variant is there any more, and its own bounds hold."""
    spec = spec_of(BASE, own("variants: {mine: {rate: 0.1}}\n", "base.yaml:large"))
    assert list(spec.variants) == ["mine"]
    assert spec.budget is not None
    assert {limit.name: limit.amount for limit in spec.budget.of(None)} == {"max_params": 20_000, "max_macs": 1_000_000}
    graph = graph_of(BASE, own("", "base.yaml:large"))
    assert graph.nodes[0].shape[0] == 16
    assert graph.nodes[2].type == "LeakyReLU"
    assert graph_of(BASE, own("params: {width: 6}\n", "base.yaml:large")).nodes[0].shape[0] == 6


def test_sections_are_merged_by_name() -> None:
    """Variants, blocks and bounds of one name take the place of the base's."""
    text = own("""
variants: {large: {width: 8}, huge: {width: 64}}
budget: {max_params: 30k, variants: {huge: {max_params: 90k}}}
blocks:
  Tail:
    params: {width: int}
    layers: [Conv2d: {out_channels: $(width + 1), kernel_size: 1}]
""")
    spec = spec_of(BASE, text)
    assert list(spec.variants) == ["small", "large", "huge"]
    bounds = {limit.name: limit.amount for limit in spec.budget.of("huge")} if spec.budget else {}
    assert bounds == {"max_params": 90_000, "max_macs": 1_000_000}
    assert [graph.output[0] for graph in examine(sources(BASE, text)).graphs] == [9, 9, 17, 129]


def test_layers_written_anew_use_the_blocks_and_params_of_the_base() -> None:
    """Nothing is left of the base's lines and of what patches them."""
    once = patch("  - remove: stem\n")
    text = own("input: [1, 4, 4]\nlayers: [Tail: {width: $width}]\n")
    graph = graph_of(BASE, once, text)
    assert lines(graph) == ["0.0 Conv2d"]
    assert graph.input == (1, 4, 4)


@pytest.mark.parametrize("section", ["params: [1]", "variants: 3", "blocks: x", "budget: []", "lint: no"])
def test_a_section_that_is_no_mapping_is_refused_where_it_stands(section: str) -> None:
    """In the text itself, and in its base."""
    small = "cnnspec: 1\ninput: [3, 8, 8]\nlayers: [ReLU]\n"
    name = section.split(":")[0]
    place = len(name) + 3
    assert said(sources(BASE, own(f"{section}\n"))) == [f"wrong-type 1.yaml:3:{place}"]
    assert said(sources(f"{small}{section}\n", own(f"{name}: {{}}\n"))) == [f"wrong-type 0.yaml:4:{place}"]


def test_a_base_may_lack_what_extends_it_gives() -> None:
    """Blocks and params alone are a base, though no spec."""
    base = "cnnspec: 1\nparams: {width: int}\nblocks:\n  Unit:\n    layers: [ReLU]\n"
    text = own("input: [3, 8, 8]\nparams: {width: 3}\nlayers: [Unit, Conv2d: {out_channels: $width, kernel_size: 1}]\n")
    assert lines(graph_of(base, text)) == ["0.0 ReLU", "1 Conv2d"]


# -------------------------------------------------------------------------------------------------------- mistakes


def test_a_mistake_in_a_base_is_told_once_at_its_line_and_nothing_follows() -> None:
    """Whether YAML, the language or a shape is wrong; how it was reached is told with it."""
    for base, expected in [
        (BASE.replace("input: [3", "input: [[3"), "yaml-syntax"),
        (BASE.replace("kernel_size: 3", "kernl_size: 3"), "unknown-argument"),
        (BASE.replace("width: $wide", "width: $wyde"), "unknown-name"),
        (BASE.replace("kernel_size: 1", "kernel_size: 9"), "window-too-large"),
        (BASE.replace("name: base", "nam: base"), "unknown-key"),
        (BASE.replace("cnnspec: 1", "cnnspec: 2"), "unknown-version"),
    ]:
        found = check_source(sources(base, patch("  - remove: stem\n  - insert_after: 4.0\n    layers: [ReLU]\n")))
        assert [d.code for d in found] == [expected]
        assert found[0].span.source.name == "0.yaml"
        assert "extends base.yaml" in plain(found[0])
        assert not found[0].repairs


def test_mistakes_of_a_text_are_told_beside_those_of_its_base() -> None:
    """As far as they do not depend on it."""
    found = said(sources("a: [1", own("nam: x\npatch:\n  - delete: stem\n")))
    assert found == ["yaml-syntax 0.yaml:1:4", "unknown-key 1.yaml:3:1", "unknown-key 1.yaml:5:5"]


def test_a_misspelt_name_is_mended() -> None:
    """The repair of an `extends` is tried as any other."""
    found = check_source(Source("t.yaml", "cnnspec: 1\nextends: mnist/lennet\n"))
    assert [(d.code, len(d.repairs), d.primary.text) for d in found] == [
        ("unknown-base", 1, "did you mean `mnist/lenet`?")
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cnnspec: 1\ninput: [8]\nlayers: [ReLU]\npatch:\n  - remove: '0'\n", "bad-patch 1.yaml:4:1"),
        (own("layers: [ReLU]\npatch:\n  - remove: stem\n"), "bad-patch 1.yaml:4:1"),
        (own("patch: {remove: stem}\n"), "wrong-type 1.yaml:3:9"),
        (own("patch: nothing\n"), "wrong-type 1.yaml:3:8"),
        (own("", "base.yaml:lrge"), "unknown-base 1.yaml:2:20"),
    ],
)
def test_sections_that_do_not_go_together_are_refused(text: str, code: str) -> None:
    """Patches edit what is extended, and nothing else."""
    assert said(sources(BASE, text)) == [code]


# ------------------------------------------------------------------------------------------------------------ files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with bases, and with what is none."""
    (tmp_path / "deeper").mkdir()
    for name in ("base.yaml", "deeper/base.yml"):
        (tmp_path / name).write_text(BASE)
    (tmp_path / "deeper" / "next.yaml").write_text(own("", "base.yml"))
    (tmp_path / "within.yaml").symlink_to("deeper/base.yml")
    (tmp_path / "out.yaml").symlink_to("/etc/hostname")
    (tmp_path / "round.yaml").symlink_to("round.yaml")
    (tmp_path / "away").symlink_to("/etc")
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "latin.yaml").write_bytes("cnnspec: 1\nname: Café\n".encode("latin-1"))
    (tmp_path / "large.yaml").write_text("#" * 1_000_001)
    (tmp_path / "me.yaml").write_text(own("", "me.yaml"))
    return tmp_path


def extending(folder: Path, base: str) -> tuple[Diagnostic, ...]:
    path = folder / "mine.yaml"
    path.write_text(own("", base))
    return check_source(open_source(path, "mine.yaml"))


@pytest.mark.parametrize(
    "base", ["base.yaml", "./base.yaml", "deeper/base.yml", "deeper/next.yaml", "within.yaml", "base.yaml:large"]
)
def test_a_base_is_found_beside_or_below_the_file(base: str, folder: Path) -> None:
    """Also by a link that stays there; a base's own base is looked for in the folder of the base."""
    assert extending(folder, base) == ()


@pytest.mark.parametrize(
    ("base", "code", "words"),
    [
        ("../base.yaml", "outside-folder", "is outside the folder"),
        ("deeper/../../base.yaml", "outside-folder", "is outside the folder"),
        ("/etc/base.yaml", "outside-folder", "is outside the folder"),
        ("~/base.yaml", "outside-folder", "is outside the folder"),
        ("C:\\base.yaml", "outside-folder", "is outside the folder"),
        ("away/base.yaml", "outside-folder", "is outside the folder"),
        ("out.yaml", "outside-folder", "is outside the folder"),
        ("round.yaml", "bad-base", "cannot be read"),
        ("folder.yaml", "bad-base", "is not a regular file"),
        ("pipe.yaml", "bad-base", "is not a regular file"),
        ("nothing.yaml", "unknown-base", "there is no file"),
        ("bse.yaml", "unknown-base", "there is no file"),
        ("base", "unknown-base", "no spec is called"),
        ("base.yaml:huge", "unknown-base", "has no variant"),
        ("mnist/../lenet", "unknown-base", "no spec is called"),
        ("[base.yaml]", "wrong-type", "names one spec"),
    ],
)
def test_nothing_else_is_a_base(base: str, code: str, words: str, folder: Path) -> None:
    """What leads out of the folder, is no file or is not there is refused at its name."""
    (found,) = extending(folder, base)
    assert (found.code, str(found.span).split(":")[0], found.span.line) == (code, "mine.yaml", 2)
    assert words in found.message


@pytest.mark.parametrize(
    ("base", "code"), [("latin.yaml", "not-utf8"), ("large.yaml", "too-large"), ("me.yaml", "recursive-extends")]
)
def test_what_is_wrong_with_a_base_is_told_in_the_base(base: str, code: str, folder: Path) -> None:
    """A text in another encoding, one that is too large, one that extends itself."""
    (found,) = extending(folder, base)
    assert (found.code, Path(found.span.source.name).name) == (code, base)


def test_a_text_that_is_no_file_extends_shipped_specs_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input and texts in memory have no folder, not even the one that they are read in."""
    monkeypatch.chdir(folder)
    assert said(Source("t.yaml", own("", "base.yaml"))) == ["bad-base t.yaml:2:10"]
    assert said(Source("t.yaml", own("", "mnist/lenet"))) == []


def test_a_ring_is_told_with_all_its_texts(folder: Path) -> None:
    """It is refused where it closes."""
    for here, there in [("a", "b"), ("b", "c"), ("c", "b")]:
        (folder / f"{here}.yaml").write_text(own("", f"{there}.yaml"))
    (found,) = check_source(open_source(folder / "a.yaml", "a.yaml"))
    names = [Path(name).name for name in found.primary.text.split(" → ")]
    assert (found.code, Path(found.span.source.name).name, names) == (
        "recursive-extends",
        "c.yaml",
        ["b.yaml", "c.yaml", "b.yaml"],
    )


def test_texts_extend_one_another_to_a_bound(folder: Path) -> None:
    """Eight bases are followed, and nine are not."""
    for number in range(MAX_BASES):
        (folder / f"{number}.yaml").write_text(own("", f"{number + 1}.yaml"))
    (folder / f"{MAX_BASES}.yaml").write_text(BASE)
    assert check_source(open_source(folder / "0.yaml")) == ()
    (folder / "more.yaml").write_text(own("", "0.yaml"))
    assert [d.code for d in check_source(open_source(folder / "more.yaml"))] == ["too-deep"]


def test_the_files_that_a_spec_builds_on_are_known(folder: Path) -> None:
    """Also those that are not there, and without end in no ring."""
    path = folder / "mine.yaml"
    for base, expected in [
        ("deeper/next.yaml", ["deeper/next.yaml", "deeper/base.yml"]),
        ("nothing.yaml", ["nothing.yaml"]),
        ("me.yaml", ["me.yaml"]),
        ("../base.yaml", []),
        ("resnet50", []),
    ]:
        path.write_text(own("", base))
        assert [str(file.relative_to(folder)) for file in base_files(path)] == expected


def test_repairs_never_edit_a_base(folder: Path) -> None:
    """What is misspelt in a base is told without a repair; checked by itself, it has one."""
    (folder / "base.yaml").write_text(BASE.replace("- $act", "- RelU"))
    (found,) = extending(folder, "base.yaml")
    assert (found.code, found.primary.text, found.repairs) == ("unknown-layer", "did you mean `ReLU`?", ())
    (alone,) = check_source(open_source(folder / "base.yaml"))
    assert len(alone.repairs) == 1


def test_warnings_of_a_base_are_its_own(folder: Path) -> None:
    """What a base warns of by itself, or silences for its lines, is not told of what extends it; what is new is."""
    noisy = BASE.replace("lint: {ignore: [bias-before-norm]}\n", "")
    (folder / "base.yaml").write_text(noisy)
    assert [d.code for d in check_source(open_source(folder / "base.yaml"))] == ["bias-before-norm"]
    assert extending(folder, "base.yaml") == ()
    text = own("patch:\n  - insert_before: '1'\n    layers: [Conv2d: {out_channels: 4, kernel_size: 1}]\n")
    for base in (noisy, BASE):
        (folder / "base.yaml").write_text(base)
        (folder / "mine.yaml").write_text(text)
        found = check_source(open_source(folder / "mine.yaml", "mine.yaml"))
        assert [(d.code, str(d.span)) for d in found] == [("bias-before-norm", "mine.yaml:5:14")]
