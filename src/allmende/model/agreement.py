"""Agreements on commercial data: with whom, for what, how much, how long, and what the city gets back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

Purpose = Literal["own_use", "product", "consulting", "research", "education", "public_task"]
"""What data may be used for: inside one's own house, for something that is sold, to advise others, research,
teaching, or a task of the public."""
Counted = Literal["requests", "rows", "bytes"]
QuotaSpan = Literal["day", "month"]
GiftKind = Literal["data", "fixes", "text"]
"""What is given back: data, faults found and mended, or a report on what came of it."""
Holding = Literal["unsigned", "not_begun", "holds", "over", "revoked"]
Refusal = Literal["unsigned", "not_begun", "over", "revoked", "purpose", "dataset", "quota"]

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
COUNTED: tuple[Counted, ...] = get_args(Counted)
SPANS: tuple[QuotaSpan, ...] = get_args(QuotaSpan)
GIFT_KINDS: tuple[GiftKind, ...] = get_args(GiftKind)


@dataclass(frozen=True, slots=True)
class Quota:
    """How much may be used in each day or month of the city's calendar."""

    counted: Counted
    span: QuotaSpan
    amount: int


@dataclass(frozen=True, slots=True)
class Gift:
    """What a party promised to give back: its kind, in words, and until which day (None: none was agreed)."""

    kind: GiftKind
    text: str
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something a party gave back. `gift` is the number of the promise, counted from 1."""

    agreement: str
    gift: int
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """A party may use commercial datasets for certain purposes from the day `begins` to the day `ends`.

    `price_cents` is in euro cents, None when nothing was said of money. `keys` are the public ids of its keys.
    Without `signed` it is a draft and gives nothing. `credited`: the party agrees to be named in public for what it
    gives back.
    """

    id: str
    party: str
    purposes: tuple[Purpose, ...]
    datasets: tuple[str, ...]
    begins: date
    ends: date
    quotas: tuple[Quota, ...] = ()
    gifts: tuple[Gift, ...] = ()
    price_cents: int | None = None
    credited: bool = False
    keys: tuple[str, ...] = ()
    signed: date | None = None
    revoked: datetime | None = None
    revoked_because: str = ""

    def holding(self, moment: datetime, time_zone: str) -> Holding:
        """How it stands at a moment; days are those of the city."""
        today = day_of(moment, time_zone)
        if self.revoked is not None and self.revoked <= moment:
            return "revoked"
        if self.signed is None:
            return "unsigned"
        if today < self.begins:
            return "not_begun"
        return "holds" if today <= self.ends else "over"

    def purpose_of(self, asked: str) -> Purpose | None:
        """The purpose of a request: what it names, or the only one that was agreed; None when it fits none."""
        wanted = asked or (self.purposes[0] if len(self.purposes) == 1 else "")
        return next((one for one in self.purposes if one == wanted), None)


@dataclass(frozen=True, slots=True)
class Asked:
    """One use: when, of which dataset, for what, and how much will have been used of each quota with it."""

    moment: datetime
    dataset: str
    purpose: str
    used: Mapping[tuple[Counted, QuotaSpan], int]


def refusal(agreement: Agreement, asked: Asked, time_zone: str) -> Refusal | None:
    """Why a use is not allowed; None when it is."""
    holding = agreement.holding(asked.moment, time_zone)
    if holding != "holds":
        return holding
    if agreement.purpose_of(asked.purpose) is None:
        return "purpose"
    if asked.dataset not in agreement.datasets:
        return "dataset"
    above = any(asked.used.get((one.counted, one.span), 0) > one.amount for one in agreement.quotas)
    return "quota" if above else None


def day_of(moment: datetime, time_zone: str) -> date:
    """The city's day at a moment."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


def since(span: QuotaSpan, day: date) -> date:
    """The first day of the span that a day lies in."""
    return day if span == "day" else day.replace(day=1)


def next_since(span: QuotaSpan, day: date) -> date:
    """The first day after the span that a day lies in."""
    return (
        day + timedelta(days=1) if span == "day" else (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    )


def midnight(day: date, time_zone: str) -> datetime:
    """The moment at which a day of the city begins, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)


def faults(agreement: Agreement) -> tuple[tuple[str, str], ...]:
    """What is wrong with an agreement, as (field, name of a word)."""
    wrong = {
        ("party", "party_missing"): not agreement.party.strip(),
        ("purposes", "choose"): not agreement.purposes,
        ("datasets", "datasets_missing"): not agreement.datasets,
        ("ends", "ends_before"): agreement.ends < agreement.begins,
        ("quotas", "amount_form"): any(one.amount < 1 for one in agreement.quotas),
        ("gifts", "gift_missing"): any(not one.text.strip() for one in agreement.gifts),
        ("price", "amount_form"): agreement.price_cents is not None and agreement.price_cents < 0,
    }
    named = [(one.counted, one.span) for one in agreement.quotas]
    wrong[("quotas", "quota_twice")] = len(set(named)) < len(named)
    return tuple(fault for fault, is_wrong in wrong.items() if is_wrong)
