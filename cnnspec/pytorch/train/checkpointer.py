"""When a run is saved: after each epoch, within an epoch when it is time, and when a signal ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from shlex import quote
from time import monotonic
from typing import Any

from cnnspec.engine.diagnostics import CheckpointError, count
from cnnspec.pytorch.train import run_folder as files
from cnnspec.pytorch.train.checkpoint import Checkpoints, State
from cnnspec.pytorch.train.finite import require_finite
from cnnspec.pytorch.train.resume_match import require_same
from cnnspec.pytorch.train.run_files import write_weights
from cnnspec.pytorch.train.run_folder import RunFolder
from cnnspec.pytorch.train.signals import Stop, Stopped
from cnnspec.pytorch.train.train_state import TrainState
from cnnspec.pytorch.train.watch import Note
from cnnspec.pytorch.weights.names import WEIGHTS

EVERY = 600.0  # seconds, within an epoch
SHARE = 16  # a checkpoint takes at most so many times the bytes of the model: its optimizer's and averages' included
BESIDE = 2**26  # and so many besides: values, generators
OTHER_NUMBER = "the images keep their order, but the bits are not the same"


@contextmanager
def naming(checkpoints: Checkpoints) -> Iterator[None]:
    """Put the checkpoint that was loaded before what is wrong with it."""
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{checkpoints.path}: {error.message}", error.help) from None


class Checkpointer:
    """Saves a state into the folder of its run.

    ``origin`` is what the run follows from, ``every`` the number of steps between checkpoints within an epoch.
    """

    def __init__(self, run: Path, state: TrainState, origin: Mapping[str, Any], stop: Stop, every: int | None) -> None:
        self.run, self.state, self.origin, self.stop, self.every = run, state, origin, stop, every
        self.world = state.world
        self.place = self.world.written(lambda: RunFolder.of(run))
        bytes = sum(tensor.nbytes for tensor in state.model.state_dict().values())
        self.checkpoints = Checkpoints(run, SHARE * bytes + BESIDE)
        self.saved = monotonic()

    def resume(self, note: Note) -> None:
        """Let the state go on from the last checkpoint that is whole. Raises CheckpointError."""
        state = self.world.written(lambda: self.checkpoints.load(note))
        if state is None:
            note(f"{self.run} has no checkpoint yet, and begins anew")
            return
        with naming(self.checkpoints):
            require_same(self.run, state.values.get("origin"), self.origin)
            before = self.state.restore(state)
        if before != self.world.size:
            note(f"{self.run} was saved by {before} process{'es'[: 2 * (before > 1)]}: {OTHER_NUMBER}")
        if not self.state.metrics.steps:
            self.world.written(self._write_epoch)
        note(f"{self.run} {_reached(self.state)}")

    def step(self) -> None:
        """A step is done. Raises Stopped where a signal has come; all processes save, or none."""
        steps = self.state.metrics.steps
        due = monotonic() - self.saved > EVERY or (self.every is not None and steps % self.every == 0)
        if self.stop.check(due):
            self.save()

    def epoch(self, best: bool) -> None:
        """An epoch is over: the folder gets its checkpoint, its weights and its line of metrics."""
        self.save(best)
        self.world.written(self._write_epoch)

    def save(self, best: bool = False) -> None:
        """Raises DivergedError where the model is not finite, OutputError; the last checkpoint then stays."""
        state = self.state.state()
        self.world.written(lambda: self._write(state, best))
        self.saved = monotonic()

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Save where a signal ends what is done within."""
        with self.stop.held():
            try:
                yield
            except Stopped as stopped:
                self.save()
                stopped.add_note(f"`cnnspec train --resume {quote(str(self.run))}` goes on")
                raise

    def write_result(self, write: Callable[[], None]) -> None:
        """The run is done, and ``write`` writes its last files."""
        self.world.written(self.place.require)
        self.world.written(write)

    def _write(self, state: State, best: bool) -> None:
        self.place.require()
        require_finite(self.state.model, f"step {self.state.metrics.steps:,} of epoch {self.state.epoch}")
        self.checkpoints.save(state.with_values(origin=self.origin), best)

    def _write_epoch(self) -> None:
        self.place.require()
        write_weights(self.run / WEIGHTS, self.state.measured)
        files.write_lines(self.run / files.METRICS, map(asdict, self.state.rows))


def _reached(state: TrainState) -> str:
    """Where a run goes on, or that it is finished."""
    steps, epochs = state.metrics.steps, len(state.rows)
    if state.is_done:
        return f"is finished after {count(epochs, 'epoch')}: nothing is left to train"
    if steps:
        return f"goes on after step {steps:,} of epoch {state.epoch}"
    return f"goes on after epoch {epochs}" if epochs else "goes on from its first step"
