"""The packages that `pip install cnnspec` leaves out, and the extra that brings each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cnnspec.engine.diagnostics import UsageError

EXTRAS = {
    **dict.fromkeys(("torch", "torchvision", "numpy", "PIL", "safetensors"), "torch"),
    **dict.fromkeys(("matplotlib", "jinja2"), "train"),
    **dict.fromkeys(("onnx", "onnxscript", "onnxruntime"), "onnx"),
    **dict.fromkeys(("optuna", "sqlalchemy", "cmaes", "scipy"), "sweep"),
    "psycopg": "postgresql",
    "ray": "ray",
    "tensorboard": "tensorboard",
}
INCLUDES = {
    "train": {"torch"},
    "onnx": {"torch"},
    "sweep": {"torch", "train"},
    "ray": {"torch", "train", "sweep"},
    "postgresql": {"torch", "train", "sweep"},
    "tensorboard": {"torch", "train"},
}


Named = str | Callable[[], str]  # what is known only when a package is missing is computed then


@contextmanager
def requiring(extra: Named, what: Named) -> Iterator[None]:
    """Raise UsageError where a package of an extra is not installed, with the command that installs it.

    ``what`` is what needs the package, such as `` `cnnspec train` ``; ``extra`` brings everything that it needs.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        own = EXTRAS.get(package)
        if own is None:
            raise
        wider = extra if isinstance(extra, str) else extra()
        best = wider if own in INCLUDES.get(wider, ()) else own
        named = what if isinstance(what, str) else what()
        raise UsageError(f"{named} needs {package}, which is not installed: pip install 'cnnspec[{best}]'") from None
