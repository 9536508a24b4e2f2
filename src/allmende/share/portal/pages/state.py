"""The state of the data: what was fetched when, what failed and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from litestar import Response, get

from allmende.share.given import GivenCity, GivenClock, GivenLanguage, GivenPrincipal, GivenReads
from allmende.share.portal.render import Frame, page
from allmende.share.portal.words import Words
from allmende.share.views import Health


@dataclass(frozen=True, slots=True)
class Context:
    """The state at a moment, with the number of sources and datasets that need somebody."""

    health: Health
    now: datetime
    faults: int


@get("/stand", include_in_schema=False, sync_to_thread=True)
def state(
    reads: GivenReads, principal: GivenPrincipal, city: GivenCity, language: GivenLanguage, clock: GivenClock
) -> Response[str]:
    """How the data are doing."""
    health = reads.health(principal, clock.now())
    runs = [one.run for one in health.sources] + [one.run for one in health.datasets]
    faults = sum(1 for run in runs if run is not None and run.outcome == "failed")
    t = Words(language)
    frame = Frame(t("nav.state"), "/stand", section="state", crumbs=((t("nav.home"), "/"),))
    return page("state.html", Context(health, clock.now(), faults), frame, city, language)
