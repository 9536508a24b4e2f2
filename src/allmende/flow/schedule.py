"""When a source is to be asked again."""

from __future__ import annotations

from datetime import datetime, timedelta

from allmende.flow.workspace import Workspace
from allmende.model.harvest import ForeignCatalogue
from allmende.model.run import Run, Step
from allmende.model.source import Schedule, Source

PERIODS: dict[Schedule, timedelta] = {
    "every 10 minutes": timedelta(minutes=10),
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
SOON = timedelta(minutes=15)
"""After a fault that may pass (no answer, too many requests)."""
LATER = timedelta(hours=6)
"""After a fault that a person has to mend (not found, refused)."""

OBSERVED = timedelta(minutes=10)
"""So often it is asked how the sensors are doing, and whether an hour or day has ended."""


def next_due(source: Source, last: Run | None, now: datetime) -> datetime | None:
    """When the source is to be asked next; None: never again (`once`, and it answered)."""
    if last is None or last.started > now:
        return now
    if last.outcome == "failed":
        wait = SOON if last.transient else LATER
        period = PERIODS.get(source.schedule, LATER)
        return last.started + min(wait, period)
    return None if source.schedule == "once" else last.started + PERIODS[source.schedule]


def _next_harvest(catalogue: ForeignCatalogue, last: Run | None, now: datetime) -> datetime | None:
    if last is None:
        return now
    if last.outcome == "failed":
        return last.started + SOON
    return None if catalogue.schedule == "once" else last.started + PERIODS[catalogue.schedule]


def seconds_until_due(workspace: Workspace) -> float:
    """How long the flow may sleep, in seconds, 0 when something is due now; at most a day."""
    now = workspace.clock.now()
    runs = workspace.store.latest_runs()
    moments = [
        next_due(source, runs.get(Step("fetch", source.id)), now)
        for source in workspace.city.sources.values()
    ]
    moments += [
        _next_harvest(catalogue, runs.get(Step("harvest", catalogue.id)), now)
        for catalogue in workspace.city.catalogues.values()
    ]
    if any(dataset.observations for dataset in workspace.city.datasets.values()):
        moments.append(now + OBSERVED)
    waits = [(moment - now).total_seconds() for moment in moments if moment is not None]
    return max(0.0, min([*waits, 86_400.0]))
