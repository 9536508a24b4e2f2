"""Create with everything inside (deep insert), change, replace and delete."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.model.message import Accepted, Arrival, Change
from allmende.model.observation import Observation, microseconds
from allmende.ports import Intake, ThingsWriting
from allmende.share.writes import Writes
from allmende.standards.sensorthings import bodies
from allmende.standards.sensorthings.addresses import Address
from allmende.standards.sensorthings.creation import Creation
from allmende.standards.sensorthings.faults import BadRequest, NotDone
from allmende.standards.sensorthings.mapping import SETS
from allmende.standards.sensorthings.read import Target

WAY = "sensorthings"
Json = Mapping[str, Any]


class Group:
    """Writes that belong together: one transaction for things, then one for observations.

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
        if target.of.kind == "observation":
            self._writes.observations(self.principal, WAY)
        else:
            self._writes.things(self.principal)

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

    def _creation(self, db: Any, rows: list[Observation]) -> Creation:
        return Creation(self._writes, self.principal, self._things, db, rows)

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
        return Creation(self._writes, self.principal, things, None, []).observation(found, given)

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
