"""What a process of its own does for the workshop: look at bytes, check what was described, publish.

Everything that came from outside is parsed here, within limits of memory and time; when this process dies, the
release still stands as it was, and can be tried again.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pyarrow as pa

from allmende.catalogue.checks import check_table
from allmende.errors import AllmendeError, ContractBroken, HeldBack, NotAllowed, StoreFault
from allmende.extensions import load_connector
from allmende.flow.describing import faults_of, with_definition
from allmende.flow.desk_fetch import give_up
from allmende.flow.graph import INDEX
from allmende.flow.held import may_still_release, publish_or_hold, said_hash, take
from allmende.flow.index import build_index
from allmende.flow.lock import only_run
from allmende.flow.looking import look, receipt_of, unusable
from allmende.flow.workspace import Workspace
from allmende.model.city import City
from allmende.model.dataset import Check
from allmende.model.guard import GuardFinding
from allmende.model.release import SYSTEM, Release, ReleaseStep, Work, advance, checked, deadline_of
from allmende.model.release import Step as ReleaseMove
from allmende.model.run import Run, Step
from allmende.model.standing import Standing
from allmende.structure.contract import refuse_loss
from allmende.structure.parse import Rows, maker_hash
from allmende.structure.persons import findings_of
from allmende.structure.publish import Workshop, inputs_of, make_rows
from allmende.structure.receiving.look import look_into

MOST_MEMORY = 8 * 1024**3
MOST_SECONDS = 900
WAITS = 300.0
NO_ROLE = "who approved it no longer has the role"


def limit_this_process() -> None:
    """From now on this process ends when it takes more memory or time than any honest table needs."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))


def work_on(workspace: Workspace, what: str, subject: str) -> None:
    """Do one piece of work; what goes wrong stands in the release afterwards."""
    if what == "refresh":
        refresh(workspace, subject)
        return
    release = workspace.store.releases.get(subject)
    try:
        _DO[release.work or "look"](workspace, release)
    except AllmendeError as error:
        give_up(workspace, subject, error.message, error.hint)
    except (MemoryError, pa.ArrowMemoryError):
        give_up(workspace, subject, "the file needs more memory than is allowed", "Send it in parts.")
    except Exception as error:
        give_up(workspace, subject, f"{type(error).__name__}: {error}", "This is a fault of Allmende.")


# --- checking ---


def check(workspace: Workspace, release: Release) -> None:
    """Make the rows as they would be published, and note what the contract and the guard say of them."""
    definition = release.definition
    assert definition is not None
    city = with_definition(workspace.city, definition)
    faults = faults_of(city, definition.dataset.id)
    checks: tuple[Check, ...] = tuple(Check("contract:links", False, 0, fault) for fault in faults)
    found: tuple[GuardFinding, ...] = ()
    rows, reasons = None, tuple[str, ...]()
    if not faults:
        try:
            rows, reasons = _rows(workspace, city, release)
            found = findings_of(rows, city, definition.dataset)
            checks = _checks(rows)
        except ContractBroken as fault:
            checks = (Check("contract", False, 0, f"{fault.message} {fault.hint}".strip()),)
    _note(workspace, city, release, checks, found, rows.table.num_rows if rows else None, reasons)


def _rows(workspace: Workspace, city: City, release: Release) -> tuple[Rows, tuple[str, ...]]:
    """The rows, and the reasons for which a refresh like this would be held back."""
    assert release.definition is not None
    dataset, source = release.definition.dataset, release.definition.source
    shop = Workshop(city, dataset, load_connector(source.connector), workspace.store, workspace.lake)
    inputs, receipt = inputs_of(city, dataset, workspace.store), receipt_of(workspace, release, source.id)
    newest = next(iter(workspace.store.versions(dataset.id)), None)
    reasons: list[str] = []
    try:
        rows = make_rows(shop, receipt, inputs, newest)
    except HeldBack as fault:
        reasons += fault.reasons
        rows = make_rows(shop, receipt, inputs, None)
    try:
        refuse_loss(rows, dataset, maker_hash(city, dataset), newest)
    except HeldBack as fault:
        reasons += fault.reasons
    return rows, tuple(reasons)


def _checks(rows: Rows) -> tuple[Check, ...]:
    detail = f"{rows.rows_rejected} of {rows.rows_in} rows were not taken" if rows.rows_rejected else ""
    taken = Check("rejected", rows.rows_rejected == 0, rows.rows_rejected, detail)
    return (taken, *check_table(rows.table, rows.columns))


