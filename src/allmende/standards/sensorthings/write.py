"""Create with everything inside (deep insert), change, replace and delete."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from allmende.errors import NotFound
from allmende.model.access import Access, Principal, strictest
from allmende.model.message import Accepted, Arrival, Change
from allmende.model.observation import Observation, microseconds
from allmende.model.thing import Datastream
from allmende.ports import Intake, ThingsWriting
from allmende.share.writes import Writes
from allmende.standards.sensorthings import bodies
from allmende.standards.sensorthings.addresses import Address
from allmende.standards.sensorthings.faults import BadRequest, NotDone
from allmende.standards.sensorthings.mapping import SETS, EntitySet, Link
from allmende.standards.sensorthings.read import Target

WAY = "sensorthings"
Json = Mapping[str, Any]
_ONE: dict[str, tuple[str, ...]] = {
    "Datastreams": ("Thing", "Sensor", "ObservedProperty"),
    "MultiDatastreams": ("Thing", "Sensor"),
    "HistoricalLocations": ("Thing",),
}
_DEEPEST = 8


class Group:
    """Writes that are done all together or not at all: one transaction for things, one for observations.

    Observations wait until the things are on disk, then they go together.
    """

    def __init__(self, things: ThingsWriting) -> None:
        self._begun = things.begin()
        self.db: Any = None
        self.rows: list[Observation] = []

    def __enter__(self) -> Group:
        self.db = self._begun.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._begun.__exit__(*error)


class Writer:
    """Writes for one principal. What touches the store's tables of things runs beside the event loop."""

    def __init__(self, writes: Writes, principal: Principal, group: Group | None = None) -> None:
        self._writes = writes
        self._group = group
        self.principal = principal

    def check(self, target: Target) -> None:
        """Refuse before anything of a body is read. Raises NotAllowed."""
        assert self._intake if target.of.kind == "observation" else self._things

    def group(self) -> Group:
        """A group of writes to enter. Raises NotAllowed."""
        return Group(self._things)

    async def store(self, rows: list[Observation]) -> None:
        """Store observations together; their ids are in them when this returns."""
        if rows:
            await self._intake.write(Arrival(rows))

    @property
    def _things(self) -> ThingsWriting:
        return self._writes.things(self.principal)

    @property
    def _intake(self) -> Intake:
        return self._writes.observations(self.principal, WAY)

    def target(self, address: Address) -> Target | None:
        """Where new observations go, without a look at the store; None for all other addresses.

        Within a group things that are not on disk yet are looked for by the group itself.
        """
        first, *rest = address.segments
        if self._group is not None:
            return _within_group(address)
        of = SETS["Observations"]
        if first.name == of.name and first.id is None and not rest:
            return Target(of)
        is_list = len(rest) == 1 and rest[0].name == of.name and rest[0].id is None
        if first.name in ("Datastreams", "MultiDatastreams") and first.id is not None and is_list:
            return Target(of, owner=("datastream.observations", first.id))
        return None

    # --- create ---

    async def create(self, target: Target, body: Any) -> int:
        """Make one of the target's set; returns its id. Raises BadRequest and NotFound."""
        given = given_by(target)
        if target.of.kind == "observation":
            return await self._create_observation(body, given)
        if self._group is not None:
            return self._creation(self._group.db, self._group.rows).create(target.of, body, given)
        id_, rows = await to_thread(self._create_things, target, body, given)
        await self.store(rows)
        return id_

    def _create_things(
        self, target: Target, body: Any, given: dict[str, Any]
    ) -> tuple[int, list[Observation]]:
        with Group(self._things) as group:
            id_ = self._creation(group.db, group.rows).create(target.of, body, given)
        self._writes.forget()
        return id_, group.rows

    def _creation(self, db: Any, rows: list[Observation]) -> _Creation:
        return _Creation(self._writes, self.principal, self._things, db, rows)

    async def _create_observation(self, body: Any, given: dict[str, Any]) -> int:
        if self._group is not None:
            # Its id comes with the group's commit; until then it is minus its place in the group.
            found = bodies.check_fields(SETS["Observations"], body, whole=True)
            maker = self._creation(self._group.db, self._group.rows)
            self._group.rows.append(maker.observation(found, given))
            return -len(self._group.rows)
        row = self.observation(body, given)
        accepted: Accepted = await self._intake.write(Arrival([row]))
        return accepted.observation_ids[0]

    def plain(self, found: Mapping[str, Any], given: Mapping[str, int]) -> Observation:
        """The row of time and result alone, of a datastream that is known: the way of bulk writes."""
        id_ = next(iter(given.values()))
        stream = self._writes.datastream(id_)
        if stream is None:
            raise NotFound(f"there is no datastream {id_}", where=str(id_))
        if found.get("result") is None:
            raise BadRequest("result must be there", where="result")
        row = bodies.observation(found, stream, microseconds(datetime.now(UTC)))
        row.feature_id = self._writes.feature_of_place(stream, self._writes.observed(self.principal, WAY))
        return row

    def observation(self, body: Any, given: Mapping[str, Any]) -> Observation:
        """The row of a body; its feature is made when there is none yet."""
        found = bodies.check_fields(SETS["Observations"], body, whole=True)
        things = self._writes.observed(self.principal, WAY)
        return _Creation(self._writes, self.principal, things, None, []).observation(found, given)

    # --- change ---

    async def change(self, target: Target, body: Any, *, whole: bool) -> None:
        """PATCH, or with `whole` PUT. Raises BadRequest and NotFound."""
        found = bodies.check_fields(target.of, body, whole=whole)
        if target.of.kind == "observation":
            self._check_alone()
            await self._change_observation(target, found)
        elif self._group is not None:
            self._creation(self._group.db, self._group.rows).change(target.of, target.id or 0, found)
        else:
            await to_thread(self._change_thing, target, found)

    def _check_alone(self) -> None:
        if self._group is not None:
            raise NotDone("observations are changed and deleted outside of change sets only")

    def _change_thing(self, target: Target, body: Json) -> None:
        with Group(self._things) as group:
            self._creation(group.db, group.rows).change(target.of, target.id or 0, body)
        self._writes.forget()

    async def _change_observation(self, target: Target, body: Json) -> None:
        intake = self._intake
        streams = self._writes.observed(self.principal, WAY)

        def changed(row: Observation) -> Observation:
            stream = streams.get("datastream", row.datastream_id)
            return bodies.changed_observation(row, body, stream)

        await intake.write(Change(target.id or 0, changed))

    # --- delete ---

    async def delete(self, target: Target) -> None:
        """Delete one, with what cannot be without it. Raises NotFound."""
        if target.of.kind == "observation":
            self._check_alone()
            await self._intake.write(Change(target.id or 0, lambda _: None))
            return
        if self._group is not None:
            self._things.delete(target.of.kind, target.id or 0, self._group.db)  # type: ignore[arg-type]
            return
        if target.of.kind == "feature":
            await self._delete_observations_of(target.id or 0)
        await to_thread(self._things.delete, target.of.kind, target.id or 0)  # type: ignore[arg-type]
        self._writes.forget()

    async def _delete_observations_of(self, feature_id: int) -> None:
        """Observations about a feature go one by one, as corrections do: what was known stays known."""
        self._things.get("feature", feature_id)
        intake = self._intake
        while ids := await to_thread(self._writes.observations_about, feature_id):
            for id_ in ids:
                await intake.write(Change(id_, lambda _: None))


