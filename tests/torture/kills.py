"""Processes that are killed: SIGKILL at random moments and inside saves; SIGTERM and SIGINT at random moments, twice.

A run is begun, killed, gone on with and killed again, some times over, and then left to come to its end: weights,
optimizer, generators and metrics have to be those of a run that was never disturbed. Each life of a run is a process
that is forked off, so that torch is imported once; in memory that both share it says when it is inside a save.
"""

from __future__ import annotations

import mmap
import os
import random
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from unittest.mock import patch

from cnnspec.cli.app import main
from cnnspec.pytorch.train.checkpoint import Checkpoints
from tests.torture.runs import arguments, outcome, undisturbed, write_spec

LIVES = 5  # a run is killed at most so often, and then left alone
SAVING, FINISHED = 0, 1  # bytes of the memory that is shared


@dataclass
class Figures:
    """How often which signal was sent, how often inside a save; how many runs came to their end; what went wrong."""

    sent: dict[str, int] = field(default_factory=dict)
    inside_saves: int = 0
    runs: int = 0
    equal: int = 0
    wrong: list[str] = field(default_factory=list)


class Life:
    """One process that goes on with a run."""

    def __init__(self, spec: Path, run: Path) -> None:
        self.shared = mmap.mmap(-1, 2)
        self.log = run.with_suffix(".log")
        self.begun = monotonic()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self._live(arguments(spec, run))

    def _live(self, arguments: list[str]) -> None:
        """In the child: run the command, and end without a word to the parent's test runner."""
        code = 1
        try:
            log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            sys.stdout = os.fdopen(1, "w")
            sys.stderr = os.fdopen(2, "w")
            with patch.object(sys, "argv", ["cnnspec", *arguments]), patch.object(Checkpoints, "save", self._told()):
                main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        except KeyboardInterrupt:
            code = 128 + signal.SIGINT  # before the command listens, as a shell says of it
        finally:
            self.shared[FINISHED] = 1
            sys.stdout.flush()
            os._exit(code)

    def _told(self) -> Callable[..., Path]:
        """Saving, which says when it goes on."""
        real = Checkpoints.save

        def save(store: Checkpoints, *given: Any, **named: Any) -> Path:
            self.shared[SAVING] = 1
            try:
                return real(store, *given, **named)
            finally:
                self.shared[SAVING] = 0

        return save

    @property
    def saving(self) -> bool:
        return self.shared[SAVING] == 1

    def wait_for(self, seconds: float) -> None:
        while monotonic() - self.begun < seconds and not self.shared[FINISHED]:
            sleep(0.0005)

    def wait_for_save(self) -> None:
        while not self.saving and not self.shared[FINISHED]:
            sleep(0.0003)

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def end(self) -> int:
        """Its exit code, by a signal as a shell says it."""
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return 128 - status if status < 0 else status


class Torture:
    """Runs in a folder, of which each is disturbed some times."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.random, self.figures = folder, random.Random(seed), Figures()
        self.spec = write_spec(folder)
        undisturbed(self.spec, folder / "imported")  # all that is imported late, before the forks
        life = Life(self.spec, folder / "undisturbed")
        assert life.end() == 0, life.log.read_text()
        self.seconds = monotonic() - life.begun
        self.expected = outcome(folder / "undisturbed")

    def disturb(self, name: str, once: Callable[[Path], bool]) -> None:
        """Let ``once`` disturb a run until it says that the run was done, or LIVES times; then see how it ends."""
        run = self.folder / name
        for _ in range(self.random.randint(1, LIVES)):
            if not once(run):
                break
        life = Life(self.spec, run)
        code, said = life.end(), life.log.read_text()
        self.figures.runs += 1
        if code != 0 or "damaged" in said or "Traceback" in said:
            self.figures.wrong.append(f"{name} ended with {code}: {said[-2000:]}")
        elif outcome(run) != self.expected:
            self.figures.wrong.append(f"{name} came to another end")
        else:
            self.figures.equal += 1
            shutil.rmtree(run)

    def kill(self, run: Path, inside: bool) -> bool:
        """SIGKILL, at a random moment or at one inside a save; whether there was something to kill."""
        life = Life(self.spec, run)
        if inside:
            for _ in range(self.random.randint(1, 3)):
                life.wait_for_save()
            sleep(self.random.uniform(0, 0.006))
        else:
            life.wait_for(self.random.uniform(0, self.seconds))
        life.send(signal.SIGKILL)
        if life.end() != 128 + signal.SIGKILL:
            return False
        self._count("SIGKILL")
        self.figures.inside_saves += life.saving
        return True

    def ask(self, run: Path, number: signal.Signals) -> bool:
        """SIGTERM or SIGINT, and some times a second one soon after; whether there was something to end."""
        life = Life(self.spec, run)
        life.wait_for(self.random.uniform(0, self.seconds))
        life.send(number)
        if self.random.random() < 0.5:
            sleep(self.random.uniform(0, 0.02))
            life.send(self.random.choice([signal.SIGTERM, signal.SIGINT]))
        code = life.end()
        self._count(number.name)
        if code not in (0, 128 + signal.SIGTERM, 128 + signal.SIGINT):
            self.figures.wrong.append(f"{number.name} ended with {code}: {life.log.read_text()[-2000:]}")
        return code != 0

    def _count(self, name: str) -> None:
        self.figures.sent[name] = self.figures.sent.get(name, 0) + 1


def run(folder: Path, kills: int, inside: int, signals: int, seed: int = 0) -> Figures:
    """At least so many SIGKILLs, of which at least so many inside saves, and so many other signals."""
    torture = Torture(folder, seed)
    figures, number = torture.figures, 0
    while figures.sent.get("SIGKILL", 0) < kills or figures.inside_saves < inside:
        short = figures.inside_saves < inside and torture.random.random() < 0.5
        torture.disturb(f"killed-{number}", lambda run, short=short: torture.kill(run, short))
        number += 1
    while sum(count for name, count in figures.sent.items() if name != "SIGKILL") < signals:
        which = torture.random.choice([signal.SIGTERM, signal.SIGINT])
        torture.disturb(f"asked-{number}", lambda run, which=which: torture.ask(run, which))
        number += 1
    return figures
