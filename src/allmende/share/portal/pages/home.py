"""The first page: the sentence of the day, where the city stands, what was asked and answered, the districts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from litestar import Response, get

from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.model.document import Span, StoryVersion
from allmende.model.place import Place
from allmende.model.text import Language
from allmende.share.draw.outline import outline_svg
from allmende.share.draw.sparkline import sparkline
from allmende.share.given import GivenCity, GivenClock, GivenLanguage, GivenPrincipal, GivenReads
from allmende.share.portal.render import Frame, licences_of, page
from allmende.share.reads import Reads
from allmende.share.views import IndicatorView


@dataclass(frozen=True, slots=True)
class Goal:
    """An indicator on the first page, with a line of its last values as SVG (may be empty)."""

    view: IndicatorView
    line: str


@dataclass(frozen=True, slots=True)
class Context:
    """`sentence` are spans with figures; `faults` counts sources that failed last; `map` is SVG and may be empty."""

    now: datetime
    sentence: tuple[Span, ...]
    faults: int
    sources: int
    goals: tuple[Goal, ...]
    goal_count: int
    stories: tuple[StoryVersion, ...]
    places: tuple[Place, ...]
    map: str
    datasets: int


@get("/", include_in_schema=False, sync_to_thread=True)
def home(
    reads: GivenReads, principal: GivenPrincipal, city: GivenCity, language: GivenLanguage, clock: GivenClock
) -> Response[str]:
    """The first page."""
    front = _front(reads, principal, language)
    views = {view.indicator.id: view for view in reads.indicators(principal)}
    chosen = [views[name] for name in city.front.indicators if name in views] or list(views.values())[:6]
    stories = {story.story: story for story in reads.stories(principal, language)}
    first = [stories[name] for name in city.front.stories if name in stories] or list(stories.values())[:6]
    health = reads.health(principal, clock.now())
    places = reads.places(principal)
    context = Context(
        now=clock.now(),
        sentence=front.answer if front else (),
        faults=sum(1 for state in health.sources if state.run is not None and state.run.outcome == "failed"),
        sources=len(health.sources),
        goals=tuple(Goal(view, _line(reads, principal, view)) for view in chosen[:6]),
        goal_count=len(views),
        stories=tuple(first),
        places=places,
        map=outline_svg(places, language),
        datasets=len(reads.datasets(principal)),
    )
    ids = [licence.id for goal in context.goals for licence in goal.view.licences] + list(
        front.licences if front else ()
    )
    named = [text for goal in context.goals for text in goal.view.attributions] + list(
        front.attributions if front else ()
    )
    frame = Frame(
        city.name.of(language),
        "/",
        licences=licences_of(ids),
        attributions=tuple(dict.fromkeys(named)),
        section="home",
    )
    return page("home.html", context, frame, city, language)


def _front(reads: Reads, principal: Principal, language: Language) -> StoryVersion | None:
    try:
        return reads.story(principal, "front", language)
    except NotFound:
        return None


def _line(reads: Reads, principal: Principal, view: IndicatorView) -> str:
    figures = reads.series(principal, view.indicator.id)[-36:]
    values = [figure.value if isinstance(figure.value, float) else None for figure in figures]
    return sparkline(values, trusted=view.latest is None or view.latest.trust != "suspect")