def _within_group(address: Address) -> Target | None:
    """`Things`, `Things(1)` and `Things(1)/Datastreams`, as they are written."""
    first, *rest = address.segments
    of = SETS.get(first.name)
    if of is None or address.ending:
        return None
    if not rest:
        return Target(of, first.id)
    link = of.links.get(rest[0].name)
    if len(rest) > 1 or link is None or not link.many or rest[0].id is not None or first.id is None:
        return None
    return Target(SETS[link.target], owner=(f"{of.kind}.{link.relation}", first.id))


def given_by(target: Target) -> dict[str, Any]:
    """The links that an address gives: a POST to `Things(1)/Datastreams` makes a datastream of thing 1."""
    if target.owner is None:
        return {}
    owner, id_ = target.owner
    kind = owner.partition(".")[0]
    single = next(of.single for of in SETS.values() if of.kind == kind)
    links = target.of.links
    if single in links:
        return {single: id_}
    plural = next(of.name for of in SETS.values() if of.kind == kind)
    return {plural: [id_]} if plural in links else {}


class _Creation:
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
                for part in body.get(name) or ():
                    self.create(SETS[name], part, {of.single: value.id}, access)
        for part in (body.get("Observations") or ()) if "Observations" in of.links else ():
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
        return self._writes.datastream(id_) if isinstance(id_, int) and self._db is None else None

    def _feature(self, body: Json, given: Mapping[str, Any], stream: Datastream) -> int | None:
        if "FeatureOfInterest" in given:
            return int(given["FeatureOfInterest"])
        if body.get("FeatureOfInterest"):
            return self._linked(
                SETS["Observations"].links["FeatureOfInterest"], body["FeatureOfInterest"], stream.access
            )
        return self._writes.feature_of_place(stream, self._things, self._db)
