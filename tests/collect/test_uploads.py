"""Files in pieces: nothing that came is lost, nothing is taken twice, and nobody fills the disk."""

from __future__ import annotations

import errno
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.collect.uploads import MOST_AT_ONCE, PartUploads
from allmende.errors import Conflict, NotAllowed, NotFound, StoreBusy
from allmende.testing.clock import FixedClock


@pytest.fixture
def uploads(tmp_path: Path) -> PartUploads:
    """None yet; up to a thousand bytes each."""
    return PartUploads(tmp_path / "uploads", FixedClock(), 1_000)


@given(st.binary(min_size=1, max_size=200), st.data())
def test_pieces_make_the_file(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, draw: st.DataObject
) -> None:
    """However a file is cut, and however often a piece is sent again: the bytes are those of the file."""
    folder = tmp_path_factory.mktemp("uploads")
    upload = PartUploads(folder, FixedClock(), 1_000).begin("p1", "green", "a.csv", len(data))
    while not upload.complete:
        uploads = PartUploads(folder, FixedClock(), 1_000)  # another process, or after a restart
        length = draw.draw(st.integers(1, len(data)))
        piece = data[upload.received : upload.received + length]
        before, upload = upload.received, uploads.append("p1", upload.id, upload.received, piece)
        with pytest.raises(Conflict):
            uploads.append("p1", upload.id, before, piece)
    assert b"".join(uploads.chunks("p1", upload.id)) == data


def test_somebody_elses_upload_is_not_there(uploads: PartUploads) -> None:
    """Neither to read nor to write, nor by names that lead elsewhere."""
    made = uploads.begin("p1", "green", "a.csv", 5)
    for name in (made.id, "x" * 32, "../about.json", "", "." * 32):
        with pytest.raises(NotFound):
            uploads.append("p2", name, 0, b"x")
        with pytest.raises(NotFound):
            uploads.remove("p2", name)
    assert uploads.get("p1", made.id).received == 0


def test_what_was_announced_is_the_limit(uploads: PartUploads) -> None:
    """Not a byte more, and nothing of a piece that is too long."""
    for size in (0, -1, 1_001):
        with pytest.raises(NotAllowed):
            uploads.begin("p1", "green", "a.csv", size)
    made = uploads.begin("p1", "green", "a.csv", 3)
    with pytest.raises(NotAllowed):
        uploads.append("p1", made.id, 0, b"four")
    with pytest.raises(Conflict):
        uploads.chunks("p1", made.id)
    assert uploads.append("p1", made.id, 0, b"one").complete


def test_nobody_has_more_than_a_few(uploads: PartUploads) -> None:
    """Of others' there may be as many."""
    made = [uploads.begin("p1", "green", "a.csv", 3) for _ in range(MOST_AT_ONCE)]
    with pytest.raises(NotAllowed):
        uploads.begin("p1", "green", "a.csv", 3)
    uploads.begin("p2", "green", "a.csv", 3)
    uploads.remove("p1", made[0].id)
    uploads.begin("p1", "green", "a.csv", 3)
    with pytest.raises(NotFound):
        uploads.remove("p1", made[0].id)


def test_what_nobody_goes_on_with_is_thrown_away(tmp_path: Path) -> None:
    """After seven days, with the next upload of anybody."""
    uploads = PartUploads(tmp_path, FixedClock(), 1_000)
    old = uploads.begin("p1", "green", "a.csv", 3)
    PartUploads(tmp_path, Later(), 1_000).begin("p2", "green", "b.csv", 3)
    with pytest.raises(NotFound):
        uploads.get("p1", old.id)


class Later:
    """A clock far ahead of the files."""

    def now(self) -> Any:
        """In fifty years."""
        return FixedClock().now() + timedelta(days=20_000)


def test_a_full_disk_keeps_what_came(uploads: PartUploads, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and the next piece goes on where it stopped."""
    made = uploads.begin("p1", "green", "a.csv", 6)
    uploads.append("p1", made.id, 0, b"abc")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("allmende.collect.uploads.os.fsync", full)
        with pytest.raises(StoreBusy):
            uploads.append("p1", made.id, 3, b"d")
    offset = uploads.get("p1", made.id).received
    assert offset >= 3
    assert uploads.append("p1", made.id, offset, b"abcdef"[offset:]).complete
    assert b"".join(uploads.chunks("p1", made.id)) == b"abcdef"


def test_no_room_is_told_before(uploads: PartUploads, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the disk cannot take is refused at its beginning."""

    class Usage:
        free = 100

    monkeypatch.setattr("allmende.collect.uploads.shutil.disk_usage", lambda _: Usage)
    with pytest.raises(StoreBusy):
        uploads.begin("p1", "green", "a.csv", 3)
