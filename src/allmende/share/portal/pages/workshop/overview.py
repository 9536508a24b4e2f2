"""The first page of the workshop: what waits for somebody, what is under way, what is public."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Response, get

from allmende.model.dataset import Dataset
from allmende.model.release import Release
from allmende.share.given import GivenCity, GivenClock, GivenDesk, GivenLanguage, GivenSigned
from allmende.share.people.signing_in import READING
from allmende.share.portal.pages.workshop.parts import (
    HOME,
    Around,
    Next,
    around,
    next_of,
    today_of,
    waits_for,
    workshop_page,
)
from allmende.share.portal.words import Words

MOST_ENDED = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A release with what comes next."""

    release: Release
    title: str
    next: Next


@dataclass(frozen=True, slots=True)
class Context:
    """`waiting` can be done by this person, `under_way` by others; `datasets` are those of their departments."""

    around: Around
    waiting: tuple[Entry, ...]
    under_way: tuple[Entry, ...]
    ended: tuple[Entry, ...]
    datasets: tuple[Dataset, ...]
    may_begin: bool


@get("/werkstatt", include_in_schema=False, sync_to_thread=True)
def workshop(
    signed: GivenSigned, desk: GivenDesk, city: GivenCity, language: GivenLanguage, clock: GivenClock
) -> Response[str]:
    """What there is to do."""
    person, today = signed.person, today_of(clock.now(), city)
    releases = desk.seen_by(person)
    entries = [Entry(one, title_of(one), next_of(one, person, today)) for one in releases]
    live = [one for one in entries if not one.release.ended and one.release.state != "published"]
    waiting = tuple(one for one in live if waits_for(one.release, person, today))
    own = [d for d in city.datasets.values() if person.may_one_of(READING, d.department, today)]
    context = Context(
        around(signed, clock.now(), city),
        waiting,
        tuple(one for one in live if one not in waiting),
        tuple(one for one in entries if one.release.ended or one.release.state == "published")[:MOST_ENDED],
        tuple(sorted(own, key=lambda dataset: dataset.title.of(language).casefold())),
        bool(desk.departments(person)),
    )
    return workshop_page("overview.html", context, Words(language)("workshop.title"), HOME, city, language)


def title_of(release: Release) -> str:
    """What a release is called before and after it was described."""
    described = release.definition.dataset.title.de if release.definition else ""
    return described or release.file_name or release.dataset
