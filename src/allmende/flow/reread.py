"""Reading kept messages again, as the city describes its sensors now: a mended decoder mends what it spoilt."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial

from allmende.flow.new_values import store_new
from allmende.flow.workspace import Workspace
from allmende.model.message import Arrival, KeptMessage, MessageStatus
from allmende.model.observation import Observation

FAILED: tuple[MessageStatus, ...] = ("quarantined", "ignored")
EVERY: tuple[MessageStatus, ...] = (*FAILED, "stored")
AT_ONCE = 500


@dataclass(slots=True)
class Reread:
    """What came of reading again: messages looked at, those that are understood now, and values."""

    messages: int = 0
    understood: int = 0
    stored: int = 0
    changed: int = 0
    first_reason: str = ""


def reread(workspace: Workspace, way: str = "", statuses: Collection[MessageStatus] = FAILED) -> Reread:
    """Read the kept messages (of one way) with these statuses again, oldest first.

    A message that cannot be read still is left as it is. A value that was wrong gets a revision; one
    that the message no longer gives stays, because somebody may have used it. Raises StoreBusy.
    """
    done = Reread()
    for kept in list(_messages(workspace, way, statuses))[::-1]:
        done.messages += 1
        arrival = workspace.live.ways.interpret(kept.message)
        if arrival.status == "quarantined":
            done.first_reason = done.first_reason or arrival.reason
            continue
        _settle(workspace, kept, arrival, done)
    return done


def _messages(workspace: Workspace, way: str, statuses: Collection[MessageStatus]) -> Iterator[KeptMessage]:
    """Newest first, page by page."""
    observations, before = workspace.store.observations, None
    while page := observations.messages(before=before, limit=AT_ONCE):
        yield from (kept for kept in page if kept.status in statuses and way in ("", kept.message.way))
        before = page[-1].id


def _settle(workspace: Workspace, kept: KeptMessage, arrival: Arrival, done: Reread) -> None:
    """Store what is new in it, and what it is now."""
    if (arrival.status, arrival.reason) == (kept.status, kept.reason) and not arrival.observations:
        return
    counted = store_new(workspace, arrival.observations, kept.id, partial(_again, kept, arrival))
    done.understood += bool(arrival.observations) and kept.status != "stored"
    done.stored += counted.stored
    done.changed += counted.changed


def _again(kept: KeptMessage, arrival: Arrival, rows: list[Observation]) -> Arrival:
    return replace(arrival, observations=rows, message=None, reread=kept.id)
