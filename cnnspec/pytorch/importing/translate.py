"""Calls -> lines: looks up what says a call, makes the layer, and infers its shape.

    relu(x) ─► functions ─► line("ReLU", x) ─► Line, and the Operand that it gives

What cannot be said goes to the sink, at the user's own line; what needs its result is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from cnnspec.engine.diagnostics import Diagnostic, Label, Sink, Span, count
from cnnspec.engine.layers import REGISTRY, Refusal, Shape
from cnnspec.pytorch.importing.operand import Operand, Owned, Result, Unsaid
from cnnspec.pytorch.importing.program import CodeFrame, Line, Path, dotted

# Arguments as a spec states them: what is no default, one value where all dimensions agree, none that is inferred.

FOLLOW = frozenset({"in_channels", "num_features", "num_channels"})  # from the input, always
KEPT = frozenset({"dims", "unflattened_size", "normalized_shape"})  # lists that are no values for each dimension
SINGLE = frozenset({("normalized_shape", 1)})


def settled(type: str, args: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a layer in the order of its fields, without those that say nothing."""
    layer = REGISTRY.get(type)
    if layer is None:
        return args
    found = {name: plain(args[name], name) for name in layer.model_fields if name in args and name not in FOLLOW}
    stride = plain(found.get("kernel_size"), "")
    return {
        name: value
        for name, value in found.items()
        if value != layer.model_fields[name].default
        and not (name == "stride" and layer.model_fields[name].default is None and value == stride)
        and name != "inplace"
    }


def plain(value: Any, name: str) -> Any:
    """A value as YAML has it: numbers and tuples of them."""
    if isinstance(value, list | tuple):
        values = tuple(plain(v, name) for v in value)
        same = len(set(values)) == 1 and values[0] is not None and (name not in KEPT or (name, len(values)) in SINGLE)
        return values[0] if same else values
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return float(value)
    return value


Handler = Callable[..., Result]
# What Python decides by, most of the time: told at the decision, not here.
COMPARES = frozenset("gt lt ge le eq ne isnan isinf isfinite any all logical_not logical_and logical_or".split())

KNOWN = "`cnnspec layers` lists what a spec is made of: compute this with these layers, where they can"
COMPUTED = (  # a message and its help
    "this computes with weights alone, and the layers of a spec use their weights as they are",
    "compute the weight once, before the import, and hold the result as the layer's own weight",
)
BROADCASTS = frozenset({"Add", "Multiply"})


@dataclass(frozen=True, slots=True)
class Where:
    """Where a call stands: the modules that are running, its line, and its own path where it is a module."""

    frames: tuple[CodeFrame, ...]
    span: Span
    path: Path | None = None

    @property
    def owner(self) -> str:
        """Which module makes the call, in words."""
        frame = self.frames[-1]
        return f"in `{dotted(frame.path)}` ({frame.type})" if frame.path else f"in {frame.type}"


