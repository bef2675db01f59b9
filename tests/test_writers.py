"""`engine/safe_open.py` reads files and `engine/files.py` writes them; all other writers are listed here."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.trees import trees

HELPERS = {"engine/files.py", "engine/safe_open.py"}
# Calls by which a program reads, writes, moves or removes files, by their last name.
CALLS = frozenset(
    """
    open fdopen read_text read_bytes write_text write_bytes
    mkstemp mkdtemp NamedTemporaryFile TemporaryFile TemporaryDirectory SpooledTemporaryFile
    savefig imsave save savez savez_compressed save_file save_model savetxt tofile fromfile memmap
    load loadtxt load_file safe_open torch_load from_file
    ZipFile TarFile GzipFile BZ2File LZMAFile extract extractall extractfile urlretrieve FileHandler
    connect SummaryWriter RDBStorage JournalFileBackend create_engine
    copy2 copyfile copyfileobj copytree copymode move rename renames unlink remove rmdir rmtree removedirs
    symlink symlink_to link hardlink_to mkdir makedirs mkfifo touch truncate ftruncate write pwrite writev sendfile
    exec_module dump export get_state_dict
    """.split()
)
# Whose `save`, `load`, `dump`, `export`, `connect` and `write` are about files; other objects have methods of these
# names, such as the checkpoints' own `save` and the terminal's `write`.
OWNERS = frozenset("os io np numpy torch onnx pickle json yaml shutil sqlite3 Image tarfile gzip program entry".split())
COMMON = frozenset("open save load dump export connect write remove link move extract truncate copy2".split())
OTHERS = {
    "lsp/features.py": {"rename"},  # of an id
    # The package's own files, which ship with it.
    "engine/spec/builtin.py": {"read_text"},
    "engine/spec/shipped.py": {"read_text"},
    "engine/explanations/__init__.py": {"read_text"},
    "engine/zoo.py": {"read_bytes"},
    "cli/listings.py": {"read_text"},
    "cli/zoo.py": {"read_bytes"},
    "pytorch/data/digits.py": {"load"},
    "pytorch/report/write.py": {"read_text", "unlink"},  # its template; its own old pictures
    # Libraries that write into memory.
    "pytorch/report/charts/saved.py": {"savefig"},
    "pytorch/train/curves.py": {"savefig"},
    "pytorch/exporting/onnx.py": {"export"},
    "pytorch/exporting/program.py": {"export", "save"},
    # Libraries that write files of their own: each path is checked first.
    "pytorch/evaluate/tensorboard.py": {"SummaryWriter"},
    "pytorch/sweep/storage.py": {"connect", "RDBStorage", "unlink", "replace"},
    # Libraries that read what `open_regular` has opened and checked.
    "pytorch/data/image.py": {"open"},
    "pytorch/data/idx.py": {"GzipFile"},
    "pytorch/data/cifar.py": {"open", "extractfile"},
    "pytorch/weights/safe.py": {"save", "load", "load_file"},
    "pytorch/weights/pickled.py": {"load", "ZipFile"},
    "pytorch/importing/imported.py": {"load"},
    # torch.hub's own folder, with random names and a hash.
    "pytorch/weights/published.py": {"get_state_dict"},
    # Code that the user names, imported by Python.
    "engine/plugins/files.py": {"exec_module"},
    "engine/plugins/packages.py": {"load"},
    "pytorch/importing/target.py": {"exec_module"},
    # Descriptors: a lock that `open_own` has opened, and nothing for a process that must not speak.
    "pytorch/train/lock.py": {"ftruncate", "pwrite", "unlink"},
    "cli/streams.py": {"open"},
    "pytorch/sweep/local_executor.py": {"open"},
    "pytorch/sweep/worker.py": {"fdopen"},
    # Folders, and files that are removed: neither follows a link.
    "pytorch/train/run_folder.py": {"mkdir"},
}


def test_two_helpers_open_files() -> None:
    """A new reader or writer goes through the helpers, or is named above with its reason."""
    found = {path: names for path, tree in trees().items() if path not in HELPERS and (names := set(calls(tree)))}
    assert found == OTHERS


def test_calls_are_found() -> None:
    """In each of the ways that they are written."""
    text = "open('x'); os.open(p, 0); p.open(); p.write_text(t); torch.save(m, p); p.replace(q); os.replace(p, q)"
    assert sorted(calls(ast.parse(text))) == ["open", "open", "open", "replace", "replace", "save", "write_text"]
    harmless = (
        "text.replace('a', 'b'); replace(one, name=1); store.save(state); sys.stdout.write(text); live.open_all()"
    )
    assert list(calls(ast.parse(harmless))) == []


def calls(tree: ast.AST) -> Iterator[str]:
    """The names of calls that read or write files."""
    own = set(_own_names(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
            if (owner or name not in own) and _is_of_files(name, owner, node):
                yield name


def _own_names(tree: ast.AST) -> Iterator[str]:
    """The functions of a file that come from the package itself, which are looked at where they are defined."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cnnspec"):
            yield from (alias.asname or alias.name for alias in node.names)


def _is_of_files(name: str, owner: str, call: ast.Call) -> bool:
    of_library = owner.split(".")[0] in OWNERS
    if name == "replace":  # a text's has two arguments, a path's one, and that of `os` two
        return owner == "os" or (bool(owner) and len(call.args) == 1 and not call.keywords)
    if name == "open" and owner:  # a path's has no argument, or a mode
        return of_library or not call.args or isinstance(call.args[0], ast.Constant)
    return name in CALLS and (not owner or of_library or name not in COMMON)
