"""Node tree -> Recipe: each mistake at its line and column, in the words of a spec's.

cnnspec_recipe: 1
epochs: 160                                   a plain value
optimizer: {SGD: {lr: 0.1}}                   an operation: a name of torch's with its arguments
scheduler: {CosineAnnealingLR: {}, per: step}
augment: [RandomHorizontalFlip]               a list of them
warmup: {epochs: 5}                           a mapping
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Sink, Source, Span, choices, count, did_you_mean
from cnnspec.engine.recipe.model import VERSION, EarlyStopping, Recipe, Warmup, held_back
from cnnspec.engine.recipe.operations import FAMILIES, OperationReader
from cnnspec.engine.recipe.plain import plain
from cnnspec.engine.spec.edits import insertion, respell
from cnnspec.engine.spec.validation_errors import validate
from cnnspec.engine.syntax import Entry, LocatedMeter, Map, Meter, Node, OutOfWork, Scalar, parse, shown
from cnnspec.engine.syntax.marks import RECIPE

# Settings that cannot go together, each of which is right by itself. What the network rules out comes later.


def check_sound(recipe: Recipe, top: Map, sink: Sink) -> None:
    """Says what is wrong; ``top`` is where the settings stand."""
    checker = _RecipeChecker(recipe, top, sink)
    checker.images()
    checker.validation()
    checker.momentum()
    checker.mixing()
    checker.warmup()
    checker.steps()


class _RecipeChecker:
    def __init__(self, recipe: Recipe, top: Map, sink: Sink) -> None:
        self.recipe = recipe
        self.top = top
        self.sink = sink

    def exclude(self, name: str, other: str, message: str, label: str, help: str) -> None:
        """A setting that another rules out, where that is stated."""
        entry = self.top.entry(other)
        labels = (Label(entry.span, label),) if entry else ()
        primary = Label(self.place(name), "" if entry else label)
        self.sink.add(Diagnostic("impossible-setting", message, primary, labels, help=help))

    def place(self, name: str) -> Span:
        entry = self.top.entry(name)
        return entry.span if entry else self.top.span

    def images(self) -> None:
        """Two images at least are trained on."""
        images, validation = self.recipe.images, self.recipe.validation
        held = held_back(images or 0, validation)
        if images is None or images - held >= 2:
            return
        message = f"a validation split of {validation} leaves too few of {images} images for training"
        self.exclude("images", "validation", message, f"holds back {held} of {images}", "use more images")

    def validation(self) -> None:
        """What watches the validation part needs one."""
        if self.recipe.validation:
            return
        watching = {
            "early_stopping": self.recipe.early_stopping is not None,
            "scheduler": self.recipe.scheduler is not None and self.recipe.scheduler.watches,
        }
        for name in (name for name, watches in watching.items() if watches):
            what = "`early_stopping`" if name == "early_stopping" else "`ReduceLROnPlateau`"
            message = f"{what} needs a validation split, but `validation` is 0"
            self.exclude(name, "validation", message, "there is no validation split", "set `validation: 0.1`")

    def momentum(self) -> None:
        """A cycle moves the momentum of an optimizer that has one."""
        scheduler, optimizer = self.recipe.scheduler, self.recipe.optimizer
        if scheduler is None or optimizer.cycles or not getattr(scheduler, "cycle_momentum", False):
            return
        names = type(scheduler).__name__, type(optimizer).__name__
        message = f"`{names[0]}` also changes the momentum, but `{names[1]}` has no momentum"
        self.exclude("scheduler", "optimizer", message, "has no momentum", "set `cycle_momentum: false`")

    def mixing(self) -> None:
        """Mixed images belong to several classes."""
        for name in ("mixup", "cutmix"):
            if getattr(self.recipe, name) is not None and not self.recipe.loss.mixes:
                loss = type(self.recipe.loss).__name__
                message = f"`{name}` mixes images of two classes, but `{loss}` takes one class per image"
                self.exclude(
                    name,
                    "loss",
                    message,
                    "takes one class per image",
                    "use `CrossEntropyLoss`, which accepts class probabilities",
                )

    def warmup(self) -> None:
        """A warm-up that is as long as the training never ends."""
        warmup, epochs = self.recipe.warmup, self.recipe.epochs
        if warmup is None or warmup.epochs is None or warmup.epochs < epochs:
            return
        message = f"a warmup of {count(warmup.epochs, 'epoch')} is longer than a training of {epochs}"
        self.exclude("warmup", "epochs", message, f"{count(epochs, 'epoch')} in all", "make it shorter, or remove it")

    def steps(self) -> None:
        """The validation loss is known once an epoch."""
        scheduler = self.recipe.scheduler
        if scheduler is not None and scheduler.watches and self.recipe.per == "step":
            message = (
                f"`{type(scheduler).__name__}` cannot run every step: it needs a metric that is computed once per epoch"
            )
            self.exclude("scheduler", "per", message, "", "remove `per: step`")


MARK = RECIPE
MAPPINGS: dict[str, type[BaseModel]] = {"warmup": Warmup, "early_stopping": EarlyStopping}
PER = "per"
ENTRY = 4  # steps of the meter that a key takes
KEYS = (MARK, *(name for name in Recipe.model_fields if name != PER))


def read(source: Source, sink: Sink, meter: Meter | None = None) -> Recipe | None:
    """The recipe of a text, or None where something is wrong with it, which goes to the sink. ``meter`` counts work."""
    before, meter = len(sink), meter or Meter()
    top = parse(source, sink, meter)
    recipe = None if top is None else resolve(top, source, sink, meter)
    return recipe if len(sink) == before else None


def resolve(top: Node, source: Source, sink: Sink, meter: Meter | None = None) -> Recipe | None:
    """The recipe of a tree that was read from a text."""
    if not isinstance(top, Map):
        help = f"start with `{MARK}: {VERSION}`, then `data:`, `epochs:` and so on"
        sink.error("wrong-type", f"a recipe must be a mapping, not {shown(top)}", source.span(), help=help)
        return None
    before, work = len(sink), LocatedMeter(meter or Meter(), source.span())
    _check_version(top, source, sink)
    try:
        recipe = _RecipeReader(sink, top, work).recipe(source)
    except OutOfWork:
        work.tell(sink, "recipe")
        return None
    if recipe is not None and len(sink) == before:
        check_sound(recipe, top, sink)
    return recipe if len(sink) == before else None


def _check_version(top: Map, source: Source, sink: Sink) -> None:
    entry = top.entry(MARK)
    if entry is None:
        help = f"start with `{MARK}: {VERSION}`"
        repairs = (Repair(help, (insertion(source.span(), f"{MARK}: {VERSION}\n"),)),)
        sink.error("missing-key", f"the recipe needs the key `{MARK}`", source.span(), repairs=repairs)
    elif not isinstance(entry.value, Scalar) or type(entry.value.value) is not int or entry.value.value != VERSION:
        message = f"this cnnspec reads version {VERSION} of recipes, not {shown(entry.value)}"
        repairs = (Repair(f"write `{MARK}: {VERSION}`", (Edit(entry.value.span, f"{VERSION}"),)),)
        sink.error("unknown-version", message, entry.span, repairs=repairs)


class _RecipeReader:
    """Reads the entries of one recipe. What was said to be wrong keeps its default, and nothing more is said of it."""

    def __init__(self, sink: Sink, top: Map, work: LocatedMeter) -> None:
        self.sink = sink
        self.top = top
        self.work = work
        self.operations = OperationReader(sink, work)
        self.wrong: set[str] = set()

    def recipe(self, source: Source) -> Recipe | None:
        entries = {entry.key.text: entry for entry in self.top if self.is_known(entry)}
        values = {name: self.value(entry) for name, entry in entries.items()}
        values |= self.per(entries.get("scheduler"))
        values = {name: value for name, value in values.items() if name not in self.wrong}
        made = validate(Recipe, values, entries, source.span(), "a recipe")
        if isinstance(made, Recipe):
            return made
        for diagnostic in made:
            self.sink.add(diagnostic)
        return None

    def is_known(self, entry: Entry) -> bool:
        name = entry.key.text
        self.work.spend(ENTRY, entry.key.span)
        if name not in KEYS and not self.sink.full:
            elsewhere = _misplaced(name)
            where = "docs/reference/training.md and `cnnspec schema --recipe`"
            help = elsewhere or choices("the keys are", "keys", name, KEYS, where)
            near = "" if elsewhere else did_you_mean(name, KEYS)
            repairs = respell(entry.key.span, name, KEYS) if near else ()
            self.sink.error(
                "unknown-key", f"unknown key `{name}` in a recipe", entry.key.span, near, help=help, repairs=repairs
            )
        return name in KEYS and name != MARK

    def value(self, entry: Entry) -> Any:
        """What the key has, as the model takes it. Where that is told to be wrong, the key is left out."""
        before, name = len(self.sink), entry.key.text
        if isinstance(entry.value, Scalar) and entry.value.value is None and may_be_nothing(name):
            value = DEFAULT
        elif name in FAMILIES:
            value = self.operations.one(entry)
        elif name == "augment":
            value = self.operations.several(entry)
        elif name in MAPPINGS:
            value = self.mapping(entry, MAPPINGS[name])
        else:
            value = plain(entry.value)
        if len(self.sink) > before or value is DEFAULT:
            self.wrong.add(name)
        return value

    def mapping(self, entry: Entry, model: type[BaseModel]) -> Any:
        name, node = entry.key.text, entry.value
        if not isinstance(node, Map):
            first = next(iter(model.model_fields))
            help = f"write `{name}: {{{first}: 5}}`"
            self.sink.error("wrong-type", f"`{name}` must be a mapping, not {shown(node)}", entry.span, help=help)
            return None
        values = {part.key.text: plain(part.value) for part in node}
        made = validate(model, values, {part.key.text: part for part in node}, entry.key.span, name)
        for diagnostic in made if isinstance(made, list) else ():
            self.sink.add(diagnostic)
        return made

    def per(self, entry: Entry | None) -> dict[str, Any]:
        """What the scheduler moves by: stated beside it, or its own."""
        scheduler = entry and self.operations.read.get(entry.key.text)
        if not entry or not scheduler:
            return {}
        stated = entry.value.entry(PER) if isinstance(entry.value, Map) else None
        if stated is None:
            return {PER: getattr(scheduler, "moves", "epoch")}
        if not isinstance(stated.value, Scalar) or stated.value.value not in ("epoch", "step"):
            message = f"`per` must be `epoch` or `step`, not {shown(stated.value)}"
            self.sink.error("wrong-type", message, stated.span)
            return {}
        return {PER: stated.value.value}


def _misplaced(name: str) -> str:
    """Where an argument of an operation belongs that stands at the top."""
    for key, kind in FAMILIES.items():
        owner = next((owner for owner, operation in kind.members.items() if name in operation.model_fields), None)
        if owner is not None:
            article = "an" if key[0] in "aeiou" else "a"
            return f"it is an argument of {article} {key}, such as `{key}: {{{owner}: {{{name}: …}}}}`"
    return ""


def may_be_nothing(name: str) -> bool:
    """Whether `null` may stand there: what is off unless it is set."""
    return Recipe.model_fields[name].default in (None, ())


DEFAULT = object()  # in the place of a value that is left to the model
