"""The Python side: load, check, graph, build."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from cnnspec.checking import check_source, check_spec, with_variant
from cnnspec.diagnostics import Diagnostic, Sink, Source, SpecError, UsageError, did_you_mean, listing
from cnnspec.extras import requiring
from cnnspec.layers import REGISTRY
from cnnspec.network import Graph
from cnnspec.plugins import load as load_plugin
from cnnspec.spec import Spec, TypeMismatch, builtin_blocks, find, read
from cnnspec.spec.budget import given
from cnnspec.spec.items import SCOPE
from cnnspec.spec.params import fitting, from_plain
from cnnspec.spec.shipped import Found, display, open_source
from cnnspec.syntax import Entry
from cnnspec.syntax.marks import kind

if TYPE_CHECKING:
    import torch

Plugins = Sequence["str | os.PathLike[str]"]
Size = Sequence[int] | Mapping[str, Sequence[int]]  # of one input, or of several by name


def plugin(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Import a Python file of layers, so that specs can name them from here on; the names of these layers.

    A file that is imported already is left alone. Raises UsageError where it cannot be imported, has no layers, or has
    one whose name is taken.
    """
    return load_plugin(path, {*builtin_blocks(), SCOPE})


def _plug_in(plugins: Plugins) -> None:
    for path in plugins:
        plugin(path)


def load(
    name_or_path: str | os.PathLike[str],
    variant: str | None = None,
    *,
    input: Size | None = None,
    plugins: Plugins = (),
    **params: Any,
) -> Spec:
    """The spec of a shipped name (``mnist/resnet50``) or of a file, with params and input size set.

    ``plugins`` are Python files of layers, imported as ``plugin`` does. Raises SpecError where the text is wrong,
    UsageError for an unknown name, variant or param and for a value that a param does not take.
    """
    _plug_in(plugins)
    found = find(os.fspath(name_or_path))
    return load_found(found, open_source(found.path, display(found.path)), variant, input, params)


def load_found(
    found: Found, source: Source, variant: str | None, input: Size | None, params: Mapping[str, Any]
) -> Spec:
    """The same of the text of a file that was found. Raises as ``load`` does."""
    spec, sink = _read(found, source)
    if len(sink):
        raise SpecError(sink.in_order())
    return _as_set(spec, found, variant, input, params)


def _read(found: Found, source: Source) -> tuple[Spec, Sink]:
    """A spec and what was found when it was read. Raises SpecError where nothing of it can be read."""
    if (what := kind(source)) != "spec":
        help = f"`cnnspec check {found.title}` checks it; `cnnspec train --recipe` and `cnnspec sweep` run such files"
        raise UsageError(f"{found.title} is a {what}, not a spec", help)
    sink = Sink()
    spec = read(source, sink, builtin_blocks(), found.title)
    if spec is None:
        raise SpecError(sink.in_order())
    return spec, sink


def _as_set(spec: Spec, found: Found, variant: str | None, input: Size | None, params: Mapping[str, Any]) -> Spec:
    chosen = with_variant(spec, variant or found.variant)
    settings = {name: _setting(chosen, name, value) for name, value in params.items()}
    override = None if input is None else _input(chosen, input)
    title, heading = _title(found, variant), _heading(spec, found, variant)
    return replace(chosen, title=title, heading=heading, settings=settings, input_override=override)


def _title(found: Found, variant: str | None) -> str:
    return found.title if variant is None or variant == found.variant else f"{found.title}:{variant}"


def _heading(spec: Spec, found: Found, variant: str | None) -> str:
    """The spec's own `name` with the variant; a shipped spec goes by the name that it was asked for by."""
    if found.ships or not spec.name:
        return ""
    if variant is None:
        return spec.name
    return variant if variant.startswith(spec.name) else f"{spec.name}:{variant}"


def _setting(spec: Spec, name: str, value: Any) -> Any:
    """The value, found to be one that the param takes."""
    if name not in spec.params:
        known = listing([f"`{p}`" for p in spec.params]) or "none"
        near = did_you_mean(name, spec.params)
        raise UsageError(f"{spec.title} has no param `{name}`", near or f"its params are {known}")
    key = spec.params[name].name
    try:
        fitting(spec.params[name], from_plain(value, Entry(key, key)), {*REGISTRY, *spec.blocks})
    except TypeMismatch as error:
        raise UsageError(f"`{name}` {error}; it is set to {value!r}", f"declared at {key.span}") from None
    return value


def _input(spec: Spec, given: Size) -> tuple[int, ...] | dict[str, tuple[int, ...]]:
    """The sizes of the input that a spec has, or by name those of some of its inputs."""
    names = spec.input_names
    if isinstance(given, Mapping):
        for name in given:
            if name not in names:
                known = (
                    f"its inputs are {listing([f'`{n}`' for n in names])}" if names else "it has one, without a name"
                )
                raise UsageError(f"{spec.title} has no input `{name}`", did_you_mean(name, names) or known)
        return {name: _sizes(sizes) for name, sizes in given.items()}
    if names:
        raise UsageError(
            f"{spec.title} has the inputs {listing([f'`{n}`' for n in names])}: say which", _by_name(names)
        )
    return _sizes(given)


