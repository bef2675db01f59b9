"""Which names the lines of a spec mention."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cnnspec.spec import Block, Item, Param, Spec
from cnnspec.spec.model import Patch
from cnnspec.syntax import ExpressionError, Map, Node, Scalar, template


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
            yield from (node for node in (path.when, path.name) if node is not None)


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
