"""The Python side: load, check, graph, build, export."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from cnnspec.api.public_graph import Graph
from cnnspec.engine import network
from cnnspec.engine.checking import check_source, check_spec, with_variant
from cnnspec.engine.diagnostics import Diagnostic, Sink, Source, SpecError, UsageError, did_you_mean, listing
from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.plugins import load as load_plugin
from cnnspec.engine.spec import Spec, TypeMismatch, builtin_blocks, find, read
from cnnspec.engine.spec.budget import given
from cnnspec.engine.spec.items import SCOPE
from cnnspec.engine.spec.params import fitting, from_plain
from cnnspec.engine.spec.roots import open_checked
from cnnspec.engine.spec.shipped import Found, display, open_source
from cnnspec.engine.syntax import Entry, shown
from cnnspec.engine.syntax.marks import kind
from cnnspec.extras import requiring

if TYPE_CHECKING:
    import torch

Plugins = Sequence["str | os.PathLike[str]"]
Params = Mapping[str, Any] | None
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
    params: Params = None,
    **settings: Any,
) -> Spec:
    """Return the spec of a shipped name (``mnist/resnet50``) or of a file, with params and input size set.

    Args:
        name_or_path: A name that `cnnspec zoo` lists, or the path of a YAML file.
        variant: One of the spec's variants; a shipped name that is a variant chooses itself.
        input: The sizes of its input without the batch, or by name those of some of several inputs.
        plugins: Python files of layers, imported as ``plugin`` does.
        params: Params of the spec by name; the same as keywords, for names that are keywords here already.
        **settings: Params of the spec.

    Raises:
        SpecError: A text that is wrong.
        UsageError: An unknown name, variant or param, or a value that a param does not take.
    """
    _plug_in(plugins)
    found = find(os.fspath(name_or_path))
    chosen = _both(params, settings)
    return load_found(found, open_source(found.path, display(found.path)), variant, input, chosen)


def loads(
    text: str,
    variant: str | None = None,
    *,
    name: str = "spec.yaml",
    input: Size | None = None,
    plugins: Plugins = (),
    params: Params = None,
    **settings: Any,
) -> Spec:
    """Return the spec of a text, as ``load`` does of a file; ``name`` is what messages call the text.

    ``extends`` of a text names shipped specs alone: a text has no folder.
    """
    _plug_in(plugins)
    return load_found(Found(Path(name), name), Source(name, text), variant, input, _both(params, settings))


def from_dict(
    data: Mapping[str, Any],
    variant: str | None = None,
    *,
    name: str = "spec",
    input: Size | None = None,
    plugins: Plugins = (),
    params: Params = None,
    **settings: Any,
) -> Spec:
    """Return the spec of plain Python values, such as JSON gives: ``{"cnnspec": 1, "input": [1, 28, 28], ...}``.

    Messages show the values as YAML, which is how they are read.

    Raises:
        SpecError: Values that are no spec.
        UsageError: A value that YAML cannot hold, or what ``load`` raises it for.
    """
    import yaml

    try:
        text = yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True, default_flow_style=None, width=100)
    except (yaml.YAMLError, TypeError, ValueError) as error:
        raise UsageError(f"a spec can only have mappings, lists, texts and numbers: {error}") from None
    return loads(text, variant, name=name, input=input, plugins=plugins, params=params, **settings)


def _both(params: Params, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The params of a call. Raises UsageError for one that is given in both ways."""
    twice = sorted({*(params or {})} & {*settings})
    if twice:
        raise UsageError(f"`{twice[0]}` is set twice: in params and as a keyword")
    return {**(params or {}), **settings}


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
    written = repr(value)  # of a value that no spec can hold
    try:
        node = from_plain(value, Entry(key, key))
        written = shown(node)
        fitting(spec.params[name], node, {*REGISTRY, *spec.blocks})
    except TypeMismatch as error:
        raise UsageError(f"`{name}` {error}; it is set to {written}", f"declared at {key.span}") from None
    return value


def _input(spec: Spec, given: Size) -> tuple[int, ...] | dict[str, tuple[int, ...]]:
    """The sizes of the input that a spec has, or by name those of some of its inputs."""
    names = spec.input_names
    if isinstance(given, Mapping):
        for name in given:
            if name not in names:
                known = f"its inputs are {listing([f'`{n}`' for n in names])}" if names else "it has one unnamed input"
                raise UsageError(f"{spec.title} has no input `{name}`", did_you_mean(name, names) or known)
        return {name: _sizes(sizes) for name, sizes in given.items()}
    if names:
        raise UsageError(
            f"{spec.title} has several inputs, {listing([f'`{n}`' for n in names])}: name one", _by_name(names)
        )
    return _sizes(given)


def _by_name(names: Sequence[str]) -> str:
    """How the sizes of several inputs are given."""
    return f"--input {names[0]}=3,64,64 on the command line, input={{{names[0]!r}: [3, 64, 64]}} in Python"


def _sizes(given: Sequence[int]) -> tuple[int, ...]:
    sizes = tuple(given) if isinstance(given, list | tuple) else ()
    if not sizes or not all(type(size) is int and 1 <= size < 2**31 for size in sizes):
        raise UsageError(f"`input` must be a list of positive sizes, not {given!r}", "such as [1, 28, 28]")
    return sizes


