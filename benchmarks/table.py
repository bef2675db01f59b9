"""Findings as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from benchmarks.finding import Finding, Goal
from benchmarks.timing import Spread

VERDICTS = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}


def table(findings: Sequence[Finding]) -> Table:
    shown = Table(title="cnnspec side by side (medians; in brackets the quartiles over rounds)", title_justify="left")
    for column in ("measurement", "against"):
        shown.add_column(column, overflow="fold")
    for column in ("cnnspec", "other", "figure", "n", "goal"):
        shown.add_column(column, justify="right", no_wrap=True)
    shown.add_column("verdict")
    for finding in findings:
        shown.add_row(*cells(finding))
    return shown


def cells(finding: Finding) -> tuple[str, ...]:
    return (
        finding.what,
        finding.against,
        quantity(finding.ours, finding.unit),
        quantity(finding.theirs, finding.unit),
        spread(finding.value, finding.value_unit),
        str(finding.value.n),
        bound(finding.goal, finding.value_unit),
        VERDICTS[finding.met],
    )


def quantity(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "s" and value < 1:
        return f"{figure(value * 1000)} ms"
    return f"{figure(value)} {unit}"


def spread(value: Spread, unit: str) -> str:
    return f"{figure(value.median)} {unit} [dim]({figure(value.low)} to {figure(value.high)})[/]"


def bound(goal: Goal | None, unit: str) -> str:
    return "" if goal is None else f"{'≥' if goal.at_least else '≤'} {goal.bound:g} {unit}"


def figure(value: float) -> str:
    """Three digits that mean something, and no exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"
