"""The report's eight findings: what each says, the sweeps that it is held against, and its claims with their rules."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from benchmarks.reproduction import rules
from benchmarks.reproduction.curves import TRAINED
from benchmarks.reproduction.found import RATE, Found
from benchmarks.reproduction.rules import Verdict, Word, overall

DEEP = ("vgg16", "googlenet", "resnet18")
Judged = Sequence[tuple[str, Callable[..., Verdict], tuple[Any, ...]]]  # claim, its rule, the figures


@dataclass(frozen=True, slots=True)
class Claim:
    """A part of a finding, its rule in words, and what became of it."""

    text: str
    rule: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """``says`` is the finding in the report's words, ``sweep`` what it is held against; ``also`` is shown too."""

    number: int
    says: str
    sweep: str
    judged: Callable[[Found], Judged]
    also: tuple[str, ...] = ()

    def claims(self, found: Mapping[str, Found]) -> list[Claim]:
        """Its claims, judged; none where its sweep was not run."""
        if self.sweep not in found:
            return []
        return [
            Claim(text, " ".join(str(inspect.getdoc(rule)).split()), rule(*figures))
            for text, rule, figures in self.judged(found[self.sweep])
        ]


def word_of(claims: Sequence[Claim]) -> Word:
    return overall([claim.verdict for claim in claims]) if claims else "not run"


def sigmoid(found: Found) -> Judged:
    groups = found.by(RATE)
    above = {rate: curves for rate, curves in groups.items() if rate > 0.01}
    below = {rate: curves for rate, curves in groups.items() if rate < 1e-5}
    between = {rate: curves for rate, curves in groups.items() if 1e-5 <= rate <= 0.01}
    return (
        ("It does not train above 0.01", rules.never_trains, (above,)),
        ("It does not train below 1e-5", rules.never_trains, (below,)),
        ("Between them it does", rules.trains, (between,)),
    )


def relu(found: Found) -> Judged:
    groups = found.by(RATE)
    high = {rate: curves for rate, curves in groups.items() if rate >= 0.1}
    return (
        ("It stays flat from 0.1 up", rules.never_trains, (high,)),
        ("It learns slowly at 1e-5", rules.learns_slowly, (groups, 1e-5)),
        ("0.001 is the steadiest", rules.steadiest, (groups, 0.001)),
    )


def pooling(found: Found) -> Judged:
    names = ("max", "average")
    sides = {a: [found.tests(pool=p, activation=a) for p in ("MaxPool2d", "AvgPool2d")] for a in ("ReLU", "Sigmoid")}
    return (
        ("Max pooling is better with ReLU, on the test set", rules.better, (*sides["ReLU"], names)),
        ("Max pooling is better with sigmoid, on the test set", rules.better, (*sides["Sigmoid"], names)),
    )


def alexnet(found: Found) -> Judged:
    fast = {rate: curves for rate, curves in found.by(RATE).items() if rate >= 0.0005}
    last = {r: [curve[-1] for curve in curves if curve] for r, curves in found.by(RATE).items()}
    return (
        ("It learns fast at 0.001 and 0.0005", rules.learns_fast, (fast,)),
        ("Dropout hardly matters", rules.hardly_matters, (last,)),
    )


def vgg(found: Found) -> Judged:
    return (("Whether it trains depends on the initial weights", rules.sometimes_fails, (found.by(RATE),)),)


def googlenet(found: Found) -> Judged:
    pairs = [pair for rate in found.study.levels(RATE) for pair in _pairs(found, rate)]
    steady = (found.by(RATE), 0.001, 0.0005)
    return (
        ("It fluctuates more at 0.001 than at 0.0005", rules.fluctuates_more, steady),
        ("Dropout 0.4 is slower than 0.2, at the same rate", rules.slower, (pairs,)),
    )


def _pairs(found: Found, rate: float) -> Iterator[tuple[float, float]]:
    """The mean accuracies over the epochs with dropout 0.4 and with 0.2, of the same rate and seed."""
    more, less = found.runs(lr=rate, dropout=0.4), found.runs(lr=rate, dropout=0.2)
    return ((fmean(more[seed]), fmean(less[seed])) for seed in more if more[seed] and less.get(seed))


def resnet(found: Found) -> Judged:
    groups = found.by(RATE)
    return (
        ("It comes to a good result at every rate", rules.good_everywhere, (groups,)),
        ("The largest rate fluctuates more than 0.001", rules.fluctuates_more, (groups, 0.1, 0.001)),
        ("The smallest rate is slower than 0.001", rules.slower_than, (groups, 1e-5, 0.001)),
    )


def comparison(found: Found) -> Judged:
    names = found.study.levels("spec")
    tests = {name: [test for test in found.tests(spec=name) if test > TRAINED] for name in names}  # not finding 5 again
    return (
        ("All five end close together", rules.close_together, (tests,)),
        ("AlexNet is best on the test set", rules.best_of, (tests, "alexnet")),
        ("Depth brings nothing", rules.brings_nothing, (tests, DEEP)),
    )


FINDINGS = (
    Finding(
        1, "LeNet with sigmoid does not train at learning rates above 0.01 or below 1e-5.", "lenet_sigmoid", sigmoid
    ),
    Finding(
        2,
        "LeNet with ReLU stays flat from 0.1 up, and learns slowly at 1e-5; 0.001 is the steadiest.",
        "lenet_relu",
        relu,
    ),
    Finding(3, "Max pooling beats average pooling in LeNet.", "lenet_pooling", pooling),
    Finding(4, "AlexNet learns fast at 0.001 and 0.0005; dropout hardly matters.", "alexnet", alexnet),
    Finding(
        5,
        "VGG sometimes does not train at all, and whether it does changes from run to run (initial weights).",
        "vgg16_seeds",
        vgg,
        also=("vgg16",),
    ),
    Finding(6, "GoogLeNet is steady at 0.0005; dropout 0.4 is slower than 0.2.", "googlenet", googlenet),
    Finding(
        7, "ResNet reaches a good result at every rate; large rates fluctuate, small ones are slow.", "resnet18", resnet
    ),
    Finding(
        8,
        "All five end close together; AlexNet is best on the test set; depth brings nothing on MNIST.",
        "comparison",
        comparison,
    ),
)
