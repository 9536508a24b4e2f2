"""An agreement as an ODRL 2.2 policy in JSON-LD (W3C Recommendation, 15 February 2018), and what a policy permits.

Quotas and gifts have terms of our own, under `PROFILE`. What is not signed is an `Offer`, which permits nothing yet.
`permits` reads only the policy, so that another program can come to the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from allmende.model.agreement import Agreement, Counted, Gift, QuotaSpan, midnight

Json = dict[str, Any]
PROFILE = "urn:allmende:odrl"
_CONTEXT = [
    "http://www.w3.org/ns/odrl.jsonld",
    {
        "allmende": f"{PROFILE}:",
        "dct": "http://purl.org/dc/terms/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    },
]
_EURO = "http://publications.europa.eu/resource/authority/currency/EUR"


def policy_of(agreement: Agreement, assigner: str, origin: str, time_zone: str) -> Json:
    """The policy. `assigner` is the city's publisher, `origin` the server's address."""
    return {
        "@context": _CONTEXT,
        "@type": "Agreement" if agreement.signed else "Offer",
        "uid": f"{origin}/agreements/{agreement.id}",
        "profile": PROFILE,
        "allmende:keys": list(agreement.keys),
        "allmende:credited": agreement.credited,
        **({"dct:dateAccepted": _day(agreement.signed.isoformat())} if agreement.signed else {}),
        **_revoked(agreement),
        "permission": [_permission(agreement, assigner, origin, time_zone)],
    }


def target_of(origin: str, dataset: str) -> str:
    """How a policy names a dataset."""
    return f"{origin}/d/{dataset}"


def _revoked(agreement: Agreement) -> Json:
    if agreement.revoked is None:
        return {}
    return {
        "allmende:revoked": _moment(agreement.revoked),
        "allmende:revokedBecause": agreement.revoked_because,
    }


def _permission(agreement: Agreement, assigner: str, origin: str, time_zone: str) -> Json:
    return {
        "target": [target_of(origin, dataset) for dataset in agreement.datasets],
        "assigner": {"uid": origin, "dct:title": assigner},
        "assignee": {"uid": f"{origin}/agreements/{agreement.id}#party", "dct:title": agreement.party},
        "action": "use",
        "constraint": [
            _limit("dateTime", "gteq", _moment(midnight(agreement.begins, time_zone))),
            _limit("dateTime", "lt", _moment(midnight(agreement.ends + timedelta(days=1), time_zone))),
            _limit("purpose", "isAnyOf", [f"allmende:{one}" for one in agreement.purposes]),
            *(
                _limit(_operand(one.counted, one.span), "lteq", _whole(one.amount))
                for one in agreement.quotas
            ),
        ],
        "duty": [*_price(agreement), *map(_gift, agreement.gifts)],
    }


def _limit(left: str, operator: str, right: Any) -> Json:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def _operand(counted: Counted, span: QuotaSpan) -> str:
    return f"allmende:{counted}Each{span.title()}"


def _price(agreement: Agreement) -> list[Json]:
    if agreement.price_cents is None:
        return []
    euros = f"{agreement.price_cents // 100}.{agreement.price_cents % 100:02}"
    amount = _limit("payAmount", "eq", {"@value": euros, "@type": "xsd:decimal"})
    return [{"action": "compensate", "constraint": [amount | {"unit": _EURO}]}]


def _gift(gift: Gift) -> Json:
    due = [_limit("dateTime", "lteq", _day(gift.due.isoformat()))] if gift.due else []
    return {"action": f"allmende:give_{gift.kind}", "dct:description": gift.text, "constraint": due}


def _moment(value: datetime) -> Json:
    return {"@value": value.isoformat(), "@type": "xsd:dateTime"}


def _day(value: str) -> Json:
    return {"@value": value, "@type": "xsd:date"}


def _whole(value: int) -> Json:
    return {"@value": str(value), "@type": "xsd:integer"}


# --- reading a policy ---


def permits(
    policy: Json, moment: datetime, target: str, purpose: str, used: Mapping[tuple[Counted, QuotaSpan], int]
) -> bool:
    """True when the policy permits this use. An operand that is not known is not fulfilled.

    `used` is what will have been used with it, by quota; what is not named there has not been used.
    """
    revoked = policy.get("allmende:revoked")
    if policy["@type"] != "Agreement" or (revoked and datetime.fromisoformat(revoked["@value"]) <= moment):
        return False
    facts: Json = {_operand(*name): count for name, count in used.items()}
    facts |= {"dateTime": moment, "purpose": f"allmende:{purpose}" if purpose else ""}
    return any(
        target in rule["target"] and all(_fulfilled(one, facts) for one in rule["constraint"])
        for rule in policy["permission"]
    )


def _fulfilled(constraint: Json, facts: Json) -> bool:
    left, right = constraint["leftOperand"], constraint["rightOperand"]
    if left == "purpose":
        # Who names no purpose means the only one that there is.
        return facts["purpose"] in right or (not facts["purpose"] and len(right) == 1)
    if left == "dateTime":
        until = datetime.fromisoformat(right["@value"])
        return bool(facts[left] >= until if constraint["operator"] == "gteq" else facts[left] < until)
    if left.startswith("allmende:") and constraint["operator"] == "lteq":
        return bool(facts.get(left, 0) <= int(right["@value"]))
    return False
