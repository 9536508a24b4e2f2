"""What is old leaves the store: observations for the history, raw messages for segments in the lake."""

from __future__ import annotations

from datetime import timedelta

from allmende.engine.messages import Messages
from allmende.errors import AllmendeError
from allmende.flow.mover import Mover
from allmende.flow.workspace import Workspace
from allmende.model.observation import microseconds
from allmende.model.run import Run, Step
from allmende.store.moves import Moves

STEP = Step("move", "observations")
MESSAGES_STAY = timedelta(days=7)


def move_old(workspace: Workspace) -> Run | None:
    """Move what is old enough; the run when something moved or failed, else None."""
    started = workspace.clock.now()
    try:
        moved = Mover(Moves(workspace.store.engine), workspace.history, workspace.clock).run()
        before = microseconds(started - MESSAGES_STAY)
        messages = Messages(workspace.store, workspace.lake).move(before)
    except AllmendeError as error:
        now = workspace.clock.now()
        return Run(STEP, started, now, "failed", error.message, error.hint, error.transient)
    if not moved.rows and not messages:
        return None
    text = f"{moved.rows} observations are in the history now, {messages} messages in segments"
    return Run(STEP, started, workspace.clock.now(), "new", text, rows=moved.rows)
