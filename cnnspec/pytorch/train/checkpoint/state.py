"""All that training goes on from, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Tensors by name, ``<group>.<name>`` such as ``model.conv1.weight``, and values that JSON can hold (``plain``)."""

    tensors: Mapping[str, Tensor]
    values: Mapping[str, Any]

    def group(self, name: str) -> dict[str, Tensor]:
        """The tensors of one group, by their names in it."""
        start = f"{name}."
        return {key.removeprefix(start): tensor for key, tensor in self.tensors.items() if key.startswith(start)}

    def with_values(self, **values: Any) -> State:
        """The same state with more values."""
        return State(self.tensors, {**self.values, **values})


def grouped(name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors under the names that they have in a state."""
    return {f"{name}.{key}": tensor for key, tensor in tensors.items()}
