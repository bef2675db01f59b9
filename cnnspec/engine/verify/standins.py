"""Stand-ins for torch, torch.nn and torch.nn.functional: they hold modules as torch does, and record their calls.

World      one run of a source: what it creates, what it initializes, the pass that is recorded
Module     children and parameters by attribute, as nn.Module; with Sequential and ModuleDict
Layer      any layer type: its arguments, and a call that is recorded
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, cast

from cnnspec.engine.layers import BUILT_IN
from cnnspec.engine.spec.names import PRIVATE, TAKEN
from cnnspec.engine.verify import signatures
from cnnspec.engine.verify.trace import (
    DEFAULTS,
    LAYERS,
    OURS,
    PAD,
    Fill,
    SizeOf,
    TracedStep,
    TraceRecorder,
    Value,
    exact,
    settings,
)


@dataclass(eq=False)
class TorchStandIn:
    """``shapes`` are those of the network's tensors by key, ``trains`` the parameters that a layer may have."""

    shapes: Mapping[str, tuple[int, ...]]
    trains: Mapping[str, tuple[str, ...]]
    recorder: TraceRecorder
    created: list[LayerStandIn] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    classes: dict[str, type[LayerStandIn]] = field(default_factory=dict)
    counts: Iterator[int] = field(default_factory=lambda: iter(()))  # outputs of layers with several, in order
    several: frozenset[str] = frozenset()  # the layers that do

    @cached_property
    def owners(self) -> frozenset[str]:
        """The keys of layers and parameters that have tensors."""
        return (frozenset(self.shapes) | {key.rpartition(".")[0] for key in self.shapes}) - {""}

    def layer(self, target: str) -> type[LayerStandIn]:
        """The stand-in for a layer type; one type has one."""
        if target not in self.classes:
            name = target.rpartition(".")[2]
            base = LAYERS[target].subclass_of if target in LAYERS else None
            bases = (self.layer(f"torch.nn.{base}") if base in DEFAULTS else LayerStandIn,)
            names = tuple(signatures.LAYERS.get(name, "").split()) if target in DEFAULTS else ()
            self.classes[target] = type(name, bases, {"__world__": self, "__target__": target, "__names__": names})
        return self.classes[target]


