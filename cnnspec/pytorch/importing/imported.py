"""Module -> spec: run and recorded, written, and held against the module before anyone sees it.

target ─► module ─► record ─► Program ─► text ─► verify
file.pt2 ─────────► exported ─┘
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.nn.parameter import is_lazy

from cnnspec.engine.diagnostics import Diagnostic, Label, Sink, Source, Span, SpecError, UsageError, count, printable
from cnnspec.engine.layers import Shape
from cnnspec.pytorch.importing.construct import Given, origins
from cnnspec.pytorch.importing.exported import ExportedReader
from cnnspec.pytorch.importing.operand import Operand
from cnnspec.pytorch.importing.program import CodeOrigin, ImportedProgram, Line, Path, dotted
from cnnspec.pytorch.importing.record import MARK, Recorder, run
from cnnspec.pytorch.importing.target import running, subject
from cnnspec.pytorch.importing.text import Form, Writer
from cnnspec.pytorch.importing.tidy import alive
from cnnspec.pytorch.importing.training import named, trained, weightless
from cnnspec.pytorch.importing.user_code import defined
from cnnspec.pytorch.importing.verify import HeldValues, Unsound, verify
from cnnspec.pytorch.importing.write import flow

# Runs at other sizes of the input: what a module computes from them is a number in the spec, and is noted.

SPATIAL = 2  # dimensions of a tensor in front of rows and columns: batch and channels
MOST_TOLD = 3  # lines that a note names


def frozen(module: nn.Module, images: Mapping[str, Tensor], program: ImportedProgram, place: Span) -> tuple[str, ...]:
    """A note of the lines that are others at other sizes of the input; none where the module takes no other size.

    The runs are on the meta device. One is at twice the size, one at an odd size, which paddings may depend on.
    """
    found: set[int] = set()
    for other in _others(images):
        with suppress(Exception):  # a module that takes no such size, or that needs values
            recorder = Recorder(weightless(module).eval(), next(iter(images.values())).shape[0], place)
            recorder.run(other)
            found |= {line.value for line in _different(program.lines, recorder.translator.lines)}
    lines = [line for line in program.lines if line.value in found]
    return (_note(lines, program.inputs),) if lines else ()


def _others(images: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    for more in (0, 1):
        sizes = {
            name: (*image.shape[:SPATIAL], *(2 * size + more for size in image.shape[SPATIAL:]))
            for name, image in images.items()
        }
        yield {name: torch.empty(size, device="meta") for name, size in sizes.items()}


def _different(lines: Sequence[Line], others: Sequence[Line]) -> Iterator[Line]:
    """The lines with other arguments; where the flow itself is another, the first line of it, and no more."""
    for line, other in zip(lines, others, strict=False):
        if (line.type, line.path, line.inputs) != (other.type, other.path, other.inputs):
            yield line
            return
        if _without_values(line.args) != _without_values(other.args):
            yield line
    if len(lines) != len(others):
        yield lines[-1]


def _without_values(args: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments without those read from weights, which the other run does not have."""
    return {name: value for name, value in args.items() if name != "init_value"}


def _note(lines: list[Line], inputs: Mapping[str, Shape]) -> str:
    written = {(line.span.source.name, line.span.line): f"{line.type}: {flow(line.args)}" for line in lines}
    places = [f"`{text}` at {name}:{line}" for (name, line), text in written.items()]
    rest = f" and {len(places) - MOST_TOLD} more" if len(places) > MOST_TOLD else ""
    size = " and ".join(map(str, inputs.values()))
    return f"computed from the size of the input, and right for {size} only: {', '.join(places[:MOST_TOLD])}{rest}"


IMAGE = 3  # sizes of one image: channels, height, width
BATCH = 2  # images of the run: views have to leave them apart


@dataclass(frozen=True, slots=True)
class Imported:
    """The text of a spec, and what has to be said of it."""

    text: str
    notes: tuple[str, ...] = ()
    form: Form = Form.CLASSES


