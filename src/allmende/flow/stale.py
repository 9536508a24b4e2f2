"""What is out of date, and why. Only that is done; everything else is left alone.

Whether rows or texts are out of date is decided by what they were made from, never by the time of
files: raw bytes, versions of inputs, and hashes of definitions.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allmende import __version__
from allmende.catalogue.access import Accesses
from allmende.catalogue.trust import Trusts
from allmende.catalogue.versions import digest, seen
from allmende.errors import NotFound
from allmende.flow.graph import INDEX, datasets_of, graph, stories, story_step
from allmende.flow.held import held_hash
from allmende.flow.observed import FAILED, why_observe
from allmende.flow.polled import OBSERVE, why_observe_source
from allmende.flow.results import content_of
from allmende.flow.schedule import PERIODS
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.dataset import Dataset, DatasetVersion
from allmende.model.knowledge import Story
from allmende.model.run import Run, Step
from allmende.model.source import Source
from allmende.structure.parse import maker_hash
from allmende.structure.publish import inputs_of, newest_receipt
from allmende.understand import recipe

ANSWERED = "it was held back, and something of it changed since"


def stale_steps(workspace: Workspace) -> tuple[tuple[Step, str], ...]:
    """Every step that the next run would do, in order, with the reason for people."""
    found: dict[Step, str] = {}
    for step, waits in graph(workspace.city).items():
        reason = why(step, workspace)
        before = next((other for other in waits if other in found), None)
        if reason is None and before is not None:
            reason = f"if {before} brings something new"
        if reason is not None:
            found[step] = reason
    return tuple(found.items())


def why(step: Step, workspace: Workspace) -> str | None:
    """Why the step is to be done now, as far as it can be known before doing those it waits for."""
    city = workspace.city
    if step.kind in ("publish", "recipe") and Accesses(city).dataset(step.subject) is Access.WITHDRAWN:
        return None
    last = workspace.store.latest_runs().get(step)
    if step.kind == "fetch":
        return why_fetch(city.sources[step.subject], last, workspace)
    if step.kind == "publish":
        return _why_publish(city.datasets[step.subject], last, workspace)
    if step.kind == OBSERVE:
        return FAILED if last and last.outcome == "failed" else why_observe_source(workspace, step.subject)
    if step.kind == "recipe":
        return _why_recipe(city.datasets[step.subject], last, workspace)
    if step == INDEX and not workspace.search_file.is_file():
        return "there is no search index yet"
    return _why_made(last, fingerprint(step, workspace), workspace)


def why_fetch(source: Source, last: Run | None, workspace: Workspace) -> str | None:
    """A source is asked when its schedule says so, when it failed, or when its file changed."""
    if last is None:
        return "it was never fetched"
    if last.outcome == "failed":
        return FAILED
    if workspace.store.definition(source_hash(source)) is None:
        return "its address or options changed"
    if source.schedule == "once":
        return None
    return f"it is asked {source.schedule}" if _over(source, last, workspace.clock.now()) else None


def _over(source: Source, last: Run, now: datetime) -> bool:
    """Has its period passed? A last run in the future means that a clock was wrong."""
    return not timedelta(0) <= now - last.started < PERIODS[source.schedule]


def source_hash(source: Source) -> str:
    """The hash of what decides which bytes a source answers with."""
    return digest(["fetch", source.id, source.connector, source.address, source.options])


def _why_publish(dataset: Dataset, last: Run | None, workspace: Workspace) -> str | None:
    if dataset.observations is not None:
        return _why_observe(dataset, last, workspace)
    receipt = newest_receipt(dataset, workspace.store)
    if receipt is None:
        return None
    if last is not None and last.outcome == "held":
        return None if _waits(dataset, receipt.sha256, workspace) else ANSWERED
    newest = _newest(dataset, workspace)
    if newest is None:
        return "it was never published"
    if last is not None and last.outcome == "failed":
        return FAILED
    maker = maker_hash(workspace.city, dataset)
    try:
        inputs = inputs_of(workspace.city, dataset, workspace.store)
    except NotFound:
        return "the districts are missing"
    if seen(workspace.store, newest, maker, (receipt.sha256,), inputs):
        return None
    return _what_changed(
        newest, maker, "its source brought new bytes" if receipt.sha256 not in newest.raw else ""
    )


def _why_observe(dataset: Dataset, last: Run | None, workspace: Workspace) -> str | None:
    if last is not None and last.outcome == "held":
        return None if _result_waits(dataset, workspace) else ANSWERED
    return why_observe(workspace, dataset, last)


def _result_waits(dataset: Dataset, workspace: Workspace) -> bool:
    content = content_of(workspace, dataset)
    return content is not None and _waits(dataset, content.sha256, workspace)


def _waits(dataset: Dataset, content: str, workspace: Workspace) -> bool:
    """True when what was held back would be held back again for the same reasons."""
    return workspace.store.definition(held_hash(workspace, dataset, content)) is not None


def _why_recipe(dataset: Dataset, last: Run | None, workspace: Workspace) -> str | None:
    try:
        pins = recipe.newest_inputs(workspace.city, dataset, workspace.store)
    except recipe.MissingInput:
        return None if last is not None and last.outcome == "skipped" else "an input is missing"
    if last is not None and last.outcome == "held":
        return None if _result_waits(dataset, workspace) else ANSWERED
    newest = _newest(dataset, workspace)
    if newest is None:
        return "it was never computed"
    if last is not None and last.outcome in ("failed", "skipped"):
        return FAILED
    maker = recipe.maker_hash(workspace.city, dataset)
    inputs = tuple(pins[name] for name in sorted(pins))
    if seen(workspace.store, newest, maker, (), inputs):
        return None
    return _what_changed(newest, maker, "an input has a new version" if inputs != newest.inputs else "")


def _what_changed(newest: DatasetVersion, maker: str, otherwise: str) -> str:
    return (
        "its definition changed" if newest.maker_hash != maker else otherwise or "an input has a new version"
    )


def _newest(dataset: Dataset, workspace: Workspace) -> DatasetVersion | None:
    return workspace.store.latest_versions().get(dataset.id)


def _why_made(last: Run | None, made_from: str, workspace: Workspace) -> str | None:
    if last is None:
        return "it was never made"
    if last.outcome == "failed":
        return FAILED
    return None if workspace.store.definition(made_from) else "what it shows changed"


def fingerprint(step: Step, workspace: Workspace) -> str:
    """The hash of everything a story or the index shows: kept once it was made, so that it is known again."""
    city = workspace.city
    shown: list[object] = [str(step), __version__, digest(repr(city))]
    if step == INDEX:
        shown += [str(v.pin) for v in workspace.store.latest_versions().values()]
        shown += [
            f"{s.story}.{language}@{s.number}"
            for language in city.languages
            for s in workspace.store.latest_stories(language)
        ]
        return digest(shown)
    story = next(one for one in stories(city) if story_step(one) == step)
    # Numbers grow old by themselves, so a story is looked at once a day.
    shown.append(workspace.clock.now().date().isoformat())
    return digest([*shown, *_inputs_of_story(story, workspace)])


def _inputs_of_story(story: Story, workspace: Workspace) -> list[str]:
    """The versions that a story reads, with the trust that each deserves now."""
    newest = workspace.store.latest_versions()
    trusts = Trusts(workspace.city, workspace.store, workspace.clock)
    trusts.refresh()
    pins = [newest[name].pin for name in datasets_of(workspace.city, story) if name in newest]
    return [f"{pin} {trusts.of(pin)}" for pin in pins]
