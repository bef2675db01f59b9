"""The processes that train together, as the loop sees them: one way through for one of them or for many.

    a batch ──share──► a share for each process ──► sums and gradients ──summed──► those of the whole batch

A World is a process by itself, and does nothing; `processes` has the one that is made of several. What is read here of
"the writer" is the process with rank 0: the run's folder, the checkpoints and all that is printed are its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from torch import Tensor, nn

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class World:
    """This process, the first of ``size`` and on its machine; by itself it agrees with itself."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def is_writer(self) -> bool:
        return self.rank == 0

    def share(self, part: Tensor) -> Tensor:
        """What this process takes of a batch: shares lie side by side and differ by one image at most."""
        return part

    def summed(self, tensor: Tensor) -> Tensor:
        """The sum over all processes, in place."""
        return tensor

    def most(self, *numbers: int) -> tuple[int, ...]:
        """Of each number the largest that any process has."""
        return numbers

    def alike(self, tensors: Iterable[Tensor]) -> None:
        """Give all processes the writer's tensors."""

    def gathered(self, value: T) -> list[T]:
        """The values of all processes, in their order."""
        return [value]

    def written(self, do: Callable[[], T]) -> T:
        """What ``do`` gives in the writer, which alone does it; its error is raised in all processes."""
        return do()

    def together(self, do: Callable[[], T]) -> T:
        """What ``do`` gives in each process; an error of one of them is raised in all."""
        return do()

    def in_turn(self, do: Callable[[], T]) -> T:
        """What ``do`` gives: in the first process of each machine, and after that in the others."""
        return do()

    def parallel(self, model: nn.Module) -> Any:
        """The model, whose gradients are summed over the processes on the way back."""
        return model


ALONE = World()