class ModuleStandIn:
    """What nn.Module does with attributes. What is of the stand-in has names with `__`, as no id has."""

    __world__: ClassVar[TorchStandIn]

    def __init__(self) -> None:
        self.__dict__.update(_modules={}, _parameters={}, training=True)

    def __setattr__(self, name: str, value: object) -> None:
        if name in TAKEN or name in PRIVATE:
            raise AttributeError(f"`{name}` is an attribute of every nn.Module")
        if isinstance(value, ModuleStandIn | Parameter):
            self.__dict__.pop(name, None)
            own, other = self._modules, self._parameters
            if isinstance(value, Parameter):
                own, other = other, own
            other.pop(name, None)
            own[name] = value
        elif name in self._modules or name in self._parameters:
            raise TypeError(f"`{name}` is a module already")
        else:
            self.__dict__[name] = value

    def __getattr__(self, name: str) -> Any:
        if name in ("_modules", "_parameters"):
            raise AttributeError("a child is set before `super().__init__()`")
        for own in (self._parameters, self._modules):
            if name in own:
                return own[name]
        raise AttributeError(f"`self.{name}` is never set")

    def __call__(self, *inputs: Value) -> Any:
        return cast(Any, self).forward(*inputs)

    def add_module(self, name: str, module: ModuleStandIn) -> None:
        if name in self.__dict__ or name in self._parameters or "." in name:
            raise KeyError(f"attribute `{name}` exists")
        setattr(self, name, module)

    def register_parameter(self, name: str, parameter: Parameter) -> None:
        setattr(self, name, parameter)

    def get_submodule(self, path: str) -> Any:
        found: Any = self
        for name in path.split("."):
            found = found._modules[name]
        return found

    def get_parameter(self, path: str) -> Any:
        """A parameter by its key; those of layers are bound to theirs first."""
        bind(self)
        above, _, name = path.rpartition(".")
        owner = self.get_submodule(above) if above else self
        return getattr(owner, name)

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, ModuleStandIn]]:
        if not prefix:
            bind(self)
        yield prefix, self
        for name, child in self._modules.items():
            yield from child.named_modules(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator[ModuleStandIn]:
        return (module for _, module in self.named_modules())


def children(module: ModuleStandIn, prefix: str = "") -> Iterator[tuple[str, LayerStandIn | Parameter]]:
    """Every layer and parameter by its key, in the order of the state dict."""
    for name, parameter in module._parameters.items():
        yield f"{prefix}{name}", parameter
    for name, child in module._modules.items():
        if isinstance(child, LayerStandIn):
            yield f"{prefix}{name}", child
        else:
            yield from children(child, f"{prefix}{name}.")


def bind(network: ModuleStandIn) -> None:
    """Give every layer and parameter its key, of several the first."""
    for key, child in reversed([*children(network)]):
        child.__dict__["__key__"] = key


class Sequential(ModuleStandIn):
    def __init__(self, *modules: Any) -> None:
        super().__init__()
        named = modules[0] if len(modules) == 1 and isinstance(modules[0], dict) else None
        for name, module in named.items() if named is not None else enumerate(modules):
            self.add_module(str(name), module)

    def forward(self, x: Value) -> Any:
        for child in self._modules.values():
            x = child(x)
        return x


class ModuleDict(ModuleStandIn):
    def __init__(self, modules: Mapping[str, ModuleStandIn]) -> None:
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)

    def values(self) -> Sequence[ModuleStandIn]:
        return tuple(self._modules.values())


class LayerStandIn(ModuleStandIn):
    """A layer type, whichever it is. Its parameters are those that the network has under its key."""

    __target__: ClassVar[str]
    __names__: ClassVar[tuple[str, ...]]

    def __init__(self, *given: Any, **arguments: Any) -> None:
        super().__init__()
        self.__dict__.update(__arguments__=bound(self.__target__, self.__names__, given, arguments), __key__="")
        self.__world__.created.append(self)

    def __getattr__(self, name: str) -> Any:
        if name not in self.__world__.trains.get(self.__target__, ()):
            return settings(self.__target__, self.__arguments__)[name]
        shape = self.__world__.shapes.get(f"{self.__key__}.{name}")
        return None if shape is None else Weight(self.__world__, f"{self.__key__}.{name}", shape)

    def __call__(self, *inputs: Value) -> Any:
        world, called = self.__world__, (self.__target__, self.__arguments__, self.__key__, inputs)
        if self.__target__ in world.several:
            return world.recorder.several(*called, next(world.counts))
        return world.recorder.call(*called)


