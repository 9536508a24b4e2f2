"""Harvesting what is due: a catalogue is taken whole, or its last good state stays."""

from __future__ import annotations

from collections.abc import Iterator

from allmende.collect.harvest.duplicates import find_same
from allmende.collect.harvest.pages import Read, is_of, read_catalogue
from allmende.errors import AllmendeError, SourceRefused
from allmende.flow.schedule import PERIODS, SOON
from allmende.flow.workspace import Workspace
from allmende.model.harvest import ForeignCatalogue, Harvested
from allmende.model.run import Outcome, Run, Step, StepKind

HARVEST: StepKind = "harvest"


def harvest_due(workspace: Workspace) -> Iterator[Run]:
    """Harvest every catalogue whose time has come. For who holds the lock of runs."""
    runs = workspace.store.latest_runs()
    for catalogue in workspace.city.catalogues.values():
        if is_due(workspace, catalogue, runs.get(Step(HARVEST, catalogue.id))):
            yield harvest(workspace, catalogue)


def is_due(workspace: Workspace, catalogue: ForeignCatalogue, last: Run | None) -> bool:
    """Never harvested, described otherwise since, failed a while ago, or its period is over."""
    if last is None:
        return True
    waited = workspace.clock.now() - last.started
    if last.outcome == "failed":
        return waited >= SOON
    known = workspace.store.harvests.last().get(catalogue.id)
    if known is None or not is_of(known, catalogue):
        return True
    return catalogue.schedule != "once" and waited >= PERIODS[catalogue.schedule]


def harvest(workspace: Workspace, catalogue: ForeignCatalogue) -> Run:
    """One harvest and how it ended. After a fault nothing is changed."""
    step, started = Step(HARVEST, catalogue.id), workspace.clock.now()
    outcome: Outcome = "failed"
    message, hint, transient = "", "", False
    try:
        outcome, message = _harvest(workspace, catalogue)
    except AllmendeError as error:
        message, hint, transient = str(error.message), error.hint, error.transient
    except Exception as error:  # a stranger's document must not end the run
        message = f"{type(error).__name__}: {error}"
        hint = "This is a fault of Allmende; please report it. The last harvest stays."
    return Run(step, started, workspace.clock.now(), outcome, message, hint, transient)


def _harvest(workspace: Workspace, catalogue: ForeignCatalogue) -> tuple[Outcome, str]:
    harvests, now = workspace.store.harvests, workspace.clock.now()
    last = harvests.last().get(catalogue.id)
    read = read_catalogue(catalogue, workspace.http, last, now)
    if read is None or (last is not None and read.harvest.fingerprint == last.fingerprint):
        harvests.confirm(catalogue.id, now)
        return "unchanged", "nothing changed"
    _check_not_empty(workspace, catalogue, read)
    same = find_same(read.datasets, harvests.others(catalogue.id))
    return "new", _told(harvests.replace(read.harvest, read.datasets, same), len(read.harvest.faults))


def _check_not_empty(workspace: Workspace, catalogue: ForeignCatalogue, read: Read) -> None:
    """A catalogue that was full and is empty now is rather broken than cleared."""
    if read.datasets:
        return
    if workspace.store.harvests.entries([catalogue.id], limit=1)[1]:
        hint = "If that is right, take its file out of `catalogues/`."
        raise SourceRefused("it lists nothing any more", where=catalogue.address, hint=hint)


def _told(done: Harvested, faults: int) -> str:
    parts = [f"{done.new} new", f"{done.changed} changed", f"{done.gone} gone", f"{done.unchanged} as before"]
    return ", ".join([*parts, *([f"{faults} faults"] if faults else [])])
