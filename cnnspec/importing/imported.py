"""Module -> spec text: recorded, put in order, folded, written, and held against the module before anyone sees it.

    module ─► record ─► Program ─► tidy ─► scopes ─► chains ─► names ─► fold ─► write ─► verify
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path as FilePath
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.nn.parameter import UninitializedTensorMixin

from cnnspec.diagnostics import Diagnostic, Label, Sink, Source, Span, SpecError, UsageError, count
from cnnspec.importing.chains import chain_of, shapes_of
from cnnspec.importing.construct import Given, origins
from cnnspec.importing.exported import Reader
from cnnspec.importing.fold import fold
from cnnspec.importing.items import Item
from cnnspec.importing.names import name as give_names
from cnnspec.importing.operand import Operand
from cnnspec.importing.program import Origin, Path, Program, dotted
from cnnspec.importing.record import MARK, Recorder
from cnnspec.importing.scopes import scopes
from cnnspec.importing.settings import settings
from cnnspec.importing.target import running, subject
from cnnspec.importing.tidy import tidy
from cnnspec.importing.verify import verify
from cnnspec.importing.write import blocks_of, document
from cnnspec.layers import REGISTRY, Shape

BATCH = 3  # images of the run: a number that no view asks for by chance


@dataclass(frozen=True, slots=True)
class Imported:
    """The text of a spec, and what has to be said of it."""

    text: str
    notes: tuple[str, ...] = ()


def import_target(
    target: str, inputs: Mapping[str, Sequence[int]], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
) -> Imported:
    """The spec of what ``target`` names, such as `nets.py:Net`. Runs the user's code. Raises UsageError and SpecError."""
    found = subject(target, args, kwargs)
    called = f"{target}({', '.join([*map(repr, args), *(f'{k}={v!r}' for k, v in (kwargs or {}).items())])})"
    description = f"Imported from {called if args or kwargs else target}."
    return import_module(found.module, inputs, found.name, found.given, description)


def import_module(
    module: nn.Module,
    inputs: Mapping[str, Sequence[int]],
    name: str = "",
    given: Given | None = None,
    description: str = "",
) -> Imported:
    """The spec of a module, for inputs of these sizes without the batch.

    The module is moved to the CPU, to float32 and to evaluation. Raises SpecError with all that a spec cannot say, and
    UsageError.
    """
    name = name or type(module).__name__
    module = module.to("cpu", torch.float32).eval()
    generator = torch.Generator().manual_seed(0)
    images = {key: torch.randn(BATCH, *sizes, generator=generator) for key, sizes in inputs.items()}
    if any(isinstance(tensor, UninitializedTensorMixin) for tensor in (*module.parameters(), *module.buffers())):
        with running(f"{name}.forward"), torch.no_grad():
            _run(module, images)  # lazy layers learn their sizes
    _check_sharing(module, name)
    program, sink = _recorded(module, images, name)
    program = replace(program, origins=origins(module, given or {}))
    run = partial(_run, module)
    return _written(program, sink, module.state_dict(), run, images, description)


def _run(module: nn.Module, images: Mapping[str, Tensor]) -> Any:
    return module(*images.values()) if len(images) == 1 else module(**images)


def import_file(path: FilePath) -> Imported:
    """The spec of an exported program, a `.pt2` file. Raises UsageError and SpecError."""
    exported = _loaded(path)
    reader = Reader(exported, _nowhere(path.name))
    reader.read()
    outputs = dict(reader.outputs_of())
    inputs = {key: Shape(shape[1:]) for key, shape in reader.inputs.items()}
    lines = tuple(reader.translator.lines)
    program = Program(path.stem, inputs, lines, outputs, {(): Origin("Network"), **reader.frames.origins})
    generator = torch.Generator().manual_seed(0)
    images = {key: torch.randn(*shape, generator=generator) for key, shape in reader.inputs.items()}
    run = exported.module()
    description = f"Imported from {path.name}."
    return _written(
        program, reader.translator.sink, exported.state_dict, lambda given: run(*given.values()), images, description
    )


def _loaded(path: FilePath) -> ExportedProgram:
    if not path.is_file():
        raise UsageError(f"there is no file `{path}`")
    try:
        return torch.export.load(path)
    except Exception as error:  # noqa: BLE001 - torch tells a damaged file in many ways
        reason = str(error).strip().splitlines()[0]
        raise UsageError(f"`{path}` is no exported program: {reason}", "torch.export.save writes one") from None


