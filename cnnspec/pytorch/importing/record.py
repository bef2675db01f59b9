"""A module that runs once -> Program: every call of a registered layer or of a function of torch becomes a line.

    forward ─► hooks: which modules are open, and the layers among them ─┐
            ─► TorchFunctionMode: each function, method and operator    ─┴─► Translator ─► lines

The run is on real tensors, so that shapes are numbers and Python's own control flow over them does what it does. A
decision by the values of a tensor is told: a spec has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.module import (
    _global_forward_hooks_with_kwargs,
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from torch.nn.utils.parametrize import is_parametrized
from torch.overrides import TorchFunctionMode, resolve_name

from cnnspec.engine.diagnostics import Diagnostic, Label, Span
from cnnspec.pytorch.importing import torch_modules as leaves
from cnnspec.pytorch.importing import user_code as places
from cnnspec.pytorch.importing.functions import HANDLERS
from cnnspec.pytorch.importing.operand import Operand, Owned, Result, Unsaid
from cnnspec.pytorch.importing.program import CodeFrame, Path, dotted
from cnnspec.pytorch.importing.translate import KNOWN, Translator, Where, operands

MARK = "_cnnspec_operand"  # the attribute of a tensor that says what it is
VERSION = "_cnnspec_version"  # how often its memory had been written when it was marked
DECIDES = frozenset(
    """
    __bool__ __float__ __int__ __index__ __complex__ __contains__ __array__ __format__ item tolist numpy is_nonzero
    equal allclose
    """.split()
)


class Recorder(TorchFunctionMode):
    """Records what a module does while it is the mode."""

    def __init__(self, module: nn.Module, batch: int, fallback: Span, *, training: bool = False) -> None:
        super().__init__()
        self.module = module
        self.fallback = fallback
        self.paths = {id(m): tuple(filter(None, name.split("."))) for name, m in module.named_modules()}
        self.translator = Translator(HANDLERS, held(module), batch, self.constant)
        self.translator.training = training
        self.frames: list[CodeFrame] = [CodeFrame(0, (), leaves.title(module))]
        self.numbers = count(1)
        self.inside: nn.Module | None = None  # the layer that runs: what it calls is its own affair

    def constant(self, owned: Owned) -> float | None:
        """The value of a weight that has only one, as short as float32 tells it."""
        tensor = self.module.get_submodule(dotted(owned.path)).state_dict()[owned.name]
        if tensor.is_meta:
            return None
        same = bool((tensor == tensor.flatten()[0]).all())
        return float(str(np.float32(tensor.flatten()[0].item()))) if same else None

    # ---------------------------------------------------------------------------------------------------- the run

    def run(self, inputs: Mapping[str, Tensor]) -> Any:
        """The module's output on these inputs; its tensors are marked."""
        self.mark_weights()
        for number, tensor in enumerate(inputs.values()):
            mark(tensor, Operand(tuple(tensor.shape), -1 - number))
            self.translator.shapes[-1 - number] = tuple(tensor.shape[1:])
        with torch.no_grad(), self.hooks(), self:
            return run(self.module, inputs)

    def mark_weights(self) -> None:
        for path, name, tensor in weights(self.module):
            owned = Owned(path, name, buffer=not isinstance(tensor, nn.Parameter))
            mark(tensor, Operand(tuple(tensor.shape), owned=owned))

    @contextmanager
    def hooks(self) -> Iterator[None]:
        handles = (
            register_module_forward_pre_hook(self.enter),
            register_module_forward_hook(self.leave, with_kwargs=True),
        )
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()
                _global_forward_hooks_with_kwargs.pop(handle.id, None)  # torch forgets this, and warns of it later

    def enter(self, module: nn.Module, args: Any) -> None:
        if self.inside is not None or (module is self.module and not leaves.registered(module)):
            return
        if leaves.registered(module) or leaves.opaque(module):
            self.check_memory(args)
            self.inside = module
        else:
            path = self.paths.get(id(module), self.frames[-1].path)
            self.frames.append(CodeFrame(next(self.numbers), path, leaves.title(module)))

    def leave(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        if self.inside is module:
            self.inside = None
            return self.leaf(module, args, kwargs, output)
        if self.inside is None and module is not self.module:
            self.frames.pop()
        return None

    # ------------------------------------------------------------------------------------------------------ modules

    def leaf(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        """A layer's output, marked."""
        taken = tuple(operands(marks((args, kwargs))))
        where = Where(tuple(self.frames), places.calling(self.fallback), self.paths.get(id(module)))
        self.translator.where = where
        try:
            result: Result = self.layer(module, taken)
        except Unsaid as error:
            result = self.translator.blocked(error, () if hooked(module) else taken)
        return self.settle(output, result, args, getattr(module, "inplace", False))

    def layer(self, module: nn.Module, taken: tuple[Operand, ...]) -> Operand:
        name, path = leaves.registered(module), self.paths.get(id(module))
        called = f"`{dotted(path)}`" if path else "this module"
        if is_parametrized(module):
            message = f"{called} computes its weight, and the layers of a spec use their weights as they are"
            help = "`nn.utils.parametrize.remove_parametrizations` leaves the computed weight in its place"
            raise Unsaid(message, help, code="weights-out-of-place")
        if name is None:
            self.translator.need(taken)
            raise Unsaid(f"no layer does what `{type(module).__name__}` does", KNOWN, code="no-layer-for-module")
        if path is None and any(True for _ in module.parameters()):
            help = "assign it to an attribute of its module, or put it into an nn.ModuleList"
            raise Unsaid(f"{called} has weights that no state dict holds", help, code="weights-out-of-place")
        if hooked(module):
            help = "remove them; of a weight that is normalized, `remove_spectral_norm` or `remove_weight_norm`"
            raise Unsaid(f"{called} has hooks, and a spec runs none", help, code="no-layer-for-module")
        if not taken:
            raise Unsaid(f"`{name}` takes a constant tensor, which no layer makes")
        return self.translator.line(name, *taken, path=path, **leaves.arguments(module, name, taken[0].shape))

    # ---------------------------------------------------------------------------------------------------- functions

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = called(func)
        if self.inside is not None or name == "_version":
            return func(*args, **kwargs)
        self.check_memory([*args, *kwargs.values()])
        taken, named = marks(args), marks(kwargs)
        marked = [*operands((taken, named))]
        result = func(*args, **kwargs)
        if not any(o.value is not None or o.owned or o.blocked for o in marked):
            return result
        if name in DECIDES:
            self.decided(name)
            return result
        if not any(isinstance(r, Tensor) for r in _tensors(result)) and name != "__setitem__":
            return result
        where = Where(tuple(self.frames), places.calling(self.fallback))
        said = self.translator.call(base(name), taken, named, where, resolve_name(func) or name)
        return self.settle(result, said, args, in_place(name, kwargs))

    def decided(self, name: str) -> None:
        """Python asks for the values of a tensor."""
        span = places.calling(self.fallback)
        where = Where(tuple(self.frames), span)
        message = "what happens here depends on the values of a tensor"
        help = "a spec does the same for every image; decide by shapes or by settings of the constructor"
        self.translator.sink.add(Diagnostic("flow-by-values", message, Label(span, where.owner), help=help))

    def check_memory(self, nested: Any) -> None:
        """Blocks tensors whose memory was changed, through another tensor, since they were made."""
        if isinstance(nested, list | tuple):
            for item in nested:
                self.check_memory(item)
        elif isinstance(nested, Tensor) and getattr(nested, VERSION, nested._version) != nested._version:  # noqa: SLF001 - torch counts writes there alone
            message = "this reads a tensor whose memory was changed in place through another tensor"
            help = "make the change out of place: `x = x + y` for `x += y`, `torch.relu(x)` for `x.relu_()`"
            blocked = Diagnostic("no-layer-for-call", message, Label(places.calling(self.fallback)), help=help)
            mark(nested, Operand(tuple(nested.shape), blocked=blocked))

    def settle(self, result: Any, said: Result, args: Any, overwritten: bool) -> Any:
        """The result of a call with each of its tensors marked as what it is."""
        if result is None:  # x[...] = y
            mark(args[0], _as_operand(said))
            return None
        if isinstance(result, Tensor):
            return self.marked(result, _as_operand(said), keep=overwritten)
        found = said if isinstance(said, tuple) else [_as_operand(said)] * len(result)
        made = [self.marked(r, s) if isinstance(r, Tensor) else r for r, s in zip(result, found, strict=True)]
        return type(result)(made) if type(result) in (tuple, list) else result

    def marked(self, tensor: Tensor, operand: Operand, keep: bool = False) -> Tensor:
        if getattr(tensor, MARK, None) is not None and not keep:
            tensor = tensor.detach()  # the same memory under another name: the input keeps its own mark
        mark(tensor, self.seen(tensor, operand))
        return tensor

    def seen(self, tensor: Tensor, operand: Operand) -> Operand:
        """What a result is, its shape and type being looked at."""
        shape = tuple(tensor.shape)
        if operand.blocked is not None:
            known = operand.value is not None and self.translator.shapes[operand.value] == shape[1:]
            return Operand(shape, operand.value if known else None, blocked=operand.blocked)
        if tensor.dtype != torch.float32:
            kind = str(tensor.dtype).removeprefix("torch.")
            return self.translator.blocked(Unsaid(f"this makes {kind}s", "a spec computes in float32"), operand)
        if shape != operand.shape:
            error = Unsaid(f"this gives a tensor of {shape}, and the layer one of {operand.shape}")
            return self.translator.blocked(error, operand)
        return operand


def run(module: nn.Module, inputs: Mapping[str, Tensor]) -> Any:
    """What a module gives; several inputs go by their names."""
    return module(**inputs) if len(inputs) > 1 else module(*inputs.values())


# ------------------------------------------------------------------------------------------------------------- marks


def mark(tensor: Tensor, operand: Operand) -> None:
    setattr(tensor, MARK, operand)
    if operand.value is not None:
        setattr(tensor, VERSION, tensor._version)  # noqa: SLF001 - torch counts writes there alone


def marks(nested: Any) -> Any:
    """Arguments with an Operand for each tensor."""
    if isinstance(nested, Tensor):
        found = getattr(nested, MARK, None)
        return found if isinstance(found, Operand) else Operand(tuple(nested.shape))
    if isinstance(nested, torch.Size):
        return tuple(nested)
    if isinstance(nested, list | tuple):
        return tuple(marks(item) for item in nested)
    return {key: marks(value) for key, value in nested.items()} if isinstance(nested, dict) else nested


def _tensors(result: Any) -> Sequence[Any]:
    return result if isinstance(result, list | tuple) else (result,)


def _as_operand(said: Result) -> Operand:
    return said if isinstance(said, Operand) else Operand(())


def weights(module: nn.Module) -> Iterator[tuple[Path, str, Tensor]]:
    """Every parameter and buffer with the path of its module and its name there."""
    for name, owner in module.named_modules():
        path = tuple(filter(None, name.split(".")))
        for key, tensor in (*owner.named_parameters(recurse=False), *owner.named_buffers(recurse=False)):
            yield path, key, tensor


def held(module: nn.Module) -> dict[Path, dict[str, tuple[int, ...]]]:
    """What each module adds to the state dict itself."""
    found: dict[Path, dict[str, tuple[int, ...]]] = {}
    for key, tensor in module.state_dict().items():
        *path, name = key.split(".")
        found.setdefault(tuple(path), {})[name] = tuple(getattr(tensor, "shape", ()))
    return found


def hooked(module: nn.Module) -> bool:
    """Whether anything is called before or after a module."""
    return bool(module._forward_hooks or module._forward_pre_hooks)  # noqa: SLF001 - torch tells it nowhere else


def called(func: Any) -> str:
    """The name of a function; of a property, the property's."""
    name = getattr(func, "__name__", "")
    if name == "__get__":
        return getattr(func.__self__, "__name__", name)
    if name == "batch_norm" and getattr(func, "__module__", "") != "torch.nn.functional":
        return "torch.batch_norm"
    return name


def base(name: str) -> str:
    """The name of a function whose in-place form this is."""
    return name.removesuffix("_") if name.endswith("_") and not name.endswith("__") else name


def in_place(name: str, kwargs: Mapping[str, Any]) -> bool:
    inplace = name.endswith("_") and not name.endswith("__")
    return inplace or (name.startswith("__i") and name.endswith("__")) or kwargs.get("inplace") is True
