"""Downloads arrive whole or not at all. The server is on this machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from cnnspec import DataError, OutputError
from cnnspec.pytorch.data import locate as module
from cnnspec.pytorch.data.known_sets import MNIST, NAMES, File
from cnnspec.pytorch.data.load import from_idx
from cnnspec.pytorch.data.locate import DownloadError, download, idx_files
from tests.data.idx_files import TRAIN, with_known_content, write_set
from tests.data.server import Server, serving

BODY = os.urandom(600_000)  # more than is read at a time
FILE = File("file.bin", len(BODY), sha256(BODY).hexdigest())


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def test_a_whole_file_is_put_in_its_place(server: Server, tmp_path: Path) -> None:
    """In a folder that need not be there yet, with nothing beside it, readable as any file is."""
    server.answers["/file.bin"] = (BODY, len(BODY))
    path = download([f"{server.url}file.bin"], FILE, tmp_path / "new")
    assert path == tmp_path / "new" / "file.bin"
    assert path.read_bytes() == BODY
    assert [each.name for each in path.parent.iterdir()] == ["file.bin"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def flipped(body: bytes) -> bytes:
    return body[:1000] + bytes([body[1000] ^ 1]) + body[1001:]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((BODY[:-1], len(BODY)), "599,999 of 600,000 bytes of file.bin"),  # the line breaks
        ((BODY[:70_000], None), "70,000 of 600,000 bytes of file.bin"),
        ((BODY + b"!", None), "more than the 600,000 bytes of file.bin"),
        ((flipped(BODY), len(BODY)), "file.bin has the SHA-256 "),
        ((b"<html>log in first</html>", 25), "25 of 600,000 bytes of file.bin"),
        ((b"", 0), "0 of 600,000 bytes of file.bin"),
    ],
)
def test_what_is_not_the_file_is_thrown_away(
    server: Server, tmp_path: Path, answer: tuple[bytes, int | None], message: str
) -> None:
    """Too short, too long or with one bit flipped: the reason is said, and nothing is left behind."""
    server.answers["/file.bin"] = answer
    with pytest.raises(DownloadError) as caught:
        download([f"{server.url}file.bin"], FILE, tmp_path)
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_file_that_was_there_stays(server: Server, tmp_path: Path) -> None:
    """A failed download does not touch what lies in the place of the file."""
    (tmp_path / "file.bin").write_bytes(b"before")
    server.answers["/file.bin"] = (flipped(BODY), len(BODY))
    with pytest.raises(DownloadError):
        download([f"{server.url}file.bin"], FILE, tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == b"before"


def test_the_next_mirror_is_asked(server: Server, tmp_path: Path) -> None:
    """A mirror that has no such file, or a wrong one, is passed over; redirections are followed."""
    server.answers["/wrong"] = (flipped(BODY), len(BODY))
    server.answers["/right"] = (BODY, len(BODY))
    server.redirects["/moved"] = "/right"
    download([f"{server.url}{name}" for name in ("missing", "wrong", "moved")], FILE, tmp_path)
    assert server.asked == ["/missing", "/wrong", "/moved", "/right"]
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_every_mirror_is_named_with_its_failure(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No such file, no such server, no answer in time."""
    monkeypatch.setattr(module, "TIMEOUT", 0.2)
    urls = [f"{server.url}missing", "http://127.0.0.1:1/file.bin", f"{server.url}silence"]
    with pytest.raises(DownloadError) as caught:
        download(urls, FILE, tmp_path)
    missing, refused, silent = str(caught.value).split("; ")
    assert missing.endswith(": Not Found")
    assert refused == "127.0.0.1:1: Connection refused"
    assert silent.endswith(": timed out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_an_output_error(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """What cannot be written is no fault of the mirror; nothing is left behind, and no other mirror is asked."""

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    server.answers["/file.bin"] = (BODY, len(BODY))
    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), full)
    with pytest.raises(OutputError, match=r"file.bin cannot be written: No space left on device"):
        download([f"{server.url}file.bin"] * 2, FILE, tmp_path)
    assert server.asked == ["/file.bin"]
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    """A file in the way of the data folder is named."""
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="mnist cannot be written: Not a directory"):
        idx_files(replace(MNIST, mirrors=()), tmp_path / "file" / "data", lambda _: None)


def test_a_set_that_is_not_there_is_downloaded(server: Server, tmp_path: Path) -> None:
    """The four packed files go into the set's own folder, and that is said; the next time nothing is asked for."""
    write_set(tmp_path / "origin", zipped=True)
    known = replace(with_known_content(tmp_path / "origin"), mirrors=(server.url,))
    for name in NAMES:
        body = (tmp_path / "origin" / f"{name}.gz").read_bytes()
        server.answers[f"/{name}.gz"] = (body, len(body))
    notes: list[str] = []
    for _ in range(2):
        data = from_idx(known, tmp_path / "new", notes.append)
        assert len(data.train.labels) == TRAIN
    assert len(server.asked) == 4
    place = tmp_path / "new" / "mnist"
    said = f"mnist is not in {tmp_path / 'new'}: downloading 0 MB into {place}"
    assert notes == [said, *[f"mnist is read from {place}"] * 2]


def test_a_failed_download_says_which_files_go_where(server: Server, tmp_path: Path) -> None:
    """The message names the four files, the folders that are searched and the ways to name another."""
    with pytest.raises(DataError) as caught:
        from_idx(replace(MNIST, mirrors=(server.url,)), tmp_path, lambda _: None)
    assert "mnist is not in" in caught.value.message
    assert caught.value.message.endswith(": Not Found")
    for words in (*NAMES, str(tmp_path / "mnist"), "--data-dir", "CNNSPEC_DATA"):
        assert words in caught.value.help
