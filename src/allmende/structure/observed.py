"""Observations to a dataset version: one row per datastream and finished hour or day.

Everything follows from the hour sums as they were known at one moment, so the same version can be
made again. Doubted values are counted but not averaged, and what a sensor's silence or doubts say
of its newest values is written into the rows, from where it reaches whatever is made of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import shapely

from allmende.catalogue.access import Accesses, closed_parts
from allmende.catalogue.arrow_types import ARROW
from allmende.catalogue.trust import DOUBTED, INCOMPLETE, KNOWN, SENSORS_SHARE, SILENT
from allmende.catalogue.versions import Judge, Made, digest, publish_table
from allmende.errors import AllmendeError, HeldBack, NotFound
from allmende.model.city import City
from allmende.model.dataset import Check, Dataset, DatasetVersion
from allmende.model.limits import Limits
from allmende.model.observed import observed_columns
from allmende.model.run import Run, Step
from allmende.model.watched import Selection, Watched
from allmende.ports import Clock, Lake, Series, Store
from allmende.structure.locate import locate, read_districts
from allmende.structure.parse import Rows
from allmende.structure.periods import HOUR, Calendar
from allmende.structure.publish import inputs_of
from allmende.structure.series_rows import SECONDS, Gathered, gather

# Grows when this package turns the same observations into other rows than before.
_EDITION = 1
AT_ONCE = 20
"""Datastreams whose hours are in memory together: a year of twenty is 175,000 of them."""


@dataclass(frozen=True)
class Observatory:
    """What is at hand while a dataset is made from observations."""

    city: City
    store: Store
    lake: Lake
    series: Series
    watched: tuple[Watched, ...]
    limits: Mapping[int, Limits]

    def chosen(self, dataset: Dataset) -> tuple[Watched, ...]:
        """The datastreams of the dataset that are no more closed than itself."""
        access = Accesses(self.city).dataset(dataset.id)
        selection = selection_of(dataset)
        return tuple(one for one in self.watched if selection.takes(one) and one.access <= access)


def selection_of(dataset: Dataset) -> Selection:
    """What the dataset is made from; NotFound when it is not made from observations."""
    if dataset.observations is None:
        raise NotFound("this dataset is not made from observations", where=f"datasets/{dataset.id}.toml")
    return dataset.observations


def publish_observed(
    shop: Observatory, dataset: Dataset, clock: Clock, judge: Judge = lambda made: None
) -> Run:
    """Publish the dataset as known now, when `judge` lets it pass. Of our faults only HeldBack is raised.

    Outcome `new`, `unchanged`, `failed` (the last version stays), or `skipped` when no datastream fits.
    """
    started, step = clock.now(), Step("publish", dataset.id)
    try:
        if not shop.chosen(dataset):
            return Run(step, started, clock.now(), "skipped", _nothing_fits(shop, dataset))
        made = make_observed(shop, dataset, started)
        judge(made)
        version = publish_table(dataset.id, made, shop.store, shop.lake, clock)
    except HeldBack:
        raise
    except AllmendeError as error:
        message = f"{error.where}: {error.message}" if error.where else error.message
        return Run(step, started, clock.now(), "failed", message, error.hint, error.transient)
    if version is None:
        return Run(step, started, clock.now(), "unchanged", "the same rows again")
    message = f"version {version.number}: {version.rows} rows"
    return Run(step, started, clock.now(), "new", message, rows=version.rows)


def _nothing_fits(shop: Observatory, dataset: Dataset) -> str:
    closed = sum(1 for one in shop.watched if selection_of(dataset).takes(one))
    if closed:
        return f"all {closed} datastreams of it are more closed than the dataset"
    return "no datastream measures this yet"


def make_observed(shop: Observatory, dataset: Dataset, known_on: datetime, *, past: bool = False) -> Made:
    """The rows of the dataset as known on a moment, with what is to be said of them. Writes nothing.

    `past` asks for what was known then; otherwise `known_on` is now, and what is current is known.
    """
    selection, chosen = selection_of(dataset), shop.chosen(dataset)
    calendar = Calendar(selection.every, ZoneInfo(shop.city.time_zone), known_on)
    found = [one for several in _batches(chosen) for one in _gather(shop, several, selection, calendar, past)]
    rows = _rows(found, chosen, selection)
    inputs = inputs_of(shop.city, dataset, shop.store)
    if inputs and shop.city.districts is not None:
        rows = locate(rows, dataset, read_districts(shop.city.districts, inputs[0], shop.store, shop.lake))
    accesses = Accesses(shop.city)
    return Made(
        table=rows.table,
        columns=rows.columns,
        maker_hash=observed_hash(shop, dataset),
        inputs=inputs,
        checks=_checks(found, chosen, known_on),
        access=accesses.dataset(dataset.id),
        licences=tuple(licence.id for licence in accesses.licences(dataset.id)),
        attributions=accesses.attributions(dataset.id),
    )


def known_on(version: DatasetVersion) -> datetime:
    """The moment whose knowledge a version shows. Raises NotFound when it is not made from observations."""
    for check in version.checks:
        if check.name == KNOWN:
            return datetime.fromisoformat(check.detail.split()[0])
    raise NotFound("this version is not made from observations", where=str(version.pin))


def observed_hash(shop: Observatory, dataset: Dataset) -> str:
    """The hash over everything that turns observations into the rows of the dataset: what is selected,
    and of each datastream its names, place and when it is silent."""
    selection, city = selection_of(dataset), shop.city
    rule = city.districts
    return digest(
        {
            **closed_parts(shop.city, dataset),
            "edition": _EDITION,
            "properties": list(selection.properties),
            "things": list(selection.things),
            "every": selection.every,
            "days": selection.days,
            "zone": city.time_zone,
            "district": [dataset.district_column, rule.dataset] if rule and dataset.district_column else [],
            "datastreams": [_described(one, shop.limits) for one in shop.chosen(dataset)],
        }
    )


def _described(one: Watched, limits: Mapping[int, Limits]) -> list[object]:
    known = limits.get(one.datastream_id, Limits())
    place = [one.longitude, one.latitude]
    return [one.code, one.thing_key, one.thing_name, one.unit, place, known.silence_after, known.live]


def _batches(chosen: Sequence[Watched]) -> Iterable[Sequence[Watched]]:
    return (chosen[start : start + AT_ONCE] for start in range(0, len(chosen), AT_ONCE))


def _gather(
    shop: Observatory, several: Sequence[Watched], selection: Selection, calendar: Calendar, past: bool
) -> list[Gathered]:
    start = calendar.start(selection.days)
    ids = [one.datastream_id for one in several]
    moment = calendar.known_on
    hours = shop.series.buckets(ids, start, moment, SECONDS, moment if past else None)
    return gather(hours, ids, shop.limits, calendar)


def _rows(found: Sequence[Gathered], chosen: Sequence[Watched], selection: Selection) -> Rows:
    units = {one.unit for one in chosen}
    columns = observed_columns(selection.every, units.pop() if len(units) == 1 else "")
    cells: dict[str, list[object]] = {column.name: [] for column in columns}
    by_id = {one.datastream_id: one for one in chosen}
    for series in found:
        fixed = _fixed(by_id[series.datastream_id])
        for period in series.periods:
            values = {**fixed, **period._asdict()}
            for name, column in cells.items():
                column.append(values[name])
    table = pa.table({column.name: pa.array(cells[column.name], ARROW[column.type]) for column in columns})
    table = table.sort_by([("series", "ascending"), ("period", "ascending")])
    return Rows(table, columns, pa.array(range(1, table.num_rows + 1)).to_numpy(), (), table.num_rows)


def _fixed(one: Watched) -> dict[str, object]:
    """What is the same in all rows of a datastream."""
    return {
        "series": one.code,
        "thing": one.thing_key or str(one.thing_id),
        "name": one.thing_name,
        "property": one.property_key or one.property_name,
        "geometry": _point(one.longitude, one.latitude),
    }


def _point(longitude: float | None, latitude: float | None) -> bytes | None:
    if longitude is None or latitude is None:
        return None
    return shapely.to_wkb(shapely.Point(longitude, latitude))


def _checks(found: Sequence[Gathered], chosen: Sequence[Watched], moment: datetime) -> tuple[Check, ...]:
    names = {one.datastream_id: one.thing_name for one in chosen}
    silent = [names[one.datastream_id] for one in found if one.trust == "stale"]
    doubted = [names[one.datastream_id] for one in found if one.trust == "suspect"]
    thin = [names[one.datastream_id] for one in found if one.trust == "incomplete"]
    said = f"{moment.astimezone(UTC).isoformat()} {len(chosen)} datastreams"
    return (
        Check(KNOWN, True, 0, said),
        _share(SILENT, silent, len(chosen), "are silent"),
        _share(DOUBTED, doubted, len(chosen), "give doubtful values"),
        _share(INCOMPLETE, thin, len(chosen), "give too few values"),
    )


def _share(name: str, things: Sequence[str], count: int, words: str) -> Check:
    """Failed when more than one in twenty: then the rest no longer speaks for the whole."""
    if not things:
        return Check(name, True)
    shown = ", ".join(sorted(things)[:5]) + (", ..." if len(things) > 5 else "")
    passed = len(things) <= SENSORS_SHARE * count
    return Check(name, passed, len(things), f"{len(things)} of {count} datastreams {words}: {shown}")


def state_hash(shop: Observatory, dataset: Dataset, trusts: Mapping[int, str], moment: datetime) -> str:
    """The hash of what decides whether the dataset is to be made again: its definition, the present
    state of its datastreams, and the last period that has ended.

    Rows know of trouble by the hour, newest values by the minute: while a datastream is in trouble it
    is looked at again every hour.
    """
    selection = selection_of(dataset)
    calendar = Calendar(selection.every, ZoneInfo(shop.city.time_zone), moment)
    hour = calendar.known_on // HOUR
    now = [trusts.get(one.datastream_id, "unknown") for one in shop.chosen(dataset)]
    shown = [[trust, None if trust in ("ok", "unknown") else hour] for trust in now]
    pins = [str(pin) for pin in inputs_of(shop.city, dataset, shop.store)]
    return digest([dataset.id, observed_hash(shop, dataset), calendar.end, shown, pins])