def import_target(
    target: str, inputs: Mapping[str, Sequence[int]], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
) -> Imported:
    """The spec of what ``target`` names, such as `nets.py:Net`; runs its code. Raises UsageError and SpecError."""
    found = subject(target, args, kwargs)
    called = f"{target}({', '.join([*map(repr, args), *(f'{k}={v!r}' for k, v in (kwargs or {}).items())])})"
    description = printable(f"Imported from {called if args or kwargs else target}.")
    return import_module(found.module, inputs, found.name, found.given, description)


def import_module(
    module: nn.Module,
    inputs: Mapping[str, Sequence[int]],
    name: str = "",
    given: Given | None = None,
    description: str = "",
) -> Imported:
    """The spec of a module, for inputs of these sizes without the batch; several are the arguments of its `forward`.

    The module is moved to the CPU, to float32 and to evaluation. Raises SpecError with all that a spec cannot say, and
    UsageError.
    """
    name = name or type(module).__name__
    place = defined(type(module), name)
    module = module.to("cpu", torch.float32).eval()
    images = _images({key: (BATCH, *sizes) for key, sizes in inputs.items()})
    _make_lazy_layers(module, images, name)
    _check_names(module, place)
    program, sink, output = _recorded(module, images, name, place)
    program = replace(program, origins=origins(module, given or {}))
    state = module.state_dict()
    training = trained(module, images, program, _unused(program, state), place)
    program = replace(program, heads=training.heads)
    notes = (*training.notes, *(frozen(module, images, program, place) if not len(sink) else ()))
    return _written(program, sink, HeldValues(state, images, output), description, place, notes)


def import_file(path: FilePath) -> Imported:
    """The spec of an exported program, a `.pt2` file. Raises UsageError and SpecError."""
    exported = _loaded(path)
    reader = ExportedReader(exported, Source(path.name, "").span())
    reader.read()
    inputs = {key: Shape(shape[1:]) for key, shape in reader.inputs.items()}
    modules = {(): CodeOrigin("Network"), **reader.frames.origins}
    program = ImportedProgram(path.stem, inputs, tuple(reader.translator.lines), dict(reader.outputs_of()), modules)
    images = _images(reader.inputs)
    with torch.no_grad():
        held = HeldValues(exported.state_dict, images, exported.module()(*images.values()))
    return _written(program, reader.translator.sink, held, f"Imported from {path.name}.", reader.fallback)


# ---------------------------------------------------------------------------------------------------------------- runs


def _images(shapes: Mapping[str, Sequence[int]]) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {key: torch.randn(*shape, generator=generator) for key, shape in shapes.items()}


def _of_batch(images: Mapping[str, Tensor]) -> str:
    """What helps where the sizes of an input may begin with a batch: images have three without it."""
    if all(image.dim() != IMAGE + 2 for image in images.values()):
        return ""
    given = next(tuple(image.shape[1:]) for image in images.values() if image.dim() == IMAGE + 2)
    meant = ",".join(map(str, given[1:]))
    return f"the sizes are those of one input: `--input {meant}`, if the {given[0]} in front is a batch"


def _make_lazy_layers(module: nn.Module, images: Mapping[str, Tensor], name: str) -> None:
    """Lets layers that learn their sizes when they first run do so."""
    if any(map(is_lazy, (*module.parameters(), *module.buffers()))):
        with running(f"{name}.forward"), torch.no_grad():
            run(module, images)


def _check_names(module: nn.Module, place: Span) -> None:
    """Raises SpecError where a tensor has two names."""
    first: dict[int, str] = {}
    for key, tensor in module.state_dict(keep_vars=True).items():
        if id(tensor) in first:
            message = f"`{first[id(tensor)]}` and `{key}` are one tensor, and a spec gives each key its own"
            help = "give the weights one place, and call the module that holds them twice"
            raise SpecError([Diagnostic("two-names", message, Label(place), help=help)])
        first[id(tensor)] = key


