"""What a spec's text says for nothing: params, blocks and ids that nobody uses, and lines that nothing can reach."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Span, did_you_mean
from cnnspec.engine.spec import Block, Item, Param, Spec, TypeMismatch
from cnnspec.engine.spec import arguments as args
from cnnspec.engine.spec.arguments import BadValue, holds_expression
from cnnspec.engine.spec.init import argument_nodes
from cnnspec.engine.spec.items import GROUP
from cnnspec.engine.spec.model import Patch, Path
from cnnspec.engine.spec.name_lookup import is_plain, line_of
from cnnspec.engine.spec.params import fitting
from cnnspec.engine.syntax import ExpressionError, Map, Node, Scalar, Silent, template

# Which names the lines of a spec mention.


def own_blocks(spec: Spec) -> dict[str, Block]:
    """The blocks that stand in the spec's own file."""
    return {name: block for name, block in spec.blocks.items() if block.source is spec.source}


def base_blocks(spec: Spec) -> dict[str, Block]:
    """The blocks that stand in what the spec extends."""
    return {name: block for name, block in spec.blocks.items() if any(block.source is base for base in spec.bases)}


def patches_of(spec: Spec) -> tuple[Patch, ...]:
    return tuple(patch for below in spec.patches for patch in below.patches)


def own_chain(spec: Spec) -> tuple[Item, ...]:
    """The lines of the network's own chain, those of its aux heads and those that patches put among them."""
    heads = (item for head in spec.aux for item in head.layers)
    return (*spec.layers, *heads, *(item for patch in patches_of(spec) for item in patch.items))


def own_words(spec: Spec) -> tuple[Node | None, ...]:
    """What aux heads and patches say beside their lines, and may say in expressions."""
    heads = (word for head in spec.aux for word in (head.weight, head.when))
    return (*heads, *(patch.when for patch in patches_of(spec)))


def ids_taken(spec: Spec) -> set[str]:
    """The ids that the sections `aux` and `outputs` name."""
    words = [head.after or head.source for head in spec.aux] + [head.source for head in spec.aux]
    return {word.text for word in (*words, *(output.source for output in spec.outputs))}


def items_within(items: Iterable[Item]) -> Iterator[Item]:
    """Every line, those inside others included."""
    for item in items:
        yield item
        if item.body:
            yield from items_within(item.body)
        for path in item.paths or ():
            yield from items_within(path.items)


def items_of(spec: Spec) -> Iterator[Item]:
    """Every line of the spec's chain and of its own blocks."""
    yield from items_within(own_chain(spec))
    for block in own_blocks(spec).values():
        yield from items_within(block.layers)


def nodes_of(items: Iterable[Item]) -> Iterator[Node]:
    """Whatever may hold an expression in the lines."""
    for item in items_within(items):
        yield item.op
        for node in (item.args, item.id, item.repeat, item.foreach, item.when, item.shared, *(item.sources or ())):
            if node is not None:
                yield node
        for path in item.paths or ():
            yield from (node for node in (path.when, path.name, path.repeat, path.foreach) if node is not None)


def names_read(items: Iterable[Item], params: Mapping[str, Param], *more: Node | None) -> set[str]:
    """The names that expressions read: in the lines, in the defaults of params, and in other nodes."""
    defaults = (param.default for param in params.values())
    texts = {text for node in (*nodes_of(items), *defaults, *more) if node is not None for text in expressions(node)}
    return {name for text in texts for name in _names(text)}


def expressions(node: Node) -> Iterator[str]:
    """Every text in a node that holds an expression."""
    if isinstance(node, Scalar):
        if "$" in node.text:
            yield node.text
        return
    for child in [entry.value for entry in node.entries] if isinstance(node, Map) else node.items:
        if not isinstance(child, Scalar) or "$" in child.text:
            yield from expressions(child)


def _names(text: str) -> set[str]:
    try:
        found = template(text)
    except ExpressionError:
        return set()  # a mistake of its own
    return found.names if found else set()


def blocks_called(items: Iterable[Item]) -> set[str]:
    """The operations that lines name, and the words among their arguments, which may name a block too."""
    found: set[str] = set()
    for item in items_within(items):
        found.add(item.name)
        if item.args is not None:
            found |= words(item.args)
    return found


def layer_words(params: Mapping[str, Param]) -> set[str]:
    """The layers and blocks that defaults and choices name."""
    found = {word for param in params.values() if param.default is not None for word in words(param.default)}
    return found | {str(choice) for param in params.values() for choice in param.choices or ()}


