"""Files that come in pieces, over slow lines: received piece by piece, and gone on with where a line broke.

An upload is a folder: `about.json` says whose it is and how large it will be, `part` is what has come. Its size is
where to go on, so nothing has to be remembered elsewhere, and any process that serves can take the next piece.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from allmende.errors import Conflict, NotAllowed, NotFound, StoreBusy
from allmende.model.upload import Upload
from allmende.ports import Clock

KEPT = timedelta(days=7)
"""What nobody goes on with for so long is thrown away."""
MOST_AT_ONCE = 5
"""Uploads that a person may have under way: a disk is not endless."""
_PIECE = 1024 * 1024
_ABOUT, _PART = "about.json", "part"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class PartUploads:
    """The Uploads port, in a folder of this machine."""

    def __init__(self, folder: Path, clock: Clock, largest: int) -> None:
        self._folder = folder
        self._clock = clock
        self.largest = largest

    def begin(self, person: str, department: str, file_name: str, size: int) -> Upload:
        """Make room for a file of `size` bytes. Raises NotAllowed (too large, too many), StoreBusy (no space)."""
        self.clear()
        if not 0 < size <= self.largest:
            raise NotAllowed(f"{size} bytes are more than {self.largest}, or none", code="upload_size")
        if sum(one.person == person for one in self._all()) >= MOST_AT_ONCE:
            raise NotAllowed(f"{MOST_AT_ONCE} uploads are under way already", code="upload_count")
        upload = Upload(secrets.token_hex(16), person, department, file_name, size, self._clock.now(), 0)
        with _disk():
            self._folder.mkdir(parents=True, exist_ok=True)
            self._check_space(size)
            place = self._folder / upload.id
            place.mkdir(mode=0o700)
            (place / _PART).touch(mode=0o600)
            about = {**asdict(upload), "begun": upload.begun.isoformat()}
            _write_durably(place / _ABOUT, json.dumps(about).encode())
        return upload

    def get(self, person: str, upload: str) -> Upload:
        """The upload with what has come of it. Raises NotFound, also for somebody else's."""
        found = self._read(upload)
        if found is None or found.person != person:
            raise NotFound("there is no such upload", where=upload, hint="Begin anew.")
        return found

    def append(self, person: str, upload: str, offset: int, piece: bytes) -> Upload:
        """Take what follows behind `offset`; on disk when this returns.

        Raises Conflict when the file has another size by now, NotAllowed when it would become larger than it was
        said to be, StoreBusy when the disk is full (what came before stays).
        """
        found = self.get(person, upload)
        with _disk(), self._opened(found) as part:
            if part.tell() != offset:
                raise Conflict(f"{part.tell()} bytes are there, not {offset}", where=upload)
            if offset + len(piece) > found.size:
                raise NotAllowed(f"more than the {found.size} bytes that were announced", code="upload_size")
            part.write(piece)
            part.flush()
            os.fsync(part.fileno())
        return self.get(person, upload)

    def chunks(self, person: str, upload: str) -> Iterator[bytes]:
        """All bytes of a whole upload. Raises Conflict as long as some are missing."""
        found = self.get(person, upload)
        if not found.complete:
            raise Conflict(f"{found.received} of {found.size} bytes have come", where=upload)
        return _pieces(self._folder / found.id / _PART)

    def remove(self, person: str, upload: str) -> None:
        """Throw an upload away. Raises NotFound."""
        place = self._folder / self.get(person, upload).id
        gone = place.with_name(f"gone-{place.name}")
        try:
            place.rename(gone)  # of two who do this at once, one finds nothing
        except OSError:
            raise NotFound("there is no such upload", where=upload) from None
        shutil.rmtree(gone, ignore_errors=True)

    def clear(self) -> int:
        """Throw away what nobody went on with; how many."""
        oldest = (self._clock.now() - KEPT).timestamp()
        left = [place for place in self._places() if _touched(place) < oldest]
        for place in left:
            shutil.rmtree(place, ignore_errors=True)
        return len(left)

    # --- inside ---

    def _places(self) -> Iterator[Path]:
        if self._folder.is_dir():
            yield from (place for place in self._folder.iterdir() if place.is_dir())

    def _all(self) -> Iterator[Upload]:
        yield from filter(None, (self._read(place.name) for place in self._places()))

    def _read(self, id_: str) -> Upload | None:
        if len(id_) != 32 or not id_.isascii() or not id_.isalnum():
            return None
        place = self._folder / id_
        try:
            said = json.loads((place / _ABOUT).read_bytes())
            received = (place / _PART).stat().st_size
        except (OSError, ValueError):
            return None
        return Upload(**{**said, "begun": datetime.fromisoformat(said["begun"]), "received": received})

    @contextmanager
    def _opened(self, upload: Upload) -> Iterator[BinaryIO]:
        """The part, for one writer at a time: a line that broke may still be writing."""
        with (self._folder / upload.id / _PART).open("ab") as part:
            try:
                fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict("another piece is being written", where=upload.id) from None
            yield part

    def _check_space(self, size: int) -> None:
        """Room for the part and for the copy that is kept in the end, beside what everything else needs."""
        if shutil.disk_usage(self._folder).free < 2 * size + 256 * _PIECE:
            raise StoreBusy("the disk has no room for this file", hint="Free some space, then send it again.")


def _touched(place: Path) -> float:
    try:
        return max(file.stat().st_mtime for file in (place, *place.iterdir()))
    except OSError:
        return place.stat().st_mtime if place.exists() else 0.0


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _disk() -> Iterator[None]:
    """A full disk is told as such; what was written before stays."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreBusy(
                "the disk is full", hint="Free some space, then go on where it stopped."
            ) from error
        raise
