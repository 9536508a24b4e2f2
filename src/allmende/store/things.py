"""Things, locations, sensors, observed properties, datastreams and features in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from allmende.errors import Conflict, NotFound
from allmende.model.thing import Datastream, HistoricalLocation, ThingKind
from allmende.model.watched import Watched
from allmende.store.counters import take_ids
from allmende.store.observations import fault
from allmende.store.thing_removal import remove
from allmende.store.thing_rows import KINDS, Described, Kind, kind_of
from allmende.store.thing_tables import (
    DATASTREAM_PROPERTY,
    FEATURE,
    HISTORICAL_PLACE,
    THING_LOCATION,
)
from allmende.store.watched import read_watched

_Value = TypeVar("_Value", bound=Described)


class SqlThings:
    """The Things port on SQLite or PostgreSQL.

    Every method is one transaction, or part of the one whose connection it is given (`begin`).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self) -> AbstractContextManager[Connection]:
        """A transaction for several writes that belong together."""
        return self._engine.begin()

    # --- reading ---

    def get(self, kind: ThingKind, id_: int, db: Connection | None = None) -> Any:
        """One value by its id; NotFound when there is none."""
        found = self.several(kind, (id_,), db)
        if not found:
            raise NotFound(f"there is no {kind.replace('_', ' ')} {id_}", where=str(id_))
        return found[0]

    def find(self, kind: ThingKind, key: str, db: Connection | None = None) -> Any | None:
        """One value by the producer's key; None when there is none."""
        table = KINDS[kind].table
        with self._reading(db) as own:
            ids = list(own.scalars(select(table.c.id).where(table.c.key == key)))
            return self.several(kind, ids, own)[0] if ids else None

    def several(
        self, kind: ThingKind, ids: Iterable[int] | None = None, db: Connection | None = None
    ) -> tuple[Any, ...]:
        """Values of a kind by id, all or those with these ids."""
        shape, wanted = KINDS[kind], None if ids is None else list(ids)
        query = select(shape.table).order_by(shape.table.c.id)
        if wanted is not None:
            query = query.where(shape.table.c.id.in_(wanted))
        with self._reading(db) as own:
            rows = [dict(row) for row in own.execute(query).mappings()]
            add_links(own, shape, rows)
        return tuple(shape.value_of(row) for row in rows)

    def watched(self) -> tuple[Watched, ...]:
        """Every datastream of one property, with its thing, property and place."""
        with self._engine.connect() as db:
            return read_watched(db)

    def locations_of(self, thing_id: int, db: Connection | None = None) -> tuple[int, ...]:
        """The ids of a thing's present locations."""
        query = select(THING_LOCATION.c.location_id).where(THING_LOCATION.c.thing_id == thing_id)
        with self._reading(db) as own:
            return tuple(own.scalars(query.order_by(THING_LOCATION.c.location_id)))

    def feature_of_location(self, location_id: int, db: Connection | None = None) -> int | None:
        """The feature that was made from a location; None when there is none yet."""
        with self._reading(db) as own:
            return own.scalar(select(FEATURE.c.id).where(FEATURE.c.location_id == location_id).limit(1))

    # --- writing ---

    def add(self, value: _Value, db: Connection | None = None) -> _Value:
        """Keep a new value and return it with its id; Conflict when its key is taken."""
        shape = kind_of(value)
        try:
            with self._writing(db) as own:
                made = replace(value, id=take_ids(own, shape.name))
                own.execute(insert(shape.table).values(**shape.row_of(made)))
                _write_links(own, made)
                return made
        except IntegrityError as error:
            key = getattr(value, "key", None)
            raise Conflict(f"there is a {shape.name} with the key {key!r} already") from error
        except DBAPIError as error:
            raise fault(error) from error

    def keep(self, value: _Value, db: Connection | None = None) -> _Value:
        """Keep a value under its key: a new one is added, a known one is brought up to date."""
        key = getattr(value, "key", None)
        with self._writing(db) as own:
            known = self.find(kind_of(value).name, key, own) if key else None
            if known is None:
                return self.add(value, own)
            wanted = replace(value, id=known.id)
            if wanted != known:
                self.update(wanted, own)
            return wanted

    def update(self, value: Described, db: Connection | None = None) -> None:
        """Replace all that is kept of a value; NotFound when there is none with its id."""
        shape = kind_of(value)
        row = shape.row_of(value)
        try:
            with self._writing(db) as own:
                query = update(shape.table).where(shape.table.c.id == value.id).values(**row)
                if not own.execute(query).rowcount:
                    raise NotFound(f"there is no {shape.name} {value.id}", where=str(value.id))
                _remove_links(own, value)
                _write_links(own, value)
        except DBAPIError as error:
            raise fault(error) from error

    def delete(self, kind: ThingKind, id_: int, db: Connection | None = None) -> None:
        """Delete a value and all that cannot be without it (18-088, table 24); NotFound when there is none."""
        try:
            with self._writing(db) as own:
                if not remove(own, kind, [id_]):
                    raise NotFound(f"there is no {kind.replace('_', ' ')} {id_}", where=str(id_))
        except DBAPIError as error:
            raise fault(error) from error

    def place(
        self, thing_id: int, location_ids: Sequence[int], time: datetime, db: Connection | None = None
    ) -> None:
        """From `time` on the thing is at these locations; where it was before stays known."""
        with self._writing(db) as own:
            own.execute(delete(THING_LOCATION).where(THING_LOCATION.c.thing_id == thing_id))
            if location_ids:
                rows = [{"thing_id": thing_id, "location_id": place} for place in location_ids]
                own.execute(insert(THING_LOCATION), rows)
                self.add(HistoricalLocation(0, thing_id, time, tuple(location_ids)), own)

    def name_origin(self, feature_id: int, location_id: int, db: Connection | None = None) -> None:
        """Remember that a feature was made from a location, for the next observation there."""
        with self._writing(db) as own:
            own.execute(update(FEATURE).where(FEATURE.c.id == feature_id).values(location_id=location_id))

    def _reading(self, db: Connection | None) -> AbstractContextManager[Connection]:
        return _Borrowed(db) if db is not None else self._engine.connect()

    def _writing(self, db: Connection | None) -> AbstractContextManager[Connection]:
        return _Borrowed(db) if db is not None else self._engine.begin()


