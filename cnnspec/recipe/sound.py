"""Settings that cannot go together, each of which is right by itself. What the network rules out comes later."""

from __future__ import annotations

from cnnspec.diagnostics import Diagnostic, Label, Sink, Span, count
from cnnspec.recipe.model import Recipe, held_back
from cnnspec.syntax import Map


def check_sound(recipe: Recipe, top: Map, sink: Sink) -> None:
    """Says what is wrong; ``top`` is where the settings stand."""
    checker = _Checker(recipe, top, sink)
    checker.images()
    checker.validation()
    checker.momentum()
    checker.mixing()
    checker.warmup()
    checker.steps()


class _Checker:
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
        message = f"a validation part of {validation} leaves too few of {images} images to train on"
        self.exclude("images", "validation", message, f"holds back {held} of {images}", "take more images")

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
            message = f"{what} watches the validation part, and there is none"
            self.exclude(name, "validation", message, "holds nothing back", "set `validation: 0.1`")

    def momentum(self) -> None:
        """A cycle moves the momentum of an optimizer that has one."""
        scheduler, optimizer = self.recipe.scheduler, self.recipe.optimizer
        if scheduler is None or optimizer.cycles or not getattr(scheduler, "cycle_momentum", False):
            return
        names = type(scheduler).__name__, type(optimizer).__name__
        message = f"`{names[0]}` moves the momentum as well, and `{names[1]}` has none"
        self.exclude("scheduler", "optimizer", message, "has no momentum", "set `cycle_momentum: false`")

    def mixing(self) -> None:
        """Mixed images belong to several classes."""
        for name in ("mixup", "cutmix"):
            if getattr(self.recipe, name) is not None and not self.recipe.loss.mixes:
                loss = type(self.recipe.loss).__name__
                message = f"`{name}` makes images of two classes, and `{loss}` takes one"
                self.exclude(
                    name, "loss", message, "takes one class an image", "`CrossEntropyLoss` takes shares of classes"
                )

    def warmup(self) -> None:
        """A warm-up that is as long as the training never ends."""
        warmup, epochs = self.recipe.warmup, self.recipe.epochs
        if warmup is None or warmup.epochs is None or warmup.epochs < epochs:
            return
        message = f"a warm-up of {count(warmup.epochs, 'epoch')} does not end in a training of {epochs}"
        self.exclude(
            "warmup", "epochs", message, f"{count(epochs, 'epoch')} in all", "make it shorter, or leave it out"
        )

    def steps(self) -> None:
        """The validation loss is known once an epoch."""
        scheduler = self.recipe.scheduler
        if scheduler is not None and scheduler.watches and self.recipe.per == "step":
            message = f"`{type(scheduler).__name__}` cannot move with each step: what it watches is known once an epoch"
            self.exclude("scheduler", "per", message, "", "leave out `per: step`")
