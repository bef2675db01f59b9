"""Checkpoints on the disk: whole, the last two and the best, and nothing that is larger than it may be."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from cnnspec import CheckpointError, OutputError
from cnnspec.pytorch.train.checkpoint import Checkpoints, State
from cnnspec.pytorch.weights import read_file

MOST = 10**6


def state(number: int = 0) -> State:
    tensors = {"model.w": torch.full((3, 4), float(number)), "optimizer.step.w": torch.tensor(number)}
    return State(tensors, {"epoch": number, "betas": (0.9, 0.999), "best": float("inf")})


def names(run: Path) -> list[str]:
    return sorted(path.name for path in (run / "checkpoints").iterdir())


def loaded(run: Path) -> tuple[State | None, list[str]]:
    notes: list[str] = []
    return Checkpoints(run, MOST).load(notes.append), notes


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    """Names, shapes, types, memory order aside, and values with their types."""
    tensors = {
        "model.a.weight": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "model.half": torch.randn(3).to(torch.bfloat16),
        "optimizer.step.a.weight": torch.tensor(7.0),
        "generator.cpu": torch.get_rng_state(),
    }
    Checkpoints(tmp_path, MOST).save(State(tensors, {"t": (1, 2)}))
    found, notes = loaded(tmp_path)
    assert found is not None
    assert notes == []
    assert found.values == {"t": (1, 2)}
    assert found.tensors.keys() == tensors.keys()
    assert all(torch.equal(found.tensors[key], tensors[key]) for key in tensors)
    assert all(found.tensors[key].dtype == tensors[key].dtype for key in tensors)


def test_the_last_two_and_the_best_are_kept(tmp_path: Path) -> None:
    """Numbers grow; an older one goes when a newer is whole, unless it is the best."""
    store = Checkpoints(tmp_path, MOST)
    seen = []
    for number in range(1, 7):
        store.save(state(number), best=number in (2, 5))
        seen.append([int(name.rpartition("-")[2]) for name in names(tmp_path)])
    assert seen == [[1], [1, 2], [2, 3], [2, 3, 4], [4, 5], [5, 6]]
    best = store.best()
    assert best is not None
    assert best.values["epoch"] == 5


def test_nothing_is_loaded_where_nothing_was_saved(tmp_path: Path) -> None:
    """Which is no error."""
    assert loaded(tmp_path) == (None, [])
    assert Checkpoints(tmp_path, MOST).best() is None


def test_weights_in_a_checkpoint_are_weights(tmp_path: Path) -> None:
    """The model's file has the keys of its state dict, and is read like any file of weights."""
    path = Checkpoints(tmp_path, MOST).save(state(3))
    assert read_file(path / "model.safetensors", 2**20)["w"].tolist() == [[3.0] * 4] * 3


def test_equal_states_are_equal_files(tmp_path: Path) -> None:
    """A checkpoint has no time and no place in it."""
    one, other = (Checkpoints(tmp_path / name, MOST).save(state(1)) for name in "ab")
    assert [p.name for p in sorted(one.iterdir())] == [p.name for p in sorted(other.iterdir())]
    assert [p.read_bytes() for p in sorted(one.iterdir())] == [p.read_bytes() for p in sorted(other.iterdir())]


def rewrite(folder: Path, name: str, old: bytes, new: bytes) -> None:
    data = (folder / name).read_bytes()
    assert old in data
    (folder / name).write_bytes(data.replace(old, new))


def sealed(manifest: dict[str, object]) -> bytes:
    bare = text({**manifest, "sha256": ""})
    return text({**manifest, "sha256": hashlib.sha256(bare).hexdigest()})


def text(manifest: dict[str, object]) -> bytes:
    return (json.dumps(manifest, indent=2) + "\n").encode()


def test_a_manifest_is_the_json_that_it_looks_like(tmp_path: Path) -> None:
    """Sealed by another program, it is the same bytes."""
    data = (Checkpoints(tmp_path, MOST).save(state(1)) / "manifest.json").read_bytes()
    assert sealed(json.loads(data)) == data


def resealed(change: Callable[[dict[str, object]], object]) -> Callable[[Path], None]:
    """A manifest that someone has changed who knows how it is made."""

    def damage(folder: Path) -> None:
        found = json.loads((folder / "manifest.json").read_text())
        change(found)
        (folder / "manifest.json").write_bytes(sealed(found))

    return damage


def held(bytes: int) -> dict[str, object]:
    return {"bytes": bytes, "sha256": "0" * 64}


