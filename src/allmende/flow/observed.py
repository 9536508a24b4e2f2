"""Datasets from observations as steps of the flow: what is at hand for them, and when they are made again."""

from __future__ import annotations

from allmende.catalogue.series_trust import judge_series, read_limits
from allmende.catalogue.versions import Judge
from allmende.errors import NotFound
from allmende.flow.workspace import Workspace
from allmende.model.dataset import Dataset
from allmende.model.observation import microseconds
from allmende.model.run import Run, Step
from allmende.structure.observed import Observatory, publish_observed, state_hash

FAILED = "it failed last time"


def observatory(workspace: Workspace) -> Observatory:
    """The city's datastreams as they are now, with what is plausible for them."""
    store = workspace.store
    watched = store.things.watched()
    limits = {one.datastream_id: read_limits(one.properties) for one in watched}
    return Observatory(workspace.city, store, workspace.lake, workspace.series, watched, limits)


def observe(workspace: Workspace, dataset: Dataset, judge: Judge = lambda made: None) -> Run:
    """Make a dataset from observations; what it was made from is remembered when it went well. Raises HeldBack."""
    shop, made_from = observatory(workspace), _made_from(workspace, dataset)
    run = publish_observed(shop, dataset, workspace.clock, judge)
    if run.outcome != "failed":
        workspace.store.keep_definition(made_from, str(Step("publish", dataset.id)))
    return run


def why_observe(workspace: Workspace, dataset: Dataset, last: Run | None) -> str | None:
    """Why a dataset from observations is to be made now: its definition, its datastreams, what can be
    trusted of them, or the newest period is another one than last time."""
    if last is None:
        return "it was never published"
    if last.outcome == "failed":
        return FAILED
    try:
        known = workspace.store.definition(_made_from(workspace, dataset))
    except NotFound:
        return "the districts are missing"
    return None if known else "an hour or day has ended, or a sensor is doing better or worse"


def _made_from(workspace: Workspace, dataset: Dataset) -> str:
    shop, now = observatory(workspace), workspace.clock.now()
    latest = workspace.store.observations.latest([one.datastream_id for one in shop.chosen(dataset)])
    trusts = {
        number: judge_series(latest.get(number), limits, microseconds(now)).trust
        for number, limits in shop.limits.items()
    }
    return state_hash(shop, dataset, trusts, now)
