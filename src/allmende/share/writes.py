"""The write gate: who may write what is decided here, before anything is looked at."""

from __future__ import annotations

import time
from typing import Any

from allmende.errors import NotAllowed
from allmende.model.access import Access, Principal, strictest
from allmende.model.query import Call, Path, constant
from allmende.model.series import Wanted
from allmende.model.thing import Datastream, Feature
from allmende.ports import Intake, Observations, Series, ThingsWriting
from allmende.share.writers import Writers

_SECONDS = 60.0  # so long a feature is remembered
_ID = 2  # the place of the id in a row of observations


class Writes:
    """Gives the parts that write to those who may use them."""

    def __init__(
        self, things: ThingsWriting, intake: Intake, writers: Writers, series: Series, store: Observations
    ) -> None:
        self._things = things
        self._intake = intake
        self._writers = writers
        self._series = series
        self._store = store
        self._features: dict[int, int | None] = {}
        self._until = 0.0

    def of(self, authorization: bytes | None) -> Principal:
        """Who writes. Raises NotAllowed for a key that is not known or no longer valid."""
        return self._writers.of(authorization)

    def things(self, principal: Principal) -> ThingsWriting:
        """Things, datastreams and all that describes them. Raises NotAllowed."""
        self._check(principal, "things")
        return self._things

    def observations(self, principal: Principal, way: str) -> Intake:
        """Observations, by one way in. Raises NotAllowed."""
        self._check(principal, "observations", way)
        return self._intake

    def observed(self, principal: Principal, way: str) -> ThingsWriting:
        """Datastreams and features, for those who may write observations: to look up, and to make the
        feature that an observation is about. Raises NotAllowed."""
        self._check(principal, "observations", way)
        return self._things

    def datastream(self, name: int | str) -> Datastream | None:
        """A datastream by id or key, remembered; None when there is none."""
        return self._intake.datastream(name)

    def feature_of_place(self, stream: Datastream, things: ThingsWriting, db: Any = None) -> int | None:
        """The feature of the place where a datastream's thing is; made when there is none yet.

        None when nobody knows the place. Remembered, because every observation asks.
        """
        if time.monotonic() > self._until:  # another process may have moved the thing
            self._features.clear()
            self._until = time.monotonic() + _SECONDS
        if stream.id in self._features:
            return self._features[stream.id]
        places = things.locations_of(stream.thing_id, db)
        found = None
        if places:
            made = things.feature_of_location(places[0], db)
            found = made or self._make_feature(places[0], stream, things, db)
        if db is None:  # within a transaction that may fail nothing is remembered
            self._features[stream.id] = found
        return found

    def observations_about(self, feature_id: int, most: int = 1_000) -> tuple[int, ...]:
        """Ids of current observations about a feature, `most` at once."""
        streams = self._store.datastreams_of_feature(feature_id)
        where = Call("eq", (Path(("feature_id",)), constant(feature_id)))
        rows = self._series.read(Wanted(streams, where, top=most))
        return tuple(row[_ID] for row in rows)

    def forget(self) -> None:
        """Things were changed: nothing that is remembered of them is certain."""
        self._features.clear()
        self._intake.forget()

    def _make_feature(self, location_id: int, stream: Datastream, things: ThingsWriting, db: Any) -> int:
        place = things.get("location", location_id, db)
        made = things.add(
            Feature(
                0,
                place.name,
                place.description,
                place.encoding,
                place.geometry,
                access=strictest((stream.access, place.access)),
            ),
            db,
        )
        things.name_origin(made.id, location_id, db)
        return made.id

    def access_of(self, principal: Principal, wanted: str | None) -> Access:
        """The class of something new: as wanted, else closed; open where everybody may write (tests)."""
        if wanted is not None:
            return Access.parse(wanted)
        return Access.OPEN if principal.kind == "anonymous" else Access.INTERNAL

    def _check(self, principal: Principal, kind: str, way: str | None = None) -> None:
        if not principal.may_write(kind, way):
            raise NotAllowed(
                f"writing {kind} needs a key for it",
                hint=f"`allmende key CITY make --name NAME --scope write:{kind}` makes one.",
            )