def bound(target: str, names: Sequence[str], given: Sequence[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by name."""
    if len(given) > len(names) or arguments.keys() & set(names[: len(given)]):
        raise TypeError(f"{target} does not take {len(given)} arguments by position")
    return {**dict(zip(names, given, strict=False)), **arguments}


@dataclass(frozen=True)
class Weight:
    """A parameter of a layer: what initial weights are computed from, and where they go."""

    __world__: TorchStandIn
    __key__: str
    __shape__: tuple[int, ...]

    def __getitem__(self, index: int | tuple[slice, int]) -> Weight:
        left = self.__shape__[1:] if isinstance(index, int) else (self.__shape__[0], *self.__shape__[2:])
        return Weight(self.__world__, self.__key__, left)

    def numel(self) -> int:
        number = 1
        for size in self.__shape__:
            number *= size
        return number


@dataclass
class Full:
    """A tensor of one value."""

    __size__: tuple[int, ...]
    __value__: float


class Parameter:
    """A parameter that a module holds beside its children; it multiplies what it meets."""

    def __init__(self, world: TorchStandIn, tensor: Full) -> None:
        self.__world__, self.__key__ = world, ""
        self.__arguments__ = {"size": tensor.__size__, "fill_value": tensor.__value__}

    def __mul__(self, x: Value) -> Value:
        recorder = self.__world__.recorder
        recorder.steps.append(TracedStep("torch.full", exact(self.__arguments__), self.__key__, (recorder.read(x),)))
        return recorder.value("step", len(recorder.steps))


# -------------------------------------------------------------------------------------------------- namespaces


class Namespace:
    """A module whose names are made when they are read."""

    def __init__(self, read: Callable[[str], Any], **known: Any) -> None:
        self.__dict__.update(known, __read__=read)

    def __getattr__(self, name: str) -> Any:
        return self.__read__(name)


def torch(world: TorchStandIn) -> Namespace:
    """The package ``torch``, as far as sources use it."""
    nn = Namespace(
        lambda name: world.layer(f"torch.nn.{name}"),
        Module=ModuleStandIn,
        Sequential=Sequential,
        ModuleDict=ModuleDict,
        Parameter=lambda tensor: Parameter(world, tensor),
        functional=Namespace(
            lambda name: function(world, *signatures.FUNCTIONS[name]), pad=padding(world), interpolate=resizing(world)
        ),
        init=Namespace(lambda name: filling(world, name)),
    )
    return Namespace(
        lambda name: function(world, *signatures.TORCH[name]),
        nn=nn,
        Tensor=Value,
        cat=concatenated,
        **{name.lower(): splitting(world, name) for name, layer in BUILT_IN.items() if layer.role == "split"},
        full=Full,
    )


def function(world: TorchStandIn, layer: str, names: str, defaults: Mapping[str, Any]) -> Callable[..., Value]:
    """A function that does what a layer does."""
    target = f"torch.nn.{layer}"

    def run(x: Value, *given: Any, **arguments: Any) -> Value:
        stated = {**defaults, **bound(target, names.split(), given, arguments)}
        return world.recorder.call(target, stated, "", (x,))

    return run


def padding(world: TorchStandIn) -> Callable[..., Value]:
    def pad(x: Value, pad: tuple[int, ...], mode: str = "constant", value: float = 0) -> Value:
        recorder = world.recorder
        stated = {"pad": pad, "mode": mode, "value": float(value)}
        recorder.steps.append(TracedStep(PAD, exact(stated), "", (recorder.read(x),)))
        return recorder.value("step", len(recorder.steps))

    return pad


def resizing(world: TorchStandIn) -> Callable[..., Value]:
    target = next(target for target, layer in LAYERS.items() if layer.input_names and layer.role == "resize")

    def interpolate(x: Value, size: SizeOf, **arguments: Any) -> Value:
        return world.recorder.call(target, arguments, "", (x, size.value))

    return interpolate


def splitting(world: TorchStandIn, layer: str) -> Callable[..., tuple[Value, ...]]:
    (argument,) = BUILT_IN[layer].model_fields

    def split(x: Value, sizes: Any, dim: int) -> tuple[Value, ...]:
        if dim != 1:
            raise ValueError("only channels are split")
        given = tuple(sizes) if isinstance(sizes, list) else sizes
        return world.recorder.parts(f"{OURS}{layer}", {argument: given}, x, next(world.counts))

    return split


def concatenated(values: Sequence[Value], dim: int) -> Value:
    if dim != 1:
        raise ValueError("only channels are concatenated")
    return values[0].recorder.join("cat", *values)


def filling(world: TorchStandIn, name: str) -> Callable[..., None]:
    def fill(parameter: Weight | Parameter, **arguments: Any) -> None:
        world.fills.append(Fill(parameter.__key__, f"nn.init.{name}", exact(arguments)))

    return fill
