"""One table: which error is which answer of the standard's service."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from allmende.errors import (
    AllmendeError,
    Conflict,
    NotAllowed,
    NotFound,
    RecipeInvalid,
    StoreBusy,
    Unreadable,
)
from allmende.share.push import TooLarge
from allmende.standards.sensorthings.faults import BadRequest, NotDone, WrongMedia

STATUS: dict[type[Exception], int] = {
    BadRequest: 400,
    RecipeInvalid: 400,
    Unreadable: 400,
    NotAllowed: 401,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    WrongMedia: 415,
    NotDone: 501,
    StoreBusy: 503,
}


def status_of(error: Exception) -> int:
    """The status of an error; 500 for what is our fault."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def body_of(status: int, error: Exception) -> dict[str, Any]:
    """The body of an error: code, what is wrong and where, what to do. Nothing of the inside."""
    body: dict[str, Any] = {"code": status, "type": "error", "message": "The request could not be answered."}
    if isinstance(error, AllmendeError) and status < 500:
        body["message"] = str(error)
    elif isinstance(error, HTTPException) and status < 500:
        body["message"] = str(error.detail)
    elif status in (501, 503):
        body["message"] = getattr(error, "message", body["message"]) if status == 501 else "Send it again."
    return body


def refuse(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to a request that failed."""
    status = error.status_code if isinstance(error, HTTPException) else status_of(error)
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    if status == 503:
        headers["retry-after"] = "5"
    return Response(
        body_of(status, error),
        status_code=status,
        media_type="application/json",
        headers=headers | {"cache-control": "no-store"},
    )
