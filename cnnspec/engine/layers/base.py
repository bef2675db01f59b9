"""What every layer type is: typed arguments, a shape rule, tensors, a cost, and its PyTorch call as data.

    Layer   infer(shape) -> shape                   Refusal, where it cannot
            tensors(shape) -> Tensor…               names as in the state dict
            macs(in, out) -> int | None             None: not counted
            dependency(in, out) -> Reading…         what is read along each dimension: receptive fields
            saved_tensors(in) -> {"input", …}       which of its own tensors training saves for backward
            extra_saved(in…, out) -> ExtraSaved     what training saves besides
            call(shape) -> Call                     executed by the builder, printed by the emitters

Layers know nothing of YAML: a refusal names an argument, and only the graph knows where that stands in the text.
"""

from collections.abc import Mapping
from math import gcd, prod
from typing import Annotated, Any, ClassVar, Literal, NoReturn

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from cnnspec.engine.diagnostics.words import listing
from cnnspec.engine.layers.dependency import All, Reading
from cnnspec.engine.layers.known_as import OtherName
from cnnspec.engine.layers.shape import Shape, plain
from cnnspec.engine.layers.window import Window

MAX_SIZE = 2**31 - 1  # larger than any layer that can be held; keeps every product printable
MAX_NUMBER = (2 - 2**-23) * 2.0**127  # the largest float32: torch refuses arguments beyond it
Positive = Annotated[int, Field(ge=1, le=MAX_SIZE)]
NonNegative = Annotated[int, Field(ge=0, le=MAX_SIZE)]
Whole = Annotated[int, Field(ge=-MAX_SIZE, le=MAX_SIZE)]
Probability = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[float, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
PositiveNumber = Annotated[float, Field(gt=0, le=MAX_NUMBER)]
NonNegativeNumber = Annotated[float, Field(ge=0, le=MAX_NUMBER)]
Null = Annotated[None, "differs from omitting the argument"]
Sizes1 = Positive | tuple[Positive]
Sizes2 = Positive | tuple[Positive, Positive]
Sizes3 = Positive | tuple[Positive, Positive, Positive]
Pads1 = NonNegative | tuple[NonNegative]
Pads2 = NonNegative | tuple[NonNegative, NonNegative]
Pads3 = NonNegative | tuple[NonNegative, NonNegative, NonNegative]

Role = Literal[
    "activation",
    "convolution",
    "drop path",
    "dropout",
    "embedding",
    "identity",
    "join",
    "linear",
    "norm",
    "padding",
    "pool",
    "reshape",
    "resize",
    "scale",
    "shuffle",
    "slice",
    "split",
]
SavedTensors = frozenset[Literal["input", "output"]]
WEIGHT_AND_BIAS = ("weight", "bias")
NOTHING: SavedTensors = frozenset()
ITS_INPUT: SavedTensors = frozenset({"input"})
ITS_OUTPUT: SavedTensors = frozenset({"output"})

EACH = Window(1)  # every place is read at its own
Try = tuple[str, dict[str, Any]]  # what to do, in words, and the arguments that it gives


class Tensor(Struct, frozen=True):
    """A parameter or a buffer of a layer, by its shape."""

    shape: tuple[int, ...]
    trained: bool = True  # False: a buffer
    counts: bool = False  # 8-byte whole numbers, whatever the type of all others

    @property
    def elements(self) -> int:
        return prod(self.shape)


class ExtraSaved(Struct, frozen=True):
    """Tensors that torch makes for the gradient alone."""

    numbers: int = 0  # for one image, of the activations' own type
    indices: int = 0  # for one image, of 8 bytes each
    shared: int = 0  # for the whole batch, of the activations' own type


class Call(Struct, frozen=True):
    """A constructor call as data: ``Call("torch.nn.ReLU", {"inplace": True})``."""

    target: str
    arguments: dict[str, Any]


class Refusal(Exception):
    """A layer cannot take a shape.

    ``argument`` is the argument to blame (None: the layer as a whole), ``label`` what to say at it, ``note`` the
    arithmetic, ``dims`` the dimensions of the input shape whose origin explains it, ``tries`` settings that may mend it
    in the order in which to offer them (each a mapping of arguments with the words that describe it).
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        argument: str | None = None,
        label: str = "",
        note: str = "",
        help: str = "",
        dims: tuple[int, ...] = (),
        tries: tuple[Try, ...] = (),
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.argument, self.label = code, message, argument, label
        self.note, self.help, self.dims, self.tries = note, help, dims, tries


class Layer(BaseModel):
    """The base of every layer type. A subclass is registered under its class name, which is torch.nn's."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True, protected_namespaces=())

    ranks: ClassVar[tuple[int, ...]] = ()  # accepted numbers of sizes without the batch: 3 for C×H×W; empty: any
    inputs: ClassVar[int | None] = 1  # number of input tensors; None: two or more
    input_names: ClassVar[tuple[str, ...]] = ()  # of the inputs of a layer that takes several
    takes: ClassVar[tuple[str, ...]] = ("float32",)  # the dtypes that it can take; none: any
    gives: ClassVar[str | None] = "float32"  # the dtype of its output; None: that of its inputs, which are alike
    target: ClassVar[str | None] = None  # what the builder calls; None: torch.nn's class of the same name
    role: ClassVar[Role | None] = None  # what it is for, whatever its name; None: a layer of a plugin
    function: ClassVar[str | None] = None  # torch's function for it: "torch.nn.functional.relu"
    function_defaults: ClassVar[Mapping[str, Any]] = {}  # where the function's defaults are not those of the module
    positional: ClassVar[tuple[str, ...]] = ()  # the arguments that source writes by position, in torch's order
    infers: ClassVar[tuple[str, ...]] = ()  # the arguments that follow from the input; a spec may leave them out
    known_as: ClassVar[tuple[OtherName, ...]] = ()  # what other frameworks and users call it
    label: ClassVar[str | None] = None  # what drawings call it, with arguments in braces; None: its name
    subclass_of: ClassVar[str | None] = None  # the layer that torch's class inherits from: `isinstance` finds it, too
    passes_in_evaluation: ClassVar[bool] = False  # whether the output is the input in evaluation
    rectifies: ClassVar[bool] = False  # whether large negative values come out near 0, as of a ReLU
    gives_probabilities: ClassVar[bool] = False  # whether it gives probabilities, or their logarithms
    gates: ClassVar[bool] = False  # whether its output is used as a factor: between fixed bounds, as of a Sigmoid
    centers_channels: ClassVar[bool] = False  # whether it subtracts the mean of each channel
    uses_batch_statistics: ClassVar[bool] = False  # whether training normalizes by the statistics of the batch
    transposed: ClassVar[bool] = False  # whether it is a convolution that enlarges
    pad_mode: ClassVar[str | None] = None  # of a padding: what torch.nn.functional.pad calls it
    operator: ClassVar[str | None] = None  # of a join: Python's operator for it
    trains: ClassVar[tuple[str, ...]] = ()  # every parameter that the type can have, for any arguments
    saved_for_backward: ClassVar[SavedTensors] = ITS_INPUT  # which of its own tensors torch saves, uncopied
    saved_in_place: ClassVar[SavedTensors] = NOTHING  # the same with `inplace: true`; some then copy their input
    channelwise: ClassVar[bool] = False  # whether an output channel depends on the input channel of that number alone
    reorders: ClassVar[bool] = False  # whether its view orders the numbers differently from memory
    is_parameter: ClassVar[bool] = False  # no module: a parameter of its scope that multiplies the input

    def infer(self, x: Shape) -> Any:
        """Output shape for an input shape; both without the batch. Raises Refusal.

        A layer with several inputs takes the shape of each; one with several outputs gives a dict of names to Shape,
        or to Output where the dtype is not float32.
        """
        return x

    def tensors(self, x: Shape) -> dict[str, Tensor]:
        """Parameters and buffers by their names in the state dict, in torch's order of registration.

        The one tensor of a layer that is a parameter has no name: its key is that of the layer.
        """
        return {}

    def macs(self, x: Shape, y: Shape) -> int | None:
        """Multiply-accumulates for one image; None where the cost of this type is not counted."""
        return None

    def saved_tensors(self, x: Shape) -> SavedTensors:
        """Return which of its own tensors training saves; they must not be overwritten before backward."""
        return self.saved_in_place if self.overwrites(training=True) else self.saved_for_backward

    def overwrites(self, training: bool) -> bool:
        """Whether the output is written over the input."""
        return getattr(self, "inplace", False)

    def view(self, x: Shape, training: bool) -> range | None:
        """The numbers of the input, row by row, that the output is without a copy; None where it is a new tensor."""
        return None

    def of_output(self, x: Shape, place: int) -> "Layer":
        """The layer that gives one of several outputs alone: what is read for it, and what it is a view of."""
        return self

    def reads_input(self, place: int) -> bool:
        """Whether the numbers of an input are read, or its size alone."""
        return True

    def views(self, x: Shape, training: bool) -> tuple[range | None, ...]:
        """The same as ``view`` for each of several outputs; nothing where none of them is a view."""
        return (self.view(x, training),)

    def dependency(self, x: Shape, y: Shape) -> tuple[Reading, ...]:
        """Which places are read, along each dimension of an input behind its channels."""
        return (EACH,) * (len(x) - 1)

    def axis_map(self, x: Shape, y: Shape) -> tuple[int, ...]:
        """Return, for each dimension of the input after its channels, the dimension of the output that follows it."""
        return tuple(range(1, len(x)))

    def channel_dependency(self, x: Shape, y: Shape) -> tuple[Reading, int]:
        """Return what is read along the channels, and the dimension of the output that follows them."""
        return EACH if self.channelwise else All(x[0]), 0

    def averages(self, x: Shape) -> bool:
        """Whether its statistics are taken over places in evaluation, so that each value depends on all of them."""
        return False

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """Return what training saves for backward in addition to ``saved_tensors``."""
        copied = self.overwrites(training=True) and not self.saved_in_place
        return ExtraSaved(numbers=y.elements) if copied else ExtraSaved()

    def inferred(self, x: Shape) -> dict[str, Any]:
        """The arguments of the call that follow from the input shape."""
        return {}

    def call(self, x: Shape) -> Call:
        """The PyTorch call: inferred arguments first, then what the spec states."""
        arguments = self.inferred(x)
        for name in type(self).model_fields:
            if name in self.model_fields_set and name not in arguments:
                arguments[name] = getattr(self, name)
        return Call(self.target or f"torch.nn.{type(self).__name__}", arguments)

    def refuse(self, code: str, message: str, **rest: Any) -> NoReturn:
        """End ``infer`` with a Refusal."""
        raise Refusal(code, message, **rest)

    def check_rank(self, x: Shape) -> None:
        """Refuse an input of a rank that is not among ``ranks``."""
        if self.ranks and len(x) not in self.ranks:
            wanted = listing([RANKS[rank] for rank in self.ranks], "or")
            message = f"`{type(self).__name__}` takes {wanted}, not {described(x)}"
            self.refuse("wrong-rank", message, label=f"gets {described(x)}", dims=(0,))

    def check_stated(self, name: str, actual: int, noun: str, dims: tuple[int, ...] = (0,)) -> None:
        """Refuse an inferred argument that the spec states and states wrongly."""
        stated = getattr(self, name)
        if stated is not None and stated != actual:
            self.refuse(
                "stated-wrongly",
                f"`{name}` is {stated}, but {arriving(actual, noun)}",
                argument=name,
                label=arriving(actual),
                dims=dims,
                tries=(setting(**{name: actual}),),
            )

    def check_divides(self, name: str, size: int, noun: str, dims: tuple[int, ...] = (), also: int = 0) -> None:
        """Refuse a number of groups that does not divide ``size``; one that divides ``also`` too is tried."""
        number = getattr(self, name)
        if size % number:
            fits = divisor_below(number, gcd(size, also))
            self.refuse(
                "not-divisible",
                f"`{name}: {number}` does not divide {many(size, noun)}",
                argument=name,
                label=f"must divide {size}",
                note=f"{size} = {size // number}·{number} + {size % number}",
                dims=dims,
                tries=(setting(**{name: fits}),),
            )


RANKS = {1: "a flat vector", 2: "a C×L sequence", 3: "a C×H×W map", 4: "a C×D×H×W volume"}


def many(number: int, noun: str) -> str:
    """``1 channel``, ``4096 channels``: a number as a spec writes it."""
    return f"{number} {noun}{'' if f'{number}' == '1' else 's'}"


def arriving(number: int, noun: str = "") -> str:
    """Return ``the input has 3 channels``, ``the input has 1 channel``."""
    return f"the input has {many(number, noun) if noun else number}"


def described(x: Shape) -> str:
    """``64×8×8``, or ``a flat vector of 256``."""
    return f"{RANKS[1]} of {x}" if len(x) == 1 else str(x)


def each(value: Any, dims: int) -> tuple[Any, ...]:
    """One value for every dimension, from a single one or a tuple of them."""
    return value if isinstance(value, tuple) else (value,) * dims


def cross(sizes: tuple[int, ...]) -> str:
    """``5×5``; a single size is ``5-wide``."""
    return "×".join(map(str, sizes)) if len(sizes) > 1 else f"{sizes[0]}-wide"


def settle(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """One value for all dimensions where they agree: the reverse of ``each``."""
    return values[0] if len(set(plain(values))) == 1 else values


def shown(value: Any) -> str:
    """A value as YAML writes it: ``3``, ``[3, 5]``, ``false``."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(shown, value))}]" if isinstance(value, tuple) else str(value)


def setting(more: str = "", /, **values: Any) -> Try:
    """A try: ``set `padding: 1` or more``."""
    words = listing([f"`{name}: {shown(value)}`" for name, value in values.items()])
    return f"set {words}{more}", values


def divisor_below(number: int, size: int) -> int:
    """A divisor of ``size`` that is not above ``number``: the largest, where it is near."""
    return next((d for d in range(number, max(number - 4096, 0), -1) if size % d == 0), 1)
