"""One table: which error is which answer on the wire (RFC 9457), and its words for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allmende.errors import (
    AllmendeError,
    CityInvalid,
    Conflict,
    ContractBroken,
    FormFault,
    HeldBack,
    NotAllowed,
    NotFound,
    QuotaUsed,
    RecipeInvalid,
    SignInNeeded,
    SourceRefused,
    SourceUnreachable,
    StoreBusy,
    StoreFault,
    TooOften,
    Undecodable,
    Unreadable,
    WrongPurpose,
)
from allmende.share.parameters import UnknownParameter
from allmende.share.people.forms import ForeignForm


@dataclass(frozen=True, slots=True)
class Dress:
    """How an error appears: status, the last part of its type's address, and its title.

    `tells` says whether its message is meant for readers. Errors of the inside are not: they may
    name files, addresses or values.
    """

    status: int
    type: str
    title: str
    tells: bool = True


INTERNAL = Dress(500, "internal", "Something went wrong on the server", tells=False)
TABLE: dict[type[Exception], Dress] = {
    NotFound: Dress(404, "not-found", "There is no such thing"),
    SignInNeeded: Dress(401, "sign-in-needed", "Please sign in"),
    TooOften: Dress(429, "too-often", "This was tried too often; wait a while"),
    QuotaUsed: Dress(429, "quota-used", "What was agreed is used up"),
    WrongPurpose: Dress(403, "wrong-purpose", "The agreement is not for this"),
    ForeignForm: Dress(403, "foreign-form", "This form cannot be taken"),
    NotAllowed: Dress(401, "not-allowed", "This key may not do this"),
    FormFault: Dress(422, "form-fault", "A field of the form cannot be taken"),
    UnknownParameter: Dress(400, "unknown-parameter", "This address has no such parameter"),
    RecipeInvalid: Dress(400, "recipe-invalid", "This cannot be computed"),
    StoreBusy: Dress(503, "store-busy", "Nothing can be stored at the moment; send it again", tells=False),
    Conflict: Dress(409, "conflict", "Somebody else changed this in the meantime"),
    StoreFault: Dress(503, "store-fault", "The data cannot be read at the moment", tells=False),
    SourceUnreachable: Dress(503, "source-unreachable", "The source did not answer", tells=False),
    SourceRefused: Dress(502, "source-refused", "The source cannot be used", tells=False),
    Undecodable: Dress(422, "undecodable", "This payload cannot be decoded", tells=False),
    Unreadable: Dress(502, "unreadable", "The source's data cannot be read", tells=False),
    HeldBack: Dress(409, "held-back", "Somebody has to look at this first", tells=False),
    ContractBroken: Dress(502, "contract-broken", "The source's data have changed", tells=False),
    CityInvalid: Dress(500, "city-invalid", "The city's files have faults", tells=False),
}
BY_STATUS: dict[int, str] = {
    400: "The request is not valid",
    404: "There is no such thing",
    405: "This address does not take this method",
    413: "This is too much",
    415: "This media type is not read here",
    422: "Nothing of this could be taken",
    429: "Too many requests",
}


def dress_of(error: Exception) -> Dress:
    """The entry for an error; that of its nearest parent, and `INTERNAL` for all others."""
    for kind in type(error).__mro__:
        if kind in TABLE:
            return TABLE[kind]
    return INTERNAL


def problem(error: Exception, instance: str) -> tuple[int, dict[str, Any]]:
    """Status and body (application/problem+json) for an error of ours."""
    dress = dress_of(error)
    body: dict[str, Any] = {
        "type": f"/problems/{dress.type}",
        "title": dress.title,
        "status": dress.status,
        "instance": instance,
    }
    if dress.tells and isinstance(error, AllmendeError):
        body["detail"] = error.message
        if error.hint:
            body["hint"] = error.hint
    return dress.status, body


def plain_problem(status: int, instance: str, detail: str = "") -> dict[str, Any]:
    """The body for a status that the web framework decided on."""
    title = BY_STATUS.get(status, INTERNAL.title)
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "instance": instance}
    return body | ({"detail": detail} if detail and status < 500 else {})
