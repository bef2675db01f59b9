"""The verdicts on the specs of many seeds, over several processes."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import warnings
from collections.abc import Callable, Iterable

import torch

from tests.fuzz.judge import Verdict, judge
from tests.fuzz.sources import verdict
from tests.fuzz.tally import Tally
from tests.fuzz.text import spec_of
from tests.fuzz.torchside import Disagreement

CHUNK = 50
CHUNKS = 40  # until a process makes way for a fresh one, whatever memory torch keeps in it
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes that peak memory is counted in


def run(seeds: range, processes: int, many: Callable[[Iterable[int]], Tally] | None = None) -> Tally:
    """What the specs of all seeds come to; ``many`` judges some of them."""
    chunks = [seeds[i : i + CHUNK] for i in range(0, len(seeds), CHUNK)]
    tally = Tally()
    with multiprocessing.get_context("spawn").Pool(processes, torch.set_num_threads, (1,), CHUNKS) as pool:
        for part in pool.imap_unordered(many or verdicts, chunks):
            tally.merge(part)
    return tally


def verdicts(seeds: Iterable[int]) -> Tally:
    """The verdicts on the specs of some seeds."""
    return judged(seeds, spec_of, lambda _, text: judge(text))


def sources(seeds: Iterable[int]) -> Tally:
    """Whether the exported sources of some seeds are their networks."""
    return judged(seeds, lambda seed: "", lambda seed, _: verdict(seed))


def judged(seeds: Iterable[int], text_of: Callable[[int], str], judge: Callable[[int, str], Verdict]) -> Tally:
    tally = Tally()
    for seed in seeds:
        text = text_of(seed)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torch's, of what is slow or odd and allowed
                tally.add(judge(seed, text))
        except Disagreement as error:
            tally.disagreements.append((seed, str(error), text))
        except Exception as error:  # noqa: BLE001 - a crash is shown with its text, like any other mistake
            tally.disagreements.append((seed, f"crashed with {error!r}", text))
    tally.megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT / 1e6
    return tally
