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

from cnnspec.emit.verify import signatures
from cnnspec.emit.verify.trace import DEFAULTS, PAD, Fill, Recorder, Step, Value, exact, settings
from cnnspec.spec.names import TAKEN


@dataclass(eq=False)
class World:
    """``shapes`` are those of the network's tensors by key, ``trains`` the parameters that a layer may have."""

    shapes: Mapping[str, tuple[int, ...]]
    trains: Mapping[str, tuple[str, ...]]
    recorder: Recorder
    created: list[Layer] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    classes: dict[str, type[Layer]] = field(default_factory=dict)

    @cached_property
    def owners(self) -> frozenset[str]:
        """The keys of layers and parameters that have tensors."""
        return (frozenset(self.shapes) | {key.rpartition(".")[0] for key in self.shapes}) - {""}

    def layer(self, target: str) -> type[Layer]:
        """The stand-in for a layer type; one type has one."""
        if target not in self.classes:
            name = target.rpartition(".")[2]
            base = signatures.SUBCLASSES.get(name)
            bases = (self.layer(f"torch.nn.{base}") if base in DEFAULTS else Layer,)
            names = tuple(signatures.LAYERS.get(name, "").split()) if target in DEFAULTS else ()
            self.classes[target] = type(name, bases, {"_world": self, "_target": target, "_names": names})
        return self.classes[target]


class Module:
    """What nn.Module does with attributes. Names with `_` are no id's, so a child hides nothing here."""

    _world: ClassVar[World]

    def __init__(self) -> None:
        self.__dict__.update(_modules={}, _parameters={}, training=True)

    def __setattr__(self, name: str, value: object) -> None:
        if name in TAKEN:
            raise AttributeError(f"`{name}` is an attribute of every nn.Module")
        if isinstance(value, Module | Parameter):
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

    def add_module(self, name: str, module: Module) -> None:
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

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        if not prefix:
            bind(self)
        yield prefix, self
        for name, child in self._modules.items():
            yield from child.named_modules(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator[Module]:
        return (module for _, module in self.named_modules())


def children(module: Module, prefix: str = "") -> Iterator[tuple[str, Layer | Parameter]]:
    """Every layer and parameter by its key, in the order of the state dict."""
    for name, parameter in module._parameters.items():
        yield f"{prefix}{name}", parameter
    for name, child in module._modules.items():
        if isinstance(child, Layer):
            yield f"{prefix}{name}", child
        else:
            yield from children(child, f"{prefix}{name}.")


def bind(network: Module) -> None:
    """Gives every layer and parameter its key."""
    for key, child in children(network):
        child.__dict__["_key"] = key


class Sequential(Module):
    def __init__(self, *modules: Any) -> None:
        super().__init__()
        named = modules[0] if len(modules) == 1 and isinstance(modules[0], dict) else None
        for name, module in named.items() if named is not None else enumerate(modules):
            self.add_module(str(name), module)

    def forward(self, x: Value) -> Any:
        for child in self._modules.values():
            x = child(x)
        return x


class ModuleDict(Module):
    def __init__(self, modules: Mapping[str, Module]) -> None:
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)

    def values(self) -> Sequence[Module]:
        return tuple(self._modules.values())


class Layer(Module):
    """A layer type, whichever it is. Its parameters are those that the network has under its key."""

    _target: ClassVar[str]
    _names: ClassVar[tuple[str, ...]]

    def __init__(self, *given: Any, **arguments: Any) -> None:
        super().__init__()
        self.__dict__.update(_arguments=bound(self._target, self._names, given, arguments), _key="")
        self._world.created.append(self)

    def __getattr__(self, name: str) -> Any:
        if name not in self._world.trains.get(self._target, ()):
            return settings(self._target, self._arguments)[name]
        shape = self._world.shapes.get(f"{self._key}.{name}")
        return None if shape is None else Weight(self._world, f"{self._key}.{name}", shape)

    def __call__(self, *inputs: Value) -> Value:
        return self._world.recorder.call(self._target, self._arguments, self._key, inputs)


