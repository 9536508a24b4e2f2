"""Open by default: what was checked and found harmless is published when nobody answered until its deadline.

Cities say after how many days (`[release] open_after_days`; 0 is never). What was found, or failed a check, waits for
people as long as it takes. What people approved and no process ended is published here, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from allmende.errors import AllmendeError
from allmende.flow.desk_work import publish_now
from allmende.flow.held import may_still_release, take
from allmende.flow.workspace import Workspace
from allmende.model.release import Release, is_overdue
from allmende.model.run import Run, Step

REASON = "nobody answered until the deadline; nothing speaks against it"


def publish_due(workspace: Workspace) -> Iterator[Run]:
    """Publish what is due; a fault of one release never stops another. For who holds the lock of runs."""
    for release in _due(workspace):
        started = workspace.clock.now()
        try:
            yield publish_now(workspace, release)
        except AllmendeError as error:
            step = Step("publish", release.dataset)
            yield Run(step, started, workspace.clock.now(), "failed", error.message, error.hint)


def _due(workspace: Workspace) -> Iterator[Release]:
    now, releases = workspace.clock.now(), workspace.store.releases
    for release in releases.in_states(["checked"]):
        if is_overdue(release, now) and not release.open_findings and not release.failed_checks:
            take(workspace, release, "approve", REASON, now)
            yield releases.get(release.id)
    for release in releases.in_states(["approved"]):
        if release.definition is not None and may_still_release(workspace, release):
            yield release
