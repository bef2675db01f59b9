"""Several processes that train one network: torch.distributed, as torchrun starts it.

    CPU tensors, flags, values ──gloo──► all processes
    CUDA tensors               ──nccl──► all processes

An error that one process finds where others would wait for it is raised in all of them: `together` and `written`. What
several raise is told once. A process that ends without a word is noticed by the others at the next thing that they do
together.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import current_thread, main_thread
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.distributed.rendezvous import rendezvous
from torch.futures import Future
from torch.nn.parallel import DistributedDataParallel

from cnnspec.engine.diagnostics import CnnspecError, OutputError
from cnnspec.pytorch.train.signals import SIGNALS
from cnnspec.pytorch.train.world import World
from cnnspec.rank import attempt, local_rank

T = TypeVar("T")
Outcome = tuple[T | None, CnnspecError | None]


@dataclass(frozen=True, slots=True)
class Processes(World):
    """One of several processes; each method has to be called in all of them, in the same order."""

    def share(self, part: Tensor) -> Tensor:
        return torch.tensor_split(part, self.size)[self.rank]

    def summed(self, tensor: Tensor) -> Tensor:
        dist.all_reduce(tensor)
        return tensor

    def most(self, *numbers: int) -> tuple[int, ...]:
        found = torch.tensor(numbers)
        dist.all_reduce(found, dist.ReduceOp.MAX)
        return tuple(found.tolist())

    def alike(self, tensors: Iterable[Tensor]) -> None:
        for tensor in tensors:
            dist.broadcast(tensor, 0)

    def gathered(self, value: T) -> list[T]:
        found: list[Any] = [None] * self.size
        dist.all_gather_object(found, value)
        return found

    def written(self, do: Callable[[], T]) -> T:
        told: list[Any] = [_tried(do) if self.is_writer else None]
        dist.broadcast_object_list(told, 0)
        [(value, error)] = told
        if error is not None:
            raise error
        return value  # type: ignore[no-any-return]

    def in_turn(self, do: Callable[[], T]) -> T:
        turns = [self.together(do if is_ours else _nothing) for is_ours in (self.local_rank == 0, self.local_rank > 0)]
        return turns[self.local_rank > 0]  # type: ignore[return-value]

    def together(self, do: Callable[[], T]) -> T:
        value, error = _tried(do)
        for found in self.gathered(error):
            if found is not None:
                raise found
        return value  # type: ignore[return-value]

    def parallel(self, model: nn.Module) -> DistributedDataParallel:
        """What is a buffer stays each process's own until `alike`: it is the writer's that are measured and kept."""
        wrapped = DistributedDataParallel(model, forward_sync_buffers=False)
        wrapped.register_comm_hook(None, lambda state, bucket: _sum(bucket.buffer()))
        return wrapped


def _sum(gradients: Tensor) -> Future[Tensor]:
    """Gradients added up, where torch would take their mean: under float16 they are then as large as one process's."""
    work = dist.all_reduce(gradients, async_op=True)
    summed: Future[Tensor] = work.get_future().then(lambda done: done.value()[0])
    return summed


def _nothing() -> None:
    """What the others do."""


def _tried(do: Callable[[], T]) -> Outcome[T]:
    try:
        return do(), None
    except CnnspecError as error:
        return None, error


@contextmanager
def connected() -> Iterator[Processes]:
    """All processes, once they have found each other; a program that has connected them itself stays connected.

    Raises OutputError where one of the others ends in the middle.
    """
    with _lost():
        if dist.is_initialized():
            yield _here()
            return
        with _endable():
            _meet()
        yield _here()
        dist.destroy_process_group()  # and not after an error: nccl might wait for those that are gone


def _meet() -> None:
    """Wait for the others, at the place that the environment names.

    torchrun keeps that place when it starts all processes anew, with the addresses of those that have ended.
    """
    store, rank, size = next(rendezvous("env://"))
    store = dist.PrefixStore(f"attempt {attempt()}", store)  # type: ignore[attr-defined]
    # each kind of tensor has its own way; nccl is not begun before the first tensor of a GPU
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=size)


@contextmanager
def _endable() -> Iterator[None]:
    """Let a signal end this process at once: where torch waits, no handler of Python's is called."""
    if current_thread() is not main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _here() -> Processes:
    return Processes(dist.get_rank(), dist.get_world_size(), local_rank())


@contextmanager
def _lost() -> Iterator[None]:
    """The end of another process as OutputError; what several processes raise is told by one of them."""
    try:
        yield
    except CnnspecError as error:
        raise _told_once(error) from None
    except RuntimeError as error:
        if not isinstance(error, dist.DistError) and "gloo" not in str(error):  # which has no class of its own
            raise
        lost = OutputError("another process of this run has ended, or cannot be reached", str(error).split("\n")[0])
        raise _told_once(lost) from None


def _told_once(error: CnnspecError) -> CnnspecError:
    """The error, which the first process tells that asks; where they cannot be asked, each does."""
    if error.told is None and dist.is_initialized():
        try:
            store = dist.distributed_c10d._get_default_store()  # noqa: SLF001 - what the processes met at
            error.told = store.add(f"told: {error.message}", 1) > 1
        except RuntimeError:
            error.told = False
    return error
