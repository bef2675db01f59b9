"""What is compared: the modules of a network, what initializes them, and the calls of a forward pass.

A call of a layer is a Step, in the order of execution. A join or a slice has no state and draws nothing, so it is only
a value: equal joins of equal values are one number. Working in place is part of a value as well, because a tensor that
is read after a call has overwritten it is another one.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cnnspec.engine.layers import BUILT_IN

OURS = "cnnspec.pytorch.build.modules."
LAYERS = {layer.target or f"torch.nn.{name}": layer for name, layer in BUILT_IN.items()}
TRAINS = {target: layer.trains for target, layer in LAYERS.items()}
DEFAULTS = {
    target: {name: about.default for name, about in layer.model_fields.items() if not about.is_required()}
    for target, layer in LAYERS.items()
    if not layer.is_parameter
}
# The same padding, whichever of its forms a network has: amounts for each side, the mode and the value.
PADDINGS = {target: layer.pad_mode for target, layer in LAYERS.items() if layer.pad_mode}
PAD = "torch.nn.functional.pad"


class TracedStep(NamedTuple):
    """A call of a layer: what it is, its arguments, its key, and the numbers of the values that it reads."""

    target: str
    arguments: str
    key: str
    inputs: tuple[int, ...]


class TracedModule(NamedTuple):
    """A module or parameter that the state dict may have tensors of."""

    key: str
    target: str
    arguments: str


class Fill(NamedTuple):
    """A call that initializes a parameter."""

    parameter: str
    function: str
    arguments: str


@dataclass(slots=True)
class Pass:
    """The calls of one forward pass, and the numbers of the values that it returns."""

    steps: list[TracedStep] = field(default_factory=list)
    outputs: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Trace:
    """``created`` are the keys of modules in the order in which their constructors draw initial weights."""

    modules: list[TracedModule]
    created: list[str]
    fills: list[Fill]
    evaluation: Pass
    training: Pass


@dataclass(eq=False, slots=True)
class Storage:
    """The memory of a tensor and of its views, and how often a call has overwritten it."""

    writes: int = 0


@dataclass(frozen=True, slots=True)
class SizeOf:
    """The sizes of a tensor behind its channels, when the network runs."""

    value: Value

    def __getitem__(self, index: slice) -> SizeOf:
        if index != slice(2, None):
            raise TypeError("only the sizes behind the channels are read")
        return self


@dataclass(eq=False, slots=True)
class Value:
    """A tensor of a forward pass, by the number that stands for what computed it."""

    number: int
    recorder: TraceRecorder
    storage: Storage = field(default_factory=Storage)
    written: int = 0  # the writes of its storage that made it

    def __add__(self, other: Value) -> Value:
        return self.recorder.join("+", self, other)

    def __mul__(self, other: Value) -> Value:
        return self.recorder.join("*", self, other)

    @property
    def shape(self) -> SizeOf:
        return SizeOf(self)

    def __getitem__(self, index: tuple[slice, slice]) -> Value:
        every, channels = index
        if every != slice(None):
            raise TypeError("only channels are sliced")
        return self.recorder.channels(self, channels.start or 0, channels.stop)


@dataclass(eq=False)
class TraceRecorder:
    """Records a forward pass. ``numbers`` is shared by the passes that are compared."""

    numbers: dict[Hashable, int]
    steps: list[TracedStep] = field(default_factory=list)

    def input(self, place: int) -> Value:
        return self.value("input", place)

    def value(self, *what: Hashable) -> Value:
        return Value(self.numbers.setdefault(what, len(self.numbers)), self)

    def read(self, value: Value) -> int:
        """The number of a value as a call finds it."""
        writes = value.storage.writes - value.written
        return self.value("overwritten", value.number, writes).number if writes else value.number

    def join(self, kind: str, *values: Value) -> Value:
        return self.value(kind, *map(self.read, values))

    def channels(self, value: Value, start: int, end: int | None) -> Value:
        found = self.value("slice", self.read(value), start, end)
        found.storage, found.written = value.storage, value.storage.writes
        return found

    def parts(self, target: str, arguments: Mapping[str, Any], value: Value, count: int) -> tuple[Value, ...]:
        """Views of a tensor, one behind the other."""
        text, read = exact(arguments), self.read(value)
        found = tuple(self.value(target, text, read, place) for place in range(count))
        for part in found:
            part.storage, part.written = value.storage, value.storage.writes
        return found

    def several(
        self, target: str, arguments: Mapping[str, Any], key: str, inputs: tuple[Value, ...], count: int
    ) -> tuple[Value, ...]:
        """A layer that runs and gives several tensors."""
        self.steps.append(TracedStep(target, exact(settings(target, arguments)), key, tuple(map(self.read, inputs))))
        return tuple(self.value("step", len(self.steps), place) for place in range(count))

    def call(self, target: str, arguments: Mapping[str, Any], key: str, inputs: tuple[Value, ...]) -> Value:
        """A layer that runs; an Identity gives what it gets, and a slice is a value."""
        stated = settings(target, arguments)
        role = LAYERS[target].role if target in LAYERS else None
        if role == "identity":
            return inputs[0]
        if role == "slice":
            return self.channels(inputs[0], stated["start"], stated["end"])
        name, text = pad(target, stated) or (target, exact(stated))
        self.steps.append(TracedStep(name, text, key, tuple(map(self.read, inputs))))
        found = self.value("step", len(self.steps))
        in_place = stated.get("inplace") is True
        if in_place or role == "reshape":  # the output is the memory of the input
            storage = inputs[0].storage
            storage.writes += in_place
            found.storage, found.written = storage, storage.writes
        return found


def settings(target: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call, with the defaults of those that are left out."""
    return {**DEFAULTS.get(target, {}), **arguments}


def pad(target: str, stated: Mapping[str, Any]) -> tuple[str, str] | None:
    """What a padding layer is as a function."""
    mode = PADDINGS.get(target)
    if mode is None:
        return None
    amounts = stated["padding"]
    sides = amounts if isinstance(amounts, tuple | list) else (amounts,) * 4
    return PAD, exact({"pad": sides, "mode": mode, "value": float(stated.get("value", 0))})


def exact(arguments: Mapping[str, Any]) -> str:
    """Arguments as a text that tells 1, 1.0 and True apart, in the order of their names."""
    return ", ".join(f"{name}={plain(arguments[name])!r}" for name in sorted(arguments))


def plain(value: Any) -> Any:
    return tuple(map(plain, value)) if isinstance(value, tuple | list) else value


class SourceDiffers(Exception):
    """How a source differs from its network."""