class Diagnostics(tuple[Diagnostic, ...]):
    """The mistakes and warnings of a check, by place; a notebook shows each with its lines of source."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from html import escape

        from cnnspec.engine.diagnostics.render import plain

        text = "\n".join(plain(diagnostic) for diagnostic in self) or "no mistakes, no warnings"
        return f"<pre>{escape(text)}</pre>"


def check(
    name_or_path: str | os.PathLike[str],
    variant: str | None = None,
    *,
    budget: Mapping[str, int | str] | None = None,
    plugins: Plugins = (),
    root: str | os.PathLike[str] | None = None,
) -> Diagnostics:
    """Return the mistakes and warnings of a spec, by place; an empty tuple for a valid spec.

    Args:
        name_or_path: A shipped name or the path of a YAML file.
        variant: The variant to check; by default every variant of a file, and a shipped variant under itself.
        budget: Bounds on its costs next to the spec's own section `budget`, such as ``{"max_params": "12M"}``.
        plugins: Python files of layers.
        root: A folder that the names in the file may lead into, besides the file's own folder.

    Raises:
        UsageError: An unknown name, or a bound that is not one.
        SpecError: The file is not UTF-8, or a link that leads out of these folders.
    """
    _plug_in(plugins)
    found = find(os.fspath(name_or_path))
    bounds = given(budget) if budget else None
    roots = (found.path.parent, *([] if root is None else [Path(root)]))
    source = open_checked(found.path, display(found.path), roots)
    return Diagnostics(check_source(source, variant or found.variant, bounds))


def graph(
    spec: Graph | Spec | str | os.PathLike[str],
    variant: str | None = None,
    *,
    input: Size | None = None,
    plugins: Plugins = (),
    params: Params = None,
    **settings: Any,
) -> Graph:
    """Return the Graph of a spec, a shipped name or a file: every layer with its shapes and costs.

    A Graph is returned as it is where nothing is set on it. The arguments are those of ``load``.

    Raises:
        SpecError: A network that is wrong, with every mistake.
        UsageError: What ``load`` raises it for.
    """
    chosen = _both(params, settings)
    if isinstance(spec, Graph):
        if variant is None and input is None and not chosen:
            return spec
        spec = spec.spec
    _plug_in(plugins)
    spec = as_set(spec, variant, input, chosen)
    found, diagnostics = check_spec(spec)
    if diagnostics or found is None:
        raise SpecError(diagnostics)
    return Graph.of(spec, found)


def partial_graph_of(
    found: Found, source: Source, variant: str | None, input: Size | None, params: Mapping[str, Any]
) -> tuple[network.Graph | None, tuple[Diagnostic, ...]]:
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
    spec: Graph | Spec | str | os.PathLike[str],
    variant: str | None = None,
    *,
    input: Size | None = None,
    device: torch.device | str | None = None,
    weights: str | os.PathLike[str] | None = None,
    plugins: Plugins = (),
    params: Params = None,
    **settings: Any,
) -> torch.nn.Module:
    """Return the network as a plain ``nn.Module`` that takes batches of the spec's input, N×C×H×W.

    Args:
        spec: A Graph, a Spec, a shipped name or the path of a file; the other arguments are those of ``load``.
        device: Where its parameters are made, ``"meta"`` too; torch's default device by default.
        weights: ``torchvision:NAME``, a file (safetensors, or a state dict that torch.save wrote) or a run's folder;
            new initial weights by default (docs/how-to/weights.md).

    Raises:
        SpecError, UsageError: As ``graph`` does.
        CheckpointError, DataError, OutputError: Weights that are damaged, missing or of another network.
    """
    found = graph(spec, variant, input=input, plugins=plugins, params=params, **settings)
    return found.build(device, weights=weights)


def export(
    spec: Graph | Spec | str | os.PathLike[str],
    to: str = "python",
    out: str | os.PathLike[str] | None = None,
    *,
    weights: str | os.PathLike[str] | None = None,
    on_verified: Callable[[str], None] | None = None,
) -> str | Path:
    """Write the network as Python source, ONNX or a torch.export program; return the file, or the source as text.

    Without ``out`` the source is returned; the other formats need it. Settings belong to the spec:
    ``export(load("resnet50", num_classes=10))``. ``weights`` are a run's folder or a file; without them ONNX and
    programs hold new ones, and the source holds none. With ``on_verified`` the source is built and compared with the
    network to the bit before it is written, and ``on_verified`` is called with a line that says what was compared.
    Raises SpecError, UsageError, CheckpointError and OutputError.
    """
    from cnnspec.pytorch.exporting import exported

    found = graph(spec)
    with requiring("onnx" if to == "onnx" else "torch", f"export to {to}"):
        return exported(found.spec, found, to, None if out is None else Path(out), weights, on_verified)


def as_set(
    spec: Spec | str | os.PathLike[str], variant: str | None, input: Size | None, params: Mapping[str, Any]
) -> Spec:
    """A spec with a variant, an input size and params set on top of what is set already. Raises as ``load`` does."""
    if not isinstance(spec, Spec):
        return load(spec, variant, input=input, params=params)
    settings = {name: _setting(spec, name, value) for name, value in params.items()}
    spec = replace(spec, settings={**spec.settings, **settings})
    if input is not None:
        spec = replace(spec, input_override=_input(spec, input))
    return spec if variant is None else with_variant(spec, variant)
