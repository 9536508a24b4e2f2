"""Files in pieces, for slow and broken lines: begin, send pieces, ask how far it came, go on. For programs.

`POST` says name and size, `PATCH` sends a piece with its offset, `GET` tells the offset. With the last piece the
entry is begun, as the form does it. Nobody has to use this: the form takes whole files.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request, Response, delete, get, patch, post

from allmende.errors import AllmendeError, Conflict, NotAllowed, NotFound, StoreBusy
from allmende.model.upload import Upload
from allmende.ports import Desk, Uploads
from allmende.share.given import GivenDesk, GivenLanguage, GivenSigned, GivenUploads
from allmende.share.people.forms import ForeignForm, check_csrf, check_origin
from allmende.share.people.signing_in import SignedIn
from allmende.share.portal.pages.workshop.begin import file_name
from allmende.share.portal.pages.workshop.parts import HOME, refusal

UPLOADS = f"{HOME}/uploads"
PIECE = 8 * 1024 * 1024
"""Bytes of a piece at most; a piece that breaks off is kept as far as it came."""
_WRITTEN_AT_ONCE = 1024 * 1024
_STATUS = {Conflict: 409, NotFound: 404, StoreBusy: 507}


@post(UPLOADS, include_in_schema=False, status_code=201, request_max_body_size=10_000)
async def begin_upload(
    request: Request[Any, Any, Any], signed: GivenSigned, desk: GivenDesk, uploads: GivenUploads,
    language: GivenLanguage,
) -> Response[Any]:  # fmt: skip
    """Make room for a file: its `name`, `size` and `department`."""
    try:
        _check(request, signed)
        form = await request.form()
        name, size = file_name(str(form.get("name", ""))), str(form.get("size", ""))
        department = str(form.get("department", ""))
        if department not in desk.departments(signed.person):
            raise NotAllowed("this needs a role there", where=department, code="role")
        bytes_ = int(size) if size.isascii() and size.isdigit() and len(size) < 16 else 0
        upload = await asyncio.to_thread(uploads.begin, signed.person.id, department, name, bytes_)
    except AllmendeError as error:
        return _refused(error, language)
    return _stands(upload, 201)


@get(f"{UPLOADS}/{{name:str}}", include_in_schema=False, sync_to_thread=True)
def upload_state(
    name: str, signed: GivenSigned, uploads: GivenUploads, language: GivenLanguage
) -> Response[Any]:
    """How far it came."""
    try:
        return _stands(uploads.get(signed.person.id, name), 200)
    except AllmendeError as error:
        return _refused(error, language)


@patch(f"{UPLOADS}/{{name:str}}", include_in_schema=False, status_code=200, request_max_body_size=PIECE)
async def take_piece(
    name: str, request: Request[Any, Any, Any], signed: GivenSigned, desk: GivenDesk, uploads: GivenUploads,
    language: GivenLanguage,
) -> Response[Any]:  # fmt: skip
    """Take the piece that begins at the header `Upload-Offset`; with the last one the entry is begun."""
    try:
        _check(request, signed)
        upload = await _append(uploads, signed, name, _offset(request), request.stream())
        if not upload.complete:
            return _stands(upload, 200)
        release = await asyncio.to_thread(_finish, uploads, desk, signed, upload)
    except AllmendeError as error:
        return _refused(error, language)
    start = "/en" if language == "en" else ""
    return _stands(upload, 201, f"{start}{HOME}/r/{release}")


@delete(f"{UPLOADS}/{{name:str}}", include_in_schema=False, status_code=204, sync_to_thread=True)
def drop_upload(
    name: str, request: Request[Any, Any, Any], signed: GivenSigned, uploads: GivenUploads
) -> None:
    """Throw it away."""
    _check(request, signed)
    uploads.remove(signed.person.id, name)


async def _append(
    uploads: Uploads, signed: SignedIn, name: str, offset: int, stream: AsyncIterator[bytes]
) -> Upload:
    """Write what comes as it comes: a slow line holds neither a thread nor more than a megabyte."""
    upload = uploads.get(signed.person.id, name)
    held = bytearray()
    async for chunk in stream:
        held += chunk
        if len(held) >= _WRITTEN_AT_ONCE:
            upload = await asyncio.to_thread(uploads.append, upload.person, name, offset, bytes(held))
            offset, held = upload.received, bytearray()
    return await asyncio.to_thread(uploads.append, upload.person, name, offset, bytes(held))


def _finish(uploads: Uploads, desk: Desk, signed: SignedIn, upload: Upload) -> str:
    raw = desk.keep(uploads.chunks(signed.person.id, upload.id))
    uploads.remove(signed.person.id, upload.id)  # whoever removes it begins the entry: never two of one file
    return desk.begin(signed.person, upload.department, raw, upload.file_name).id


def _check(request: Request[Any, Any, Any], signed: SignedIn) -> None:
    """ForeignForm unless it is from the person's own page."""
    check_origin(request.headers)
    check_csrf(request.headers.get("x-csrf", ""), signed)


def _offset(request: Request[Any, Any, Any]) -> int:
    text = request.headers.get("upload-offset", "")
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise NotAllowed("the header Upload-Offset says at which byte a piece begins")
    return int(text)


def _stands(upload: Upload, status: int, location: str = "") -> Response[Any]:
    body = {"upload": upload.id, "offset": upload.received, "size": upload.size, "piece": PIECE}
    headers = {
        "upload-offset": str(upload.received),
        "upload-length": str(upload.size),
        "location": location or f"{UPLOADS}/{upload.id}",
        "cache-control": "no-store",
    }
    return Response({**body, "address": location}, status_code=status, headers=headers)


def _refused(error: AllmendeError, language: Any) -> Response[Any]:
    status = 403 if isinstance(error, ForeignForm) or error.code == "role" else 422
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), status)
    status = 413 if error.code == "upload_size" else status
    return Response(
        {"problem": refusal(error, language)}, status_code=status, headers={"cache-control": "no-store"}
    )
