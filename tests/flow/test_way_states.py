"""A process that only serves knows how the ways in are doing in the one that listens."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

from allmende.flow.way_states import FILE, STALE, WayStates
from allmende.model.way import WayState


def test_what_one_writes_another_reads(tmp_path: Path) -> None:
    """Connected, counters and times; the writer itself reads its own."""
    moment = datetime(2026, 3, 1, 8, tzinfo=UTC)
    own = WayState("radio", True, moment, received=7, stored=5, fault="x", topics={"a/#": "Granted"})
    listening = WayStates({"radio": own}, tmp_path)
    listening.write()
    assert listening.read()["radio"] is own
    other = WayStates({"radio": WayState("radio"), "new": WayState("new")}, tmp_path)
    assert other.read() == {"radio": own, "new": WayState("new")}


def test_posts_taken_here_are_counted_here(tmp_path: Path) -> None:
    """What this process itself took is not covered by what another one says."""
    WayStates({"hook": WayState("hook")}, tmp_path).write()
    taken = WayState("hook", received=3)
    assert WayStates({"hook": taken}, tmp_path).read()["hook"] is taken


def test_old_or_broken_news_are_none(tmp_path: Path) -> None:
    """A process that ended does not seem connected for ever; half a file is no news."""
    WayStates({"radio": WayState("radio", True)}, tmp_path).write()
    waiting = WayStates({"radio": WayState("radio")}, tmp_path)
    past = time.time() - STALE - 1
    os.utime(tmp_path / FILE, (past, past))
    assert waiting.read()["radio"].connected is None
    (tmp_path / FILE).write_text("{")
    assert waiting.read()["radio"].connected is None
    assert WayStates({"radio": WayState("radio")}).read()["radio"].connected is None


def test_a_full_disk_does_not_end_the_listening(tmp_path: Path) -> None:
    """Whoever cannot tell the others goes on."""
    WayStates({"radio": WayState("radio")}, tmp_path / "not-there").write()
