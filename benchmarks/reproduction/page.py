"""docs/explanation/reproduction.md: each finding with its runs, charts and numbers, and the rule of its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.reproduction import rules, shown
from benchmarks.reproduction.curves import is_trained
from benchmarks.reproduction.findings import FINDINGS, Claim, Finding, word_of
from benchmarks.reproduction.found import Found
from cnnspec.engine.diagnostics import count, listing
from cnnspec.engine.files import make_folder, write
from cnnspec.pytorch.report.blocks import Block, Document, Paragraph, ReportColumn, ReportTable, Section
from cnnspec.pytorch.report.charts.saved import DrawnPicture
from cnnspec.pytorch.report.metric import with_spread
from cnnspec.pytorch.report.write import markdown

PAGE, FORM = "reproduction.md", "svg"
LEAD = (
    "The report that the networks in specs/mnist come from ends with eight findings. Here its experiments are run "
    "again, by make report from the sweeps in specs/sweeps, and each finding is confirmed, refuted or undecided "
    "by a rule on the figures. A finding of several claims is confirmed if all of them are, and refuted if one of "
    "them is."
)
TERMS = (
    "A run has trained if its accuracy is over 50 % after some epoch; runs that have not are left out of finding 8. "
    "Accuracies are those of the validation part unless the test set is named. ± is the standard deviation over seeds: "
    "a difference within it decides nothing. Settings are chosen by validation, and only the chosen were measured on "
    "the test set, once."
)
CORRECTED = "As reported, and corrected"
WHY = (
    "Three things in the report's networks are hardly meant: a ReLU behind the logits of GoogLeNet, its auxiliary "
    "heads that are never trained, and the stride of a ResNet's stage in each of its blocks, which leaves a map "
    "of 1×1 from the third stage on. Each is set right by itself, and trained with the same recipe."
)
SHORT = 0.92
LOST = (
    "A logit below 0 for all images has no gradient behind a ReLU, and its class, a tenth of the images, is lost. "
    "Runs of GoogLeNet that train and stay below 92 % in all epochs"
)
Runs = tuple[tuple[str, tuple[dict[str, str], ...]], ...]  # sweeps, and the values of the runs in them
WITH_RELU: Runs = (("googlenet", ({},)), ("comparison", ({"spec": "googlenet"},)))
WITHOUT_RELU: Runs = (("corrected", ({"spec": "googlenet_no_relu"}, {"spec": "googlenet_no_relu_aux"})),)
TITLES = {
    "lenet_sigmoid": "LeNet with sigmoid",
    "lenet_relu": "LeNet with ReLU",
    "lenet_pooling": "Max and average pooling",
    "alexnet": "AlexNet",
    "vgg16_seeds": "VGG-16",
    "googlenet": "GoogLeNet",
    "resnet18": "ResNet-18",
    "comparison": "The five compared",
}
QUIRKS = (  # what is set right, in which network, against which
    ("GoogLeNet: no ReLU on the logits", "googlenet", "googlenet_no_relu"),
    ("GoogLeNet: no ReLU on the logits, and auxiliary heads in training", "googlenet", "googlenet_no_relu_aux"),
    ("GoogLeNet: auxiliary heads alone", "googlenet_no_relu", "googlenet_no_relu_aux"),
    ("ResNet-18: the stride in the first block of a stage alone", "resnet18", "resnet18_stride_once"),
)


def write_page(found: Mapping[str, Found], docs: Path) -> None:
    """The page and its pictures. Raises OutputError."""
    document = page(found)
    make_folder(docs / shown.PLACE)
    for picture in document.pictures:
        write(docs / f"{picture.name}.{FORM}", DrawnPicture.of(picture).svg.encode())
    write(docs / PAGE, markdown(document, FORM).encode())


def page(found: Mapping[str, Found]) -> Document:
    claims = {finding: finding.claims(found) for finding in FINDINGS}
    parts = sorted(sweep.name for sweep in found.values() if not sweep.is_whole)
    part = [Paragraph(f"On a part of the training images: {listing(parts)}.", strong=True)] if parts else []
    sections = [Section("verdicts", "The findings", (Paragraph(TERMS), *part, verdicts(claims)))]
    sections += [section(finding, claims[finding], found) for finding in FINDINGS]
    return Document("The report, redone", LEAD, (*sections, corrected(found)))


def verdicts(claims: Mapping[Finding, list[Claim]]) -> ReportTable:
    rows = [(str(finding.number), finding.says, word_of(found)) for finding, found in claims.items()]
    columns = (ReportColumn("finding"), ReportColumn("the report says", left=True), ReportColumn("verdict", left=True))
    return ReportTable(columns, tuple(rows), "The report's findings, and what these runs say of them.")


def section(finding: Finding, claims: list[Claim], found: Mapping[str, Found]) -> Section:
    blocks: list[Block] = [Paragraph(finding.says), Paragraph(f"Verdict: {word_of(claims)}.", strong=True)]
    sweeps = [found[name] for name in (finding.sweep, *finding.also) if name in found]
    for sweep in sweeps:
        blocks += [Paragraph(sweep.told()), *shown.shown(sweep)]
    blocks += [block for claim in claims for block in judged(claim)]
    if not claims:
        blocks.append(Paragraph(f"The sweep {finding.sweep} was not run."))
    return Section(f"finding-{finding.number}", f"{finding.number}. {TITLES[finding.sweep]}", tuple(blocks))


def judged(claim: Claim) -> list[Block]:
    """A claim with its verdict, its rule, and the figures that it went by."""
    told = f"{claim.rule}\nHere: {claim.verdict.because}."
    return [Paragraph(f"{claim.text}: {claim.verdict.word}.", strong=True), Paragraph(told)]


def corrected(found: Mapping[str, Found]) -> Section:
    """What the report's quirks cost: the networks as reported against the same without them, on the test set."""
    reported, mended = found.get("comparison"), found.get("corrected")
    if reported is None or mended is None:
        told = "This needs the sweeps comparison and corrected, which were not run."
        return Section("corrected", CORRECTED, (Paragraph(told),))
    names = {name for _, *pair in QUIRKS for name in pair}
    settings = [s for one in (reported, mended) for s in one.study.settings if s.values.get("spec") in names]
    both = Found("corrected", replace(mended.study, settings=tuple(settings), missing=()))
    blocks: list[Block] = [Paragraph(WHY), Paragraph(reported.told()), Paragraph(mended.told()), lost(found)]
    blocks += [shown.test_bars(both), shown.tested(both)] if shown.trained(both.study).tested else []
    return Section("corrected", CORRECTED, (*blocks, differences(both)))


