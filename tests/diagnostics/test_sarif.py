"""SARIF 2.1.0: valid by its schema, and true to the diagnostics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.engine.checking import apply, check_source
from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Source, Span
from cnnspec.engine.diagnostics.gitlab import as_gitlab
from cnnspec.engine.diagnostics.sarif import SarifRule, as_sarif
from tests.conftest import TESTS

SCHEMA = json.loads((TESTS / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
MISTAKES = sorted((TESTS / "mistakes").glob("*.yaml"))


def explain(code: str) -> SarifRule | None:
    return SarifRule(f"About {code}", f"First words\nof {code}.\n\nThe rest.") if len(code) % 2 else None


def log(found: tuple[Diagnostic, ...], **rest: Any) -> dict[str, Any]:
    """A log that went through text, and is valid."""
    made = json.loads(json.dumps(as_sarif(found, "1.2.3", explain, **rest)))
    VALIDATOR.validate(made)
    return made


def check(path: Path) -> tuple[Source, tuple[Diagnostic, ...]]:
    source = Source(path.relative_to(TESTS).as_posix(), path.read_text(encoding="utf-8"))
    return source, check_source(source)


def text_of(source: Source, region: dict[str, int]) -> str:
    """What a region covers, by its lines and columns alone."""
    lines = source.text.split("\n")[region["startLine"] - 1 : region["endLine"]]
    lines[-1] = lines[-1][: region["endColumn"] - 1]
    lines[0] = lines[0][region["startColumn"] - 1 :]
    return "\n".join(lines)


def test_the_schema_refuses() -> None:
    """The schema is one that says no: a log with a wrong level is refused."""
    made = as_sarif(check(MISTAKES[0])[1], "1.2.3", explain)
    made["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(made)


@pytest.mark.parametrize("path", MISTAKES, ids=[path.stem for path in MISTAKES])
def test_every_mistake_makes_a_valid_log(path: Path) -> None:
    """Results, rules and artifacts refer to one another, and regions cover what the labels cover."""
    source, found = check(path)
    (run,) = log(found)["runs"]
    driver, artifacts = run["tool"]["driver"], run["artifacts"]
    assert (driver["name"], driver["version"]) == ("cnnspec", "1.2.3")
    assert [result["ruleId"] for result in run["results"]] == [d.code for d in found]
    assert sorted({d.code for d in found}) == [rule["id"] for rule in driver["rules"]]
    for result, diagnostic in zip(run["results"], found, strict=True):
        assert driver["rules"][result["ruleIndex"]]["id"] == diagnostic.code
        assert result["message"]["text"].split("\n")[0] == diagnostic.message
        place = result["locations"][0]["physicalLocation"]
        assert text_of(source, place["region"]) == diagnostic.span.text
        where = artifacts[place["artifactLocation"]["index"]]["location"]
        assert where == {"uri": source.name, "uriBaseId": "%SRCROOT%"}
        assert len(result.get("relatedLocations", ())) == len(diagnostic.labels)


def test_fixes_are_edits_that_mend() -> None:
    """The replacements of a fix, made by their regions, give the text that the checker has tried."""
    fixes = 0
    for path in MISTAKES:
        source, found = check(path)
        for result, diagnostic in zip(log(found)["runs"][0]["results"], found, strict=True):
            for fix, repair in zip(result.get("fixes", ()), diagnostic.repairs, strict=True):
                (change,) = fix["artifactChanges"]
                edits = [(r["deletedRegion"], r["insertedContent"]["text"]) for r in change["replacements"]]
                assert replaced(source, edits) == apply(source, repair.edits).text
                assert fix["description"]["text"] == repair.words
                fixes += 1
    assert fixes > 5


def replaced(source: Source, edits: list[tuple[dict[str, int], str]]) -> str:
    """The text with regions replaced, from the last to the first."""
    text = source.text
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for region, new in sorted(edits, key=lambda e: (e[0]["startLine"], e[0]["startColumn"]), reverse=True):
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        text = text[:start] + new + text[end:]
    return text


def test_provenance_is_a_flow_from_the_outside_in() -> None:
    """A mistake in a block tells the lines that led to it, the mistake last; built-in blocks are the package's."""
    _, found = check(TESTS / "mistakes" / "window-in-built-in-block.yaml")
    (run,) = log(found)["runs"]
    result = run["results"][0]
    (flow,) = result["codeFlows"]
    steps = [step["location"] for step in flow["threadFlows"][0]["locations"]]
    assert steps[-1]["message"]["text"] == found[0].message
    assert len(steps) == 1 + sum(frame.span is not None for frame in found[0].trace or ())
    bases = {place["physicalLocation"]["artifactLocation"]["uriBaseId"] for place in result["relatedLocations"]}
    assert "CNNSPEC" in bases
    assert set(run["originalUriBaseIds"]) == {"%SRCROOT%", "CNNSPEC"}


