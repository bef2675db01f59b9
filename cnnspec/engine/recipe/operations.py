"""Operations of a recipe: `Adam`, `{SGD: {lr: 0.1}}`, or a list of such."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cnnspec.engine.diagnostics import Repair, Sink, choices, did_you_mean, listing
from cnnspec.engine.recipe.losses import LOSSES
from cnnspec.engine.recipe.operation import Operation
from cnnspec.engine.recipe.optimizers import OPTIMIZERS
from cnnspec.engine.recipe.plain import plain
from cnnspec.engine.recipe.schedulers import SCHEDULERS
from cnnspec.engine.recipe.transforms import DONE_ANYWAY, TRANSFORMS
from cnnspec.engine.spec.edits import by_name, rename, respell
from cnnspec.engine.spec.validation_errors import validate
from cnnspec.engine.syntax import Entry, LocatedMeter, Map, Node, Scalar, Seq, shown


@dataclass(frozen=True, slots=True)
class Kind:
    """A family of operations: what messages call one of them, its members, and the words that may stand beside one."""

    noun: str
    members: Mapping[str, type[Operation]]
    example: str
    beside: tuple[str, ...] = ()
    of: str = "recipes"  # the files that it stands in

    @property
    def form(self) -> str:
        return f"write `{self.example}`"


TRANSFORM = Kind("transform", TRANSFORMS, "augment: [{RandomCrop: {size: 32, padding: 4}}, RandomHorizontalFlip]")
FAMILIES = {
    "loss": Kind("loss", LOSSES, "loss: {CrossEntropyLoss: {label_smoothing: 0.1}}"),
    "optimizer": Kind("optimizer", OPTIMIZERS, "optimizer: {SGD: {lr: 0.1, momentum: 0.9}}"),
    "scheduler": Kind("scheduler", SCHEDULERS, "scheduler: {MultiStepLR: {milestones: [80, 120]}}", ("per",)),
}
OPERATION = 20  # steps of the meter that one takes
NAME = ("name", "type", "class", "_target_")  # keys by which other tools name an operation
LEFT_OUT = {
    **dict.fromkeys(DONE_ANYWAY, "remove it: images are always scaled and normalized after augmentation"),
    **dict.fromkeys(("MixUp", "CutMix"), "use the keys of the recipe: `mixup: 0.2`, `cutmix: 1.0`"),
    **dict.fromkeys(("LambdaLR", "MultiplicativeLR"), "a recipe is data and cannot contain a function"),
    **dict.fromkeys(("SequentialLR", "ChainedScheduler"), "use the key of the recipe: `warmup: {epochs: 5}`"),
    "LBFGS": "it evaluates the network several times per step, which `cnnspec train` does not support",
    "SparseAdam": "no layer here gives sparse gradients",
    "Muon": "it accepts only matrices, and the weights of convolutions are not matrices",
}


def _named(node: Node, kind: Kind) -> tuple[Repair, ...]:
    """``{name: StepLR, step_size: 3}``, as other tools have it, in the form of recipes."""
    entries = list(node) if isinstance(node, Map) and node.flow else []
    name = next((entry for entry in entries if entry.key.text in NAME and entry.value.span.text in kind.members), None)
    if name is None:
        return ()
    given = ", ".join(f"{e.key.text}: {e.value.span.text}" for e in entries if e is not name)
    return rename(node.span, f"{{{name.value.span.text}: {{{given}}}}}")


class OperationReader:
    """Reads operations; ``read`` keeps what was made of each key."""

    def __init__(self, sink: Sink, work: LocatedMeter) -> None:
        self.sink, self.work = sink, work
        self.read: dict[str, Operation] = {}

    def one(self, entry: Entry) -> Operation | None:
        """The operation of a key."""
        made = self.operation(entry.value, FAMILIES[entry.key.text])
        if made is not None:
            self.read[entry.key.text] = made
        return made

    def several(self, entry: Entry) -> tuple[Operation, ...] | None:
        """The transforms of `augment`, in the order in which they are made."""
        if isinstance(entry.value, Seq):
            made = [self.operation(item, TRANSFORM) for item in entry.value.items]
            return tuple(operation for operation in made if operation is not None)
        written = entry.value.span.text
        repairs = rename(entry.value.span, f"[{written}]" if "\n" not in written else None)
        message = f"`augment` must be a list of transforms, not {shown(entry.value)}"
        self.sink.error("wrong-type", message, entry.span, help="" if repairs else TRANSFORM.form, repairs=repairs)
        return None

    def operation(self, node: Node, kind: Kind) -> Operation | None:
        """The operation of a node; None where it is wrong, or enough is wrong already. Raises OutOfWork."""
        self.work.spend(OPERATION, node.span)
        if self.sink.full:
            return None
        found = self.parts(node, kind)
        if found is None:
            return None
        name, given = found
        if name.text not in kind.members:
            self.unknown(name, kind)
            return None
        arguments = self.arguments(name, given, kind)
        return None if arguments is None else self.made(name, arguments, kind)

    def parts(self, node: Node, kind: Kind) -> tuple[Scalar, Node | None] | None:
        """The name of an operation, and what stands behind it."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return node, None
        entries = [entry for entry in node if entry.key.text not in kind.beside] if isinstance(node, Map) else []
        if len(entries) == 1 and (entries[0].key.text[:1].isupper() or isinstance(entries[0].value, Map)):
            return entries[0].key, entries[0].value
        span = entries[1].key.span if len(entries) > 1 else node.span
        written = shown(node) if len(entries) < 2 else listing([f"`{entry.key.text}`" for entry in entries])
        message, repairs = f"write one {kind.noun}, not {written}", _named(node, kind)
        self.sink.error("wrong-type", message, span, help="" if repairs else kind.form, repairs=repairs)
        return None

    def unknown(self, name: Scalar, kind: Kind) -> None:
        article = "an" if kind.noun[0] in "aeiou" else "a"
        where = f"docs/reference/training.md and `cnnspec schema --{kind.of.removesuffix('s')}`"
        help = LEFT_OUT.get(name.text) or choices("available:", f"{kind.noun}s", name.text, tuple(kind.members), where)
        near = "" if name.text in LEFT_OUT else did_you_mean(name.text, kind.members)
        repairs = respell(name.span, name.text, kind.members) if near else ()
        message = f"`{name.text}` is not {article} {kind.noun} of {kind.of}"
        self.sink.error("unknown-operation", message, name.span, near, help=help, repairs=repairs)

    def arguments(self, name: Scalar, given: Node | None, kind: Kind) -> Map | None:
        """The arguments by name; None where they are told to be wrong."""
        if given is None or (isinstance(given, Scalar) and given.value is None):
            return Map(name.span, (), flow=True)
        if isinstance(given, Map):
            return given
        repairs = by_name(name.text, given, kind.members[name.text])
        help = "" if repairs else f"arguments are given by name: {kind.form}"
        message = f"the arguments of `{name.text}` need names: {shown(given)}"
        self.sink.error("wrong-type", message, given.span, help=help, repairs=repairs)
        return None

    def made(self, name: Scalar, given: Map, kind: Kind) -> Operation | None:
        entries = {entry.key.text: entry for entry in given}
        values = {key: plain(entry.value) for key, entry in entries.items()}
        made = validate(kind.members[name.text], values, entries, name.span, name.text)
        if isinstance(made, Operation):
            return made
        for diagnostic in made:
            self.sink.add(diagnostic)
        return None
