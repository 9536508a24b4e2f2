"""From the form for a new agreement to the agreement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from allmende.errors import FormFault
from allmende.model.agreement import COUNTED, GIFT_KINDS, PURPOSES, SPANS, Agreement, Gift, Quota
from allmende.share.people.forms import Form

AMOUNTS, GIFTS = 3, 3
"""How many quotas and gifts the form has room for."""
_PRICE = re.compile(r"(?P<euros>[0-9]{1,9})(?:[.,](?P<cents>[0-9]{2}))?")
_WHOLE = re.compile(r"[1-9][0-9]{0,15}")


def read_agreement(form: Form) -> Agreement:
    """The draft that was written. Raises FormFault."""
    wanted = form.texts("purposes")
    return Agreement(
        "",
        form.text("party", 200),
        tuple(one for one in PURPOSES if one in wanted),
        tuple(dict.fromkeys(one for one in form.texts("datasets") if one)),
        _day(form, "begins"),
        _day(form, "ends"),
        tuple(_quotas(form)),
        tuple(_gifts(form)),
        _price(form.text("price", 20)),
        bool(form.text("credited")),
    )


def _day(form: Form, name: str) -> date:
    try:
        return date.fromisoformat(form.text(name, 10))
    except ValueError as error:
        raise FormFault(name, "day_form") from error


def _quotas(form: Form) -> Iterator[Quota]:
    for number in range(AMOUNTS):
        text = re.sub(r"[\s.]", "", form.text(f"amount{number}", 20))
        if not text:
            continue
        counted = next((one for one in COUNTED if one == form.text(f"counted{number}")), None)
        span = next((one for one in SPANS if one == form.text(f"span{number}")), None)
        if not _WHOLE.fullmatch(text) or counted is None or span is None:
            raise FormFault(f"amount{number}", "amount_form")
        yield Quota(counted, span, int(text))


def _gifts(form: Form) -> Iterator[Gift]:
    for number in range(GIFTS):
        text = form.text(f"gift{number}", 500)
        if not text:
            continue
        kind = next((one for one in GIFT_KINDS if one == form.text(f"kind{number}")), None)
        if kind is None:
            raise FormFault(f"kind{number}", "choose")
        yield Gift(kind, text, _day(form, f"due{number}") if form.text(f"due{number}") else None)


def _price(text: str) -> int | None:
    if not text:
        return None
    found = _PRICE.fullmatch(text)
    if found is None:
        raise FormFault("price", "price_form")
    return int(found["euros"]) * 100 + int(found["cents"] or 0)
