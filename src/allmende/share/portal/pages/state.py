"""The state of the data: what was fetched when, what failed and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get

from allmende.catalogue.doubts import word_doubt, word_lasted
from allmende.model.city import City
from allmende.model.knowledge import Trust
from allmende.model.text import Language
from allmende.model.way import WayState
from allmende.ports import Intake
from allmende.share.given import (
    GivenCity,
    GivenClock,
    GivenLanguage,
    GivenPrincipal,
    GivenReads,
    GivenWishing,
)
from allmende.share.portal.render import LIVE, Frame, page
from allmende.share.portal.words import Words
from allmende.share.series_views import address_name
from allmende.share.views import CatalogueState, Health, ThingState

MOST_THINGS = 300


@dataclass(frozen=True, slots=True)
class Troubled:
    """A thing that needs somebody: its page, its state, since when it is silent, and what is wrong in sentences."""

    name: str
    address: str
    trust: Trust
    last: datetime | None
    silent: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entrance:
    """A live way in: its title, whether it is connected (None: it waits for posts), and its counters.

    `fault` is for those who look after the city: it may name machines.
    """

    title: str
    state: WayState
    fault: str


@dataclass(frozen=True, slots=True)
class Context:
    """The state at a moment, with the number of sources and datasets that need somebody.

    `troubled` are the things that do (the first of `troubled_count`), `things` is the number of all.
    `ways` are the city's live ways in, `apart` is how many of them have lost their connection. `late_wishes` are
    wishes for data whose answer is overdue.
    """

    health: Health
    now: datetime
    faults: int
    troubled: tuple[Troubled, ...]
    troubled_count: int
    things: int
    ways: tuple[Entrance, ...]
    apart: int
    late_wishes: int
    catalogues: tuple[CatalogueState, ...]


@get("/stand", include_in_schema=False, sync_to_thread=True)
def state(
    request: Request[Any, Any, Any],
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    clock: GivenClock,
    wishing: GivenWishing,
) -> Response[str]:
    """How the data are doing."""
    health = reads.health(principal, clock.now())
    catalogues = reads.catalogues(principal)
    runs = [one.run for one in health.sources] + [one.run for one in health.datasets]
    runs += [one.run for one in catalogues]
    faults = sum(1 for run in runs if run is not None and run.outcome == "failed")
    t = Words(language)
    frame = Frame(t("nav.state"), "/stand", section="state", crumbs=((t("nav.home"), "/"),))
    zone = ZoneInfo(city.time_zone)
    unwell = [one for one in health.things if one.trust not in ("ok", "unknown") or one.battery]
    shown = tuple(_troubled(one, clock.now(), language, zone) for one in unwell[:MOST_THINGS])
    intake: Intake = request.app.state.intake
    ways = _entrances(city, intake.states(), language, principal.kind != "anonymous")
    apart = sum(1 for one in ways if one.state.connected is False)
    context = Context(
        health,
        clock.now(),
        faults,
        shown,
        len(unwell),
        len(health.things),
        ways,
        apart,
        len(wishing.late()),
        catalogues,
    )
    is_live = bool(health.things or ways or wishing.waiting())
    return page("state.html", context, frame, city, language, headers=LIVE if is_live else None)


def _entrances(
    city: City, states: Mapping[str, WayState], language: Language, known: bool
) -> tuple[Entrance, ...]:
    """The city's ways in; one that this process knows nothing of is listened to by another."""
    found = ((way, states.get(way.id, WayState(way.id))) for way in city.ways.values())
    return tuple(
        Entrance(way.title.of(language) or way.id, one, one.fault if known else "") for way, one in found
    )


def _troubled(one: ThingState, now: datetime, language: Language, zone: ZoneInfo) -> Troubled:
    silent = word_lasted((now - one.silent_since).total_seconds(), language) if one.silent_since else ""
    doubts = (
        f"{found.property_name}: {word_doubt(found.doubt, language, found.unit, zone)}"
        for found in one.misgivings
    )
    reasons = tuple(doubts)
    if one.battery and not any(found.doubt.oddity == "battery" for found in one.misgivings):
        reasons += (Words(language)("state.battery"),)
    address = f"/t/{address_name(one.thing_id, one.key)}"
    return Troubled(one.name, address, one.trust, one.last_time, silent, reasons)