class _Borrowed(AbstractContextManager[Connection]):
    """Somebody else's transaction: it is not ended here."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def __enter__(self) -> Connection:
        return self._db

    def __exit__(self, *_: object) -> None:
        return None


def add_links(db: Connection, shape: Kind, rows: list[dict[str, Any]]) -> None:
    """Put `observed_property_ids` or `location_ids` into the rows, in their order."""
    if not rows:
        return
    if shape.name == "datastream":
        link = DATASTREAM_PROPERTY.c
        query = select(link.datastream_id, link.observed_property_id).order_by(link.position)
        _gather(
            db, query.where(link.datastream_id.in_([r["id"] for r in rows])), rows, "observed_property_ids"
        )
    elif shape.name == "historical_location":
        place = HISTORICAL_PLACE.c
        query = select(place.historical_location_id, place.location_id).order_by(place.location_id)
        wanted = place.historical_location_id.in_([r["id"] for r in rows])
        _gather(db, query.where(wanted), rows, "location_ids")


def _gather(db: Connection, query: Any, rows: list[dict[str, Any]], name: str) -> None:
    found: dict[int, list[int]] = {}
    for owner, other in db.execute(query):
        found.setdefault(owner, []).append(other)
    for row in rows:
        row[name] = found.get(row["id"], [])


def _write_links(db: Connection, value: Described) -> None:
    if isinstance(value, Datastream):
        rows = [
            {"datastream_id": value.id, "position": position, "observed_property_id": id_}
            for position, id_ in enumerate(value.observed_property_ids)
        ]
        if rows:
            db.execute(insert(DATASTREAM_PROPERTY), rows)
    elif isinstance(value, HistoricalLocation) and value.location_ids:
        places = [{"historical_location_id": value.id, "location_id": id_} for id_ in value.location_ids]
        db.execute(insert(HISTORICAL_PLACE), places)


def _remove_links(db: Connection, value: Described) -> None:
    if isinstance(value, Datastream):
        db.execute(delete(DATASTREAM_PROPERTY).where(DATASTREAM_PROPERTY.c.datastream_id == value.id))
    elif isinstance(value, HistoricalLocation):
        link = HISTORICAL_PLACE.c.historical_location_id
        db.execute(delete(HISTORICAL_PLACE).where(link == value.id))
