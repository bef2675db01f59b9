"""Runs and sweeps as training would have left them, without training: figures that follow from the settings alone."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from cnnspec import __version__, load
from cnnspec.engine.recipe import Recipe
from cnnspec.pytorch.data.examples import Pixels
from cnnspec.pytorch.sweep.choose import chosen
from cnnspec.pytorch.sweep.executor import Ended, Epoch, Event
from cnnspec.pytorch.sweep.folder import Choice, PointRecord, run_folder, write_choice, write_record
from cnnspec.pytorch.sweep.slots import Slots
from cnnspec.pytorch.sweep.start import Planning, begin
from cnnspec.pytorch.train.run_files import RunRecord as RunRecord
from cnnspec.pytorch.train.run_files import RunSetup
from cnnspec.pytorch.train.training import texts
from cnnspec.pytorch.train.watch import Figures
from tests.report.made import row_of

IMAGES = 10_000
MACHINE = {"device": "cuda", "processor": "A GPU of another machine", "threads": 1, "torch": "2.11.0"}


class Pretending:
    """An executor whose jobs are over as soon as they are heard of; keeps their runs' folders, in order."""

    def __init__(self, slots: Slots) -> None:
        self.slots = slots.jobs
        self.events: deque[Event] = deque()
        self.runs: list[Path] = []
        self.most = self.now = 0

    def start(self, job: Mapping[str, Any]) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        number, run = int(job["number"]), Path(job["run"])
        if job.get("measure"):
            self.events.append(Ended(number, "done", test=asdict(measured(run))))
            return
        self.runs.append(run)
        for row in written(job, run):
            self.events.append(Epoch(number, row))
        self.events.append(Ended(number, "done"))

    def answer(self, number: int, *, go: bool) -> None:
        """Nothing is pruned."""

    def poll(self, seconds: float) -> Iterator[Event]:
        while self.events:
            event = self.events.popleft()
            self.now -= isinstance(event, Ended)
            yield event

    def stop(self) -> None:
        """Jobs are over at once."""

    def close(self) -> None:
        """There is nothing to end."""


class Endless(Pretending):
    """Its jobs end when they are stopped, and not before."""

    def __init__(self, slots: Slots) -> None:
        super().__init__(slots)
        self.numbers: list[int] = []

    def start(self, job: Mapping[str, Any]) -> None:
        self.runs.append(Path(job["run"]))
        self.numbers.append(int(job["number"]))

    def stop(self) -> None:
        self.events += [Ended(number, "stopped") for number in self.numbers]


def write_sweep(planning: Planning, folder: Path) -> None:
    """The folder of a sweep that is done, but for a study, which nothing that only reads needs."""
    begin(folder, planning, "", {}, extend=False)
    records = {}
    for point in planning.points:
        assert point.setup
        rows = written(point.setup.as_job(), run_folder(folder, point.number))
        objective = rows[-1][planning.file.objective.figure]
        values = dict(point.values)
        record = PointRecord(number=point.number, values=values, status="done", objective=objective)
        write_record(folder, record)
        records[point.number] = record
    numbers = chosen(planning.file, records.values())
    tested = {number: measured(run_folder(folder, number)) for number in numbers}
    write_choice(folder, Choice(chosen=numbers, tested=tested))


def measured(run: Path) -> Figures:
    """The figures on the test part: as good as after the last epoch."""
    last = json.loads((run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    return Figures(0.1, round(last["train_accuracy"] / 0.95 * IMAGES), IMAGES, 1.0)


def written(job: Mapping[str, Any], run: Path) -> list[dict[str, Any]]:
    """The folder of a run that is done; returns the rows of its epochs."""
    spec, recipe = load(job["spec"], job["variant"], **job["params"]), Recipe.of(**job["recipe"])
    own = texts(spec, recipe)
    record = RunRecord(
        cnnspec=__version__,
        spec=RunSetup.of(spec),
        training=recipe,
        pixels=PIXELS,
        classes=tuple("0123456789"),
        sha256={name: sha256(text).hexdigest() for name, text in own.items()},
    )
    rows = [
        row_of(epoch, accuracy(job, epoch)) | ({} if recipe.validation else {"val_loss": None, "val_accuracy": None})
        for epoch in range(1, recipe.epochs + 1)
    ]
    run.mkdir(parents=True)
    for name, text in own.items():
        (run / name).write_bytes(text)
    (run / "settings.json").write_text(record.model_dump_json(), encoding="utf-8")
    (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (run / "result.json").write_text(json.dumps({"epochs": len(rows), "seconds": 1.0, **MACHINE}), encoding="utf-8")
    return rows


PIXELS = Pixels(mean=(0.13,), std=(0.31,))


def accuracy(job: Mapping[str, Any], epoch: int) -> float:
    """At 0.1 and 1e-6 nothing is learnt; elsewhere the error falls, the slower the smaller the rate."""
    rate, seed = job["recipe"]["optimizer"]["Adam"]["lr"], job["recipe"]["seed"]
    if not 1e-5 <= rate <= 0.01:
        return 0.112
    quirk = 0.02 * (job["params"].get("pool") == "AvgPool2d") + 0.004 * (job["spec"] == "mnist/googlenet")
    shake = 0.004 * (epoch % 2) * (rate > 0.001)
    return 1 - 0.5 / (1 + epoch * rate * 4000) - quirk - shake - 0.0003 * seed
