"""One reader of the store for all who follow live: new observations, handed to those who want them.

It follows the ids of observations, so it does not matter which process wrote them. In the process
that writes, `notice` wakes it at once; elsewhere it looks every second, while anybody follows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec

from allmende.errors import StoreBusy
from allmende.model.observation import Observation
from allmende.ports import Observations
from allmende.share.told import told

_log = logging.getLogger(__name__)
_AT_ONCE = 5_000
_FEW = 1_000
Line = tuple[int | None, bytes]
"""The id to continue from (None for a correction, which is no step on the way) and the JSON of a value."""


class Follower:
    """One client: what it follows, and the lines that it has not been sent yet.

    `behind` is set when it reads slower than values come; it has to come back and continue from the
    last id it saw. `ended` is set when the process stops.
    """

    def __init__(self, datastreams: frozenset[int], most: int) -> None:
        self.datastreams = datastreams
        self.lines: asyncio.Queue[Line | None] = asyncio.Queue(most)
        self.behind = False
        self.ended = False

    def put(self, line: Line) -> None:
        """Queue a line, or say that this client is too slow."""
        if self.lines.full():
            self.behind = True
        elif not self.behind:
            self.lines.put_nowait(line)

    def end(self) -> None:
        """Let it go, whatever it waits for."""
        self.ended = True
        if not self.lines.full():
            self.lines.put_nowait(None)


class Feed:
    """Followers and what they are told. At most `most_clients` at a time, each `most_waiting` lines behind."""

    def __init__(
        self,
        observations: Observations,
        *,
        seconds: float = 1.0,
        shortest: float = 0.02,
        most_clients: int = 500,
        most_waiting: int = 2_000,
    ) -> None:
        self._observations = observations
        self._seconds = seconds
        self._shortest = shortest
        self._most_clients = most_clients
        self._most_waiting = most_waiting
        self._followers: set[Follower] = set()
        self._takers: dict[int, list[Follower]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._ready: asyncio.Future[None] | None = None
        self._pump: asyncio.Task[None] | None = None
        self._at = 0

    @property
    def clients(self) -> int:
        """How many follow now."""
        return len(self._followers)

    def notice(self, rows: Sequence[Observation]) -> None:
        """New observations are on disk; for the writer's thread."""
        loop = self._loop
        if loop is None or not self._followers:
            return
        corrected = [row for row in rows if row.revision > 1]
        try:
            loop.call_soon_threadsafe(self._wake, corrected)
        except RuntimeError:  # the loop has ended with its followers
            self._loop = None

    @asynccontextmanager
    async def follow(self, datastreams: frozenset[int]) -> AsyncIterator[Follower]:
        """Everything that is stored of these datastreams from now on. Raises StoreBusy when too many follow."""
        if len(self._followers) >= self._most_clients:
            raise StoreBusy("too many programs follow live values", hint="Come again in a minute.")
        follower = Follower(datastreams, self._most_waiting)
        self._add(follower)
        try:
            await asyncio.shield(self._started())
            yield follower
        finally:
            self._discard(follower)

    def _add(self, follower: Follower) -> None:
        self._followers.add(follower)
        for id_ in follower.datastreams:
            self._takers.setdefault(id_, []).append(follower)

    def _discard(self, follower: Follower) -> None:
        self._followers.discard(follower)
        for id_ in follower.datastreams:
            takers = self._takers[id_]
            takers.remove(follower)
            if not takers:
                del self._takers[id_]

    def close(self) -> None:
        """Let all followers go."""
        for follower in self._followers:
            follower.end()

    def _wake(self, corrected: Sequence[Observation]) -> None:
        self._hand_out(corrected, lambda _: None)
        self._woken.set()

    def _started(self) -> asyncio.Future[None]:
        """Done when everything that is stored from now on will be handed out."""
        loop = asyncio.get_running_loop()
        if self._ready is None or self._loop is not loop or self._pump is None or self._pump.done():
            self._loop, self._woken, self._ready = loop, asyncio.Event(), loop.create_future()
            self._pump = asyncio.create_task(self._work(self._ready))
        return self._ready

    async def _work(self, ready: asyncio.Future[None]) -> None:
        """Read what is new, as long as somebody follows."""
        try:
            self._at = await asyncio.to_thread(self._observations.newest_id)
        except Exception as error:
            ready.set_exception(error)
            return
        ready.set_result(None)
        while self._followers:
            try:
                await self._step()
            except Exception as error:  # the store may be gone for a minute; followers wait
                _log.warning("live values wait: %s", error)
            await self._pause()

    async def _step(self) -> None:
        newest = await asyncio.to_thread(self._observations.newest_id)
        while self._at < newest:
            wanted = list(self._takers) if len(self._takers) <= _FEW else None
            rows = await asyncio.to_thread(self._observations.since, self._at, wanted, _AT_ONCE)
            self._hand_out(rows, lambda row: row.id)
            self._at = rows[-1].id if len(rows) == _AT_ONCE else max(newest, rows[-1].id if rows else 0)

    async def _pause(self) -> None:
        await asyncio.sleep(self._shortest)
        try:
            await asyncio.wait_for(self._woken.wait(), self._seconds)
        except TimeoutError:
            return
        finally:
            self._woken.clear()

    def _hand_out(self, rows: Sequence[Observation], id_of: Callable[[Observation], int | None]) -> None:
        for row in rows:
            takers = self._takers.get(row.datastream_id)
            if takers:
                line = (id_of(row), msgspec.json.encode(told(row)))
                for taker in takers:
                    taker.put(line)