def bound(target: str, names: Sequence[str], given: Sequence[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by name."""
    if len(given) > len(names) or arguments.keys() & set(names[: len(given)]):
        raise TypeError(f"{target} does not take {len(given)} arguments by position")
    return {**dict(zip(names, given, strict=False)), **arguments}


@dataclass(frozen=True)
class Weight:
    """A parameter of a layer: what initial weights are computed from, and where they go."""

    _world: World
    _key: str
    _shape: tuple[int, ...]

    def __getitem__(self, index: int | tuple[slice, int]) -> Weight:
        left = self._shape[1:] if isinstance(index, int) else (self._shape[0], *self._shape[2:])
        return Weight(self._world, self._key, left)

    def numel(self) -> int:
        number = 1
        for size in self._shape:
            number *= size
        return number


@dataclass
class Full:
    """A tensor of one value."""

    _size: tuple[int, ...]
    _value: float


class Parameter:
    """A parameter that a module holds beside its children; it multiplies what it meets."""

    def __init__(self, world: World, tensor: Full) -> None:
        self._world, self._key = world, ""
        self._arguments = {"size": tensor._size, "fill_value": tensor._value}

    def __mul__(self, x: Value) -> Value:
        recorder = self._world.recorder
        recorder.steps.append(Step("torch.full", exact(self._arguments), self._key, (recorder.read(x),)))
        return recorder.value("step", len(recorder.steps))


# -------------------------------------------------------------------------------------------------- namespaces


class Namespace:
    """A module whose names are made when they are read."""

    def __init__(self, read: Callable[[str], Any], **known: Any) -> None:
        self.__dict__.update(known, _read=read)

    def __getattr__(self, name: str) -> Any:
        return self._read(name)


def torch(world: World) -> Namespace:
    """The package ``torch``, as far as sources use it."""
    nn = Namespace(
        lambda name: world.layer(f"torch.nn.{name}"),
        Module=Module,
        Sequential=Sequential,
        ModuleDict=ModuleDict,
        Parameter=lambda tensor: Parameter(world, tensor),
        functional=Namespace(lambda name: function(world, *signatures.FUNCTIONS[name]), pad=padding(world)),
        init=Namespace(lambda name: filling(world, name)),
    )
    return Namespace(
        lambda name: function(world, *signatures.TORCH[name], signatures.FLATTEN if name == "flatten" else {}),
        nn=nn,
        Tensor=Value,
        cat=concatenated,
        full=Full,
    )


def function(world: World, layer: str, names: str, defaults: Mapping[str, Any] | None = None) -> Callable[..., Value]:
    """A function that does what a layer does."""
    target = f"torch.nn.{layer}"

    def run(x: Value, *given: Any, **arguments: Any) -> Value:
        stated = {**(defaults or {}), **bound(target, names.split(), given, arguments)}
        return world.recorder.call(target, stated, "", (x,))

    return run


def padding(world: World) -> Callable[..., Value]:
    def pad(x: Value, pad: tuple[int, ...], mode: str = "constant", value: float = 0) -> Value:
        recorder = world.recorder
        stated = {"pad": pad, "mode": mode, "value": float(value)}
        recorder.steps.append(Step(PAD, exact(stated), "", (recorder.read(x),)))
        return recorder.value("step", len(recorder.steps))

    return pad


def concatenated(values: Sequence[Value], dim: int) -> Value:
    if dim != 1:
        raise ValueError("only channels are concatenated")
    return values[0].recorder.join("Concat", *values)


def filling(world: World, name: str) -> Callable[..., None]:
    def fill(parameter: Weight | Parameter, **arguments: Any) -> None:
        world.fills.append(Fill(parameter._key, f"nn.init.{name}", exact(arguments)))

    return fill
