"""Diagnostics as SARIF 2.1.0: the form that code scanning and editors take.

run
├── tool.driver.rules     a rule for each code that comes up, with its explanation
├── artifacts             the texts that results point into
├── results               region, relatedLocations (secondary labels), codeFlows (how the line was reached), fixes
└── invocations           the exit code, and what could not be checked

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from cnnspec.engine.diagnostics.diagnostic import Diagnostic, Frame, Label, Repair
from cnnspec.engine.diagnostics.escape import printable, printable_lines
from cnnspec.engine.diagnostics.fingerprint import fingerprints
from cnnspec.engine.diagnostics.prose import prose
from cnnspec.engine.diagnostics.source import Source, Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT, PACKAGE = "%SRCROOT%", "CNNSPEC"
Json = dict[str, Any]


class SarifRule(Struct, frozen=True):
    """What is known of a code: a title, and an explanation in Markdown."""

    title: str
    text: str


def as_sarif(
    diagnostics: Sequence[Diagnostic],
    version: str,
    explain: Callable[[str], SarifRule | None],
    exit_code: int = 0,
    failures: Sequence[str] = (),
) -> Json:
    """A log of one run.

    ``version`` is cnnspec's own, ``explain`` gives the explanation of a code, and ``failures`` say what could not be
    checked. Columns count characters (code points), as everywhere in cnnspec.
    """
    codes = sorted({d.code for d in diagnostics})
    sources = list(dict.fromkeys(span.source for d in diagnostics for span in _spans(d)))
    run = {
        "tool": {"driver": _driver(diagnostics, codes, version, explain)},
        "automationDetails": {"id": "cnnspec/check/"},
        "invocations": [_invocation(exit_code, failures)],
        "originalUriBaseIds": _bases(),
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _artifact(source), "sourceLanguage": "yaml"} for source in sources],
        "results": _Results(codes, sources).all(diagnostics),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _spans(d: Diagnostic) -> list[Span]:
    frames = [frame.span for frame in d.trace or () if frame.span]
    edits = [edit.span for repair in d.repairs for edit in repair.edits]
    return [d.span, *(label.span for label in d.labels), *frames, *edits]


# ------------------------------------------------------------------------------------------------------ the run


def _driver(
    diagnostics: Sequence[Diagnostic], codes: list[str], version: str, explain: Callable[[str], SarifRule | None]
) -> Json:
    severity = {d.code: d.severity for d in diagnostics}
    rules = [_rule(code, severity[code], explain(code)) for code in codes]
    return {"name": "cnnspec", "semanticVersion": version, "version": version, "rules": rules}


def _rule(code: str, severity: str, known: SarifRule | None) -> Json:
    rule: Json = {"id": code, "defaultConfiguration": {"level": severity}}
    if "-" in code:
        rule["name"] = "".join(word.capitalize() for word in code.split("-"))
    if known:
        first = known.text.strip().split("\n\n")[0].replace("\n", " ")
        rule["shortDescription"] = {"text": known.title}
        rule["fullDescription"] = {"text": first}
        rule["help"] = {"text": known.text, "markdown": known.text}
    return rule


def _invocation(exit_code: int, failures: Sequence[str]) -> Json:
    """Mistakes in a spec are what the run is for; only what could not be checked makes it a failure."""
    found: Json = {"executionSuccessful": not failures, "exitCode": exit_code}
    if failures:
        notes = [{"level": "error", "message": {"text": printable_lines(failure)}} for failure in failures]
        found["toolExecutionNotifications"] = notes
    return found


def _bases() -> Json:
    """Where relative locations begin; whoever reads the log knows where that is on their machine."""
    return {
        ROOT: {"description": {"text": "The folder that the check ran in."}},
        PACKAGE: {"description": {"text": "The folder that holds the installed package."}},
    }


def _artifact(source: Source) -> Json:
    """Where a text is: relative to the working folder, or to the package for what ships inside it."""
    path = PurePath(source.name)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {
        "uri": quote(path.as_posix().encode("utf-8", "surrogateescape")),
        "uriBaseId": PACKAGE if source.shipped else ROOT,
    }


# -------------------------------------------------------------------------------------------------- the results


class _Results:
    def __init__(self, codes: list[str], sources: list[Source]) -> None:
        self.rule = {code: index for index, code in enumerate(codes)}
        self.artifact = {source: index for index, source in enumerate(sources)}

    def all(self, diagnostics: Sequence[Diagnostic]) -> list[Json]:
        return [self.result(d, mark) for d, mark in zip(diagnostics, fingerprints(diagnostics), strict=True)]

    def result(self, d: Diagnostic, mark: str) -> Json:
        """Braces stay single: no arguments are given, and readers that follow the letter leave `{a: 1}` alone too."""
        result: Json = {
            "ruleId": d.code,
            "ruleIndex": self.rule[d.code],
            "level": d.severity,
            "message": {"text": prose(d)},
            "locations": [self.location(d.primary.span)],
            "partialFingerprints": {"cnnspecLine/v1": mark},
        }
        if d.labels:
            result["relatedLocations"] = [self.related(i, label) for i, label in enumerate(d.labels, 1)]
        if steps := self.steps(d):
            result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
        if d.repairs:
            result["fixes"] = [self.fix(repair) for repair in d.repairs]
        return result

    def location(self, span: Span, text: str = "") -> Json:
        region = {**_region(span), "snippet": {"text": printable(span.source.line(span.line))}}
        found: Json = {"physicalLocation": {"artifactLocation": self.where(span.source), "region": region}}
        if text:
            found["message"] = {"text": printable(text)}
        return found

    def where(self, source: Source) -> Json:
        return {**_artifact(source), "index": self.artifact[source]}

    def related(self, number: int, label: Label) -> Json:
        return {"id": number, **self.location(label.span, label.text or "related")}

    def steps(self, d: Diagnostic) -> list[Json]:
        """How the line was reached, from the outermost step to the line itself; a variant stands at no place."""
        placed = [frame for frame in reversed(list(d.trace or ())) if frame.span]
        if not placed:
            return []
        places = [*(self.location(_place(frame), frame.text) for frame in placed), self.location(d.span, d.message)]
        return [{"location": place} for place in places]

    def fix(self, repair: Repair) -> Json:
        """A repair that was tried. Its edits are of one text."""
        source = repair.edits[0].span.source
        replacements = [
            {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}} for edit in repair.edits
        ]
        change = {"artifactLocation": self.where(source), "replacements": replacements}
        return {"description": {"text": printable(repair.words)}, "artifactChanges": [change]}


def _place(frame: Frame) -> Span:
    assert frame.span is not None
    return frame.span


def _region(span: Span) -> Json:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