def _by_name(names: Sequence[str]) -> str:
    """How the sizes of several inputs are given."""
    return f"--input {names[0]}=3,64,64 on the command line, input={{{names[0]!r}: [3, 64, 64]}} in Python"


def _sizes(given: Sequence[int]) -> tuple[int, ...]:
    sizes = tuple(given) if isinstance(given, list | tuple) else ()
    if not sizes or not all(type(size) is int and 1 <= size < 2**31 for size in sizes):
        raise UsageError(f"an input is a list of positive sizes, not {given!r}", "such as [1, 28, 28]")
    return sizes


def check(
    name_or_path: str | os.PathLike[str],
    variant: str | None = None,
    *,
    budget: Mapping[str, int | str] | None = None,
    plugins: Plugins = (),
) -> tuple[Diagnostic, ...]:
    """What is wrong with a spec, by place; nothing where it is sound.

    Without ``variant`` a file is checked under every variant; a shipped name that is a variant under that one.
    ``budget`` bounds what it may cost, such as ``{"max_params": "12M"}``, beside the spec's own section `budget`.
    Raises UsageError for an unknown name and for a bound that is none.
    """
    _plug_in(plugins)
    found = find(os.fspath(name_or_path))
    bounds = given(budget) if budget else None
    return check_source(open_source(found.path, display(found.path)), variant or found.variant, bounds)


def graph(
    spec: Spec | str | os.PathLike[str],
    variant: str | None = None,
    *,
    input: Size | None = None,
    plugins: Plugins = (),
    **params: Any,
) -> Graph:
    """The graph: every layer with its shapes and costs. Raises SpecError and UsageError."""
    _plug_in(plugins)
    spec = as_set(spec, variant, input, params)
    found, diagnostics = check_spec(spec)
    if diagnostics or found is None:
        raise SpecError(diagnostics)
    return found


def partial_graph_of(
    found: Found, source: Source, variant: str | None, input: Size | None, params: Mapping[str, Any]
) -> tuple[Graph | None, tuple[Diagnostic, ...]]:
    """The graph of a text that may be wrong, with the layers whose shapes are known, and what is wrong with it.

    None where nothing of it can be expanded. Raises UsageError, and SpecError where nothing of it can be read, or where
    what is wrong leaves it open what the variant and the params are.
    """
    spec, sink = _read(found, source)
    try:
        return check_spec(_as_set(spec, found, variant, input, params), sink)
    except UsageError:
        if len(sink):
            raise SpecError(sink.in_order()) from None
        raise


def build(
    spec: Spec | str | os.PathLike[str],
    variant: str | None = None,
    *,
    input: Size | None = None,
    device: torch.device | str | None = None,
    weights: str | os.PathLike[str] | None = None,
    plugins: Plugins = (),
    **params: Any,
) -> torch.nn.Module:
    """The network as a plain ``nn.Module``, on ``device`` (meta, too), with initial weights or with trained ones.

    ``weights`` is `torchvision:NAME`, the path of a file (safetensors, or a state dict that torch.save wrote), or the
    folder of a run; docs/weights.md says more.

    Takes batches of the spec's input, N×C×H×W. Raises SpecError and UsageError; for weights CheckpointError, DataError
    and OutputError.
    """
    from cnnspec.emit.module import module

    found = graph(spec, variant, input=input, plugins=plugins, **params)
    built = module(found, device)
    if weights is not None:
        from cnnspec.weights import load_weights

        load_weights(built, weights, found.name)
    return built


def export(
    spec: Spec | str | os.PathLike[str],
    to: str = "python",
    out: str | os.PathLike[str] | None = None,
    *,
    weights: str | os.PathLike[str] | None = None,
) -> str | Path:
    """The network as Python source, ONNX or a torch.export program: the file that was written, or the source as text.

    Without ``out`` the source is returned; the other formats need it. What is to be set is set when a spec is loaded:
    ``export(load("resnet50", num_classes=10))``. ``weights`` are a run's folder or a file; without them ONNX and
    programs hold new ones, and the source holds none. Raises SpecError, UsageError, CheckpointError and OutputError.
    """
    from cnnspec.exporting import exported

    spec = spec if isinstance(spec, Spec) else load(spec)
    with requiring("onnx" if to == "onnx" else "torch", f"export to {to}"):
        return exported(spec, graph(spec), to, None if out is None else Path(out), weights)


def as_set(
    spec: Spec | str | os.PathLike[str], variant: str | None, input: Size | None, params: Mapping[str, Any]
) -> Spec:
    """A spec with a variant, an input size and params set on top of what is set already. Raises as ``load`` does."""
    if not isinstance(spec, Spec):
        return load(spec, variant, input=input, **params)
    settings = {name: _setting(spec, name, value) for name, value in params.items()}
    spec = replace(spec, settings={**spec.settings, **settings})
    if input is not None:
        spec = replace(spec, input_override=_input(spec, input))
    return spec if variant is None else with_variant(spec, variant)
