"""Reading what is known of datasets: descriptions, columns, versions, receipts, who uses them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from allmende.catalogue.quality_score import Described, Score, score
from allmende.errors import NotFound
from allmende.model.access import Access, Principal
from allmende.model.dataset import Closed, Column, Dataset, DatasetVersion
from allmende.model.licence import LICENCES, Licence
from allmende.model.run import Run, Step, StepKind
from allmende.model.source import Receipt
from allmende.share.gate import Gate
from allmende.share.views import Attempt, DatasetView, RawView, UsedBy, UseView


class DatasetReads(Gate):
    """What is known of datasets."""

    def datasets(self, principal: Principal) -> tuple[DatasetView, ...]:
        """All datasets the reader may see, by title, each with its newest version."""
        views = [self._view(principal, d) for d in self.city.datasets if self._may_dataset(principal, d)]
        return tuple(sorted(views, key=lambda view: view.dataset.title.of("de").casefold()))

    def may_see(self, principal: Principal, dataset: str) -> bool:
        """True when there is such a dataset for this reader, published or not."""
        return self._may_dataset(principal, dataset)

    def closed(self) -> tuple[tuple[str, Closed], ...]:
        """The register of data that are not open, for everybody: only what somebody wrote for it, by dataset.

        What counts is the class as it is now. What was withdrawn is gone from here, too.
        """
        known = self.city.datasets.values()
        shut = (one for one in known if Access.OPEN < self._accesses.dataset(one.id) < Access.WITHDRAWN)
        return tuple((one.id, one.closed) for one in shut if one.closed is not None)

    def score(self, principal: Principal, dataset: str, version: int | None = None) -> Score:
        """How well a dataset is described, after the European assessment. Raises NotFound."""
        view = self.dataset(principal, dataset, version)
        return score(Described(view.dataset, view.version, view.licences, self.city))

    def dataset(self, principal: Principal, dataset: str, version: int | None = None) -> DatasetView:
        """One dataset, with the version asked for or the newest. Raises NotFound."""
        self._readable_dataset(principal, dataset)
        return self._view(principal, dataset, version)

    def use(self, principal: Principal, dataset: str, now: datetime, days: int = 30) -> UseView:
        """How often a dataset was used in the last days, by way; for who may read it. Raises NotFound."""
        self._readable_dataset(principal, dataset)
        since = now.astimezone(ZoneInfo(self.city.time_zone)).date() - timedelta(days=days - 1)
        counted = self._store.use.of(dataset, since)
        own = [one for one in counted if not one.robot]
        by_day = {
            channel: {one.day: one.count for one in own if one.channel == channel}
            for channel in dict.fromkeys(one.channel for one in own)
        }
        return UseView(dataset, since, days, by_day, sum(one.count for one in counted if one.robot))

    def version_on(self, principal: Principal, dataset: str, day: date) -> DatasetVersion:
        """The version known at the end of that day in the city's time. Raises NotFound."""
        self._readable_dataset(principal, dataset)
        limit = end_of(day, self.city.time_zone)
        for version in self._store.versions(dataset):
            if version.created < limit and self._may_version(principal, version):
                return version
        raise NotFound(f"nothing was known of {dataset!r} on {day.isoformat()}", where=f"/d/{dataset}")

    def raw(self, principal: Principal, sha256: str) -> RawView:
        """A raw file by its hash, when some receipt lets the reader have it. Raises NotFound."""
        receipts = tuple(r for r in self._store.receipts_of(sha256) if self._may_raw(principal, r))
        if not receipts:
            raise NotFound(f"there is no raw file {sha256!r}", where=f"/raw/{sha256}")
        self._count_raw(principal, sha256, {receipt.source for receipt in receipts})
        return RawView(sha256, self._lake.raw_path(sha256), receipts)

    def _count_raw(self, principal: Principal, sha256: str, sources: Collection[str]) -> None:
        """A raw file counts as the rows that were made of it."""
        if principal.agreement is None:
            return
        for dataset in self.city.datasets.values():
            if dataset.source in sources:
                made = [one for one in self._store.versions(dataset.id) if sha256 in one.raw]
                for version in made[:1]:
                    self._count_rows(principal, version, version.rows + version.rejected)

    def used_by(self, principal: Principal, dataset: str) -> UsedBy:
        """What is made from a dataset: recipes' datasets, indicators, stories; only what the reader may see."""
        self._readable_dataset(principal, dataset)
        users = self._lineage.used_by(dataset)
        return UsedBy(
            tuple(d for d in users.datasets if self._may_dataset(principal, d)),
            tuple(i for i in users.indicators if self._may_indicator(principal, i)),
            self._stories_from(principal, dataset),
            tuple(one.id for one in self.city.reuses.values() if dataset in one.datasets),
        )

    def history(self, principal: Principal, dataset: str, limit: int = 60) -> tuple[Attempt, ...]:
        """When the content was fetched and made, newest first, with how it ended and what checks said.

        Raises NotFound.
        """
        found = self._readable_dataset(principal, dataset)
        kind: StepKind = "recipe" if found.recipe else "publish"
        steps = [Step(kind, dataset)] + ([Step("fetch", found.source)] if found.source else [])
        runs = [run for step in steps for run in self._store.runs(step, limit)]
        newest = sorted(runs, key=lambda run: run.finished, reverse=True)[:limit]
        versions = [one for one in self._store.versions(dataset) if self._may_version(principal, one)]
        told = self._sees_whole(principal, found, versions[0] if versions else None)
        return tuple(_attempt(run, versions, told=told) for run in newest)

    def _stories_from(self, principal: Principal, dataset: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for language in self.city.languages:
            for story in self._store.latest_stories(language):
                if any(pin.dataset == dataset for pin in story.pins) and self._may_story(principal, story):
                    found[story.story] = None
        return tuple(found)

    def _view(self, principal: Principal, dataset_id: str, number: int | None = None) -> DatasetView:
        dataset = self.city.datasets[dataset_id]
        versions = tuple(v for v in self._store.versions(dataset_id) if self._may_version(principal, v))
        version = self._chosen(principal, dataset_id, versions, number)
        run = self._store.latest_runs().get(_step(dataset))
        return DatasetView(
            dataset=replace(dataset, columns=self._visible_declared(principal, dataset)),
            access=self._accesses.dataset(dataset_id),
            columns=self._described(principal, dataset, version),
            version=self._shown(principal, version) if version else None,
            versions=tuple(self._shown(principal, v) for v in versions),
            licences=self._licences_of(dataset_id, version),
            attributions=self._attributions_of(dataset_id, version),
            used_by=self.used_by(principal, dataset_id),
            source=self.city.sources.get(dataset.source),
            receipts=self._receipts(version),
            last_run=_safe(run, self._sees_whole(principal, dataset, version)),
        )

    def _chosen(
        self, principal: Principal, dataset: str, versions: tuple[DatasetVersion, ...], number: int | None
    ) -> DatasetVersion | None:
        if number is None:
            return versions[0] if versions else None
        return self._numbered(principal, dataset, number)

    def _shown(self, principal: Principal, version: DatasetVersion) -> DatasetVersion:
        """The version without the columns, and without details of checks, that are closed to the reader."""
        columns = self._columns(principal, version)
        if len(columns) == len(version.columns):
            return version
        checks = tuple(replace(check, detail="") for check in version.checks)
        return replace(version, columns=columns, checks=checks, recipe_text="", applied="", findings=())

    def _described(
        self, principal: Principal, dataset: Dataset, version: DatasetVersion | None
    ) -> tuple[Column, ...]:
        if version is None:
            return self._visible_declared(principal, dataset)
        return tuple(_with_words(c, dataset.column(c.name)) for c in self._columns(principal, version))

    def _visible_declared(self, principal: Principal, dataset: Dataset) -> tuple[Column, ...]:
        own = self._accesses
        return tuple(
            c for c in dataset.columns if principal.may_read(own.column(dataset.id, c.name), dataset.id)
        )

    def _sees_whole(self, principal: Principal, dataset: Dataset, version: DatasetVersion | None) -> bool:
        declared = len(self._visible_declared(principal, dataset)) == len(dataset.columns)
        return declared and (version is None or self._sees_all(principal, version))

    def _licences_of(self, dataset: str, version: DatasetVersion | None) -> tuple[Licence, ...]:
        """Those of the version, and those of now when there is none; nothing when one is not known."""
        if version is None:
            return tuple(self._accesses.licences(dataset))
        known = tuple(LICENCES[name] for name in version.licences if name in LICENCES)
        return known if len(known) == len(version.licences) else ()

    def _attributions_of(self, dataset: str, version: DatasetVersion | None) -> tuple[str, ...]:
        return version.attributions if version else tuple(self._accesses.attributions(dataset))

    def _receipts(self, version: DatasetVersion | None) -> tuple[Receipt, ...]:
        """The receipts of the raw files a version was made from, newest first."""
        found = {r for sha in (version.raw if version else ()) for r in self._store.receipts_of(sha)}
        return tuple(sorted(found, key=lambda receipt: receipt.fetched_at, reverse=True))


def end_of(day: date, time_zone: str) -> datetime:
    """The first moment after `day` in that time zone, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(time_zone)).astimezone(UTC)


def _step(dataset: Dataset) -> Step:
    return Step("recipe" if dataset.recipe else "publish", dataset.id)


def _safe(run: Run | None, sees_whole: bool) -> Run | None:
    """A run's message may quote a value of any column, so it is for readers of all columns."""
    return run if run is None or sees_whole else replace(run, message="", hint="")


def _with_words(column: Column, declared: Column | None) -> Column:
    """The column as published, with today's words for people."""
    if declared is None:
        return column
    return replace(
        column,
        title=declared.title if declared.title.of("de") else column.title,
        description=declared.description if declared.description.of("de") else column.description,
        unit=declared.unit or column.unit,
    )


def _attempt(run: Run, versions: Sequence[DatasetVersion], *, told: bool) -> Attempt:
    made = next((one for one in versions if run.started <= one.created <= run.finished), None)
    made = made if run.step.kind != "fetch" and run.outcome == "new" else None
    checks = made.checks if made else ()
    passed = sum(check.passed for check in checks)
    return Attempt(run, made.number if made else None, passed, len(checks), run.message if told else "")
