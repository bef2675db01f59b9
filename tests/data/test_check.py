"""`cnnspec data check` reads everything in a folder, and tells of each file what it is or what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnnspec.pytorch.data import known_sets as known
from cnnspec.pytorch.data.known_sets import CIFAR10, CIFAR100, FASHION_MNIST, NAMES
from tests.cli.runner import run
from tests.data import cifar_files, idx_files
from tests.data.test_folder import fill


def teach(monkeypatch: pytest.MonkeyPatch, *sets: known.KnownSet) -> None:
    """Know these sets in place of those that are called so."""
    for which in sets:
        monkeypatch.setitem(known.KNOWN, which.name, which)


def test_every_known_set_of_a_folder_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever training looks for its files, packed or not."""
    idx_files.write_set(tmp_path / "MNIST" / "raw")
    idx_files.write_set(tmp_path / "fashion-mnist", fill=3, zipped=True)
    teach(
        monkeypatch,
        idx_files.with_known_content(tmp_path / "MNIST" / "raw"),
        idx_files.with_known_content(tmp_path / "fashion-mnist", FASHION_MNIST, packed_only=True),
        cifar_files.write_set(CIFAR10, tmp_path, packed=True),
        cifar_files.write_set(CIFAR100, tmp_path / "cifar100", packed=False),
    )
    done = run("data", "check", str(tmp_path))
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 4 + 4 + 6 + 2
    assert all(line.endswith("SHA-256 as known") for line in lines)
    assert lines[0] == f"mnist: {tmp_path}/MNIST/raw/{NAMES[0]}: 12 images of 6×4, SHA-256 as known"
    assert f"fashion-mnist: {tmp_path}/fashion-mnist/{NAMES[3]}.gz: 5 labels, SHA-256 as known" in lines
    assert f"cifar10: {tmp_path}/cifar-10-binary.tar.gz/test_batch.bin: 4 images of 3×32×32, SHA-256 as known" in lines


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing file, a damaged one, and labels that are too few: three errors, and the exit code of data."""
    idx_files.write_set(tmp_path / "mnist")
    (tmp_path / "mnist" / NAMES[0]).unlink()
    (tmp_path / "mnist" / NAMES[1]).write_bytes(b"\0\0")
    (tmp_path / "mnist" / NAMES[3]).write_bytes(idx_files.encode(np.zeros(4, np.uint8)))
    teach(monkeypatch, idx_files.of_no_known_content())
    done = run("data", "check", str(tmp_path))
    assert done.exit_code == 4
    errors = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert [line.removeprefix(f"error: {tmp_path}/mnist/") for line in errors] == [
        f"{NAMES[0]} is missing",
        f"{NAMES[1]}: header: expected 4 bytes, found 2",
        f"{NAMES[3]}: number of labels: expected 5, one for each image in {NAMES[2]}, found 4",
    ]
    assert "no SHA-256 is known of the unpacked file" in done.stdout
    assert done.stdout.splitlines()[-1] == "3 wrong of 5 findings"


def test_files_of_one_name_are_taken_for_the_set_that_they_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MNIST and Fashion-MNIST call their files alike; in the folder itself their hashes tell which it is."""
    idx_files.write_set(tmp_path, zipped=True)
    teach(monkeypatch, idx_files.with_known_content(tmp_path, FASHION_MNIST))
    done = run("data", "check", str(tmp_path))
    assert done.exit_code == 0
    assert all(line.startswith("fashion-mnist: ") for line in done.stdout.splitlines())


def test_a_damaged_archive_is_one_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said of what is in it."""
    which = cifar_files.write_set(CIFAR10, tmp_path, packed=True)
    teach(monkeypatch, replace(which, archive=replace(which.archive, sha256="0" * 64)))
    done = run("data", "check", str(tmp_path))
    assert done.exit_code == 4
    assert "cifar-10-binary.tar.gz: SHA-256: expected 000000000000…" in done.stdout
    assert done.stdout.endswith("\n1 wrong of 1 finding\n")


def test_the_images_of_a_folder_are_decoded(tmp_path: Path) -> None:
    """Each damaged one is named; a folder of sound ones is counted."""
    fill(tmp_path / "train")
    fill(tmp_path / "test", count=3, seed=1)
    done = run("data", "check", str(tmp_path))
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"folder: {tmp_path}: 30 training images in 3 classes",
        f"folder: {tmp_path}: 9 test images in 3 classes",
    ]
    (tmp_path / "train" / "dog" / "04.png").write_bytes(b"none")
    done = run("data", "check", str(tmp_path))
    assert done.exit_code == 4
    assert f"error: {tmp_path}/train/dog/04.png is no image that can be read" in done.stdout


def test_a_folder_without_data_is_a_data_error(tmp_path: Path) -> None:
    """It says what it looked for."""
    done = run("data", "check", str(tmp_path))
    assert done.exit_code == 4
    assert "holds no data that are known" in done.stderr
    assert "mnist, fashion-mnist, cifar10 or cifar100" in done.stderr
    assert run("data", "check", str(tmp_path / "gone")).exit_code == 4
