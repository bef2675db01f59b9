"""Several processes that are forked off, so that torch is imported once, and find each other as torchrun's do."""

from __future__ import annotations

import os
import pickle
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch._dynamo  # noqa: F401 - which every DistributedDataParallel would import, in each child anew
from torch import distributed as dist

from cnnspec import CnnspecError
from cnnspec.pytorch.train import Stopped

T = TypeVar("T")


def forked(folder: Path, number: int, do: Callable[[], T]) -> list[T]:
    """What ``do`` gives in each of so many processes, or the error of cnnspec's that it raises."""
    folder.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    port = str(free_port())
    children = [_child(folder / f"{rank}.pickle", rank, number, port, do) for rank in range(number)]
    store = dist.TCPStore("127.0.0.1", int(port), is_master=True, wait_for_workers=False)  # as torchrun's agent has it
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    paths = [folder / f"{rank}.pickle" for rank in range(number)]
    del store
    assert all(code in (0, LOST) for code in codes), codes
    return [pickle.loads(path.read_bytes()) if path.exists() else None for path in paths]


LOST = 86  # the exit code of a process that a test lets end in the middle


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _child(path: Path, rank: int, number: int, port: str, do: Callable[[], Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": number, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    place |= {"TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RESTART_COUNT": 0}
    os.environ.update({name: str(value) for name, value in place.items()})
    path.unlink(missing_ok=True)
    try:
        path.write_bytes(pickle.dumps(_outcome(do)))
        os._exit(0)
    except BaseException:  # noqa: BLE001 - nothing may leave the child
        traceback.print_exc()
    finally:
        os._exit(1)


def _outcome(do: Callable[[], Any]) -> Any:
    try:
        return do()
    except (CnnspecError, Stopped) as error:
        return error
