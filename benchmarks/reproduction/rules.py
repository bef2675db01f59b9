"""The rules by which a claim of the report is confirmed, refuted or left undecided: figures ──► Verdict.

Each is a function of figures alone, and its docstring is what the page says of it. A rule to which figures are missing
decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from benchmarks.reproduction.curves import (
    Curves,
    fluctuation,
    is_above,
    is_at_chance,
    is_trained,
    late,
    reaches,
    spread,
)

Word = Literal["confirmed", "refuted", "undecided", "not run"]
ByRate = Mapping[float, Curves]

FAST, FAST_EPOCHS = 0.98, 2
SLOW = 0.9
GOOD = 0.97
HARDLY = 0.005
CLOSE = 0.01
FEW = 5  # seeds, below which it says nothing that all of them train


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a claim, and the figures that say so."""

    word: Word
    because: str


def overall(verdicts: Sequence[Verdict]) -> Word:
    """A finding of several claims is confirmed if all of them are, and refuted if one of them is."""
    words = {verdict.word for verdict in verdicts}
    if "refuted" in words:
        return "refuted"
    return "undecided" if words != {"confirmed"} else "confirmed"


def never_trains(groups: ByRate) -> Verdict:
    """Confirmed if no run at these rates gets over 50 % in any epoch; refuted if all runs at one of them do."""
    if not _all_there(groups):
        return _missing()
    told = _trained(groups)
    if not any(is_trained(curve) for curves in groups.values() for curve in curves):
        return Verdict("confirmed", told)
    whole = any(all(map(is_trained, curves)) for curves in groups.values())
    return Verdict("refuted" if whole else "undecided", told)


def trains(groups: ByRate) -> Verdict:
    """Confirmed if all runs at one of these rates at least get over 50 %; otherwise undecided, for epochs may lack."""
    if not _all_there(groups):
        return _missing()
    whole = any(all(map(is_trained, curves)) for curves in groups.values())
    return Verdict("confirmed" if whole else "undecided", _trained(groups))


def learns_slowly(groups: ByRate, rate: float) -> Verdict:
    """Confirmed if it trains at this rate and gets to 90 % in more epochs than at each other rate that trains, by more
    than the spread; refuted if it gets there, and in more than at none of these. A run that never does counts as one
    epoch more than it has.
    """
    others = {other: curves for other, curves in groups.items() if other != rate and all(map(is_trained, curves))}
    if not _all_there(groups) or not others or rate not in groups:
        return _missing()
    epochs = {key: [reaches(curve, SLOW) for curve in groups[key]] for key in (rate, *others)}
    told = "epochs to 90 %: " + ", ".join(
        f"{fmean(epochs[key]):.1f} at {key:g}" for key in sorted(epochs, reverse=True)
    )
    slower = [is_above(epochs[rate], epochs[other]) for other in others]
    there = all(max(curve, default=0.0) >= SLOW for curve in groups[rate])
    return Verdict(_word(all(slower) and all(map(is_trained, groups[rate])), there and not any(slower)), told)


def steadiest(groups: ByRate, rate: float) -> Verdict:
    """Of the rates at which all runs get to 97 %: confirmed if the fluctuation here is below each other's, refuted if
    another's is below it, by more than the spread, both over all epochs and over their second half. Otherwise
    undecided.
    """
    good = {key: curves for key, curves in groups.items() if all(max(curve, default=0.0) >= GOOD for curve in curves)}
    known = {key: both for key, curves in good.items() if (both := _both(curves))}
    if not _all_there(groups) or rate not in known or len(known) < 2:
        return _missing()
    others = [both for key, both in known.items() if key != rate]
    least = all(_is_above(other, known[rate]) for other in others)
    beaten = any(_is_above(known[rate], other) for other in others)
    return Verdict(_word(least, beaten), _fluctuations(known))


def fluctuates_more(groups: ByRate, rate: float, other: float) -> Verdict:
    """Confirmed if the fluctuation at this rate is above that at the other one, refuted if it is below, by more than
    the spread, both over all epochs and over their second half. Otherwise undecided.
    """
    known = {key: both for key in (rate, other) if groups.get(key) and (both := _both(groups[key]))}
    if len(known) < 2:
        return _missing()
    more, less = _is_above(known[rate], known[other]), _is_above(known[other], known[rate])
    return Verdict(_word(more, less), _fluctuations(known))


