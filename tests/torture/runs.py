"""The run that is tortured, and what it comes to: a small network with everything in it that has a state."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from cnnspec import load
from cnnspec.engine.recipe import Recipe, load_recipe
from cnnspec.pytorch.train import train
from cnnspec.pytorch.train.checkpoint import Checkpoints

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
RECIPE = """\
cnnspec_recipe: 1
name: tortured
data: digits
epochs: 3
batch_size: 32
accumulate: 2
loss: {CrossEntropyLoss: {label_smoothing: 0.1}}
optimizer: {SGD: {lr: 0.05, momentum: 0.9, nesterov: true, weight_decay: 0.0001}}
scheduler: {MultiStepLR: {milestones: [20, 40]}, per: step}
warmup: {steps: 10}
augment: [{RandomCrop: {size: 8, padding: 1}}]
mixup: 0.2
clip: 1.0
ema: 0.9
early_stopping: {patience: 10}
seed: 3
device: cpu
threads: 1
save_every: 12
"""
MOST = 10**8
CLOCK = {"seconds", "images_per_s"}  # what no two runs have in common


def write_spec(folder: Path) -> Path:
    """The spec, and beside it its recipe."""
    path = folder / "tortured.yaml"
    path.write_text(SPEC, encoding="utf-8")
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    return path


def recipe(spec: Path) -> Recipe:
    return load_recipe(str(spec.with_name("recipe.yaml")))


def undisturbed(spec: Path, run: Path, **changed: object) -> Path:
    """Train in this process, from the beginning to the end; the folder of the run."""
    return train(load(spec), recipe(spec).model_copy(update=changed), run).folder


def arguments(spec: Path, run: Path) -> list[str]:
    """The one command that begins a run or goes on with it."""
    return ["train", str(spec), "--recipe", str(spec.with_name("recipe.yaml")), "--resume", str(run)]


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