class Translator:
    """Makes lines.

    ``weights`` are the names and shapes that each module holds itself, ``constant`` gives the one value that all
    numbers of a weight have; ``training`` is the mode of the run.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        weights: Mapping[Path, Mapping[str, tuple[int, ...]]],
        batch: int,
        constant: Callable[[Owned], float | None],
    ) -> None:
        self.handlers = handlers
        self.constant = constant
        self.weights = weights
        self.batch = batch
        self.training = False
        self.sink = Sink()
        self.lines: list[Line] = []
        self.shapes: dict[int, tuple[int, ...]] = {}  # of the values, without the batch
        self.where: Where

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], where: Where, shown: str = "") -> Result:
        """The result of a function; blocked where no line says it. ``shown`` is what messages call it."""
        self.where, shown = where, shown or name
        if name in COMPARES:
            return Operand((), blocked=self.diagnostic(Unsaid("no layer compares the values of a tensor")))
        try:
            self.need(args, kwargs)
            handler = self.handlers.get(name)
            if handler is None:
                raise Unsaid(f"no layer does what `{shown}` does", KNOWN)
            return handler(self, *args, **kwargs)
        except Unsaid as error:
            return self.blocked(error, (args, kwargs))
        except (TypeError, IndexError, KeyError, AttributeError):  # a handler's signature is what it can say
            unsaid = Unsaid(f"no layer does what `{shown}` does with these arguments", KNOWN)
            return self.blocked(unsaid, (args, kwargs))

    def need(self, *nested: Any) -> None:
        """Tells of what is blocked among the arguments: from here on, something needs it."""
        for operand in operands(nested):
            if operand.blocked is not None:
                self.sink.add(operand.blocked)
                if operand.value is None:
                    raise _Follows(operand.blocked)

    def blocked(self, error: Unsaid, taken: Any) -> Operand:
        """What an unsaid call gives: it goes on as its first argument, so that what is wrong further on is found."""
        value = next((o.value for o in operands(taken) if o.value is not None), None)
        follows = isinstance(error, _Follows)
        return Operand((), None if follows else value, blocked=self.diagnostic(error))

    def diagnostic(self, error: Unsaid) -> Diagnostic:
        if isinstance(error, _Follows):
            return error.diagnostic
        return Diagnostic(error.code, error.message, Label(self.where.span, self.where.owner), help=error.help)

    # ------------------------------------------------------------------------------------------- for the functions

    def line(self, type: str, *taken: Operand, path: Path | None = None, **args: Any) -> Operand:
        """A line of a registered layer, and what it makes. Raises Unsaid."""
        inputs = tuple(self.value(operand, type) for operand in taken)
        shapes = tuple(Shape(self.shapes[value]) for value in inputs)
        args = settled(type, args)
        shape, stateful = self.infer(type, args, shapes, path)
        line = Line(
            value=len(self.lines),
            type=type,
            args=args,
            inputs=inputs,
            input_shapes=shapes,
            shape=shape,
            frames=self.where.frames,
            path=path if path is not None else self.where.path,
            stateful=stateful,
            span=self.where.span,
        )
        self.lines.append(line)
        self.shapes[line.value] = shape
        return Operand((self.batch, *shape), line.value)

    def value(self, operand: Operand, type: str) -> int:
        self.need(operand)
        if operand.value is None:
            if operand.owned is not None:
                weight = dotted((*operand.owned.path, operand.owned.name))
                raise Unsaid(f"`{type}` takes the weight `{weight}` as its input, which no layer does", COMPUTED[1])
            help = "a layer takes what other layers give; give the constant as an input of the network"
            raise Unsaid(f"`{type}` takes a constant tensor, which no layer gives", help)
        if operand.batch != self.batch:
            raise Unsaid(f"the {operand.batch} of dimension 0 is not the batch any more: images are mixed")
        if operand.repeats and type not in BROADCASTS:
            raise Unsaid("no layer repeats a tensor to a larger shape", "`Add` and `Multiply` repeat it by themselves")
        return operand.value

    def infer(
        self, type: str, args: dict[str, Any], shapes: tuple[Shape, ...], path: Path | None
    ) -> tuple[Shape, bool]:
        """The output's shape, and whether the layer has tensors; they are those that its module holds."""
        layer_type = REGISTRY.get(type)
        if layer_type is None:
            return unregistered(type, args, shapes[0]), False
        try:
            layer = layer_type.model_validate(args)
            shape = layer.infer(*shapes)
        except ValidationError as error:
            problem = error.errors()[0]
            raise Unsaid(f"`{type}` does not take this `{problem['loc'][0]}`: {problem['input']!r}") from None
        except Refusal as refusal:
            raise Unsaid(refusal.message, refusal.help) from None
        tensors = layer.tensors(shapes[0])
        if layer.is_parameter and path is not None:
            self.check_bare(path, tensors[""].shape)
        elif tensors and path == ():
            help = "put it into an nn.Sequential, or give the weights to a module of their own"
            raise Unsaid(f"the network itself is a `{type}`, which has no name", help, code="weights-out-of-place")
        elif tensors:
            self.check_weights(type, {name: tensor.shape for name, tensor in tensors.items()}, path)
        return shape, bool(tensors)

    def check_weights(self, type: str, expected: dict[str, tuple[int, ...]], path: Path | None) -> None:
        held = self.weights.get(path or (), {})
        if path is None or dict(held) == expected:
            return
        extra = [name for name in held if name not in expected] or [*expected]
        whose = f"`{dotted(path)}`" if path else "the network itself"
        raise Unsaid(
            f"{whose} holds {count(len(held), 'tensor')}, and `{type}` has others: `{extra[0]}`",
            f"a layer's weights have torch's own names; put an `nn.{type}` there",
            code="weights-out-of-place",
        )

    def check_bare(self, path: Path, expected: tuple[int, ...]) -> None:
        shape = self.weights.get(path[:-1], {}).get(path[-1])
        if shape != expected:
            raise Unsaid(
                f"the parameter `{dotted(path)}` has the shape {shape}, and a `LayerScale` one of {expected}",
                f"make it with the shape {expected}: its key stays, and a checkpoint's tensor is reshaped",
                code="weights-out-of-place",
            )

    def owner(self, **weights: Any) -> Path:
        """The module that holds the weights of a function under the names that a layer gives them. Raises Unsaid."""
        owned = {name: w.owned for name, w in weights.items() if isinstance(w, Operand)}
        for name, place in owned.items():
            if place is None:
                raise Unsaid(*COMPUTED, code="weights-out-of-place")
            if place.buffer and name in ("weight", "bias"):
                raise Unsaid(
                    f"the `{name}` of this layer is the buffer `{dotted((*place.path, place.name))}`",
                    "hold it as the weight of a layer of torch.nn that is not trained (`requires_grad_(False)`)",
                    code="weights-out-of-place",
                )
            if place.name != name:
                raise Unsaid(
                    f"the `{name}` of this layer is called `{dotted((*place.path, place.name))}`",
                    f"a spec calls it `{name}`: use torch's own layer, or name the parameter so",
                    code="weights-out-of-place",
                )
        paths = {place.path for place in owned.values() if place is not None}
        if len(paths) != 1:
            help = "put them into one module, under the names that torch's own layer gives them"
            raise Unsaid("the weights of this layer belong to several modules", help, code="weights-out-of-place")
        return paths.pop()


class _Follows(Unsaid):
    """Something needs what was blocked before: that is what is told."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def operands(nested: Any) -> Iterable[Operand]:
    """The operands in arguments, however deep in lists and mappings."""
    if isinstance(nested, Operand):
        yield nested
    elif isinstance(nested, Mapping):
        yield from operands(tuple(nested.values()))
    elif isinstance(nested, list | tuple):
        for item in nested:
            yield from operands(item)


def unregistered(type: str, args: dict[str, Any], x: Shape) -> Shape:
    """The shape of a permutation, which is part of a pattern such as a channel shuffle."""
    assert type == "Permute", type
    batched = (0, *x)
    return Shape(batched[dim] for dim in args["dims"][1:])


__all__ = ["Handler", "Operand", "Owned", "Translator", "Unsaid", "Where", "operands"]
