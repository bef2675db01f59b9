"""`cnnspec sweeps`."""

from __future__ import annotations

from cnnspec.cli.listings import Shown, print_list, shipped_text
from cnnspec.cli.output import console, write
from cnnspec.engine.zoo import sweep_files


def sweeps(name: Shown = None) -> None:
    """List the sweeps that ship with cnnspec, or print one.

    `cnnspec sweeps lenet_relu > mine.yaml` copies one, so that you can change it.
    """
    if name is not None:
        write(shipped_text(name, "sweep", sweep_files()))
        return
    from cnnspec.pytorch.sweep.space import known_points
    from cnnspec.pytorch.sweep.start import read_file

    files = {shipped: read_file(shipped) for shipped in sweep_files()}
    print_list(
        ("name", "runs", "description"),
        [(shipped, f"{sum(1 for _ in known_points(file)):,}", file.description) for shipped, file in files.items()],
    )
    console().print("`cnnspec sweep NAME --plan` shows the points of one, `cnnspec sweeps NAME` prints its text.")