def _note(
    workspace: Workspace, city: City, release: Release, checks: tuple[Check, ...],
    findings: tuple[GuardFinding, ...], rows: int | None, reasons: tuple[str, ...],
) -> None:  # fmt: skip
    assert release.definition is not None
    now = workspace.clock.now()
    after = advance(release, ReleaseMove("check", release.revision), None, now, now.date())
    after = replace(after, maker=said_hash(city, release.definition.dataset), held_for=reasons, work="")
    after = checked(after, checks, findings, rows, deadline_of(city.release, now))
    step = ReleaseStep(release.id, 0, now, SYSTEM, "check", after.state, "")
    workspace.store.releases.save(after, release.revision, step)


# --- publishing ---


def publish(workspace: Workspace, release: Release) -> Run:
    """Publish what was approved. Raises NotAllowed when who approved it may not do so any more, StoreFault
    when another run does not end."""
    if not may_still_release(workspace, release):
        _back_to_checked(workspace, release)
        raise NotAllowed(NO_ROLE, where=release.id, hint="Another releaser has to look at it.")
    with _waiting_for_run(workspace):
        run = publish_now(workspace, release)
        workspace.store.add_run(run)
    return run


def publish_now(workspace: Workspace, release: Release) -> Run:
    """Publish what was approved, for who holds the lock of runs."""
    if release.definition is not None:
        _stand(workspace, release)
    run = _publish(workspace, release.dataset)
    after = workspace.store.releases.get(release.id)
    if after.work:
        fault = "" if run.outcome in ("new", "unchanged") else run.message
        workspace.store.releases.save(replace(after, work="", fault=fault, hint=run.hint), after.revision)
    return run


def _back_to_checked(workspace: Workspace, release: Release) -> None:
    """Who approved it may not do so any more: it waits for somebody else."""
    now = workspace.clock.now()
    if release.definition is None:
        take(workspace, replace(release, work=""), "refuse", NO_ROLE, now)
        return
    after = advance(release, ReleaseMove("check", release.revision, NO_ROLE), None, now, now.date())
    after = replace(after, work="", fault=NO_ROLE, hint="Another releaser has to look at it.")
    step = ReleaseStep(release.id, 0, now, SYSTEM, "check", after.state, NO_ROLE)
    workspace.store.releases.save(after, release.revision, step)


def _stand(workspace: Workspace, release: Release) -> None:
    """From now on the city has this dataset, as it was described."""
    definition = release.definition
    assert definition is not None
    store = workspace.store
    newest = next(iter(store.receipts(definition.source.id)), None)
    if newest is None or newest.sha256 != release.raw:
        store.add_receipt(
            replace(receipt_of(workspace, release, definition.source.id), fetched_at=workspace.clock.now())
        )
    store.releases.stand(Standing(definition.dataset.id, "released", definition))


def refresh(workspace: Workspace, dataset: str) -> None:
    """Publish the newest bytes of a dataset, or hold them back. A file that cannot be used changes nothing."""
    with _waiting_for_run(workspace):
        stopped = _stopped(workspace, dataset)
        if stopped is not None:
            workspace.store.add_run(stopped)
        else:
            _publish(workspace, dataset)


def _stopped(workspace: Workspace, dataset: str) -> Run | None:
    """The run that says why the newest bytes cannot be used; None when they can."""
    found, now = workspace.current_city().datasets[dataset], workspace.clock.now()
    receipt = next(iter(workspace.store.receipts(found.source)), None)
    if receipt is None:
        return None
    file = look_into(workspace.lake.raw_path(receipt.sha256), receipt.file_name)
    if not file.stopped:
        return None
    fault = unusable(file)
    return Run(
        Step("publish", dataset),
        now,
        now,
        "failed",
        fault.message,
        f"{fault.hint} The last version stays public.",
    )


def _publish(workspace: Workspace, dataset: str) -> Run:
    found = workspace.current_city().datasets[dataset]
    started = workspace.clock.now()
    try:
        run = publish_or_hold(workspace, found)
    except AllmendeError as error:
        now = workspace.clock.now()
        run = Run(Step("publish", dataset), started, now, "failed", error.message, error.hint)
    if run.outcome == "new":
        count = build_index(workspace)
        now = workspace.clock.now()
        workspace.store.add_run(Run(INDEX, now, now, "new", f"{count} entries can be found"))
    return run


@contextmanager
def _waiting_for_run(workspace: Workspace) -> Iterator[None]:
    """Hold the lock of runs; when one is under way, wait for its end. Raises StoreFault after some minutes."""
    until = time.monotonic() + WAITS
    while True:
        try:
            lock = only_run(workspace.data)
            lock.__enter__()
        except StoreFault:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
        else:
            break
    try:
        yield
    finally:
        lock.__exit__(None, None, None)


_DO: dict[Work, Callable[[Workspace, Release], Any]] = {
    "look": look,
    "check": check,
    "publish": publish,
}
