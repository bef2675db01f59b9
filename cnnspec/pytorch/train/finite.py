"""Numbers that are no longer finite: found before a step is taken with them, and traced to the layer they come from.

loss, gradients ──► is_finite ──no──► diagnose: a second pass over the same batch, watched layer by layer
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from cnnspec.engine.diagnostics import DivergedError
from cnnspec.pytorch.train.world import ALONE, World

HELP = "a smaller learning rate prevents it most often: `cnnspec train --lr`"


def is_finite(loss: Tensor, parameters: Iterable[nn.Parameter], world: World = ALONE) -> bool:
    """Whether a loss and all gradients are finite numbers, in every process; waits for the device, once."""
    found = (~loss.detach().isfinite()).float()
    one = torch.ones_like(found)
    for gradients in _alike(parameter.grad for parameter in parameters):
        # what GradScaler looks with: one call for all of them, and a factor of 1 leaves them to the bit
        torch._amp_foreach_non_finite_check_and_unscale_(gradients, found, one)
    return not world.summed(found).item()


def _alike(gradients: Iterable[Tensor | None]) -> Iterable[list[Tensor]]:
    """Gradients that are there, those of one type together."""
    groups: dict[torch.dtype, list[Tensor]] = {}
    for gradient in gradients:
        if gradient is not None:
            groups.setdefault(gradient.dtype, []).append(gradient)
    return groups.values()


def diagnose(model: nn.Module, loss: Tensor, forward: Callable[[], object], where: str) -> DivergedError:
    """What is not finite, and in which layer; ``where`` is the step.

    ``forward`` runs the model on the batch again. The run is over: what this pass leaves in buffers is never kept.
    """
    source = _not_finite(dict(model.named_parameters())) or _output(model, forward)
    if not torch.isfinite(loss):
        what = f"the loss is {float(loss)} at {where}"
        source = source or "the outputs of all layers are finite"
    else:
        what, source = f"a gradient is not finite at {where}", source or _gradient(model)
    return DivergedError(f"training diverged: {what}; {source}", HELP)


def require_finite(model: nn.Module, where: str) -> None:
    """Refuse to keep a model whose parameters or buffers are not finite. Raises DivergedError."""
    found = _not_finite(model.state_dict())
    if found:
        raise DivergedError(f"training diverged: after {where}, {found}", HELP)


@contextmanager
def counting() -> Iterator[None]:
    """What an optimizer counts in Python's numbers, which raise where torch's become infinite."""
    try:
        yield
    except ArithmeticError as error:
        what = f"the optimizer's own numbers overflow: {error.args[-1]}"
        raise DivergedError(f"training diverged: {what}", HELP) from None


def _not_finite(tensors: Mapping[str, Tensor]) -> str | None:
    """The first that is not finite; the first of all is where the outputs go wrong."""
    bad = (name for name, tensor in tensors.items() if tensor.is_floating_point() and not tensor.isfinite().all())
    name = next(bad, None)
    return name and f"`{name}` is not finite"


def _gradient(model: nn.Module) -> str:
    """The gradient that is not finite in the last of the layers, from which the others follow."""
    bad = [name for name, p in model.named_parameters() if p.grad is not None and not p.grad.isfinite().all()]
    return f"that of `{bad[-1]}` comes first on the way back"


def _output(model: nn.Module, forward: Callable[[], object]) -> str | None:
    """The first layer on the way whose output is not finite."""
    found: list[str] = []
    names = {module: name for name, module in model.named_modules()}

    def look(module: nn.Module, given: tuple[Any, ...], output: object) -> None:
        if not found and not _all_finite(output):
            came = "" if _all_finite(given) else ", and so is what it is given"
            found.append(f"the output of `{names[module]}` ({type(module).__name__}) is not finite{came}")

    hooks = [module.register_forward_hook(look) for module in names if not any(module.children())]
    try:
        with torch.no_grad(), torch.random.fork_rng():
            forward()
    finally:
        for hook in hooks:
            hook.remove()
    return found[0] if found else None


def _all_finite(value: object) -> bool:
    if isinstance(value, Tensor):
        return not value.is_floating_point() or bool(value.isfinite().all())
    if isinstance(value, (tuple, list)):
        return all(map(_all_finite, value))
    return True
