"""Answers `file:` addresses from the city's own folder, for tables that an office keeps itself."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from allmende.errors import SourceRefused, SourceUnreachable
from allmende.model.source import Receipt
from allmende.ports import Fetched, Http

SCHEME = "file:"
FOLDER = "files"
_CHUNK = 1024 * 1024
_HINT = f"Put the file into the city's folder {FOLDER}/ and write {SCHEME}{FOLDER}/<name>."


class FolderHttp:
    """An Http over `files/` of the city `folder`: `file:files/trees.xlsx`; other addresses go to `beyond`.

    Nothing outside of `files/` can be read: not by `..`, not by an absolute path, not through a link.
    """

    def __init__(self, folder: Path, beyond: Http) -> None:
        self._folder = folder
        self._beyond = beyond

    def fetch(self, address: str, known: Receipt | None = None) -> Fetched | None:
        """The file's bytes; None when it is as it was at the receipt `known`.

        Raises SourceRefused for a path that is not allowed and SourceUnreachable for a file that is not there.
        """
        if not address.startswith(SCHEME):
            return self._beyond.fetch(address, known)
        path = local_file(self._folder, address)
        try:
            state = path.stat()
        except OSError as error:
            raise SourceUnreachable(
                f"the file cannot be read ({error.strerror})", where=address, hint=_HINT
            ) from error
        etag = f'"{state.st_size}-{state.st_mtime_ns}"'
        if known is not None and known.address == address and known.etag == etag:
            return None
        media_type = mimetypes.guess_type(path.name)[0] or ""
        return Fetched(address, _chunks(path, address), media_type, etag=etag, file_name=path.name)


def local_file(folder: Path, address: str) -> Path:
    """The file that a `file:` address means. Raises SourceRefused when it leads out of `files/`."""
    name = unquote(address.removeprefix(SCHEME))
    parts = PurePosixPath(name).parts
    if "\0" in name or "\\" in name or len(parts) < 2 or parts[0] != FOLDER or ".." in parts:
        raise SourceRefused(
            "this address does not lie in the city's folder files/", where=address, hint=_HINT
        )
    root = (folder / FOLDER).resolve()
    try:
        path = folder.joinpath(*parts).resolve()
    except (OSError, RuntimeError) as error:
        raise SourceRefused(f"the path cannot be followed ({error})", where=address, hint=_HINT) from error
    if not path.is_relative_to(root) or path == root:
        raise SourceRefused("this link leads out of the city's folder files/", where=address, hint=_HINT)
    if path.exists() and not path.is_file():
        raise SourceRefused("this is not a file", where=address, hint=_HINT)
    return path


def _chunks(path: Path, address: str) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise SourceUnreachable(f"the file cannot be read ({error})", where=address) from error