def better(first: Sequence[float], second: Sequence[float], names: tuple[str, str]) -> Verdict:
    """Confirmed if the mean over seeds is higher, refuted if it is lower, by more than the spread: the intervals of
    mean and standard deviation do not overlap. Otherwise undecided.
    """
    if len(first) < 2 or len(second) < 2:
        return _missing()
    told = f"{names[0]} {_percent(first)}, {names[1]} {_percent(second)}"
    return Verdict(_word(is_above(first, second), is_above(second, first)), told)


def learns_fast(groups: ByRate) -> Verdict:
    """Confirmed if all runs at these rates get to 98 % in two epochs; refuted if no run at one of them does."""
    if not _all_there(groups):
        return _missing()
    first = {rate: [max(curve[:FAST_EPOCHS], default=0.0) for curve in curves] for rate, curves in groups.items()}
    fast = [[value >= FAST for value in values] for values in first.values()]
    told = "; ".join(", ".join(f"{100 * value:.2f}" for value in first[rate]) + f" % at {rate:g}" for rate in first)
    return Verdict(_word(all(map(all, fast)), not all(map(any, fast))), f"best of the first two epochs: {told}")


def hardly_matters(groups: Mapping[float, Sequence[float]]) -> Verdict:
    """Confirmed if, at each learning rate, the accuracies of all dropouts after the last epoch are within 0.5
    percentage points; refuted if they are so at none.
    """
    if not groups or any(len(values) < 2 for values in groups.values()):
        return _missing()
    apart = {rate: max(values) - min(values) for rate, values in groups.items()}
    told = "from the lowest to the highest: " + ", ".join(f"{100 * apart[rate]:.2f} at {rate:g}" for rate in apart)
    within = [value <= HARDLY for value in apart.values()]
    return Verdict(_word(all(within), not any(within)), told)


def sometimes_fails(groups: ByRate) -> Verdict:
    """Confirmed if, at one rate, some seeds stay below 15 % in all epochs and others get over 50 %; refuted if all of
    at least five seeds at each rate get over 50 %.
    """
    if not any(groups.values()):
        return _missing()
    told = "; ".join(
        f"{sum(map(is_at_chance, curves))} of {len(curves)} seeds stay at chance at {rate:g}"
        for rate, curves in groups.items()
        if curves
    )
    mixed = any(any(map(is_at_chance, curves)) and any(map(is_trained, curves)) for curves in groups.values())
    sound = all(len(curves) >= FEW and all(map(is_trained, curves)) for curves in groups.values())
    return Verdict(_word(mixed, sound), told)


def slower(pairs: Sequence[tuple[float, float]]) -> Verdict:
    """Of two runs that differ in this alone, the slower has the lower mean of the accuracies of all epochs. Confirmed
    if the first is slower in the mean of all pairs, refuted if it is faster, by more than the standard deviation over
    the pairs.
    """
    if len(pairs) < 2:
        return _missing()
    lacks = [second - first for first, second in pairs]
    told = f"{100 * fmean(lacks):+.2f} ± {100 * spread(lacks):.2f} percentage points behind, over {len(lacks)} pairs"
    return Verdict(_word(fmean(lacks) > spread(lacks), fmean(lacks) < -spread(lacks)), told)


def good_everywhere(groups: ByRate) -> Verdict:
    """Confirmed if all runs get to 97 % at their best; refuted if at one rate no run does."""
    if not _all_there(groups):
        return _missing()
    best = {rate: [max(curve, default=0.0) for curve in curves] for rate, curves in groups.items()}
    good = [[value >= GOOD for value in values] for values in best.values()]
    told = "best epoch: " + ", ".join(f"{100 * min(best[rate]):.2f} % at {rate:g}" for rate in best)
    return Verdict(_word(all(map(all, good)), not all(map(any, good))), told)


def slower_than(groups: ByRate, rate: float, other: float) -> Verdict:
    """Confirmed if it takes more epochs to 98 % than at the other rate, refuted if it takes fewer, by more than the
    spread. A run that never gets there counts as one epoch more than it has.
    """
    if not groups.get(rate) or not groups.get(other):
        return _missing()
    epochs = {key: [reaches(curve, FAST) for curve in groups[key]] for key in (rate, other)}
    later, sooner = is_above(epochs[rate], epochs[other]), is_above(epochs[other], epochs[rate])
    return Verdict(_word(later, sooner), _epochs(FAST, epochs))


