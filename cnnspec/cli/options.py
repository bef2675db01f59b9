"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cnnspec.engine.diagnostics import Sink, Source, UsageError
from cnnspec.engine.spec import known_specs
from cnnspec.engine.spec.params import to_plain
from cnnspec.engine.syntax import parse
from cnnspec.engine.zoo import recipe_files, sweep_files


def complete_name(incomplete: str) -> list[str]:
    """The shipped names that begin so; a shell completes paths by itself."""
    return [name for name in known_specs() if name.startswith(incomplete)]


def complete_any(incomplete: str) -> list[str]:
    """The same, with the shipped recipes and sweeps."""
    others = [*(f"recipes/{name}" for name in recipe_files()), *(f"sweeps/{name}" for name in sweep_files())]
    return [name for name in (*known_specs(), *others) if name.startswith(incomplete)]


NAME = typer.Argument(
    metavar="NAME", help="A shipped name (mnist/lenet) or the path of a spec.", autocompletion=complete_name
)
SPEC = typer.Argument(
    metavar="NAME",
    help="A shipped name (mnist/lenet), the path of a spec, or - for standard input.",
    autocompletion=complete_name,
)
Name = Annotated[str, SPEC]
Title = Annotated[
    str | None,
    typer.Option("--title", metavar="TEXT", help="The title  [default: the spec's `name`]"),
]
Variant = Annotated[str | None, typer.Option("--variant", metavar="NAME", help="A variant of the spec.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PARAM=VALUE", help="Set a param, for example dropout=0.2; can be repeated."),
]
InputSize = Annotated[
    str | None,
    typer.Option(
        "--input", metavar="C,H,W", help="Override the input size; for several inputs, NAME=C,H,W NAME=C,H,W."
    ),
]

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="The folder for data files and downloads  [default: $CNNSPEC_DATA or a cache]",
    ),
]
Device = Annotated[
    str, typer.Option("--device", metavar="NAME", help="cpu, cuda, cuda:1, or auto, which uses a GPU if there is one.")
]


def parse_settings(given: list[str] | None) -> dict[str, Any]:
    """``["dropout=0.2", "depths=[1, 2]"]`` as values. Raises UsageError."""
    settings = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--set takes PARAM=VALUE, not `{text}`", "such as --set dropout=0.2")
        settings[name.strip()] = value_of(f"--set {name.strip()}", value)
    return settings


def value_of(option: str, text: str) -> Any:
    """A value as a spec writes it. Raises UsageError, which calls it by the option."""
    sink = Sink()
    node = parse(Source(option, text), sink) if text.strip() else None
    if len(sink) or node is None:
        reason = next(iter(sink)).message if len(sink) else "there is no value"
        raise UsageError(f"{option}: {reason}", "a value is written as in a spec: 0.2, true, [3, 4], ReLU")
    return to_plain(node)


def parse_input(text: str | None) -> tuple[int, ...] | dict[str, tuple[int, ...]] | None:
    """``"1,28,28"`` as sizes, ``"image=3,64,64 mask=1,64,64"`` as those of several by name. Raises UsageError."""
    if text is None or "=" not in text:
        return None if text is None else _sizes(text)
    named = [part.partition("=") for part in text.split()]
    return {name: _sizes(sizes) for name, _, sizes in named}


def _sizes(text: str) -> tuple[int, ...]:
    parts = text.replace("x", ",").replace("×", ",").strip("[] ").split(",")
    if not all(part.strip().isdecimal() and len(part) < 12 and 0 < int(part) < 2**31 for part in parts):
        raise UsageError(f"--input takes sizes, not `{text}`", "such as --input 1,28,28")
    return tuple(int(part) for part in parts)


Run = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]
IMAGE = "The path of an image, or test:17 for one of the run's own test images."
Invert = Annotated[bool, typer.Option("--invert", help="Invert the image, for dark strokes on light paper.")]
