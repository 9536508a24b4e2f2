"""Things and observations at the gate: which classes a reader may see is decided here, nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from allmende.errors import NotFound, RecipeInvalid
from allmende.model.access import Access, Principal
from allmende.model.observation import Latest, Observation
from allmende.model.query import LOGICAL, Call, Expression, OneOf, Path, Query, both, constant, parts
from allmende.model.series import Wanted
from allmende.ports import Series, Store

Row = tuple[Any, ...]
_OBSERVATIONS = "observations"
_RELATIONS = ("datastream", "single_datastream", "multi_datastream", "feature")


def classes_of(principal: Principal) -> frozenset[str]:
    """The labels of the access classes that a reader may see whatever it is."""
    return frozenset(access.label for access in Access if principal.may_read(access, ""))


class ThingReads:
    """Reading things and observations; the first argument is always who reads."""

    _store: Store
    _series: Series

    def described(self, principal: Principal, query: Query) -> tuple[Any, ...]:
        """A page of things, datastreams, sensors ... Raises RecipeInvalid for what cannot be asked."""
        return self._store.querying.read(self._settled(principal, query), classes_of(principal))

    def described_count(self, principal: Principal, query: Query) -> int:
        """How many there are on all pages."""
        return self._store.querying.count(self._settled(principal, query), classes_of(principal))

    def described_one(self, principal: Principal, kind: str, id_: int) -> Any:
        """One value by its id; NotFound when there is none for this reader."""
        where = Call("eq", (Path(("id",)), constant(id_)))
        found = self.described(principal, Query(kind, where, top=1))
        if not found:
            raise NotFound(f"there is no {kind.replace('_', ' ')} {id_}", where=str(id_))
        return found[0]

    def related(
        self, principal: Principal, kind: str, relation: str, ids: Sequence[int], query: Query
    ) -> dict[int, tuple[Any, ...]]:
        """For each id of `kind` the page of what is related to it."""
        settled = self._settled(principal, query)
        return self._store.querying.related(kind, relation, ids, settled, classes_of(principal))

    def related_counts(
        self, principal: Principal, kind: str, relation: str, ids: Sequence[int], query: Query
    ) -> dict[int, int]:
        """For each id of `kind` how many are related to it."""
        settled = self._settled(principal, query)
        return self._store.querying.related_counts(kind, relation, ids, settled, classes_of(principal))

    def newest(self, principal: Principal, datastreams: Sequence[int]) -> dict[int, Latest]:
        """The newest value and the counters of datastreams."""
        return self._store.observations.latest(self._seen(principal, frozenset(datastreams)))

    def observations(self, principal: Principal, query: Query, wanted: Wanted | None = None) -> list[Row]:
        """A page of observations, as tuples in the order of `Observation`'s fields.

        `query.of` may name a datastream or a feature. `wanted` gives where to continue and as known when.
        """
        return self._series.read(self._wanted(principal, query, wanted))

    def observations_page(
        self, principal: Principal, query: Query, wanted: Wanted | None = None
    ) -> tuple[list[Row], bool]:
        """A page of observations, and whether there are more behind it."""
        return self._page(self._wanted(principal, query, wanted))

    def observations_of(
        self, principal: Principal, kind: str, ids: Sequence[int], query: Query, wanted: Wanted | None = None
    ) -> dict[int, tuple[list[Row], bool]]:
        """For each datastream or feature (`kind`) the page of its observations."""
        each = self._wanted_of(principal, kind, ids, query, wanted)
        return self._newest_pages(each) or {id_: self._page(one) for id_, one in each.items()}

    def observation_count(self, principal: Principal, query: Query, wanted: Wanted | None = None) -> int:
        """How many there are on all pages."""
        found = self._wanted(principal, query, wanted)
        return self._series.count(replace(found, after=None))

    def observation_counts(
        self, principal: Principal, kind: str, ids: Sequence[int], query: Query, wanted: Wanted | None = None
    ) -> dict[int, int]:
        """For each datastream or feature (`kind`) how many observations there are on all pages."""
        each = self._wanted_of(principal, kind, ids, query, wanted)
        return {id_: self._series.count(replace(one, after=None)) for id_, one in each.items()}

    def observation(self, principal: Principal, observation_id: int) -> Observation:
        """One observation; NotFound when there is none for this reader."""
        found = self._series.observation(observation_id)
        if found is None or not self._seen(principal, frozenset({found.datastream_id})):
            raise NotFound(f"there is no observation {observation_id}", where=str(observation_id))
        return found

    def _settled(self, principal: Principal, query: Query) -> Query:
        """The query with its conditions on observations answered: the store knows only those that are hot."""
        if query.where is None or query.kind == "observation":
            return query
        return replace(query, where=self._settle(principal, query.kind, query.where))

    def _settle(self, principal: Principal, kind: str, part: Expression) -> Expression:
        if not isinstance(part, Call):
            return part
        if part.name in LOGICAL:
            inner = (self._settle(principal, kind, operand) for operand in part.operands)
            return replace(part, operands=tuple(inner))
        paths = [inner.steps for inner in parts(part) if isinstance(inner, Path)]
        ways = {steps[: steps.index(_OBSERVATIONS)] for steps in paths if _OBSERVATIONS in steps}
        if not ways:
            return part
        (way,) = ways if len(ways) == 1 else (None,)
        if way is None or any(steps[: len(way) + 1] != (*way, _OBSERVATIONS) for steps in paths):
            raise RecipeInvalid(
                "observations are compared with values only", where=f"character {part.position}"
            )
        field = "feature_id" if kind == "feature" and not way else "datastream_id"
        wanted = self._wanted(principal, Query("observation", _behind(part, len(way) + 1)), None)
        return OneOf(Path((*way, "id")), self._series.owners(wanted, field))

    def _page(self, wanted: Wanted) -> tuple[list[Row], bool]:
        """A page and whether there is more; the newest value alone is always at hand."""
        if not wanted.top:
            return [], False
        if len(wanted.datastreams) == 1 and _is_newest(wanted):
            (id_,) = wanted.datastreams
            return self._newest_pages({id_: wanted})[id_]
        rows = self._series.read(replace(wanted, top=wanted.top + 1))
        return rows[: wanted.top], len(rows) > wanted.top

    def _newest_pages(self, wanted: Mapping[int, Wanted]) -> dict[int, tuple[list[Row], bool]]:
        """The newest value of each datastream, if that is all that is wanted; else nothing."""
        if not all(len(one.datastreams) == 1 and _is_newest(one) for one in wanted.values()):
            return {}
        latest = self._store.observations.latest(wanted)
        found: dict[int, tuple[list[Row], bool]] = {id_: ([], False) for id_ in wanted}
        for id_, newest in latest.items():
            if newest.observation is not None:
                found[id_] = ([_row_of(newest.observation)], newest.count > 1)
        return found

    def _wanted(self, principal: Principal, query: Query, wanted: Wanted | None) -> Wanted:
        _check_own(query.where)
        streams, narrowed = self._streams(principal, query.of)
        where = self._store.querying.localise(both(query.where, narrowed), classes_of(principal))
        order = tuple(replace(one, by=_own(one.by)) for one in query.order)
        base = wanted or Wanted(frozenset())
        return replace(base, datastreams=streams, where=where, order=order, top=query.top, skip=query.skip)

    def _wanted_of(
        self, principal: Principal, kind: str, ids: Sequence[int], query: Query, wanted: Wanted | None
    ) -> dict[int, Wanted]:
        """What is wanted of each datastream or feature; those that may not be seen are left out."""
        of_none = self._wanted(principal, replace(query, of=("datastream", 0)), wanted)
        if kind == "datastream":
            seen = self._seen(principal, frozenset(ids))
            return {id_: replace(of_none, datastreams=frozenset({id_})) for id_ in ids if id_ in seen}
        used = {id_: self._store.observations.datastreams_of_feature(id_) for id_ in ids}
        seen = self._seen(principal, frozenset().union(*used.values()))
        return {
            id_: replace(of_none, datastreams=streams & seen, where=both(of_none.where, _about(id_)))
            for id_, streams in used.items()
        }

    def _streams(
        self, principal: Principal, of: tuple[str, int] | None
    ) -> tuple[frozenset[int], Expression | None]:
        """The datastreams that may be read and are asked for; a feature narrows the rows too."""
        if of is None:
            return self._seen(principal, None), None
        owner, id_ = of
        if owner.startswith("datastream"):
            return self._seen(principal, frozenset({id_})), None
        return self._seen(principal, self._store.observations.datastreams_of_feature(id_)), _about(id_)

    def _seen(self, principal: Principal, ids: frozenset[int] | None) -> frozenset[int]:
        """Those of these datastreams (or of all) that a reader may see."""
        where = None if ids is None else _one_of(ids)
        return self._store.querying.ids("datastream", where, classes_of(principal))


def _one_of(ids: frozenset[int]) -> Expression:
    return OneOf(Path(("id",)), ids)


def _check_own(where: Expression | None) -> None:
    """Raises RecipeInvalid for a condition on observations that asks for other observations."""
    for part in parts(where) if where is not None else ():
        if isinstance(part, Path) and _OBSERVATIONS in part.steps:
            raise RecipeInvalid(
                "observations do not lead to other observations", where=f"character {part.position}"
            )


def _behind(part: Expression, steps: int) -> Expression:
    """The same condition, asked of what the first steps of its paths lead to."""
    if isinstance(part, Path):
        return replace(part, steps=part.steps[steps:])
    if isinstance(part, Call):
        return replace(part, operands=tuple(_behind(inner, steps) for inner in part.operands))
    return part


def _about(feature_id: int) -> Expression:
    return Call("eq", (Path(("feature_id",)), constant(feature_id)))


def _is_newest(wanted: Wanted) -> bool:
    """Whether the one newest value is wanted, and nothing else."""
    plain = wanted.where is None and wanted.after is None and wanted.known_on is None
    return plain and not wanted.order and wanted.top == 1 and not wanted.skip


def _row_of(observation: Observation) -> Row:
    return tuple(getattr(observation, name) for name in Observation.__slots__)


def _own(by: Expression) -> Expression:
    """What observations are sorted by, in their own fields. Raises RecipeInvalid for other things' fields."""
    if isinstance(by, Call):
        return replace(by, operands=tuple(_own(operand) for operand in by.operands))
    if not isinstance(by, Path) or len(by.steps) < 2 or by.steps[0] not in _RELATIONS:
        return by
    name = by.steps[0].removeprefix("single_").removeprefix("multi_")
    if by.steps[1:] != ("id",):
        raise RecipeInvalid(
            "observations are sorted by their own fields", where=f"character {by.position}",
            hint="Sort by Datastream/id, or read the datastreams in the order you want.",
        )  # fmt: skip
    return replace(by, steps=(f"{name}_id",))