def _recorded(module: nn.Module, images: Mapping[str, Tensor], name: str) -> tuple[Program, Sink]:
    recorder = Recorder(module, BATCH, _nowhere(name))
    with running(f"{name}.forward"):
        output = recorder.run({key: image.clone() for key, image in images.items()})
    translator = recorder.translator
    outputs = _outputs(output, recorder)
    inputs = {key: Shape(image.shape[1:]) for key, image in images.items()}
    return Program(name, inputs, tuple(translator.lines), outputs), translator.sink


def _nowhere(name: str) -> Span:
    """Where a call stands that no line of the user's makes."""
    return Source(name, "").span()


def _outputs(output: Any, recorder: Recorder) -> dict[str, int]:
    """The values that the network gives; what is none is told."""
    found = {}
    for key, tensor in _named(output).items():
        operand = getattr(tensor, MARK, None)
        if isinstance(operand, Operand) and operand.blocked is not None:
            recorder.translator.sink.add(operand.blocked)
        elif isinstance(operand, Operand) and operand.value is not None:
            found[key] = operand.value
        else:
            message = f"the network gives {type(tensor).__name__}, which no layer makes"
            recorder.translator.sink.add(
                Diagnostic("several-outputs", message, Label(recorder.fallback), help="let `forward` return tensors")
            )
    return found


def _named(output: Any) -> dict[str, Any]:
    """Outputs by name: those of a mapping or a named tuple are theirs."""
    if isinstance(output, Mapping):
        return {str(key): value for key, value in output.items()}
    if isinstance(output, tuple) and hasattr(output, "_fields"):
        return dict(zip(output._fields, output, strict=True))
    if isinstance(output, tuple | list):
        return {f"output{number}": value for number, value in enumerate(output, 1)}
    return {"": output}


def _check_sharing(module: nn.Module, name: str) -> None:
    """Raises SpecError where a tensor has two names."""
    first: dict[int, str] = {}
    for key, tensor in module.state_dict(keep_vars=True).items():
        if id(tensor) in first:
            message = f"`{first[id(tensor)]}` and `{key}` are one tensor, and a spec gives each key its own"
            help = "give the weights one place, and call the module that holds them twice"
            raise SpecError([Diagnostic("two-names", message, Label(_nowhere(name)), help=help)])
        first[id(tensor)] = key


def _written(
    program: Program,
    sink: Sink,
    state: Mapping[str, Tensor],
    run: Callable[[Mapping[str, Tensor]], Any],
    images: Mapping[str, Tensor],
    description: str,
) -> Imported:
    """The text of a program, verified."""
    items = _items(program, sink)
    shorter, blocks = fold(items, program.origins)
    shorter, params = settings(shorter, program)
    text = document(_sections(program, params, description), shorter, blocks_of(blocks))
    left_out = _left_out(program, state)
    verify(text, state, {key for keys in left_out.values() for key in keys}, run, images)
    return Imported(text, tuple(_note(path, keys) for path, keys in left_out.items()))


def _items(program: Program, sink: Sink) -> list[Item]:
    """The lines of a program as items. Raises SpecError with all that was found."""
    tidied = tidy(program) if program.outputs else program
    for line in tidied.lines:
        if line.type not in REGISTRY:
            sink.error("no-layer-for-call", f"no layer is a `{line.type}`", line.span)
    tree = scopes(tidied, sink) if not len(sink) else None
    if tree is None or len(sink):
        raise SpecError(sink.in_order())
    if len(program.outputs) != 1 or len(program.inputs) != 1:
        raise UsageError("only networks of one input and one output are imported so far")
    items = chain_of(tree, shapes_of(tidied.lines, tidied.inputs), -1)
    give_names(items, -1)
    return items


def _sections(program: Program, params: Mapping[str, Any], description: str) -> dict[str, Any]:
    (shape,) = program.inputs.values()
    sections = {"name": program.name, "description": description, "input": list(shape), "params": params}
    return {name: value for name, value in sections.items() if value}


def _left_out(program: Program, state: Mapping[str, Tensor]) -> dict[Path, list[str]]:
    """The keys of modules that the run did not call, by the outermost of them."""
    called = {line.path for line in program.lines if line.stateful and line.path is not None}
    around = {path[:end] for path in called for end in range(len(path) + 1)}
    found: dict[Path, list[str]] = {}
    for key in state:
        path = tuple(key.split("."))
        if path in called or path[:-1] in called:
            continue
        outermost = next(path[:end] for end in range(1, len(path) + 1) if path[:end] not in around)
        found.setdefault(outermost, []).append(key)
    return found


def _note(path: Path, keys: Sequence[str]) -> str:
    return f"`{dotted(path)}` is not called in evaluation: its {count(len(keys), 'tensor')} are left out"
