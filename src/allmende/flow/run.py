"""Doing what is stale, in order: a fault of one step never stops another.

Sources are asked in parallel (one host after another), everything else one by one. What waits for a
step that failed keeps its last version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from urllib.parse import urlsplit

from allmende.collect.fetch import fetch_source
from allmende.errors import AllmendeError
from allmende.extensions import load_connector
from allmende.flow.ahead import draw_ahead
from allmende.flow.deadlines import publish_due
from allmende.flow.graph import INDEX, graph, stories, story_step
from allmende.flow.harvesting import harvest_due
from allmende.flow.held import publish_or_hold
from allmende.flow.index import build_index
from allmende.flow.lock import only_run
from allmende.flow.polled import OBSERVE, observe_source
from allmende.flow.stale import fingerprint, source_hash, why
from allmende.flow.tidy import move_old
from allmende.flow.workspace import Workspace
from allmende.model.run import Run, Step
from allmende.model.source import Source
from allmende.understand.story import publish_story

MOST_HOSTS = 6
Progress = Callable[[Run], None]


def run_city(workspace: Workspace, progress: Progress) -> tuple[Run, ...]:
    """Do every stale step once; returns the runs in the order in which they ended.

    `progress` is told each run as it ends, always from this thread. Raises StoreFault when another
    run of this city is under way, or the store cannot be written.
    """
    done: list[Run] = []
    with only_run(workspace.data):
        for run in _runs(workspace):
            workspace.store.add_run(run)
            done.append(run)
            progress(run)
    return tuple(done)


def _runs(workspace: Workspace) -> Iterator[Run]:
    steps = tuple(graph(workspace.city))
    due = [step for step in steps if step.kind == "fetch" and why(step, workspace) is not None]
    yield from _fetch_all([workspace.city.sources[step.subject] for step in due], workspace)
    for step in steps:
        if step.kind != "fetch" and why(step, workspace) is not None:
            yield _guarded(step, workspace)
    yield from publish_due(workspace)
    yield from harvest_due(workspace)
    moved = move_old(workspace)
    if moved is not None:
        yield moved


def _fetch_all(sources: Sequence[Source], workspace: Workspace) -> Iterator[Run]:
    """Ask every source; those of one host one after another, so that no host is pressed."""
    hosts: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        hosts[urlsplit(source.address).netloc or source.id].append(source)
    with ThreadPoolExecutor(MOST_HOSTS, thread_name_prefix="fetch") as pool:
        queues = [iter(queue) for queue in hosts.values()]
        waiting = {pool.submit(_fetch_next, queue, workspace): queue for queue in queues}
        while waiting:
            ended = next(as_completed(waiting))
            queue, run = waiting.pop(ended), ended.result()
            if run is not None:
                waiting[pool.submit(_fetch_next, queue, workspace)] = queue
                yield run


def _fetch_next(queue: Iterator[Source], workspace: Workspace) -> Run | None:
    source = next(queue, None)
    return None if source is None else _guarded(Step("fetch", source.id), workspace)


def _guarded(step: Step, workspace: Workspace) -> Run:
    """The run of a step; even a fault of ours ends only this step."""
    started = workspace.clock.now()
    try:
        return _DO[step.kind](step, workspace)
    except AllmendeError as error:
        message, hint, transient = str(error.message), error.hint, error.transient
    except Exception as error:
        message, transient = f"{type(error).__name__}: {error}", False
        hint = "This is a fault of Allmende; please report it. The last version stays public."
    return Run(step, started, workspace.clock.now(), "failed", message, hint, transient)


def _fetch(step: Step, workspace: Workspace) -> Run:
    source = workspace.city.sources[step.subject]
    connector = load_connector(source.connector)
    run = fetch_source(source, connector, workspace.http, workspace.store, workspace.lake, workspace.clock)
    if run.outcome != "failed":
        workspace.store.keep_definition(source_hash(source), str(step))
    return run


def _publish(step: Step, workspace: Workspace) -> Run:
    return publish_or_hold(workspace, workspace.city.datasets[step.subject])


def _observe(step: Step, workspace: Workspace) -> Run:
    return observe_source(workspace, workspace.city.sources[step.subject])


def _story(step: Step, workspace: Workspace) -> Run:
    story = next(one for one in stories(workspace.city) if story_step(one) == step)
    made_from = fingerprint(step, workspace)
    run = publish_story(
        workspace.city, story, workspace.store, workspace.figures, workspace.engine, workspace.clock
    )
    if run.outcome != "failed":
        workspace.store.keep_definition(made_from, str(step))
    return run


def _index(step: Step, workspace: Workspace) -> Run:
    started, made_from = workspace.clock.now(), fingerprint(step, workspace)
    count = build_index(workspace)
    drawn = draw_ahead(workspace)
    workspace.store.keep_definition(made_from, str(step))
    message = f"{count} entries can be found, {drawn} charts drawn"
    return Run(step, started, workspace.clock.now(), "new", message)


_DO: dict[str, Callable[[Step, Workspace], Run]] = {
    "fetch": _fetch,
    "publish": _publish,
    "recipe": _publish,
    OBSERVE: _observe,
    "story": _story,
    INDEX.kind: _index,
}
