"""Points on a Ray cluster: a task for each, with the cores that a slot has.

    driver ──task──► node: run_job ──► Post (an actor beside the driver) ──poll──► driver
                              ◄── whether to go on after an epoch

The folder of the sweep is on a disk that all nodes share. A node that dies takes its running points with it, and no
others: the driver hears of them, and they go on from their last checkpoints on another.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from cnnspec.engine.diagnostics import UsageError
from cnnspec.engine.files import open_own
from cnnspec.pytorch.sweep.executor import Event, Lost, event_of
from cnnspec.pytorch.sweep.slots import Slots
from cnnspec.pytorch.sweep.worker import run_job
from cnnspec.pytorch.train.signals import Stop

LOOK_EVERY = 0.2  # seconds between looks at the post


@ray.remote(num_cpus=0, max_concurrency=64)
class Post:
    """Keeps what runs say until the driver asks, and what the driver answers until they do."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.answers: dict[int, list[bool]] = {}
        self.is_over = False

    async def say(self, message: dict[str, Any]) -> None:
        self.messages.append(message)

    async def take(self) -> list[dict[str, Any]]:
        taken, self.messages = self.messages, []
        return taken

    async def answer(self, number: int, go: bool) -> None:
        self.answers.setdefault(number, []).append(go)

    async def answered(self, number: int) -> bool | None:
        waiting = self.answers.get(number)
        return waiting.pop(0) if waiting else None

    async def end(self) -> None:
        self.is_over = True

    async def over(self) -> bool:
        return self.is_over


class RayExecutor:
    """Runs jobs as tasks of a Ray cluster; ``address`` None begins one on this machine alone."""

    def __init__(self, slots: Slots, address: str | None) -> None:
        self.started = not ray.is_initialized()
        path = os.pathsep.join(filter(None, [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")]))
        environment = {"env_vars": {"PYTHONPATH": path, "OMP_NUM_THREADS": str(slots.threads)}}
        try:
            ray.init(address, runtime_env=environment, log_to_driver=False, ignore_reinit_error=True)
        except (ConnectionError, ValueError, RuntimeError) as error:
            reason = str(error).split("\n")[0]
            raise UsageError(f"there is no Ray cluster at {address}: {reason}", "ray start --head begins one") from None
        gpus = int(ray.cluster_resources().get("GPU", 0))
        self.needs: dict[str, Any] = {"num_cpus": slots.threads, "num_gpus": 1 if gpus else 0}
        cores = int(ray.cluster_resources().get("CPU", 1))
        self.slots = max(1, gpus or cores // slots.threads)
        here = ray.get_runtime_context().get_node_id()  # anywhere else the post could go with a node that dies
        beside = NodeAffinitySchedulingStrategy(here, soft=False)
        self.post = Post.options(scheduling_strategy=beside).remote()  # type: ignore[attr-defined]
        self.tasks: dict[Any, int] = {}

    def start(self, job: Mapping[str, Any]) -> None:
        task = _task.options(**self.needs).remote(dict(job), self.post)
        self.tasks[task] = int(job["number"])

    def answer(self, number: int, *, go: bool) -> None:
        self.post.answer.remote(number, go)

    def poll(self, seconds: float) -> Iterator[Event]:
        if self.tasks:
            ready, _ = ray.wait(list(self.tasks), num_returns=1, timeout=min(seconds, LOOK_EVERY))
        else:
            ready = []
        yield from self.heard()
        for task in ready:
            number = self.tasks.pop(task)
            try:
                yield event_of(ray.get(task))
            except RayError as error:
                yield Lost(number, f"its node or its worker is gone ({type(error).__name__})")

    def heard(self) -> Iterator[Event]:
        yield from (event_of(message) for message in ray.get(self.post.take.remote()))

    def stop(self) -> None:
        ray.get(self.post.end.remote())

    def close(self) -> None:
        for task in self.tasks:
            with suppress(RayError):
                ray.cancel(task, force=True)
        ray.kill(self.post)
        if self.started:
            ray.shutdown()


@ray.remote(max_retries=0)
def _task(job: dict[str, Any], post: Any) -> dict[str, Any]:
    """One job on a node; what it prints goes into its log."""
    log = open_own(Path(job["log"]), os.O_WRONLY | os.O_APPEND)
    before = os.dup(1), os.dup(2)
    for stream in (1, 2):
        os.dup2(log, stream)
    stop = Stop()

    def say(message: dict[str, Any]) -> None:
        ray.get(post.say.remote(message))
        if ray.get(post.over.remote()):
            stop.number = 15

    def answer() -> bool:
        while (go := ray.get(post.answered.remote(job["number"]))) is None:
            time.sleep(LOOK_EVERY / 4)
        return bool(go)

    try:
        return {"event": "ended", "number": job["number"], **run_job(job, say, stop, answer)}
    finally:
        sys.stdout.flush()
        for stream, kept in zip((1, 2), before, strict=True):
            os.dup2(kept, stream)
            os.close(kept)
        os.close(log)
