"""Weights that were trained before, put into a network that was built from a spec.

    "torchvision:IMAGENET1K_V2" ─┐
    "weights.safetensors"        ├─read─► tensors by name ──fill──► the module's own parameters and buffers
    "state_dict.pth"             │
    "runs/lenet-1"              ─┘

Everything is compared before anything is copied: a network is loaded whole, or left as it is.
"""

from cnnspec.pytorch.weights.fill import fill, tensors
from cnnspec.pytorch.weights.read import Loaded, find, load_weights, most_bytes, read, read_file

__all__ = ["Loaded", "fill", "find", "load_weights", "most_bytes", "read", "read_file", "tensors"]