def lost(found: Mapping[str, Found]) -> Paragraph:
    """How many runs of GoogLeNet stop short of the others, with the ReLU on the logits and without."""
    sides = [
        [curve for sweep, names in side if sweep in found for name in names for curve in found[sweep].curves(**name)]
        for side in (WITH_RELU, WITHOUT_RELU)
    ]
    short = [sum(is_trained(curve) and max(curve) < SHORT for curve in curves) for curves in sides]
    told = [f"{number} of {count(len(curves), 'run')}" for number, curves in zip(short, sides, strict=True)]
    return Paragraph(f"{LOST}: {told[0]} with the ReLU, {told[1]} without it.")


def differences(both: Found) -> ReportTable:
    rows = [row for text, before, after in QUIRKS if (row := _difference(both, text, before, after))]
    headings = (
        ReportColumn("what is set right", left=True),
        *map(ReportColumn, ("before", "after", "percentage points")),
    )
    told = "Accuracies on the test set, in the mean over seeds. Better or worse where the intervals do not overlap."
    return ReportTable((*headings, ReportColumn("outcome", left=True)), tuple(rows), told)


def _difference(both: Found, text: str, before: str, after: str) -> tuple[str, ...] | None:
    old, new = (both.tests(spec=name) for name in (before, after))
    if not old or not new:
        return None
    words = {"confirmed": "better", "refuted": "worse", "undecided": "within the spread"}
    change = sum(new) / len(new) - sum(old) / len(old)
    outcome = words[rules.better(new, old, ("", "")).word]
    return (text, *(with_spread(side, 100, " %", 2) for side in (old, new)), f"{100 * change:+.2f}", outcome)
