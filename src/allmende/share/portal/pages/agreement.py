"""What an agreement on commercial data looks like, for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from litestar import Response, get

from allmende.model.agreement import PURPOSES, Agreement, Gift, Quota, day_of
from allmende.model.city import City
from allmende.model.text import Language
from allmende.share.given import GivenCity, GivenClock, GivenLanguage
from allmende.share.portal.agreement_text import Part, text_of
from allmende.share.portal.render import Frame, page
from allmende.share.portal.words import Words


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of an example, and which purposes can be agreed."""

    parts: tuple[Part, ...]
    purposes: tuple[str, ...]


@get("/vereinbarung", include_in_schema=False, sync_to_thread=False)
def agreement_example(city: GivenCity, language: GivenLanguage, clock: GivenClock) -> Response[str]:
    """The text with invented values."""
    t = Words(language)
    first = day_of(clock.now(), city.time_zone).replace(day=1)
    draft = Agreement(
        t("agreement.example_number"), t("agreement.example_party"), ("product", "research"),
        (t("agreement.example_dataset"),), first, first + timedelta(days=364),
        (Quota("requests", "day", 5_000), Quota("rows", "month", 2_000_000)),
        (Gift("fixes", t("agreement.example_gift"), first + timedelta(days=364)),), 120_000, True,
    )  # fmt: skip
    return _page(text_of(draft, city, language), city, language)


def _page(parts: tuple[Part, ...], city: City, language: Language) -> Response[str]:
    t = Words(language)
    purposes = tuple(t(f"purpose.{one}") for one in PURPOSES)
    frame = Frame(
        t("agreement.title"),
        "/vereinbarung",
        t("agreement.lead"),
        crumbs=((t("nav.home"), "/"), (t("nav.data"), "/daten")),
    )
    return page("agreement.html", Context(parts, purposes), frame, city, language)
