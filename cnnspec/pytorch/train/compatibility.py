"""Whether a data set and a network belong together."""

from __future__ import annotations

from typing import TypeVar

from msgspec.structs import replace

from cnnspec.api import graph
from cnnspec.engine.diagnostics import SpecError, UsageError, listing
from cnnspec.engine.layers import Shape
from cnnspec.engine.network import Graph
from cnnspec.engine.network.graph import LOGITS
from cnnspec.engine.spec import Spec
from cnnspec.pytorch.data.dataset import Dataset
from cnnspec.pytorch.data.locate import Note

G = TypeVar("G", bound=Graph)


def for_training(network: G) -> G:
    """The network as it is trained: of several outputs by name it gives ``logits`` alone, under the same keys."""
    return replace(network, outputs={}) if LOGITS in network.outputs else network


def check_trainable(network: Graph) -> None:
    """Refuse a network that has no weights, takes no images, or whose output is not one number a class."""
    if not network.params:
        raise UsageError(f"{network.name} has no parameters: there is nothing to train")
    if len(network.inputs) > 1:
        raise UsageError(f"training needs a network with one input; {network.name} has {len(network.inputs)}")
    if network.outputs:
        names = listing([f"`{name}`" for name in network.outputs])
        help = f"call the output that is trained `{LOGITS}`"
        raise UsageError(f"training needs to know which output to train; {network.name} has {names}", help)
    if network.dtypes:
        raise UsageError(f"training needs a network that takes images; {network.name} takes whole numbers")
    if len(network.input) != 3:
        raise UsageError(f"training needs a network that takes images C×H×W; {network.name} takes {network.input}")
    if len(network.output) != 1:
        help = "end it with `Flatten` and `Linear: {out_features: 10}`, or what your classes need"
        raise UsageError(f"training needs one output for each class; {network.name} gives {network.output}", help)


def check_fit(spec: Spec, network: Graph, dataset: Dataset) -> None:
    """Refuse a network whose channels or classes are not the data set's, with the setting that mends it."""
    channels, wanted = dataset.image[0], network.input[0]
    if channels not in (wanted, 1) or wanted not in (1, 3):
        sizes = ",".join(map(str, (channels, *network.input[1:])))
        message = f"{dataset.name} has {channels} channel{'s'[: channels > 1]}, but {spec.title} takes {wanted}"
        raise UsageError(message, f"--input {sizes}, where the spec allows it")
    classes = len(dataset.classes)
    if network.output[0] != classes:
        message = f"{dataset.name} has {classes} classes, but {spec.title} has {network.output[0]} outputs"
        raise UsageError(message, _more_classes(spec, classes))


def _more_classes(spec: Spec, classes: int) -> str:
    """The param that sets the number of classes, tried before it is offered."""
    try:
        if graph(spec, num_classes=classes).output == (classes,):
            return f"--set num_classes={classes}"
    except (UsageError, SpecError):
        pass
    return f"give its last layer {classes} outputs"


def say_fit(dataset: Dataset, input: Shape, note: Note) -> None:
    """Say what fitting does to the images, where it does something."""
    if dataset.image[1:] != input[1:]:
        before, after = (f"{height}×{width}" for height, width in (dataset.image[1:], input[1:]))
        note(f"{dataset.name}: images of {before} are resized to {after}, the network's input (bilinear)")
    if dataset.image[0] != input[0]:
        note(f"{dataset.name}: the grey channel is repeated to {input[0]}, as the network takes them")
