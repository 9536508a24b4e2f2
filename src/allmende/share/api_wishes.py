"""`/api/v1/wishes` and `/api/v1/contributions`: what the public asks for and gives, for programs."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get, post
from litestar.params import RawBody

from allmende.errors import FormFault
from allmende.model.contribution import Contribution
from allmende.share.given import GivenContributing, GivenPrincipal, GivenStore, GivenWishing
from allmende.share.shape import Json

FRESH = {"cache-control": "no-store"}
"""Wishes change without a new version of data, which is what caches are kept for."""


@get("/wishes", sync_to_thread=True, response_headers=FRESH)
def wishes(wishing: GivenWishing, principal: GivenPrincipal) -> Json:
    """What people want the city to publish, newest first, with its answers."""
    listed = [
        {
            "id": one.id,
            "title": one.title,
            "text": one.text,
            "state": one.state,
            "made": one.made.date().isoformat(),
            "answer_until": one.due.isoformat(),
            "answer": one.answer or None,
            "dataset": wishing.dataset_of(principal, one) or None,
        }
        for one in wishing.public()
    ]
    return {"wishes": listed}


@post("/contributions/{name:str}", sync_to_thread=True, status_code=202)
def give(contributing: GivenContributing, principal: GivenPrincipal, name: str, body: RawBody) -> Json:
    """Give rows to a collection: `{"rows": [{"column": value}]}`, at most 1,000 at once, all or none.

    Needs a key with the scope `write:contributions:<dataset>`. They wait until somebody of the city has read them.
    """
    contributing.check_key(principal, name)
    return {"contributions": [_shaped(one) for one in contributing.give_rows(principal, name, _rows(body))]}


def _rows(body: bytes) -> list[Any]:
    """The rows of a request. Raises FormFault."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise FormFault("rows", "rows_form") from error
    rows = found.get("rows") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise FormFault("rows", "rows_form")
    return rows


@get("/contributions/{name:str}", sync_to_thread=True, response_headers=FRESH)
def given(store: GivenStore, principal: GivenPrincipal, name: str) -> Json:
    """What you gave with this key, and what became of it."""
    found = store.contributions.given_by(principal.key_id, name)
    return {"contributions": [_shaped(one) for one in found]}


def _shaped(one: Contribution) -> Json:
    return {
        "id": one.id,
        "state": one.state,
        "reason": one.reason or None,
        "made": one.made.isoformat(),
        "cells": dict(one.cells),
    }


WISH_ROUTES = [wishes, give, given]
