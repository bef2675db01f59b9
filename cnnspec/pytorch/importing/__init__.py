"""A PyTorch module as a spec: `cnnspec import`. The only part of cnnspec that runs a user's code, on their word."""

from cnnspec.pytorch.importing.imported import Imported, import_file, import_module, import_target

__all__ = ["Imported", "import_file", "import_module", "import_target"]
