"""Making things with everything inside them, within one transaction (deep insert, 18-088, section 10.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from allmende.errors import NotFound
from allmende.model.access import Access, Principal, strictest
from allmende.model.observation import Observation, microseconds
from allmende.model.thing import Datastream
from allmende.ports import ThingsWriting
from allmende.share.writes import Writes
from allmende.standards.sensorthings import bodies
from allmende.standards.sensorthings.addresses import LARGEST_ID
from allmende.standards.sensorthings.faults import BadRequest
from allmende.standards.sensorthings.mapping import SETS, EntitySet, Link

Json = Mapping[str, Any]
_ONE: dict[str, tuple[str, ...]] = {
    "Datastreams": ("Thing", "Sensor", "ObservedProperty"),
    "MultiDatastreams": ("Thing", "Sensor"),
    "HistoricalLocations": ("Thing",),
}
_DEEPEST = 8


class Creation:
    """Makes things within one transaction."""

    def __init__(
        self, writes: Writes, principal: Principal, things: ThingsWriting, db: Any, rows: list[Observation]
    ) -> None:
        self._writes = writes
        self._principal = principal
        self._things = things
        self._db = db
        self._rows = rows
        self._depth = 0

    def create(self, of: EntitySet, body: Any, given: Mapping[str, Any], parent: Access | None = None) -> int:
        """Make one with everything inside it; returns its id."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadRequest("this is nested too deeply", where=of.name)
        if of.kind != "feature":  # who may write observations may say what they are about, nothing else
            self._writes.things(self._principal)
        found = bodies.check_fields(of, body, whole=True)
        wanted = bodies.access_of(found) or (parent.label if parent is not None else None)
        access = self._writes.access_of(self._principal, wanted)
        links = self._links(of, found, given, access)
        if of.kind == "datastream":
            access = strictest((access, self._get("thing", links["Thing"]).access))
        value = self._things.add(bodies.described(of, found, links, access), self._db)
        self._follow(of, value, found, given, access)
        self._depth -= 1
        return value.id

    def change(self, of: EntitySet, id_: int, body: Json) -> None:
        """Change one and the links that its body names."""
        value = bodies.changed(of, self._get(of.kind, id_), body)
        wanted = bodies.access_of(body)
        if wanted is not None and hasattr(value, "access"):
            value = replace(value, access=Access.parse(wanted))
        if isinstance(value, Datastream):
            value = self._relinked(of, value, body)
        self._things.update(value, self._db)
        if of.kind == "thing" and body.get("Locations"):
            self._place(id_, self._many("Locations", body["Locations"], value.access))

    def _relinked(self, of: EntitySet, stream: Datastream, body: Json) -> Datastream:
        names = {"Thing": "thing_id", "Sensor": "sensor_id"}
        changes: dict[str, Any] = {
            ours: self._one(of, name, body[name], stream.access)
            for name, ours in names.items()
            if body.get(name)
        }
        if body.get("ObservedProperty"):
            one = self._one(of, "ObservedProperty", body["ObservedProperty"], stream.access)
            changes["observed_property_ids"] = (one,)
        thing = self._get("thing", changes.get("thing_id", stream.thing_id))
        return replace(stream, **changes, access=strictest((stream.access, thing.access)))

    # --- links ---

    def _links(self, of: EntitySet, body: Json, given: Mapping[str, Any], access: Access) -> dict[str, Any]:
        """The ids that a new value needs before it can be kept."""
        links = {name: id_ for name, id_ in given.items() if name in of.links}
        for name in _ONE.get(of.name, ()):
            if name in links:
                self._get(SETS[of.links[name].target].kind, links[name])
            else:
                links[name] = self._one(of, name, body.get(name), access)
        if of.name == "MultiDatastreams":
            links["ObservedProperties"] = self._many(
                "ObservedProperties", body.get("ObservedProperties"), access
            )
        if of.name == "HistoricalLocations":
            links["Locations"] = self._many("Locations", body.get("Locations"), access)
        return links

    def _one(self, of: EntitySet, name: str, part: Any, access: Access) -> int:
        if part is None:
            raise BadRequest(f"{name} must be there", where=name, hint=f'{{"{name}": {{"@iot.id": 1}}}}')
        return self._linked(of.links[name], part, access)

    def _many(self, name: str, several: Any, access: Access) -> list[int]:
        if not isinstance(several, list):
            several = [several] if isinstance(several, dict) else None
        if not several:
            raise BadRequest(f"{name} is a list with at least one", where=name)
        return [self._linked(Link("", name), part, access) for part in several]

    def _linked(self, link: Link, part: Any, access: Access) -> int:
        """An existing one by `@iot.id`, or a new one made here."""
        of = SETS[link.target]
        if isinstance(part, dict) and "@iot.id" in part:
            return self._existing(of, part["@iot.id"])
        return self.create(of, part, {}, access)

    def _existing(self, of: EntitySet, id_: Any) -> int:
        if isinstance(id_, bool) or not isinstance(id_, int):
            raise BadRequest("@iot.id is a whole number", where=of.single)
        if abs(id_) > LARGEST_ID:
            raise BadRequest(f"there is no {of.single} {id_}", where=of.single)
        try:
            self._get(of.kind, id_)
        except NotFound as error:
            raise BadRequest(f"there is no {of.single} {id_}", where=of.single) from error
        return id_

    def _get(self, kind: str, id_: int) -> Any:
        return self._things.get(kind, id_, self._db)  # type: ignore[arg-type]

    # --- what hangs on the new one ---

    def _follow(
        self, of: EntitySet, value: Any, body: Json, given: Mapping[str, Any], access: Access
    ) -> None:
        if of.kind == "thing":
            places = [*given.get("Locations", ())]
            if body.get("Locations"):
                places += self._many("Locations", body["Locations"], access)
            if places:
                self._place(value.id, places)
        if of.kind == "location":
            for thing in [*given.get("Things", ()), *self._things_of(body, access)]:
                self._place(thing, [value.id])
        for name in ("Datastreams", "MultiDatastreams"):
            if name in of.links:
                for part in _list_of(name, body):
                    self.create(SETS[name], part, {of.single: value.id}, access)
        for part in _list_of("Observations", body) if "Observations" in of.links else ():
            row = self.observation(
                bodies.check_fields(SETS["Observations"], part, whole=True), {of.single: value.id}
            )
            self._rows.append(row)

    def _things_of(self, body: Json, access: Access) -> list[int]:
        return self._many("Things", body["Things"], access) if body.get("Things") else []

    def _place(self, thing: int, places: list[int]) -> None:
        self._things.place(thing, places, datetime.now(UTC), self._db)

    # --- observations ---

    def observation(self, body: Json, given: Mapping[str, Any]) -> Observation:
        """The row of a body, about the feature it names or the place of its thing."""
        stream = self._stream(body, given)
        row = bodies.observation(body, stream, microseconds(datetime.now(UTC)))
        row.feature_id = self._feature(body, given, stream)
        return row

    def _stream(self, body: Json, given: Mapping[str, Any]) -> Datastream:
        for name in ("Datastream", "MultiDatastream"):
            link = SETS["Observations"].links[name]
            if name in given or body.get(name):
                known = self._known(given.get(name) or body[name])
                if known is not None:
                    return known
                id_ = given.get(name) or self._linked(
                    link, body[name], self._writes.access_of(self._principal, None)
                )
                stream: Datastream = self._get("datastream", id_)
                return stream
        raise BadRequest(
            "Datastream must be there", where="Datastream", hint='{"Datastream": {"@iot.id": 1}}'
        )

    def _known(self, named: Any) -> Datastream | None:
        """A datastream that exists and is remembered, by its id or `{"@iot.id": id}`."""
        id_ = named.get("@iot.id") if isinstance(named, dict) else named
        return self._writes.datastream(id_) if type(id_) is int and self._db is None else None

    def _feature(self, body: Json, given: Mapping[str, Any], stream: Datastream) -> int | None:
        if "FeatureOfInterest" in given:
            return int(given["FeatureOfInterest"])
        if body.get("FeatureOfInterest"):
            return self._linked(
                SETS["Observations"].links["FeatureOfInterest"], body["FeatureOfInterest"], stream.access
            )
        return self._writes.feature_of_place(stream, self._things, self._db)


def _list_of(name: str, body: Json) -> list[Any]:
    """What a body holds of a set inside it."""
    found = body.get(name)
    if not isinstance(found, (list, type(None))):
        raise BadRequest(f"{name} is a list", where=name)
    return found or []
