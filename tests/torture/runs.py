"""The run that is tortured, and what it comes to: a small network with everything in it that has a state."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from cnnspec import load
from cnnspec.train import Settings, train
from cnnspec.train.checkpoint import Checkpoints

SPEC = """\
cnnspec: 1
name: tortured
input: [1, 8, 8]
layers:
  - Conv2d: {out_channels: 4, kernel_size: 3}
  - BatchNorm2d
  - ReLU
  - Flatten
  - Dropout: {p: 0.3}
  - Linear: {out_features: 10}
"""
SETTINGS = {"data": "digits", "epochs": 3, "batch_size": 64, "seed": 3, "device": "cpu", "threads": 1, "save_every": 6}
MOST = 10**8
CLOCK = {"seconds", "images_per_s"}  # what no two runs have in common


def write_spec(folder: Path) -> Path:
    path = folder / "tortured.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def undisturbed(spec: Path, run: Path, **changed: object) -> Path:
    """Train in this process, from the beginning to the end; the folder of the run."""
    return train(load(spec), Settings.of(**{**SETTINGS, **changed}), run).folder


def arguments(spec: Path, run: Path) -> list[str]:
    """The one command that begins a run or goes on with it."""
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    return ["train", str(spec), "--resume", str(run), *flags]


def outcome(run: Path) -> dict[str, str]:
    """Hashes of all that a finished run has come to, but for the time that it took."""
    folder = run / "checkpoints"
    last = folder / f"checkpoint-{max(Checkpoints(run, MOST).numbers())}"
    files = {path.name: path.read_bytes() for path in last.iterdir() if path.suffix == ".safetensors"}
    files["weights"] = (run / "weights.safetensors").read_bytes()
    files["values"] = timeless(json.loads((last / "values.json").read_text()))
    files["metrics"] = timeless([json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()])
    files["result"] = timeless(json.loads((run / "result.json").read_text()))
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}


def timeless(value: Any) -> bytes:
    return json.dumps(_timeless(value), sort_keys=True).encode()


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(each) for key, each in value.items() if key not in CLOCK}
    return [_timeless(each) for each in value] if isinstance(value, list) else value
