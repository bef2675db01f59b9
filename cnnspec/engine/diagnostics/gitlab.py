"""Diagnostics as a code-quality report of GitLab, which shows them in a merge request.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections.abc import Sequence

from cnnspec.engine.diagnostics.diagnostic import Diagnostic
from cnnspec.engine.diagnostics.escape import printable
from cnnspec.engine.diagnostics.fingerprint import fingerprints

SEVERITIES = {"error": "major", "warning": "minor"}


def as_gitlab(diagnostics: Sequence[Diagnostic]) -> list[dict[str, object]]:
    """One issue a diagnostic."""
    return [
        {
            "description": printable(f"{d.message}; {d.help}" if d.help else d.message),
            "check_name": d.code,
            "fingerprint": fingerprint,
            "severity": SEVERITIES[d.severity],
            "location": {"path": d.span.source.name, "lines": {"begin": d.span.line, "end": d.span.end_line}},
        }
        for d, fingerprint in zip(diagnostics, fingerprints(diagnostics), strict=True)
    ]
