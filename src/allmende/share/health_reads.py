"""Reading the state of the data: what was fetched when, what failed and what to do, what is stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from allmende.catalogue.series_trust import SeriesState, judge_series, read_limits, worst_of
from allmende.model.access import Principal
from allmende.model.dataset import Dataset, DatasetVersion
from allmende.model.knowledge import Trust
from allmende.model.observation import Latest, microseconds, moment
from allmende.model.run import Run, Step
from allmende.model.source import Source
from allmende.model.watched import Watched
from allmende.share.place_reads import PlaceReads
from allmende.share.thing_reads import classes_of
from allmende.share.views import DatasetState, Health, Misgiving, SourceState, ThingState


class HealthReads(PlaceReads):
    """How the data are doing."""

    def health(self, principal: Principal, now: datetime) -> Health:
        """The state of every source and dataset the reader may see, at that moment."""
        runs = self._store.latest_runs()
        newest = self._store.latest_versions()
        readable = [d for d in self.city.datasets.values() if self._may_dataset(principal, d.id)]
        sources = dict.fromkeys(d.source for d in readable if d.source in self.city.sources)
        return Health(
            tuple(self._source_state(principal, self.city.sources[s], runs) for s in sources),
            tuple(self._dataset_state(principal, d, newest.get(d.id), runs, now) for d in readable),
            tuple(run for step, run in runs.items() if step.kind == "story" and run.outcome == "failed")
            if principal.kind != "anonymous"
            else (),
            self.things_state(principal, now),
        )

    def things_state(self, principal: Principal, now: datetime) -> tuple[ThingState, ...]:
        """How every thing that the reader may see is doing; those that need somebody come first."""
        classes = classes_of(principal)
        readable = [one for one in self._store.things.watched() if one.access.label in classes]
        latest = self._store.observations.latest([one.datastream_id for one in readable])
        by_thing: dict[int, list[Watched]] = {}
        for one in readable:
            by_thing.setdefault(one.thing_id, []).append(one)
        states = (_thing_state(several, latest, microseconds(now)) for several in by_thing.values())
        return tuple(sorted(states, key=_urgency))

    def _source_state(self, principal: Principal, source: Source, runs: dict[Step, Run]) -> SourceState:
        receipts = self._store.receipts(source.id)
        return SourceState(source, receipts[0] if receipts else None, runs.get(Step("fetch", source.id)))

    def _dataset_state(
        self,
        principal: Principal,
        dataset: Dataset,
        version: DatasetVersion | None,
        runs: dict[Step, Run],
        now: datetime,
    ) -> DatasetState:
        run = runs.get(Step("recipe" if dataset.recipe else "publish", dataset.id))
        if run is not None and not self._sees_whole(principal, dataset, version):
            run = replace(run, message="", hint="")
        shown = self._shown(principal, version) if version and self._may_version(principal, version) else None
        since = self._since(dataset, shown)
        return DatasetState(dataset, shown, run, is_stale(dataset, since, now, run), since)

    def _since(self, dataset: Dataset, version: DatasetVersion | None) -> datetime | None:
        """When the content was last confirmed: at its newest fetch, else when it was published."""
        if version is None:
            return None
        receipts = self._store.receipts(dataset.source) if dataset.source else ()
        return max([version.created, *(r.fetched_at for r in receipts[:1] if r.sha256 in version.raw)])


def is_stale(dataset: Dataset, since: datetime | None, now: datetime, run: Run | None) -> bool:
    """True when the newest content is older than the dataset's limit, or a newer attempt failed."""
    failed = run is not None and run.stopped
    if since is None or dataset.stale_after_days is None:
        return failed
    return failed or now - since > timedelta(days=dataset.stale_after_days)


def _thing_state(several: Sequence[Watched], latest: Mapping[int, Latest], now: int) -> ThingState:
    """The state of a thing by its datastreams, of which there is at least one."""
    thing = several[0]
    states = [
        (one, judge_series(latest.get(one.datastream_id), read_limits(one.properties), now))
        for one in several
    ]
    times = [
        found.last_time for one in several if (found := latest.get(one.datastream_id)) and found.last_time
    ]
    silent = bool(times) and all(
        state.silent_since is not None or state.trust == "unknown" for _, state in states
    )
    return ThingState(
        thing.thing_id,
        thing.thing_key,
        thing.thing_name,
        worst_of(state for _, state in states),
        moment(max(times)) if times else None,
        moment(max(times)) if silent else None,
        _battery(states, latest),
        tuple(
            Misgiving(one.datastream_id, one.property_name, one.sign, doubt)
            for one, state in states
            for doubt in state.doubts
        ),
        thing.longitude,
        thing.latitude,
    )


def _battery(
    states: Sequence[tuple[Watched, SeriesState]], latest: Mapping[int, Latest]
) -> tuple[float | None, str] | None:
    for one, state in states:
        newest = latest[one.datastream_id].observation if state.battery_low else None
        if newest is not None:
            return newest.number, one.sign
    return None


_URGENCY: tuple[Trust, ...] = ("stale", "suspect", "incomplete", "ok", "unknown")


def _urgency(state: ThingState) -> tuple[int, bool, float, str]:
    """Silent ones first, the longest silent of them at the top; then doubtful ones, then low batteries."""
    since = state.silent_since.timestamp() if state.silent_since else 0.0
    return (_URGENCY.index(state.trust), state.battery is None, since, state.name)