def test_the_steps_of_a_flow_are_in_the_order_of_the_way() -> None:
    """The line at the top of the network comes first, then the lines of the blocks, each in the one before."""
    text = (
        "cnnspec: 1\ninput: [1, 8, 8]\nlayers:\n  - Outer\nblocks:\n  Outer:\n    layers:\n      - Inner\n"
        "  Inner:\n    layers:\n      - MaxPool2d: {kernel_size: 9}\n"
    )
    (result,) = log(check_source(Source("a.yaml", text)))["runs"][0]["results"]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [s["location"]["physicalLocation"]["region"]["startLine"] for s in steps] == [4, 8, 11]


def test_rules_hold_the_explanations() -> None:
    """Title, first paragraph and whole page of a code are its rule's; a code without a page has none."""
    source = Source("a.yaml", "x\n")
    found = tuple(Diagnostic(code, "m", Label(source.span())) for code in ("odd", "even"))
    even, odd = log(found)["runs"][0]["tool"]["driver"]["rules"]
    assert even == {"id": "even", "defaultConfiguration": {"level": "error"}}
    assert odd["shortDescription"] == {"text": "About odd"}
    assert odd["fullDescription"] == {"text": "First words of odd."}
    assert odd["help"]["markdown"] == "First words\nof odd.\n\nThe rest."


def test_the_invocation_tells_how_it_ended() -> None:
    """Mistakes are no failure of the run; a file that could not be read is."""
    assert log((), exit_code=3)["runs"][0]["invocations"] == [{"executionSuccessful": True, "exitCode": 3}]
    (failed,) = log((), exit_code=7, failures=["`a` cannot be read"])["runs"][0]["invocations"]
    assert (failed["executionSuccessful"], failed["exitCode"]) == (False, 7)
    assert failed["toolExecutionNotifications"][0]["message"]["text"] == "`a` cannot be read"


@given(name=st.text(st.characters(exclude_characters="\0\\", exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_locations_are_uris_of_the_files(name: str) -> None:
    """Any file name makes a valid reference, and reads back as that name."""
    source = Source(f"specs/{name}.yaml", "x\n")
    (run,) = log((Diagnostic("code", "m", Label(source.span())),))["runs"]
    where = run["artifacts"][0]["location"]
    assert where["uri"].isascii()
    assert not set(where["uri"]) & set(" #?%:") - {"%"}
    assert Path(unquote(where["uri"])) == Path(source.name)


def test_a_file_elsewhere_has_a_whole_uri() -> None:
    """A path outside the working folder is absolute, and so is its URI."""
    (run,) = log((Diagnostic("code", "m", Label(Source("/srv/a b.yaml", "x\n").span())),))["runs"]
    assert run["artifacts"][0]["location"] == {"uri": "file:///srv/a%20b.yaml"}


def test_columns_count_characters() -> None:
    """A character beyond the first plane is one column, as `columnKind` says."""
    source = Source("a.yaml", "𝔘: x\n")
    edit = Edit(Span(source, 1, 4, 1, 4), "y")
    assert edit.span.text == ""
    (run,) = log((Diagnostic("code", "m", Label(source.span(1, 4, 1))),))["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert text_of(source, run["results"][0]["locations"][0]["physicalLocation"]["region"]) == "x"


def marks(text: str) -> list[str]:
    found = check_source(Source("a.yaml", text))
    results = log(found)["runs"][0]["results"]
    assert [issue["fingerprint"] for issue in as_gitlab(found)] == [
        result["partialFingerprints"]["cnnspecLine/v1"] for result in results
    ]
    return [result["partialFingerprints"]["cnnspecLine/v1"] for result in results]


def test_fingerprints_stay_when_lines_move() -> None:
    """The same mistake is recognised below a new line, and told from one like it on a line that reads the same."""
    text = "cnnspec: 1\ninput: [1, 8, 8]\nlayers:\n  - Reluu\n  - ReLU\n  - Reluu\n"
    before = marks(text)
    assert len(set(before)) == 2
    assert marks(text.replace("layers:", "# a comment\n\nlayers:")) == before
    assert marks(text.replace("  - ", "    -  ")) != before
    assert marks(text.replace("  - ", "    - ")) == before
    assert marks(text.replace("Reluu", "Reluuu")) != before


def test_a_gitlab_report_has_what_gitlab_asks_for() -> None:
    """Every issue has its required fields; https://docs.gitlab.com/ci/testing/code_quality/."""
    for path in MISTAKES:
        _, found = check(path)
        for issue, diagnostic in zip(as_gitlab(found), found, strict=True):
            assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
            assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
            assert issue["location"]["path"] == diagnostic.span.source.name  # type: ignore[index]
