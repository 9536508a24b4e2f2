"""What people read of an agreement is what is enforced: nothing is left out."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime

import pytest

from allmende.model.agreement import COUNTED, GIFT_KINDS, PURPOSES, SPANS, Agreement, Gift, Quota
from allmende.model.text import LANGUAGES, Language
from allmende.share.portal.agreement_text import text_of
from allmende.testing.every_class import tiny_city

WHOLE = Agreement(
    "a7b3", "Beispiel GmbH", ("product", "research"), ("commercial-data", "gone-data"), date(2026, 3, 29),
    date(2026, 10, 25), (Quota("rows", "day", 4711),), (Gift("fixes", "Faults we find", date(2026, 9, 30)),), 12_345,
    True, ("key-one", "key-two"), date(2026, 3, 1), datetime(2026, 8, 2, 7, tzinfo=UTC), "Nobody paid",
)  # fmt: skip


def read(agreement: Agreement, language: Language = "en") -> str:
    """The whole text."""
    return "\n".join(line for part in text_of(agreement, tiny_city(), language) for line in part.sentences)


def test_every_field_is_in_the_text() -> None:
    """Of the agreement, its quotas and its gifts."""
    said = {
        "id": "a7b3", "party": "Beispiel GmbH", "purposes": "research", "datasets": "Data commercial (commercial-data)",
        "begins": "29 March 2026", "ends": "25 October 2026", "quotas": "4,711 rows each day", "gifts": "Faults we find",
        "price_cents": "123.45 euros", "credited": "may say in public", "keys": "key-one, key-two",
        "signed": "Signed on 1 March 2026", "revoked": "2 Aug 2026, 09:00", "revoked_because": "Nobody paid",
    }  # fmt: skip
    assert said.keys() == {field.name for field in fields(Agreement)}
    text = read(WHOLE)
    assert [name for name, words in said.items() if words not in text] == []
    assert all(words in text for words in ("gone-data", "faults found and mended", "Until 30 September 2026"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_not_agreed_is_said_too(language: Language) -> None:
    """A draft without quota, price, gifts and keys has as many parts as a full one, and none is empty."""
    draft = replace(
        WHOLE, quotas=(), gifts=(), price_cents=None, credited=False, keys=(), signed=None, revoked=None
    )
    parts = text_of(draft, tiny_city(), language)
    assert len(parts) == len(text_of(WHOLE, tiny_city(), language))
    assert all(part.sentences for part in parts)
    assert read(draft, language) != read(WHOLE, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_words_for_everything_that_can_be_agreed(language: Language) -> None:
    """Every purpose, quota and gift."""
    quotas = tuple(Quota(counted, span, 3) for counted in COUNTED for span in SPANS)
    gifts = tuple(Gift(kind, "x") for kind in GIFT_KINDS)
    text = read(replace(WHOLE, purposes=PURPOSES, quotas=quotas, gifts=gifts), language)
    assert len(set(text.splitlines())) >= len(PURPOSES) + len(quotas) + len(gifts)
