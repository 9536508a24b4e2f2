"""Reading things for people: a thing with its series, a stretch of one series, one value with its origin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from allmende.catalogue.series_trust import judge_series, read_limits, worst_of
from allmende.errors import NotFound
from allmende.model.access import Access, Principal
from allmende.model.geometry import box_of
from allmende.model.message import KeptMessage
from allmende.model.observation import Latest, Observation, microseconds, moment
from allmende.model.place import Place
from allmende.model.query import Call, Expression, Order, Path, Query, both, constant
from allmende.model.series import Bucket, Wanted
from allmende.model.thing import Datastream, Location, ObservedProperty, Sensor, Thing
from allmende.model.watched import Watched
from allmende.share.districts_of import district_of
from allmende.share.fold import fold_days
from allmende.share.health_reads import HealthReads
from allmende.share.series_views import ObservationView, PointsView, SeriesView, ThingView, WatchedView
from allmende.share.spans import DAY, HOUR, RAW, SECOND, Span, city_days, span_of
from allmende.share.thing_reads import ThingReads

MOST_VALUES = 5_000
PAGE = 20_000
_ALL = 1_000
_TIME, _ID = Path(("phenomenon_time",)), Path(("id",))


class SeriesReads(HealthReads, ThingReads):
    """Things, series and values as pages show them."""

    def watched(self, principal: Principal, now: datetime, property_key: str = "") -> tuple[WatchedView, ...]:
        """Every series of one property (or of all) with its newest value, by the names of things."""
        found = [one for one in self._store.things.watched() if property_key in ("", one.property_key)]
        readable = [one for one in found if _may_see(principal, one)]
        latest = self._store.observations.latest([one.datastream_id for one in readable])
        views = (self._watched_view(one, latest.get(one.datastream_id), now) for one in readable)
        return tuple(sorted(views, key=lambda view: (view.watched.thing_name.casefold(), view.watched.name)))

    def things_inside(self, principal: Principal, place: Place, now: datetime) -> int:
        """How many things that the reader may see stand in a district."""
        standing = {
            one.watched.thing_id: (one.watched.longitude, one.watched.latitude)
            for one in self.watched(principal, now)
            if one.watched.longitude is not None and one.watched.latitude is not None
        }
        found = (district_of((place,), (x or 0.0, y or 0.0)) for x, y in standing.values())
        return sum(1 for one in found if one is not None)

    def thing(self, principal: Principal, name: str, now: datetime) -> ThingView:
        """A thing by its number or key, with everything it measures. Raises NotFound."""
        found: Thing = self._named(principal, "thing", name, None)
        streams = self.related(principal, "thing", "datastreams", [found.id], Query("datastream", top=_ALL))
        places = self.related(principal, "thing", "locations", [found.id], Query("location", top=10))
        series = self._series_views(principal, found, streams[found.id], now)
        position = _position(places[found.id])
        return ThingView(
            found,
            series,
            places[found.id],
            worst_of(view.state for view in series),
            district_of(self.places(principal), position),
            position,
            self._made_of(principal, found, {view.datastream.id for view in series}),
        )

    def series_view(self, principal: Principal, thing: str, name: str, now: datetime) -> SeriesView:
        """One series of a thing, both by number or key. Raises NotFound."""
        owner: Thing = self._named(principal, "thing", thing, None)
        stream: Datastream = self._named(principal, "datastream", name, owner.id)
        return self._series_views(principal, owner, [stream], now)[0]

    def points(
        self,
        principal: Principal,
        view: SeriesView,
        name: str,
        until: str,
        now: datetime,
        known_on: datetime | None = None,
    ) -> PointsView:
        """A stretch of a series: values where that is not too many, else means. Raises NotFound."""
        self._check(principal, view)
        zone = ZoneInfo(self.city.time_zone)
        span = span_of(name, until, view.latest, now, zone)
        known = microseconds(known_on) if known_on else None
        if span.seconds == RAW:
            rows = self._values(view, span.start, span.end, known, MOST_VALUES + 1)
            return PointsView(view, span, tuple(rows[-MOST_VALUES:]), cut=len(rows) > MOST_VALUES)
        if view.datastream.multi:
            return PointsView(view, span)
        return PointsView(view, span, means=self._means(view, span, zone, known))

    def value(self, principal: Principal, view: SeriesView, observation_id: int) -> ObservationView:
        """One value of a series with its revisions and its message. Raises NotFound."""
        found = self.observation(principal, observation_id)
        if found.datastream_id != view.datastream.id:
            raise NotFound("there is no such value", where=view.address)
        revisions = sorted(self._series.revisions(observation_id), key=lambda one: -one.revision)
        return ObservationView(
            view,
            found,
            tuple(revisions) or (found,),
            self._message(found),
            principal.may_read(Access.INTERNAL, view.thing.key or str(view.thing.id)),
        )

    def mean(self, principal: Principal, view: SeriesView, start: int, seconds: int) -> PointsView:
        """The values that a mean was made of, and the mean. Raises NotFound when there are none."""
        self._check(principal, view)
        zone = ZoneInfo(self.city.time_zone)
        end = city_days(start, start + SECOND, zone)[-1] if seconds == DAY else start + seconds * SECOND
        span = Span("", start, end, seconds)
        rows = self._values(view, start, end, None, MOST_VALUES + 1)
        means = self._means(view, span, zone, None)
        if not rows and not means:
            raise NotFound("there are no values in this time", where=view.address)
        return PointsView(view, span, tuple(rows[-MOST_VALUES:]), means, len(rows) > MOST_VALUES)

    def all_values(
        self, principal: Principal, view: SeriesView, start: int, end: int
    ) -> Iterator[list[Observation]]:
        """All current values from `start` to before `end`, oldest first, page by page."""
        self._check(principal, view)
        after: Expression | None = None
        while True:
            where = both(_between(start, end), after)
            wanted = Wanted(frozenset({view.datastream.id}), where, (Order(_TIME), Order(_ID)), PAGE)
            rows = [Observation(*row) for row in self._series.read(wanted)]
            if rows:
                yield rows
            if len(rows) < PAGE:
                return
            after = _behind(rows[-1])

    # --- parts ---

    def _check(self, principal: Principal, view: SeriesView) -> None:
        """A view is only made for who may see it; it may be asked with by somebody else."""
        if not self._seen(principal, frozenset({view.datastream.id})):
            raise no_thing(view.address)

    def _named(self, principal: Principal, kind: str, name: str, owner: int | None) -> Any:
        by: Expression = (
            Call("eq", (_ID, constant(int(name))))
            if name.isascii() and name.isdigit() and len(name) < 18
            else Call("eq", (Path(("key",)), constant(name)))
        )
        of = None if owner is None else Call("eq", (Path(("thing_id",)), constant(owner)))
        found = self.described(principal, Query(kind, both(by, of), top=1))
        if not found:
            raise no_thing(name)
        return found[0]

    def _series_views(
        self, principal: Principal, thing: Thing, streams: Sequence[Datastream], now: datetime
    ) -> tuple[SeriesView, ...]:
        ids = [stream.id for stream in streams]
        query = Query("observed_property", top=_ALL)
        properties = self.related(principal, "datastream", "observed_properties", ids, query)
        sensors = self.related(principal, "datastream", "sensor", ids, Query("sensor"))
        latest = self.newest(principal, ids)
        return tuple(
            _view(thing, stream, properties[stream.id], sensors[stream.id], latest.get(stream.id), now)
            for stream in streams
        )

    def _watched_view(self, one: Watched, latest: Latest | None, now: datetime) -> WatchedView:
        return WatchedView(one, latest, judge_series(latest, read_limits(one.properties), microseconds(now)))

    def _values(
        self, view: SeriesView, start: int, end: int, known_on: int | None, most: int
    ) -> list[Observation]:
        """The newest values of the time, oldest first."""
        wanted = Wanted(frozenset({view.datastream.id}), _between(start, end), top=most, known_on=known_on)
        return [Observation(*row) for row in self._series.read(wanted)][::-1]

    def _means(
        self, view: SeriesView, span: Span, zone: ZoneInfo, known_on: int | None
    ) -> tuple[Bucket, ...]:
        """Means of the steps; a day is one of the city, which in March has 23 hours."""
        if span.seconds != DAY:
            start = span.start - span.start % (span.seconds * SECOND)
            return tuple(self._buckets(view, start, span.end, span.seconds, known_on))
        days = city_days(span.start, span.end, zone)
        hours = self._buckets(view, days[0], days[-1], HOUR, known_on)
        return fold_days(hours, days)

    def _buckets(
        self, view: SeriesView, start: int, end: int, seconds: int, known_on: int | None
    ) -> Sequence[Bucket]:
        return self._series.buckets((view.datastream.id,), start, end, seconds, known_on)

    def _message(self, found: Observation) -> KeptMessage | None:
        if found.message_id is None:
            return None
        try:
            return self._store.observations.message(found.message_id)
        except NotFound:
            return None

    def _made_of(self, principal: Principal, thing: Thing, series: set[int]) -> tuple[str, ...]:
        """The datasets made of its values that the reader may see."""
        mine = [one for one in self._store.things.watched() if one.datastream_id in series]
        return tuple(
            dataset.id
            for dataset in self.city.datasets.values()
            if dataset.observations is not None
            and self._may_dataset(principal, dataset.id)
            and any(dataset.observations.takes(one) for one in mine)
        )


def no_thing(name: str) -> NotFound:
    """The one answer for things that are not there and for those the reader may not see."""
    return NotFound("there is no such thing", where=name)


def _may_see(principal: Principal, one: Watched) -> bool:
    return principal.may_read(one.access, one.thing_key or str(one.thing_id))


def _view(
    thing: Thing,
    stream: Datastream,
    properties: tuple[ObservedProperty, ...],
    sensors: tuple[Sensor, ...],
    latest: Latest | None,
    now: datetime,
) -> SeriesView:
    limits = read_limits(stream.properties)
    state = judge_series(latest, limits, microseconds(now))
    return SeriesView(stream, thing, properties, sensors[0] if sensors else None, latest, state, limits)


def _between(start: int, end: int) -> Expression:
    from_, to = constant(moment(start)), constant(moment(end))
    return Call("and", (Call("ge", (_TIME, from_)), Call("lt", (_TIME, to))))


def _behind(row: Observation) -> Expression:
    """Everything that comes after a row, by time and then by id."""
    time, id_ = constant(moment(row.phenomenon_time)), constant(row.id)
    later, same = Call("gt", (_TIME, time)), Call("eq", (_TIME, time))
    return Call("or", (later, Call("and", (same, Call("gt", (_ID, id_))))))


def _position(places: Sequence[Location]) -> tuple[float, float] | None:
    """The middle of the first place that says where it is."""
    for place in places:
        box = box_of(place.geometry)
        if box is not None:
            return (box.west + box.east) / 2, (box.south + box.north) / 2
    return None
