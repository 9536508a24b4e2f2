"""From a plan to the answer's values: lists with expands, single things along an address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.model.query import OneOf, Order, Path, Query, both
from allmende.model.series import Wanted
from allmende.share.reads import Reads
from allmende.standards.sensorthings import shape
from allmende.standards.sensorthings.addresses import Address, Segment
from allmende.standards.sensorthings.mapping import SETS, EntitySet, Link, unknown
from allmende.standards.sensorthings.options import Options
from allmende.standards.sensorthings.plan import ExpandPlan, Plan, plan_list

Json = dict[str, Any]
_BY_ID = (Order(Path(("id",))),)


@dataclass(frozen=True, slots=True)
class Target:
    """What an address leads to: a set (perhaps of an owner), one of a set, or a property of one."""

    of: EntitySet
    id: int | None = None
    owner: tuple[str, int] | None = None
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads for one principal; `root` is the address of the service, as the reader wrote it."""

    reads: Reads
    principal: Principal
    root: str

    # --- addresses ---

    def resolve(self, address: Address) -> Target:
        """Walk along an address. Raises NotFound where a step leads nowhere (for this reader)."""
        first, *rest = address.segments
        if first.name not in SETS:
            raise NotFound(f"there is no set {first.name!r}", where=first.name)
        target = Target(SETS[first.name], first.id)
        if first.id is not None:
            self.one(target)
        for segment in rest:
            target = self._step(target, segment)
        return target

    def _step(self, target: Target, segment: Segment) -> Target:
        if target.path:
            return replace(target, path=(*target.path, segment.name))
        if target.id is None:
            raise NotFound(f"{segment.name!r} does not follow a list", where=segment.name)
        link = target.of.links.get(segment.name)
        if link is None:
            if segment.name not in (*target.of.properties, "@iot.id", "id"):
                raise NotFound(unknown(segment.name, target.of).message, where=segment.name)
            return replace(target, path=(segment.name,))
        if not link.many:
            return self._follow(target, link)
        found = Target(SETS[link.target], segment.id, (f"{target.of.kind}.{link.relation}", target.id))
        if segment.id is not None:
            self.one(found)
        return found

    def _follow(self, target: Target, link: Link) -> Target:
        found = self._linked(target.of, target.id or 0, link)
        if found is None:
            raise NotFound("there is nothing at this address", where=link.target)
        return Target(SETS[link.target], found)

    def _linked(self, of: EntitySet, id_: int, link: Link) -> int | None:
        """The id of the one that a to-one link leads to, if this reader may see it."""
        target = SETS[link.target]
        if of.kind == "observation":
            row = self.reads.observation(self.principal, id_)
            wanted = row.datastream_id if link.relation == "datastream" else row.feature_id
            found = [] if wanted is None else self._values(target, [wanted])
            return found[0].id if found else None
        pages = self.reads.related(
            self.principal, of.kind, link.relation, [id_], Query(target.kind, target.narrowing, top=1)
        )
        return pages[id_][0].id if pages.get(id_) else None

    def _values(self, of: EntitySet, ids: Sequence[int]) -> Sequence[Any]:
        where = both(of.narrowing, OneOf(Path(("id",)), frozenset(ids)))
        return self.reads.described(self.principal, Query(of.kind, where, top=max(len(ids), 1)))

    # --- one ---

    def one(self, target: Target, plan: Plan | None = None) -> Json:
        """One of a set, with its expands. Raises NotFound."""
        plan = plan or plan_list(target.of, Options())
        if target.of.kind == "observation":
            found = self.reads.observation(self.principal, target.id or 0)
            rows = [shape.row_of(found)]
            if target.owner is not None and not self._owns(target):
                raise NotFound("there is nothing at this address", where=str(target.id))
            return self._observations(plan, rows)[0]
        where = plan_list(target.of, Options()).query.where
        values = self._one_value(target, where)
        return self._shaped(plan, values)[0]

    def _one_value(self, target: Target, where: Any) -> Sequence[Any]:
        is_it = OneOf(Path(("id",)), frozenset({target.id or 0}))
        query = Query(target.of.kind, both(where, is_it), top=1, of=target.owner)
        values = self.reads.described(self.principal, query)
        if not values:
            raise NotFound(f"there is no {target.of.single} {target.id}", where=str(target.id))
        return values

    def _owns(self, target: Target) -> bool:
        is_it = OneOf(Path(("id",)), frozenset({target.id or 0}))
        query = Query("observation", is_it, top=1, of=target.owner)
        return bool(self.reads.observations(self.principal, query))

    # --- lists ---

    def page(self, plan: Plan) -> list[Json]:
        """A page of a set, shaped."""
        if plan.of.kind == "observation":
            return self._observations(plan, self.rows(plan))
        return self._shaped(plan, self.reads.described(self.principal, plan.query))

    def rows(self, plan: Plan) -> list[tuple[Any, ...]]:
        """A page of observations as rows."""
        query = plan.query
        if not query.order and not plan.newest_first:
            query = replace(query, order=_BY_ID)
        elif plan.newest_first:
            query = replace(query, order=())
        wanted = Wanted(frozenset(), after=plan.after, known_on=plan.known_on)
        return self.reads.observations(self.principal, query, wanted)

    def count(self, plan: Plan) -> int:
        """How many there are on all pages."""
        if plan.of.kind == "observation":
            wanted = Wanted(frozenset(), known_on=plan.known_on)
            return self.reads.observation_count(self.principal, plan.query, wanted)
        return self.reads.described_count(self.principal, plan.query)

    # --- shaping with expands ---

    def _shaped(self, plan: Plan, values: Sequence[Any]) -> list[Json]:
        of = plan.of
        newest = (
            self.reads.newest(self.principal, [value.id for value in values])
            if of.kind == "datastream"
            else {}
        )
        shaped = [
            shape.entity(self.root, of, value.id, shape.properties_of(of, value, newest.get(value.id)))
            for value in values
        ]
        return self._finished(plan, [value.id for value in values], shaped)

    def shaped_rows(self, plan: Plan, rows: Sequence[Sequence[Any]]) -> list[Json]:
        """Rows as the standard's observations, with what is selected and expanded."""
        return self._observations(plan, rows)

    def _observations(self, plan: Plan, rows: Sequence[Sequence[Any]]) -> list[Json]:
        shaped = []
        multis = self._multis(rows)
        for row in rows:
            one = shape.entity(self.root, plan.of, row[shape.ID], shape.observation(row))
            absent = "Datastream" if row[shape.STREAM] in multis else "MultiDatastream"
            one.pop(f"{absent}@iot.navigationLink", None)
            shaped.append(one)
        return self._finished(plan, [row[shape.ID] for row in rows], shaped, rows)

    def _multis(self, rows: Sequence[Sequence[Any]]) -> frozenset[int]:
        streams = {row[shape.STREAM] for row in rows}
        return frozenset(value.id for value in self._values(SETS["MultiDatastreams"], sorted(streams)))

    def stream_sets(self, rows: Sequence[Sequence[Any]]) -> dict[int, str]:
        """For each datastream of these rows: `Datastream` or `MultiDatastream`."""
        multis = self._multis(rows)
        streams = {row[shape.STREAM] for row in rows}
        return {id_: "MultiDatastream" if id_ in multis else "Datastream" for id_ in sorted(streams)}

    def _finished(
        self, plan: Plan, ids: list[int], shaped: list[Json], rows: Sequence[Sequence[Any]] | None = None
    ) -> list[Json]:
        """Selected and with what is expanded."""
        found = [shape.selected(one, plan.options.select) for one in shaped]
        for expand in plan.expands:
            parts = self._expanded(plan.of, expand, ids, rows)
            for id_, one in zip(ids, found, strict=True):
                if id_ in parts:
                    one.pop(f"{expand.name}@iot.navigationLink", None)
                    one.update(parts[id_])
        return found

    def _expanded(
        self, of: EntitySet, expand: ExpandPlan, ids: list[int], rows: Sequence[Sequence[Any]] | None
    ) -> dict[int, Json]:
        if not ids:
            return {}
        if rows is not None:
            return self._expanded_of_rows(expand, rows)
        if expand.plan.of.kind == "observation":
            return {id_: self._expanded_rows(of, expand, id_) for id_ in ids}
        relation = of.links[expand.name].relation
        return self._expanded_related(of, relation, expand, ids)

    def _expanded_of_rows(self, expand: ExpandPlan, rows: Sequence[Sequence[Any]]) -> dict[int, Json]:
        """The datastreams or features of observations: each is read once."""
        place = shape.FEATURE if expand.plan.of.kind == "feature" else shape.STREAM
        wanted = sorted({row[place] for row in rows if row[place] is not None})
        values = self._values(expand.plan.of, wanted)
        ready = self._shaped(expand.plan, values)
        by_id = {value.id: one for value, one in zip(values, ready, strict=True)}
        return {row[shape.ID]: {expand.name: by_id[row[place]]} for row in rows if row[place] in by_id}

    def _expanded_rows(self, of: EntitySet, expand: ExpandPlan, id_: int) -> Json:
        """Observations of one datastream or feature; the newest one alone comes from the counters."""
        plan = expand.plan
        owner = (f"{of.kind}.{of.links[expand.name].relation}", id_)
        plan = replace(plan, query=replace(plan.query, of=owner))
        rows = self.rows(plan)
        found: Json = {expand.name: self._observations(plan, rows)}
        link = f"{self.root}/{of.name}({id_})/{expand.name}"
        if plan.options.count:
            found[f"{expand.name}@iot.count"] = self.count(plan)
        if len(rows) == plan.query.top and self.count(plan) > plan.query.skip + len(rows):
            found[f"{expand.name}@iot.nextLink"] = next_link(link, plan)
        return found

    def _expanded_related(
        self, of: EntitySet, relation: str, expand: ExpandPlan, ids: list[int]
    ) -> dict[int, Json]:
        plan = expand.plan
        # One more than the page, to know whether there is a next one.
        wider = replace(plan.query, top=plan.query.top + 1)
        pages = self.reads.related(self.principal, of.kind, relation, ids, wider)
        flat = {value.id: value for values in pages.values() for value in values}
        ready = dict(zip(flat, self._shaped(plan, list(flat.values())), strict=True))
        counts = (
            self.reads.related_counts(self.principal, of.kind, relation, ids, plan.query)
            if plan.options.count
            else {}
        )
        found: dict[int, Json] = {}
        for id_ in ids:
            values = [ready[value.id] for value in pages.get(id_, ())]
            if not expand.many:
                found[id_] = {expand.name: values[0]} if values else {}
                continue
            part: Json = {expand.name: values[: plan.query.top]}
            if plan.options.count:
                part[f"{expand.name}@iot.count"] = counts.get(id_, 0)
            if len(values) > plan.query.top:
                link = f"{self.root}/{of.name}({id_})/{expand.name}"
                part[f"{expand.name}@iot.nextLink"] = next_link(link, plan)
            found[id_] = part
        return found


def next_link(link: str, plan: Plan) -> str:
    """The link to the rest of an expanded list: the same page size, further on."""
    return f"{link}?$top={plan.query.top}&$skip={plan.query.skip + plan.query.top}"
