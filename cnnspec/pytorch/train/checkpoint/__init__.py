"""What a run has come to, on the disk: whole or not there, and never believed unseen.

    RUN/checkpoints/
    ├── checkpoint-7/             the one before the last
    └── checkpoint-8/             the last
        ├── manifest.json         bytes and SHA-256 of each file, and of itself
        ├── model.safetensors     tensors, a file for each group: model, optimizer, generator, …
        └── values.json           all else: numbers, texts, lists

State ──save──► checkpoint-9.part, fsync ──rename──► checkpoint-9        then checkpoint-7 is taken away
State ◄──load── the newest whose bytes are those of its manifest

No pickle anywhere. A State is tensors by name and plain values; who has them, puts them together and takes them apart:
`modules`, `optimizers` and `generators` do so for PyTorch's own.
"""

from cnnspec.pytorch.train.checkpoint.state import State
from cnnspec.pytorch.train.checkpoint.store import Checkpoints

__all__ = ["Checkpoints", "State"]