def words(node: Node) -> set[str]:
    """Every text in a node, the keys of mappings included."""
    found: set[str] = set()
    left = [node]
    while left:
        inner = left.pop()
        if isinstance(inner, Scalar):
            found.add(inner.text)
        elif isinstance(inner, Map):
            found.update(entry.key.text for entry in inner.entries)
            left += [entry.value for entry in inner.entries]
        else:
            left += inner.items
    return found


MOST_SETTINGS = 200  # combinations of values under which a condition is tried


def text_warnings(spec: Spec) -> Iterator[Diagnostic]:
    """Every warning that needs no graph."""
    for warning in _everywhere(spec):
        if warning.span.source is spec.source:  # those of a base are for its own check
            yield warning


def _everywhere(spec: Spec) -> Iterator[Diagnostic]:
    yield from _unused_params(spec)
    yield from _unused_blocks(spec)
    yield from _unused_ids(own_chain(spec), ids_taken(spec))
    for block in own_blocks(spec).values():
        yield from _unused_ids(block.layers, {output.source.text for output in block.outputs})
        yield from _unused_inputs(block)
    yield from _unreachable(spec)


def _warning(
    code: str, message: str, span: Span, label: str = "", help: str = "", edit: Edit | None = None
) -> Diagnostic:
    repairs = (Repair(help, (edit,), safe=True),) if edit else ()
    return Diagnostic(code, message, Label(span, label), help="" if edit else help, severity="warning", repairs=repairs)


# ------------------------------------------------------------------------------------------------------- unused


def _unused_params(spec: Spec) -> Iterator[Diagnostic]:
    """Params that no expression reads. Blocks that are chosen by a param share an interface, and may leave some out."""
    chosen = any(item.name.startswith("$") for item in items_of(spec))
    more = (*own_words(spec), *argument_nodes(spec.init), *(output.source for output in spec.outputs))
    read = names_read(own_chain(spec), spec.params, spec.input, *more)
    of_base = [name for name, param in spec.params.items() if param.name.span.source is not spec.source]
    yield from _unread(spec.params, read, "this spec", of_base)
    for name, block in own_blocks(spec).items():
        if not chosen:
            ends = [output.source for output in block.outputs]
            yield from _unread(block.params, names_read(block.layers, block.params, *ends), f"block `{name}`")


def _unread(
    params: Mapping[str, Param], read: set[str], owner: str, of_base: Collection[str] = ()
) -> Iterator[Diagnostic]:
    """``of_base`` are those that a misspelt one may be meant to set anew."""
    for name, param in params.items():
        if name not in read and not param.broken:
            message = f"nothing in {owner} uses the param `{name}`"
            help, near = f"use it as `${name}`, or remove it", did_you_mean(name, of_base)
            yield _warning("unused-param", message, param.name.span, near, help)


def _unused_blocks(spec: Spec) -> Iterator[Diagnostic]:
    """Blocks that no line calls and no param holds; one that only an unused block calls goes with it."""
    own = own_blocks(spec)
    mentioned = {name: blocks_called(block.layers) | layer_words(block.params) for name, block in own.items()}
    used = blocks_called(own_chain(spec)) | layer_words(spec.params) | _in_variants(spec)
    for block in base_blocks(spec).values():
        used |= blocks_called(block.layers) | layer_words(block.params)
    if any(param.type.base == "layer" and param.choices is None for param in spec.params.values()):
        return  # whoever sets the param may name any block
    called_by_others = {name for caller, names in mentioned.items() for name in names if name != caller}
    while more := {name for user in used & own.keys() for name in mentioned[user]} - used:
        used |= more
    for name, block in own.items():
        if name not in used and name not in called_by_others:
            help = "call it, or remove it"
            yield _warning("unused-block", f"no line calls the block `{name}`", block.name.span, help=help)


def _in_variants(spec: Spec) -> set[str]:
    return {word for variant in spec.variants.values() for word in words(variant.settings)}


def _unused_ids(items: tuple[Item, ...], elsewhere: set[str]) -> Iterator[Diagnostic]:
    """Ids of groups: they name nothing in the module tree, and are there for `from` alone."""
    within = list(items_within(items))
    taken = _taken(within) | elsewhere
    if not all(map(is_plain, taken)):
        return
    taken = set(map(line_of, taken))
    for item in within:
        if item.op.text == GROUP and item.id is not None and "$" not in item.id.text and item.id.text not in taken:
            message = f"no `from` uses the id `{item.id.text}`, and a group has no key"
            yield _warning(
                "unused-id", message, item.id.span, help="leave the id out", edit=_without_line(item.id, "id:")
            )