def close_together(tests: Mapping[str, Sequence[float]]) -> Verdict:
    """Confirmed if the means over seeds are within one percentage point; refuted if they are not, and the intervals of
    the best and the worst do not overlap.
    """
    if not _whole(tests):
        return _missing()
    best, worst = (choose(tests, key=lambda name: fmean(tests[name])) for choose in (max, min))
    gap = fmean(tests[best]) - fmean(tests[worst])
    told = f"{best} {_percent(tests[best])}, {worst} {_percent(tests[worst])}: {100 * gap:.2f} points"
    return Verdict(_word(gap <= CLOSE, gap > CLOSE and is_above(tests[best], tests[worst])), told)


def best_of(tests: Mapping[str, Sequence[float]], name: str) -> Verdict:
    """Confirmed if its mean over seeds is above that of each other network, refuted if one of them is above it, by
    more than the spread: the intervals of mean and standard deviation do not overlap. Otherwise undecided.
    """
    if not _whole(tests) or name not in tests:
        return _missing()
    others = [other for other in tests if other != name]
    above = all(is_above(tests[name], tests[other]) for other in others)
    below = any(is_above(tests[other], tests[name]) for other in others)
    ranked = sorted(tests, key=lambda other: -fmean(tests[other]))
    return Verdict(_word(above, below), ", ".join(f"{other} {_percent(tests[other])}" for other in ranked))


def brings_nothing(tests: Mapping[str, Sequence[float]], deep: Sequence[str]) -> Verdict:
    """Confirmed if the best of the deep networks is not above the best of the others in the mean over seeds; refuted
    if it is by more than the spread.
    """
    if not _whole(tests) or not {*deep} < tests.keys():
        return _missing()
    named = [max(names, key=lambda name: fmean(tests[name])) for names in (deep, [n for n in tests if n not in deep])]
    first, second = (tests[name] for name in named)
    told = f"{named[0]} {_percent(first)}, {named[1]} {_percent(second)}"
    return Verdict(_word(fmean(first) <= fmean(second), is_above(first, second)), told)


def _word(confirmed: bool, refuted: bool) -> Word:
    return "confirmed" if confirmed else "refuted" if refuted else "undecided"


def _missing() -> Verdict:
    return Verdict("undecided", "runs or epochs that it needs are missing")


def _all_there(groups: ByRate) -> bool:
    return bool(groups) and all(groups.values())


def _whole(tests: Mapping[str, Sequence[float]]) -> bool:
    return len(tests) > 1 and all(len(values) > 1 for values in tests.values())


Both = tuple[list[float], list[float]]


def _both(curves: Curves) -> Both | None:
    """The fluctuation over all epochs and over their second half, of each seed; None of too few epochs."""
    whole, half = ([fluctuation(part) for part in parts] for parts in (curves, map(late, curves)))
    known = [value for value in whole if value is not None], [value for value in half if value is not None]
    return known if len(known[0]) == len(known[1]) == len(curves) else None


def _is_above(first: Both, second: Both) -> bool:
    return all(is_above(*sides) for sides in zip(first, second, strict=True))


def _fluctuations(known: Mapping[float, Both]) -> str:
    told = (f"{_points(whole)} and {_points(half)} at {key:g}" for key, (whole, half) in known.items())
    return "fluctuation over all epochs and over the second half, in percentage points: " + ", ".join(told)


def _points(values: Sequence[float]) -> str:
    return f"{100 * fmean(values):.2f} ± {100 * spread(values):.2f}"


def _epochs(level: float, epochs: Mapping[float, Sequence[int]]) -> str:
    told = (f"{fmean(found):.1f} at {rate:g}" for rate, found in epochs.items())
    return f"epochs to {100 * level:.0f} %: " + ", ".join(told)


def _trained(groups: ByRate) -> str:
    told = (f"{sum(map(is_trained, curves))} of {len(curves)} at {rate:g}" for rate, curves in groups.items())
    return "runs over 50 %: " + ", ".join(told)


def _percent(values: Sequence[float]) -> str:
    return f"{_points(values)} %"
