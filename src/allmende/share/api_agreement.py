"""`/api/v1/agreement`: what the holder of a key agreed on with the city, what is used of it, and its policy."""

from __future__ import annotations

from typing import Any

from litestar import Request, get

from allmende.errors import NotFound
from allmende.guard.terms.odrl import policy_of
from allmende.model.access import Principal
from allmende.model.agreement import Agreement
from allmende.share.given import GivenCity, GivenMeter, GivenPrincipal
from allmende.share.metering import QuotaUse
from allmende.share.shape import Json


@get("/agreement", sync_to_thread=True)
def agreement(principal: GivenPrincipal, meter: GivenMeter) -> Json:
    """Your agreement, and how much of it is used today and this month."""
    found = agreement_of(principal)
    return shape_agreement(found, meter.uses(found))


@get("/agreement/policy", sync_to_thread=True, media_type="application/ld+json")
def policy(request: Request[Any, Any, Any], principal: GivenPrincipal, city: GivenCity) -> Json:
    """Your agreement as an ODRL 2.2 policy."""
    origin = str(request.base_url).rstrip("/")
    return policy_of(agreement_of(principal), city.contact.publisher, origin, city.time_zone)


def agreement_of(principal: Principal) -> Agreement:
    """The agreement of who asks. Raises NotFound."""
    if principal.agreement is None:
        raise NotFound("there is no agreement of yours", hint="Send a key of an agreement.")
    return principal.agreement


def shape_agreement(found: Agreement, uses: tuple[QuotaUse, ...]) -> Json:
    """An agreement for its party."""
    return {
        "id": found.id,
        "party": found.party,
        "purposes": list(found.purposes),
        "datasets": list(found.datasets),
        "begins": found.begins.isoformat(),
        "ends": found.ends.isoformat(),
        "quotas": [
            {
                "counted": one.quota.counted,
                "each": one.quota.span,
                "amount": one.quota.amount,
                "used": one.used,
            }
            for one in uses
        ],
        "gifts": [
            {"kind": one.kind, "text": one.text, "due": one.due.isoformat() if one.due else None}
            for one in found.gifts
        ],
        "price_cents": found.price_cents,
        "credited": found.credited,
        "keys": list(found.keys),
        "signed": found.signed.isoformat() if found.signed else None,
        "policy": "/api/v1/agreement/policy",
    }


AGREEMENT_ROUTES = [agreement, policy]
