"""Reading the state of the data: what was fetched when, what failed and what to do, what is stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from allmende.model.access import Principal
from allmende.model.dataset import Dataset, DatasetVersion
from allmende.model.run import Run, Step
from allmende.model.source import Source
from allmende.share.place_reads import PlaceReads
from allmende.share.views import DatasetState, Health, SourceState


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
        )

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
    failed = run is not None and run.outcome == "failed"
    if since is None or dataset.stale_after_days is None:
        return failed
    return failed or now - since > timedelta(days=dataset.stale_after_days)