def _taken(items: Iterable[Item]) -> set[str]:
    """What the lines name in their `from`."""
    return {word.text for item in items for word in item.sources or ()}


def _unused_inputs(block: Block) -> Iterator[Diagnostic]:
    """Inputs of a block that no line takes; the first line takes the first of them."""
    taken = _taken(items_within(block.layers)) | {output.source.text for output in block.outputs}
    if not all(map(is_plain, taken)):
        return
    for name in block.inputs[1:]:
        if name.text not in set(map(line_of, taken)):
            message = f"no line of block `{block.name.text}` uses its input `{name.text}`"
            help = f"name it in the line that needs it, `from: {name.text}`, or remove it"
            yield _warning("unused-input", message, name.span, help=help)


def _without_line(value: Scalar, key: str) -> Edit | None:
    """The edit that takes out a line which holds `key: value` and nothing else."""
    source, line = value.span.source, value.span.line
    if source.line(line).partition(" #")[0].strip() != f"{key} {value.span.text}":
        return None
    return Edit(Span(source, line, 1, line + 1, 1), "")


# -------------------------------------------------------------------------------------------------- unreachable


def _unreachable(spec: Spec) -> Iterator[Diagnostic]:
    """Lines whose `when` is false, or whose `repeat` is 0, for every value that can reach them."""
    yield from _unreachable_in(own_chain(spec), {})
    calls = _calls(spec)
    for name, block in own_blocks(spec).items():
        values = {n: _values_given(spec, calls.get(name, ()), param) for n, param in block.params.items()}
        yield from _unreachable_in(block.layers, {n: v for n, v in values.items() if v is not None})


def _unreachable_in(items: tuple[Item, ...], known: Mapping[str, list[object]]) -> Iterator[Diagnostic]:
    for item in items_within(items):
        for word, node, dead in (("when", item.when, False), ("repeat", item.repeat, 0)):
            if node is not None and _always(node, dead, known, item):
                yield _unreached(item.span, word, node)
        for path in item.paths or ():
            if path.when is not None and _always(path.when, dead=False, known=known, item=path):
                yield _unreached(path.span, "when", path.when)


def _unreached(span: Span, word: str, node: Node) -> Diagnostic:
    message = f"this line never runs: its `{word}` is always {'false' if word == 'when' else '0'}"
    labels = (Label(node.span, "for all values of the params"),)
    help = "remove it, or use a param in the condition"
    return Diagnostic("unreachable-line", message, Label(span), labels=labels, help=help, severity="warning")


def _always(node: Node, dead: object, known: Mapping[str, list[object]], item: Item | Path) -> bool:
    """Whether a word's value is ``dead`` under every combination of the known values, and reads nothing else."""
    if not isinstance(node, Scalar):
        return False
    try:
        found = template(node.text) if holds_expression(node) else None
        names = sorted(found.names) if found else []
        local = {*(item.foreach.names() if item.foreach else ()), "index"}
        if (
            any(name not in known or name in local for name in names)
            or prod(len(known[n]) for n in names) > MOST_SETTINGS
        ):
            return False
        combinations = product(*(known[name] for name in names))
        return all(_is(args.value(node, dict(zip(names, values, strict=True))), dead) for values in combinations)
    except (BadValue, ExpressionError, Silent):
        return False  # it reads the shape that arrives, or is a mistake of its own


def _is(value: object, dead: object) -> bool:
    return type(value) is type(dead) and value == dead


def _calls(spec: Spec) -> dict[str, list[Item]]:
    """The lines that call each name; none for a block that a param may name."""
    calls: dict[str, list[Item]] = {}
    for item in items_of(spec):
        if item.name.startswith("$"):
            return {}
        calls.setdefault(item.name, []).append(item)
    words = layer_words(spec.params)
    return {name: items for name, items in calls.items() if name not in words}


def _values_given(spec: Spec, calls: Sequence[Item], param: Param) -> list[object] | None:
    """The values that a block's param can have, or None where they are not known from the text."""
    if param.broken or not calls:
        return None
    values: list[object] = []
    for item in calls:
        if len(values) > MOST_SETTINGS:
            return None
        entry = item.args.entry(param.name.text) if item.args else None
        node = entry.value if entry else param.default
        if (node is not None and holds_expression(node)) or isinstance(node, Map):
            return None
        try:
            value = None if node is None else fitting(param, args.value(node, {}), spec.blocks.keys())
        except (BadValue, TypeMismatch):
            return None
        values += [] if value in values else [value]
    return values