def other_model(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes((folder / "optimizer.safetensors").read_bytes())


def linked(folder: Path) -> None:
    (folder / "values.json").unlink()
    (folder / "values.json").symlink_to("/dev/zero")


def piped(folder: Path) -> None:
    (folder / "values.json").unlink()
    os.mkfifo(folder / "values.json")


DAMAGES: list[tuple[Callable[[Path], object], str]] = [
    (lambda folder: (folder / "manifest.json").unlink(), "manifest.json is missing"),
    (lambda folder: (folder / "values.json").unlink(), "values.json is missing"),
    (lambda folder: (folder / "manifest.json").write_text("{}"), "manifest.json: Field required"),
    (lambda folder: (folder / "manifest.json").write_bytes(b"\xff"), "manifest.json: Invalid JSON"),
    (lambda folder: (folder / "manifest.json").write_text(" " * 70_000), "manifest.json` has more than 65,536 bytes"),
    (lambda folder: rewrite(folder, "manifest.json", b"false", b"true"), "it does not have the hash that it states"),
    (lambda folder: rewrite(folder, "manifest.json", b"  ", b" "), "it does not have the hash that it states"),
    (lambda folder: rewrite(folder, "values.json", b"0.999", b"0.998"), "values.json: its SHA-256 is not that of"),
    (lambda folder: rewrite(folder, "values.json", b"0.999", b"0.9991"), "values.json` has more than"),
    (other_model, "model.safetensors"),
    (linked, "values.json cannot be read: `"),
    (piped, "values.json cannot be read: `"),
    (resealed(lambda m: m["files"].update({"../x.json": held(1)})), "manifest.json: String should match pattern"),
    (resealed(lambda m: m["files"].update({"big.safetensors": held(10**12)})), "it speaks of 1,000,000,000,"),
    (resealed(lambda m: m["files"].pop("values.json")), "it names no values.json"),
    (resealed(lambda m: m.update({"format": 2})), "manifest.json: Input should be 1"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_a_damaged_checkpoint_is_said_and_left_aside(
    tmp_path: Path, damage: Callable[[Path], object], message: str
) -> None:
    """The one before it is used; what is wrong, in which file, and what is used instead is told."""
    store = Checkpoints(tmp_path, MOST)
    store.save(state(1))
    damage(store.save(state(2)))
    found, notes = loaded(tmp_path)
    assert found is not None
    assert found.values["epoch"] == 1
    assert "checkpoint-2 is damaged and left aside: " in notes[0]
    assert message in notes[0]
    assert notes[1].endswith("checkpoint-1, an earlier one, is whole and used instead")


def test_a_damaged_checkpoint_makes_way_for_the_next(tmp_path: Path) -> None:
    """After a fall back the next number is a new one, and what is kept besides is what was loaded."""
    store = Checkpoints(tmp_path, MOST)
    store.save(state(1))
    other_model(store.save(state(2)))
    again = Checkpoints(tmp_path, MOST)
    assert again.load(lambda _: None) is not None
    again.save(state(3))
    assert names(tmp_path) == ["checkpoint-1", "checkpoint-3"]


def test_where_none_is_whole_it_is_an_error(tmp_path: Path) -> None:
    """A run is never begun anew in silence."""
    other_model(Checkpoints(tmp_path, MOST).save(state(1)))
    with pytest.raises(CheckpointError, match=r"no checkpoint in .* is whole"):
        loaded(tmp_path)


def test_what_would_fill_the_memory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint that is larger than its run allows is refused by its manifest, before any other file is opened."""
    path = Checkpoints(tmp_path, MOST).save(State({"model.w": torch.zeros(300_000)}, {}))
    opened: list[str] = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest: opened.append(str(path)) or real(path, *rest))
    with pytest.raises(CheckpointError):
        loaded(tmp_path)
    assert opened == [str(path / "manifest.json")]


def test_what_a_kill_has_left_is_swept(tmp_path: Path) -> None:
    """Parts of a save, and of a removal, are no checkpoints, and go with the next save."""
    store = Checkpoints(tmp_path, MOST)
    store.save(state(1))
    (tmp_path / "checkpoints" / ".cnnspec-0123456789abcdef.part").mkdir()
    (tmp_path / "checkpoints" / ".cnnspec-0123456789abcdef.part" / "model.safetensors").write_bytes(b"half")
    assert loaded(tmp_path)[0] is not None
    store.save(state(2))
    assert names(tmp_path) == ["checkpoint-1", "checkpoint-2"]


def test_a_folder_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    """With a file in the place of the folder of checkpoints, say."""
    (tmp_path / "checkpoints").write_text("")
    with pytest.raises(OutputError, match="checkpoints cannot be written"):
        Checkpoints(tmp_path, MOST).save(state(1))
