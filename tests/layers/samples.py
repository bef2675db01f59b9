"""Arguments and input shapes of any layer type, drawn from its annotations: a new type is drawn by being registered."""

from __future__ import annotations

from itertools import permutations
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from cnnspec.engine.layers import Layer, Shape

Sample = tuple[Layer, tuple[Shape, ...]]

WHOLE = (1, 2, 3, 4, 6, 0, -1, -2, -3, -4)
NUMBERS = (1.0, 0.5, 0.1, 2.0, 3.0, 1 / 3, 0.7, 0.0, -0.5, -1.0, -3.0, 1e30, -1e30)
ORDERS = [(0, *order) for rank in (1, 2, 3, 4) for order in permutations(range(1, rank + 1))]
KNOWN = {("Permute", "dims"): [*ORDERS, *((0, *(dim - len(order) for dim in order[1:])) for order in ORDERS), (1, 0)]}
SIZES = (1, 2, 3, 4, 5, 6, 7, 8)


def annotation(field: FieldInfo) -> Any:
    """The annotation of a field with the bounds that pydantic took off it."""
    whole: Any = field.annotation
    for bound in field.metadata:
        whole = Annotated[whole, bound]
    return whole


def values(wanted: Any) -> st.SearchStrategy[Any]:
    """Small values that an annotation admits. Raises TypeError for a kind that nothing is known of."""
    base, bounds = wanted, []
    if get_origin(wanted) is Annotated:
        base, *extras = get_args(wanted)
        bounds = [bound for extra in extras for bound in getattr(extra, "metadata", [extra])]
    if base in (None, NoneType):
        return st.none()
    if base is bool:
        return st.booleans()
    if base in (int, float):
        return st.sampled_from([v for v in (WHOLE if base is int else NUMBERS) if all(within(v, b) for b in bounds)])
    if get_origin(base) is Literal:
        return st.sampled_from(get_args(base))
    if get_origin(base) in (Union, UnionType):
        return st.one_of([values(option) for option in get_args(base)])
    if get_origin(base) is tuple:
        return tuples(get_args(base), bounds)
    raise TypeError(f"nothing is known of {wanted}: add it to tests/layers/samples.py")


def within(value: float, bound: Any) -> bool:
    return bool(
        value >= getattr(bound, "ge", value)
        and value <= getattr(bound, "le", value)
        and (not hasattr(bound, "gt") or value > bound.gt)
    )


def tuples(members: tuple[Any, ...], bounds: list[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    if members[-1] is not Ellipsis:
        return st.tuples(*map(values, members))
    most = next((bound.max_length for bound in bounds if hasattr(bound, "max_length")), 3)
    least = next((bound.min_length for bound in bounds if hasattr(bound, "min_length")), 1)
    return st.lists(values(members[0]), min_size=least, max_size=most).map(tuple)


def arguments(layer: type[Layer]) -> st.SearchStrategy[dict[str, Any]]:
    """Every required argument, and any of the others."""
    fields = {name: drawn(layer, name, field) for name, field in layer.model_fields.items()}
    required = {name: fields[name] for name, field in layer.model_fields.items() if field.is_required()}
    return st.fixed_dictionaries(required, optional={n: v for n, v in fields.items() if n not in required})


def drawn(layer: type[Layer], name: str, field: FieldInfo) -> st.SearchStrategy[Any]:
    """Values of one argument: those that chance would not meet are listed."""
    known = KNOWN.get((layer.__name__, name))
    return st.sampled_from(known) if known else values(annotation(field))


def shapes(layer: type[Layer]) -> st.SearchStrategy[Shape]:
    """Mostly of a rank that the type takes."""
    ranks = st.sampled_from([*layer.ranks] * 12 + [1, 2, 3, 4])
    return ranks.flatmap(lambda rank: st.lists(st.sampled_from(SIZES), min_size=rank, max_size=rank)).map(Shape)


@st.composite
def samples(draw: st.DrawFn, layer: type[Layer]) -> Sample:
    """A layer with its arguments, and the shapes that reach it; those of a join are mostly alike."""
    made = _made(layer, draw(arguments(layer)))
    first = draw(shapes(layer))
    if layer.inputs == 1:
        return made, (first,)
    count = (1, 3) if layer.inputs is None else (layer.inputs - 1,) * 2
    others = draw(st.lists(st.tuples(*map(near, first)).map(Shape), min_size=count[0], max_size=count[1]))
    if layer.inputs is not None:
        return made, (first, *others)
    return made, (first, *others, *draw(st.sampled_from([(), (), (), (Shape(first[:1] * 2),)])))


def near(size: int) -> st.SearchStrategy[int]:
    """Mostly the same size."""
    return st.sampled_from([size] * 8 + [1, size + 1])


def _made(layer: type[Layer], given: dict[str, Any]) -> Layer:
    try:
        return layer.model_validate(given)
    except ValidationError as error:
        raise AssertionError(f"{layer.__name__} refuses {given}, which its annotations admit") from error
