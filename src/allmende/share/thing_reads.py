"""Things and observations at the gate: which classes a reader may see is decided here, nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from allmende.errors import NotFound
from allmende.model.access import Access, Principal
from allmende.model.observation import Latest, Observation
from allmende.model.query import Call, Expression, OneOf, Path, Query, both, constant
from allmende.model.series import Wanted
from allmende.ports import Series, Store

Row = tuple[Any, ...]


def classes_of(principal: Principal) -> frozenset[str]:
    """The labels of the access classes that a reader may see whatever it is."""
    return frozenset(access.label for access in Access if principal.may_read(access, ""))


class ThingReads:
    """Reading things and observations; the first argument is always who reads."""

    _store: Store
    _series: Series

    def described(self, principal: Principal, query: Query) -> tuple[Any, ...]:
        """A page of things, datastreams, sensors ... Raises RecipeInvalid for what cannot be asked."""
        return self._store.querying.read(query, classes_of(principal))

    def described_count(self, principal: Principal, query: Query) -> int:
        """How many there are on all pages."""
        return self._store.querying.count(query, classes_of(principal))

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
        return self._store.querying.related(kind, relation, ids, query, classes_of(principal))

    def related_counts(
        self, principal: Principal, kind: str, relation: str, ids: Sequence[int], query: Query
    ) -> dict[int, int]:
        """For each id of `kind` how many are related to it."""
        return self._store.querying.related_counts(kind, relation, ids, query, classes_of(principal))

    def newest(self, principal: Principal, datastreams: Sequence[int]) -> dict[int, Latest]:
        """The newest value and the counters of datastreams."""
        return self._store.observations.latest(self._seen(principal, frozenset(datastreams)))

    def observations(self, principal: Principal, query: Query, wanted: Wanted | None = None) -> list[Row]:
        """A page of observations, as tuples in the order of `Observation`'s fields.

        `query.of` may name a datastream or a feature. `wanted` gives where to continue and as known when.
        """
        return self._series.read(self._wanted(principal, query, wanted))

    def observation_count(self, principal: Principal, query: Query, wanted: Wanted | None = None) -> int:
        """How many there are on all pages."""
        found = self._wanted(principal, query, wanted)
        return self._series.count(replace(found, after=None))

    def observation(self, principal: Principal, observation_id: int) -> Observation:
        """One observation; NotFound when there is none for this reader."""
        found = self._series.observation(observation_id)
        if found is None or not self._seen(principal, frozenset({found.datastream_id})):
            raise NotFound(f"there is no observation {observation_id}", where=str(observation_id))
        return found

    def _wanted(self, principal: Principal, query: Query, wanted: Wanted | None) -> Wanted:
        base = wanted or Wanted(frozenset())
        streams, narrowed = self._streams(principal, query.of)
        where = self._store.querying.localise(both(query.where, narrowed), classes_of(principal))
        return replace(
            base, datastreams=streams, where=where, order=query.order, top=query.top, skip=query.skip
        )

    def _streams(
        self, principal: Principal, of: tuple[str, int] | None
    ) -> tuple[frozenset[int], Expression | None]:
        """The datastreams that may be read and are asked for; a feature narrows the rows too."""
        if of is None:
            return self._seen(principal, None), None
        owner, id_ = of
        if owner.startswith("datastream"):
            return self._seen(principal, frozenset({id_})), None
        narrowed = Call("eq", (Path(("feature_id",)), constant(id_)))
        return self._seen(principal, self._store.observations.datastreams_of_feature(id_)), narrowed

    def _seen(self, principal: Principal, ids: frozenset[int] | None) -> frozenset[int]:
        """Those of these datastreams (or of all) that a reader may see."""
        where = None if ids is None else _one_of(ids)
        return self._store.querying.ids("datastream", where, classes_of(principal))


def _one_of(ids: frozenset[int]) -> Expression:
    return OneOf(Path(("id",)), ids)
