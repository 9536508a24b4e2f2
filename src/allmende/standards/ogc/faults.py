"""Refusals in the shape of OGC API (RFC 7807 members `code`, `description`)."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Request, Response

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
    (StoreFault, 503, "ServiceUnavailable"),
)


def refuse(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A refusal; what is not of ours is a fault of the server, and says nothing of it."""
    status, code = next(
        ((status, code) for known, status, code in _TABLE if isinstance(error, known)), (500, "ServerError")
    )
    if status >= 500:
        _log.error("%s failed", request.scope["path"], exc_info=error)
    words = (
        f"{error.message} {error.hint}".strip()
        if isinstance(error, AllmendeError)
        else "a fault of the server"
    )
    return Response({"code": code, "description": words}, status_code=status, media_type="application/json")
