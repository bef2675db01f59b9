"""What other frameworks, papers and users call a layer: facts on its class, which messages and their fixes read.

known_as = (
    OtherName(("dense",), "Keras", order=("out_features",)),
    OtherName(("fc", "fullyconnected"), order=("out_features",)),
)
"""

from msgspec import Struct

Pairs = tuple[tuple[str, str], ...]


class OtherName(Struct, frozen=True):
    """Names in lower case without their module: ``tf.keras.layers.Dense`` is ``dense``.

    Attributes:
        names: All names with the same meaning.
        origin: The framework; empty where several use the name.
        order: The arguments by position, under the names that they have here.
        renamed: Arguments with another meaning there, and their names here. Common synonyms need no entry.
        stated: Arguments that the other layer has by default, and their text in YAML.
        after: Layers without arguments that follow.
        note: What differs.
    """

    names: tuple[str, ...]
    origin: str = ""
    order: tuple[str, ...] = ()
    renamed: Pairs = ()
    stated: Pairs = ()
    after: tuple[str, ...] = ()
    note: str = ""
