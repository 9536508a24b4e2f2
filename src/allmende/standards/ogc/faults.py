"""Refusals in the shape of OGC API (RFC 7807 members `code`, `description`)."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from allmende.errors import AllmendeError, NotAllowed, NotFound, QuotaUsed, RecipeInvalid, StoreFault

_log = logging.getLogger(__name__)


class BadParameter(AllmendeError):
    """A parameter is not known or its value cannot be taken; `where` is its name (OGC 17-069r4, 7.5 and 7.6)."""


_TABLE: tuple[tuple[type[AllmendeError], int, str], ...] = (
    (BadParameter, 400, "InvalidParameterValue"),
    (RecipeInvalid, 400, "InvalidParameterValue"),
    (NotFound, 404, "NotFound"),
    (QuotaUsed, 429, "TooManyRequests"),
    (NotAllowed, 403, "Forbidden"),
)
_CODES = {401: "Unauthorized", 404: "NotFound", 405: "MethodNotAllowed", 413: "ContentTooLarge"}


def refuse(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A refusal; what is not of ours is a fault of the server, and says nothing of it."""
    status, code, words = _told(error)
    if status >= 500:
        _log.error("%s failed", request.scope["path"], exc_info=error)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if isinstance(error, QuotaUsed):
        headers["retry-after"] = str(error.seconds)
    body = {"code": code, "description": words}
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def _told(error: Exception) -> tuple[int, str, str]:
    """Status, code and words for people."""
    if isinstance(error, HTTPException) and error.status_code < 500:
        return error.status_code, _CODES.get(error.status_code, "InvalidParameterValue"), error.detail
    for known, status, code in _TABLE:
        if isinstance(error, known) and isinstance(error, AllmendeError) and status < 500:
            return status, code, f"{error.message} {error.hint}".strip()
    if isinstance(error, StoreFault):
        return 503, "ServiceUnavailable", "the data cannot be read at the moment"
    return 500, "ServerError", "a fault of the server"
