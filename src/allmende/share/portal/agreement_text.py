"""An agreement as people read it, made from the same data as its policy and its enforcement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from allmende.catalogue.wording import word_number
from allmende.model.agreement import Agreement, Gift, Quota
from allmende.model.city import City
from allmende.model.text import Language
from allmende.share.portal.render import Sayings
from allmende.share.portal.words import Words


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the text: its title and its sentences."""

    title: str
    sentences: tuple[str, ...]


def text_of(agreement: Agreement, city: City, language: Language) -> tuple[Part, ...]:
    """The text in one language; every field of the agreement is in it."""
    t = Words(language)
    writer = _Writer(agreement, city, language, t, Sayings(language, city.time_zone))
    parts = {
        "parties": writer.parties(),
        "data": writer.data(),
        "purposes": writer.purposes(),
        "time": writer.time(),
        "amount": writer.amount(),
        "price": writer.price(),
        "gifts": writer.gifts(),
        "access": writer.access(),
        "end": writer.end(),
    }
    return tuple(Part(t(f"agreement.{name}"), tuple(sentences)) for name, sentences in parts.items())


@dataclass(frozen=True)
class _Writer:
    agreement: Agreement
    city: City
    language: Language
    t: Words
    say: Sayings

    def parties(self) -> Iterator[str]:
        yield self.t(
            "agreement.parties_text", city=self.city.contact.publisher, party=self.agreement.party,
            number=self.agreement.id,
        )  # fmt: skip

    def data(self) -> Iterator[str]:
        for name in self.agreement.datasets:
            found = self.city.datasets.get(name)
            yield f"{self.say.text(found.title)} ({name})" if found else name

    def purposes(self) -> Iterator[str]:
        yield from (self.t(f"purpose.{one}") for one in self.agreement.purposes)
        yield self.t("agreement.purposes_text")

    def time(self) -> Iterator[str]:
        first, last = self.say.day(self.agreement.begins), self.say.day(self.agreement.ends)
        yield self.t("agreement.time_text", first=first, last=last)

    def amount(self) -> Iterator[str]:
        yield from map(self._quota, self.agreement.quotas)
        if not self.agreement.quotas:
            yield self.t("agreement.no_quota")

    def _quota(self, quota: Quota) -> str:
        amount = self.say.number(quota.amount)
        return self.t(f"agreement.{quota.counted}_each_{quota.span}", amount=amount)

    def price(self) -> Iterator[str]:
        cents = self.agreement.price_cents
        yield (
            self.t("agreement.no_price") if cents is None
            else self.t("agreement.price_text", euros=word_number(cents / 100, 2, self.language))
        )  # fmt: skip

    def gifts(self) -> Iterator[str]:
        yield from map(self._gift, self.agreement.gifts)
        if not self.agreement.gifts:
            yield self.t("agreement.no_gifts")
        yield self.t("agreement.credited" if self.agreement.credited else "agreement.not_credited")

    def _gift(self, gift: Gift) -> str:
        due = f" {self.t('agreement.due', day=self.say.day(gift.due))}" if gift.due else ""
        return f"{self.t(f'gift.{gift.kind}')}: {gift.text}{due}"

    def access(self) -> Iterator[str]:
        keys = self.agreement.keys
        yield self.t("agreement.keys", keys=", ".join(keys)) if keys else self.t("agreement.no_keys")

    def end(self) -> Iterator[str]:
        signed, revoked = self.agreement.signed, self.agreement.revoked
        yield self.t("agreement.signed", day=self.say.day(signed)) if signed else self.t("agreement.unsigned")
        yield self.t("agreement.end_text")
        if revoked:
            yield self.t(
                "agreement.revoked", time=self.say.time(revoked), reason=self.agreement.revoked_because
            )
