"""Two processes under torchrun, of which one is killed now and then: torchrun starts both anew, and they go on.

In the end there is what two processes come to undisturbed. Then torchrun itself is asked to end, and the one command
goes on with the run.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

from cnnspec.pytorch.train.checkpoint import Checkpoints
from tests.torture.runs import MOST, arguments, outcome, write_spec

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
RESTARTS = 20  # more than anyone kills
PATIENCE = 400.0  # seconds for a process to come so far


@dataclass
class Figures:
    """How often which process was killed, how many runs were asked to end, how many ended well; what went wrong."""

    killed: list[int] = field(default_factory=lambda: [0, 0])
    asked: int = 0
    equal: int = 0
    wrong: list[str] = field(default_factory=list)


class Elastic:
    """A run of two processes, which torchrun starts anew where one has ended."""

    def __init__(self, spec: Path, run: Path) -> None:
        self.run, self.log = run, run.with_suffix(".log")
        command = [*TORCHRUN, "--max-restarts", str(RESTARTS), "-m", "cnnspec", *arguments(spec, run)]
        with self.log.open("a") as log:
            self.agent = subprocess.Popen(command, stdout=log, stderr=log)

    def wait_for_save(self) -> bool:
        """Until there is one more checkpoint than now; whether the run still goes on."""
        now, end = self._last(), monotonic() + PATIENCE
        while self._last() == now and self.agent.poll() is None and monotonic() < end:
            sleep(0.002)
        return self.agent.poll() is None

    def kill(self, rank: int) -> bool:
        """SIGKILL to one of the processes; whether it was there."""
        for process in self._workers():
            if f"RANK={rank}".encode() in _read(process / "environ").split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)
                return True
        return False

    def end(self) -> int:
        return self.agent.wait(PATIENCE)

    def _workers(self) -> list[Path]:
        """Those that torchrun has started, by what the system says of processes."""
        parent = f"PPid:\t{self.agent.pid}\n".encode()
        return [path for path in Path("/proc").glob("[0-9]*") if parent in _read(path / "status")]

    def _last(self) -> int:
        return max(Checkpoints(self.run, MOST).numbers(), default=0)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it has ended


def run(folder: Path, kills: int, asked: int, seed: int = 0) -> Figures:
    """At least so many processes killed, and so many runs whose torchrun is asked to end."""
    folder.mkdir()
    figures, chance, spec = Figures(), random.Random(seed), write_spec(folder)
    whole = Elastic(spec, folder / "undisturbed")
    assert whole.end() == 0, whole.log.read_text()
    expected, number = outcome(whole.run), 0
    while sum(figures.killed) < kills:
        elastic = Elastic(spec, folder / f"killed-{number}")
        for rank in [number % 2, chance.randrange(2)][: kills - sum(figures.killed)]:
            if elastic.wait_for_save():
                sleep(chance.uniform(0, 0.05))
                figures.killed[rank] += elastic.kill(rank)
        _look(elastic, expected, figures)
        number += 1
    for number in range(asked):
        elastic = Elastic(spec, folder / f"asked-{number}")
        if elastic.wait_for_save():
            elastic.agent.terminate()
            figures.asked += elastic.end() != 0
        _look(Elastic(spec, elastic.run), expected, figures)
    return figures


def _look(elastic: Elastic, expected: dict[str, str], figures: Figures) -> None:
    """How a run ends."""
    code, said = elastic.end(), elastic.log.read_text()
    if code != 0:
        figures.wrong.append(f"{elastic.run.name} ended with {code}: {said[-2000:]}")
    elif outcome(elastic.run) != expected:
        figures.wrong.append(f"{elastic.run.name} came to another end")
    else:
        figures.equal += 1
