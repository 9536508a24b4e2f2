"""Counts what is read, without persons: an address is looked at for what it names, and forgotten.

Sums are kept in memory and added to the ledger once in a while, so reading costs no write; a crash loses the last
half minute. Of the reader nothing is looked at but whether their program calls itself a robot.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

from allmende.errors import StoreFault
from allmende.model.use import Channel, Use
from allmende.ports import Clock, UseLedger
from allmende.share.asgi import App, Message, Receive, Scope, Send

_log = logging.getLogger(__name__)
SECONDS = 30.0
MOST_KEPT = 10_000
_ROBOT = re.compile(rb"bot\b|bot/|crawl|spider|slurp|monitor|preview|archiv", re.IGNORECASE)
_FILES = r"csv|xlsx|json|jsonl|ndjson|parquet|geojson|gpkg|fgb|kml"
_WAYS: tuple[tuple[Channel, re.Pattern[str]], ...] = (
    ("download", re.compile(rf"/d/([a-z0-9-]{{1,100}})(?:@[\d-]+)?\.(?:{_FILES})")),
    ("page", re.compile(r"(?:/en)?/d/([a-z0-9-]{1,100})(?:@[\d-]+)?")),
    ("api", re.compile(r"/api/v1/datasets/([a-z0-9-]{1,100})(?:@\d+)?(?:/rows)?")),
    ("story", re.compile(r"(?:/en)?/w/([a-z0-9-]{1,100})(?:@\d+)?")),
)
_SEEN = (200, 206, 304)
_Key = tuple[str, date, Channel, bool]


class UseCounter:
    """Wraps an app and counts what it answers. `zone` is the city's: its days are counted."""

    def __init__(self, app: App, ledger: UseLedger, clock: Clock, zone: str) -> None:
        self._app = app
        self._ledger = ledger
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._sums: Counter[_Key] = Counter()
        self._lock = threading.Lock()
        self._next = time.monotonic() + SECONDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; count what was read."""
        found = used(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        statuses: list[int] = []

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        await self._app(scope, receive, noting)
        if statuses and statuses[0] in _SEEN:
            self._count(found, dict(scope["headers"]).get(b"user-agent", b""))
            if time.monotonic() > self._next:
                await asyncio.to_thread(self.flush)

    def _count(self, found: tuple[str, Channel], agent: bytes) -> None:
        subject, channel = found
        day = self._clock.now().astimezone(self._zone).date()
        with self._lock:
            self._sums[(subject, day, channel, _ROBOT.search(agent) is not None)] += 1
            if len(self._sums) > MOST_KEPT:
                self._next = 0.0

    def flush(self) -> None:
        """Add what was counted to the ledger; when it cannot be written now it is kept for the next time."""
        with self._lock:
            sums, self._sums = self._sums, Counter()
            self._next = time.monotonic() + SECONDS
        if not sums:
            return
        try:
            self._ledger.add([Use(*key, count) for key, count in sorted(sums.items())])
        except StoreFault as error:
            _log.warning("uses could not be written now: %s", error)
            with self._lock:
                self._sums.update(sums)


def used(path: str) -> tuple[str, Channel] | None:
    """What an address reads, and in which way; None when it is nothing that is counted."""
    for channel, pattern in _WAYS:
        found = pattern.fullmatch(path)
        if found:
            return found[1], channel
    return None
