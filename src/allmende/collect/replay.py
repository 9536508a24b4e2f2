"""Answers addresses from recorded files, so that a city can be built without a network."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from allmende.errors import NotFound, SourceUnreachable
from allmende.model.source import Receipt
from allmende.ports import Fetched, Http

TABLE = "addresses.csv"
CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Recordings:
    """Which file answers which address, and files that no row claims by their (unique) name."""

    by_address: Mapping[str, Path]
    by_name: Mapping[str, Path]

    def file(self, address: str) -> Path | None:
        """The file that answers `address`, or None."""
        name = unquote(urlsplit(address).path).rpartition("/")[2]
        return self.by_address.get(address) or self.by_name.get(name)


def read_recordings(folder: Path) -> Recordings:
    """Read `addresses.csv` (columns file, address) of `folder`; NotFound when there is none.

    Rows that lead out of the folder or to no file are left out.
    """
    table = folder / TABLE
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            rows = [(row["file"], row["address"]) for row in csv.DictReader(lines)]
    except FileNotFoundError:
        raise NotFound(
            f"there is no {TABLE}", where=str(folder), hint="It lists file and address, one per row."
        ) from None
    except (KeyError, ValueError, OSError) as error:
        raise NotFound(f"{TABLE} cannot be read: {error!r}", where=str(folder)) from error
    root = folder.resolve()
    files = {path for path in root.rglob("*") if path.is_file()}
    by_address = {address: path for file, address in rows if (path := (root / file).resolve()) in files}
    unclaimed = files - set(by_address.values()) - {table.resolve()}
    return Recordings(by_address, _unique_names(files, unclaimed))


def _unique_names(files: set[Path], unclaimed: set[Path]) -> dict[str, Path]:
    count = Counter(path.name for path in files)
    return {path.name: path for path in unclaimed if count[path.name] == 1}


class ReplayHttp:
    """An Http over recorded files.

    An address is answered (1) by the file that `addresses.csv` names for it; else (2) by the file
    whose name is the last part of the address (percent-decoded), if exactly one file of the folder
    has that name and no row claims it; else by `beyond`; without it, it is unreachable.
    Every receipt of a recorded answer says `replayed`.
    """

    def __init__(self, folder: Path, beyond: Http | None = None) -> None:
        self._folder = folder
        self._recordings = read_recordings(folder)
        self._beyond = beyond

    def fetch(self, address: str, known: Receipt | None = None) -> Fetched | None:
        """The recorded bytes; None when the same file was replayed before and has not changed."""
        path = self._recordings.file(address)
        if path is None:
            return self._fetch_beyond(address, known)
        try:
            state = path.stat()
        except OSError as error:
            raise SourceUnreachable(f"the recorded file is gone ({error})", where=address) from error
        etag = f'"{path.name}-{state.st_size}-{state.st_mtime_ns}"'
        if known is not None and known.replayed and known.address == address and known.etag == etag:
            return None
        return Fetched(address, _chunks(path, address), etag=etag, file_name=path.name, replayed=True)

    def _fetch_beyond(self, address: str, known: Receipt | None) -> Fetched | None:
        if self._beyond is not None:
            return self._beyond.fetch(address, known)
        raise SourceUnreachable(
            "this address was not recorded",
            where=address,
            hint=f"Add a row to {self._folder / TABLE}, or run without --replay.",
        )


def _chunks(path: Path, address: str) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise SourceUnreachable(f"the recorded file cannot be read ({error})", where=address) from error
