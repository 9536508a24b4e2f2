"""From a plan to the answer's values: lists with what is expanded, single ones along an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.model.query import Call, Expression, OneOf, Path, Query, both, constant
from allmende.model.series import Wanted
from allmende.model.thing import Datastream
from allmende.share.reads import Reads
from allmende.standards.sensorthings import shape
from allmende.standards.sensorthings.addresses import Address, Segment
from allmende.standards.sensorthings.mapping import SETS, EntitySet, Link, unknown
from allmende.standards.sensorthings.options import Options
from allmende.standards.sensorthings.plan import ExpandPlan, Plan, next_link, plan_list

Json = dict[str, Any]
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Target:
    """What an address leads to: a set (perhaps of an owner), one of a set, or a property of one."""

    of: EntitySet
    id: int | None = None
    owner: tuple[str, int] | None = None
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Values with their ids, and where the next page starts: id and time of the last one."""

    ids: list[int]
    values: list[Json]
    next: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads for one principal; `root` is the address of the service, as the reader wrote it.

    `multis` remembers of the datastreams met so far whether they measure several properties.
    """

    reads: Reads
    principal: Principal
    root: str
    multis: dict[int, bool] = field(default_factory=dict)

    # --- addresses ---

    def resolve(self, address: Address) -> Target:
        """Walk along an address. Raises NotFound where a step leads nowhere (for this reader)."""
        first, *rest = address.segments
        if first.name not in SETS:
            raise NotFound(f"there is no set {first.name!r}", where=first.name)
        target = self._found(Target(SETS[first.name], first.id))
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
            if segment.name not in (*target.of.properties, "@iot.id", "@iot.selfLink", "id"):
                raise NotFound(unknown(segment.name, target.of).message, where=segment.name)
            return replace(target, path=(segment.name,))
        if not link.many:
            return self._follow(target, link)
        owner = (f"{target.of.kind}.{link.relation}", target.id)
        return self._found(Target(SETS[link.target], segment.id, owner))

    def _found(self, target: Target) -> Target:
        """The target itself; NotFound when it names one that is not there for this reader."""
        if target.id is None:
            return target
        if target.of.kind == "observation":
            self._row(target)
        else:
            found = self._value(target)
            if isinstance(found, Datastream):
                self.multis[found.id] = found.multi
        return target

    def _follow(self, target: Target, link: Link) -> Target:
        of, id_ = SETS[link.target], target.id or 0
        if target.of.kind == "observation":
            row = self.reads.observation(self.principal, id_)
            wanted = row.datastream_id if link.relation == "datastream" else row.feature_id
            found = [] if wanted is None else self._values(of, [wanted])
        else:
            owner = (f"{target.of.kind}.{link.relation}", id_)
            query = Query(of.kind, of.narrowing, top=1, of=owner)
            found = list(self.reads.described(self.principal, query))
        if not found:
            raise NotFound("there is nothing at this address", where=link.target)
        return Target(of, found[0].id)

    def _values(self, of: EntitySet, ids: Sequence[int]) -> list[Any]:
        where = both(of.narrowing, OneOf(Path(("id",)), frozenset(ids)))
        return list(self.reads.described(self.principal, Query(of.kind, where, top=max(len(ids), 1))))

    # --- one ---

    def one(self, target: Target, plan: Plan | None = None) -> Json:
        """One of a set, with what is expanded. Raises NotFound."""
        plan = plan or plan_list(target.of, Options())
        if target.of.kind == "observation":
            return self.shaped_rows(plan, [self._row(target)])[0]
        return self._shaped(plan, [self._value(target)])[0]

    def _value(self, target: Target) -> Any:
        where = both(target.of.narrowing, _is(target.id or 0))
        query = Query(target.of.kind, where, top=1, of=target.owner)
        values = self.reads.described(self.principal, query)
        if not values:
            raise NotFound(f"there is no {target.of.single} {target.id}", where=str(target.id))
        return values[0]

    def _row(self, target: Target) -> Row:
        found = self.reads.observation(self.principal, target.id or 0)
        if target.owner is not None:
            owner, id_ = target.owner
            mine = found.datastream_id if owner.startswith("datastream") else found.feature_id
            if mine != id_:
                raise NotFound("there is nothing at this address", where=str(target.id))
        return shape.row_of(found)

    # --- lists ---

    def page(self, plan: Plan) -> Page:
        """A page of a set, shaped."""
        if plan.of.kind == "observation":
            rows, more = self.rows(plan)
            ids = [row[shape.ID] for row in rows]
            last = (ids[-1], rows[-1][shape.TIME]) if more else None
            return Page(ids, self.shaped_rows(plan, rows), last)
        # One more than the page, to know whether there is a next one.
        wider = replace(plan.query, top=plan.query.top + 1)
        found = list(self.reads.described(self.principal, wider)) if plan.query.top else []
        values = found[: plan.query.top]
        last = (values[-1].id, 0) if len(found) > len(values) else None
        return Page([value.id for value in values], self._shaped(plan, values), last)

    def rows(self, plan: Plan) -> tuple[Sequence[Row], bool]:
        """A page of observations as rows, and whether there are more."""
        return self.reads.observations_page(self.principal, plan.query, _wanted(plan))

    def count(self, plan: Plan) -> int:
        """How many there are on all pages."""
        plan = replace(plan, query=replace(plan.query, where=plan.counted))
        if plan.of.kind == "observation":
            return self.reads.observation_count(self.principal, plan.query, _wanted(plan))
        return self.reads.described_count(self.principal, plan.query)

    def stream_sets(self, rows: Sequence[Row]) -> dict[int, str]:
        """For each datastream of these rows: `Datastream` or `MultiDatastream`."""
        streams = sorted({row[shape.STREAM] for row in rows})
        unknown_ones = [id_ for id_ in streams if id_ not in self.multis]
        if unknown_ones:
            found = {value.id for value in self._values(SETS["MultiDatastreams"], unknown_ones)}
            self.multis.update({id_: id_ in found for id_ in unknown_ones})
        return {id_: "MultiDatastream" if self.multis[id_] else "Datastream" for id_ in streams}

    # --- shaping ---

    def shaped_rows(self, plan: Plan, rows: Sequence[Row]) -> list[Json]:
        """Rows as the standard's observations, with what is selected and expanded."""
        sets = self.stream_sets(rows)
        shaped = []
        for row in rows:
            one = shape.entity(self.root, plan.of, row[shape.ID], shape.observation(row))
            absent = "Datastream" if sets[row[shape.STREAM]] == "MultiDatastream" else "MultiDatastream"
            one.pop(f"{absent}@iot.navigationLink", None)
            if row[shape.FEATURE] is None:
                one.pop("FeatureOfInterest@iot.navigationLink", None)
            shaped.append(one)
        return self._finished(plan, [row[shape.ID] for row in rows], shaped, rows)

    def _shaped(self, plan: Plan, values: Sequence[Any]) -> list[Json]:
        of, ids = plan.of, [value.id for value in values]
        newest = self.reads.newest(self.principal, ids) if of.kind == "datastream" else {}
        shaped = [
            shape.entity(self.root, of, value.id, shape.properties_of(of, value, newest.get(value.id)))
            for value in values
        ]
        return self._finished(plan, ids, shaped)

    def _finished(
        self, plan: Plan, ids: list[int], shaped: list[Json], rows: Sequence[Row] | None = None
    ) -> list[Json]:
        """Only what is selected, and what is expanded."""
        found = [shape.selected(one, plan.options.select) for one in shaped]
        for expand in plan.expands:
            parts = self._expanded(plan.of, expand, ids, rows)
            for id_, one in zip(ids, found, strict=True):
                if id_ in parts:
                    one.pop(f"{expand.name}@iot.navigationLink", None)
                    one.update(parts[id_])
        return found

    # --- expanding: every level is read once for all ---

    def _expanded(
        self, of: EntitySet, expand: ExpandPlan, ids: list[int], rows: Sequence[Row] | None
    ) -> dict[int, Json]:
        if not ids:
            return {}
        if rows is not None:
            return self._expanded_of_rows(expand, rows)
        if expand.plan.of.kind == "observation":
            return self._expanded_rows(of, expand, ids)
        return self._expanded_related(of, expand, ids)

    def _expanded_of_rows(self, expand: ExpandPlan, rows: Sequence[Row]) -> dict[int, Json]:
        """The datastreams or features of observations: each is read once."""
        place = shape.FEATURE if expand.plan.of.kind == "feature" else shape.STREAM
        wanted = sorted({row[place] for row in rows if row[place] is not None})
        values = self._values(expand.plan.of, wanted)
        ready = self._shaped(expand.plan, values)
        by_id = {value.id: one for value, one in zip(values, ready, strict=True)}
        return {row[shape.ID]: {expand.name: by_id[row[place]]} for row in rows if row[place] in by_id}

    def _expanded_rows(self, of: EntitySet, expand: ExpandPlan, ids: list[int]) -> dict[int, Json]:
        """Observations of datastreams or features."""
        plan, wanted = expand.plan, _wanted(expand.plan)
        pages = self.reads.observations_of(self.principal, of.kind, ids, plan.query, wanted)
        flat = [row for rows, _ in pages.values() for row in rows]
        ready = {row[shape.ID]: one for row, one in zip(flat, self.shaped_rows(plan, flat), strict=True)}
        counts: Mapping[int, int] = {}
        if plan.options.count:
            counts = self.reads.observation_counts(self.principal, of.kind, ids, plan.query, wanted)
        found: dict[int, Json] = {}
        for id_ in ids:
            rows, more = pages.get(id_, ((), False))
            last = (rows[-1][shape.ID], rows[-1][shape.TIME]) if more and rows else None
            page = Page([row[shape.ID] for row in rows], [ready[row[shape.ID]] for row in rows], last)
            found[id_] = self._part(of, expand, id_, page, counts.get(id_, 0))
        return found

    def _expanded_related(self, of: EntitySet, expand: ExpandPlan, ids: list[int]) -> dict[int, Json]:
        """Everything else that is related."""
        plan, relation = expand.plan, of.links[expand.name].relation
        wider = replace(plan.query, top=plan.query.top + 1)
        pages = self.reads.related(self.principal, of.kind, relation, ids, wider)
        flat = {value.id: value for values in pages.values() for value in values[: plan.query.top]}
        ready = dict(zip(flat, self._shaped(plan, list(flat.values())), strict=True))
        counts: Mapping[int, int] = {}
        if plan.options.count:
            counts = self.reads.related_counts(self.principal, of.kind, relation, ids, plan.query)
        found: dict[int, Json] = {}
        for id_ in ids:
            values = pages.get(id_, ())
            shown = [value.id for value in values[: plan.query.top]]
            last = (shown[-1], 0) if shown and len(values) > len(shown) else None
            page = Page(shown, [ready[value] for value in shown], last)
            found[id_] = self._part(of, expand, id_, page, counts.get(id_, 0))
        return found

    def _part(self, of: EntitySet, expand: ExpandPlan, id_: int, page: Page, count: int) -> Json:
        """What an expansion adds to one of its owners."""
        if not expand.many:
            return {expand.name: page.values[0]} if page.values else {}
        part: Json = {expand.name: page.values}
        if expand.plan.options.count:
            part[f"{expand.name}@iot.count"] = count
        if page.next is not None:
            link = f"{self.root}/{of.name}({id_})/{expand.name}"
            part[f"{expand.name}@iot.nextLink"] = next_link(link, expand.plan, *page.next)
        return part


def _is(id_: int) -> Expression:
    return Call("eq", (Path(("id",)), constant(id_)))


def _wanted(plan: Plan) -> Wanted:
    """Where to continue, and as known when; the rest of it comes from the query."""
    return Wanted(frozenset(), after=plan.after, known_on=plan.known_on)