def _recorded(
    module: nn.Module, images: Mapping[str, Tensor], name: str, place: Span
) -> tuple[ImportedProgram, Sink, Any]:
    """What a module does with some images, what of it cannot be said, and what it gives."""
    recorder = Recorder(module, BATCH, place)
    with running(f"{name}.forward", _of_batch(images)):
        output = recorder.run({key: image.clone() for key, image in images.items()})
    recorder.check_memory([*named(output).values()])
    outputs = _outputs(output, recorder.translator.sink, place)
    inputs = {key: Shape(image.shape[1:]) for key, image in images.items()}
    program = ImportedProgram(name, inputs, tuple(recorder.translator.lines), outputs)
    return program, recorder.translator.sink, output


def _outputs(output: Any, sink: Sink, place: Span) -> dict[str, int]:
    """The values that the network gives; what is none is told."""
    found = {}
    for key, tensor in named(output).items():
        operand = getattr(tensor, MARK, None)
        if isinstance(operand, Operand) and operand.blocked is not None:
            sink.add(operand.blocked)
        elif isinstance(operand, Operand) and operand.value is not None and operand.value >= 0:
            found[key] = operand.value
        else:
            what = f"`{key}` of the network" if key else "the network"
            message = f"{what} gives {_what(tensor)}, and an output is what a layer makes"
            sink.add(Diagnostic("several-outputs", message, Label(place), help="let `forward` return such tensors"))
    return found


def _what(output: Any) -> str:
    if not isinstance(output, Tensor):
        return f"a value of type {type(output).__name__}"
    return "an input" if getattr(output, MARK, None) is not None else "a constant tensor"


def _loaded(path: FilePath) -> ExportedProgram:
    if not path.is_file():
        raise UsageError(f"there is no file `{path}`")
    try:
        return torch.export.load(path)
    except Exception as error:  # noqa: BLE001 - torch tells a damaged file in many ways
        reason = str(error).strip().splitlines()[0]
        raise UsageError(f"`{path}` is no exported program: {reason}", "torch.export.save writes one") from None


# ------------------------------------------------------------------------------------------------------------- writing


def _written(
    program: ImportedProgram, sink: Sink, held: HeldValues, description: str, place: Span, notes: Iterable[str] = ()
) -> Imported:
    """The text of a program, verified; a form that does not hold gives way to a plainer one."""
    writer = Writer(program, sink, description)
    unused = _unused(program, held.state)
    left_out = {key for keys in unused.values() for key in keys}
    for form in (Form.CLASSES, Form.COPIES):
        with suppress(Exception):  # whatever is wrong with it: the plain form says what is wrong with the module
            text = writer.written(form).text
            verify(text, held, left_out)
            return _imported(text, notes, unused, form)
    written = writer.written(Form.LINES)
    try:
        verify(written.text, held, left_out)
    except Unsound as error:
        raise SpecError(writer.located(error, written, place)) from None
    return _imported(written.text, notes, unused, Form.LINES)


def _imported(text: str, notes: Iterable[str], unused: Mapping[Path, Sequence[str]], form: Form) -> Imported:
    plainer = () if form is Form.CLASSES else (f"written with {form.value}: a shorter form did not hold",)
    return Imported(text, (*notes, *plainer, *(_needless(path, len(keys)) for path, keys in unused.items())), form)


def _needless(path: Path, number: int) -> str:
    return f"no output needs `{dotted(path)}`: its {count(number, 'tensor')} {'is' if number == 1 else 'are'} left out"


def _unused(program: ImportedProgram, state: Mapping[str, Tensor]) -> dict[Path, list[str]]:
    """The keys of modules that no output needs, by the outermost of them."""
    lines = (*alive(program.lines, program.wanted), *(line for head in program.heads for line in head.lines))
    called = {line.path for line in lines if line.stateful and line.path is not None}
    around = {path[:end] for path in called for end in range(len(path) + 1)}
    found: dict[Path, list[str]] = {}
    for key in state:
        path = tuple(key.split("."))
        if path not in called and path[:-1] not in called:
            outermost = next(path[:end] for end in range(1, len(path) + 1) if path[:end] not in around)
            found.setdefault(outermost, []).append(key)
    return found
