"""Refusals in CKAN's shape: `{"help": ..., "success": false, "error": {"__type": ..., "message": ...}}`."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from allmende.errors import AllmendeError, NotAllowed, NotFound, QuotaUsed, RecipeInvalid, StoreFault

_log = logging.getLogger(__name__)


class Invalid(AllmendeError):
    """A parameter of an action cannot be taken; `where` is its name."""


_TABLE: tuple[tuple[type[AllmendeError], int, str], ...] = (
    (NotFound, 404, "Not Found Error"),
    (QuotaUsed, 429, "Authorization Error"),
    (NotAllowed, 403, "Authorization Error"),
    (Invalid, 409, "Validation Error"),
    (RecipeInvalid, 409, "Validation Error"),
    (StoreFault, 503, "Internal Server Error"),
)


def refuse(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A refusal; what is not of ours is a fault of the server, and says nothing of it."""
    status, kind = _kind(error)
    if status >= 500:
        _log.error("%s failed", request.scope["path"], exc_info=error)
    said: dict[str, Any] = {"__type": kind, "message": _message(error, kind)}
    if isinstance(error, Invalid) and error.where:
        said[error.where] = [error.message]
    body = {"help": _help(request), "success": False, "error": said}
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if isinstance(error, QuotaUsed):
        headers["retry-after"] = str(error.seconds)
    return Response(body, status_code=status, headers=headers)


def _kind(error: Exception) -> tuple[int, str]:
    if isinstance(error, HTTPException) and error.status_code < 500:
        return error.status_code, "Not Found Error" if error.status_code == 404 else "Bad Request"
    found = ((status, kind) for known, status, kind in _TABLE if isinstance(error, known))
    return next(found, (500, "Internal Server Error"))


def _message(error: Exception, kind: str) -> str:
    if isinstance(error, HTTPException) and error.status_code < 500:
        return error.detail
    if not isinstance(error, AllmendeError) or isinstance(error, StoreFault):
        return "Internal Server Error"
    return (
        f"Not found: {error.message}"
        if kind == "Not Found Error"
        else f"{error.message} {error.hint}".strip()
    )


def _help(request: Request[Any, Any, Any]) -> str:
    root = str(request.base_url).rstrip("/")
    return f"{root}/api/3/action/help_show?name={request.scope['path'].rpartition('/')[2]}"
