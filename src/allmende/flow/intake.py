"""The way of a message: kept as it came, read, resolved to datastreams, and written with its values.

What a way in understands is an `Interpret`: message to values, pure but for looking up datastreams.
A message that it cannot understand is stored all the same, quarantined with the reason, so that a
mended decoder can read it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from sqlalchemy.exc import DBAPIError

from allmende.errors import AllmendeError, Conflict, NotFound, Unreadable
from allmende.flow.datastreams import Datastreams
from allmende.flow.way_states import WayStates
from allmende.model.message import Accepted, Arrival, Change, Message
from allmende.model.thing import Datastream
from allmende.model.way import WayState
from allmende.store.observations import fault
from allmende.store.writer import GroupWriter

_log = logging.getLogger(__name__)
LARGEST_MESSAGE = 10 * 1024 * 1024
Interpret = Callable[[Message], Arrival]


class Ways:
    """Which way in is understood how; `add` by the flow when a city's ways are opened."""

    def __init__(self, known: Mapping[str, Interpret]) -> None:
        self._known = dict(known)

    def add(self, way: str, interpret: Interpret) -> None:
        """From now on messages of `way` are read by `interpret`."""
        self._known[way] = interpret

    def names(self) -> tuple[str, ...]:
        """All ways, by name."""
        return tuple(sorted(self._known))

    def interpret(self, message: Message) -> Arrival:
        """The message as an arrival; quarantined when it cannot be understood.

        Raises StoreBusy when its things cannot be made now: that is no fault of the message.
        """
        try:
            return self._understand(message)
        except DBAPIError as error:
            raise fault(error) from error
        except AllmendeError as error:
            if error.transient:
                raise
            return Arrival([], message, "quarantined", str(error))
        except RecursionError:
            return Arrival([], message, "quarantined", "the message is nested too deeply")
        except Exception as error:
            _log.exception("a message of %s could not be read", message.way, exc_info=error)
            return Arrival([], message, "quarantined", f"reading it failed: {type(error).__name__}: {error}")

    def _understand(self, message: Message) -> Arrival:
        if len(message.payload) > LARGEST_MESSAGE:
            raise Unreadable(f"the message has more than {LARGEST_MESSAGE // 2**20} MB")
        interpret = self._of(message.way)
        try:
            return interpret(message)
        except Conflict:
            # Another process made the same thing at this very moment; now it is there.
            return interpret(message)

    def _of(self, way: str) -> Interpret:
        found = self._known.get(way)
        if found is None:
            raise NotFound(f"there is no way in called {way!r}", hint="Name it in the city's folder `ways`.")
        return found


class WritingIntake:
    """The Intake port: interprets, then waits for the writer's next commit."""

    def __init__(
        self,
        ways: Ways,
        writer: GroupWriter,
        datastreams: Datastreams,
        states: WayStates | None = None,
    ) -> None:
        self.ways = ways
        self.writer = writer
        self.datastreams = datastreams
        self._told = states or WayStates({})
        self._states = self._told.own

    def receive(self, message: Message) -> Future[Accepted]:
        """For threads: the future is done when the message is on disk; it fails with StoreBusy."""
        try:
            return self.writer.submit(self.ways.interpret(message))
        except AllmendeError as error:
            refused: Future[Accepted] = Future()
            refused.set_exception(error)
            return refused

    async def take(self, message: Message) -> Accepted:
        """For coroutines. Raises StoreBusy when nothing could be kept."""
        state = self._states.get(message.way)
        if state is not None:
            state.received += 1
            state.last_received_at = message.received_at
        try:
            accepted: Accepted = await self.writer.submit_async(await self._interpret(message))
        except AllmendeError as error:
            if state is not None:
                state.refuse(str(error), message.received_at)
            raise
        if state is not None:
            state.count(accepted)
        return accepted

    async def _interpret(self, message: Message) -> Arrival:
        """In a thread when it may take long: a new device is made in the store, a decoder runs a script."""
        if message.way in self._states:
            return await asyncio.to_thread(self.ways.interpret, message)
        return self.ways.interpret(message)

    def states(self) -> Mapping[str, WayState]:
        """How each of the city's ways in is doing, as far as this process knows."""
        return self._told.read()

    async def write(self, work: Arrival | Change) -> Any:
        """What was interpreted already."""
        return await self.writer.submit_async(work)

    def datastream(self, name: int | str) -> Datastream | None:
        """A datastream by id or key, remembered; None when there is none."""
        return self.datastreams.find(name)

    def forget(self, datastream_ids: Iterable[int] | None = None) -> None:
        """Read datastreams again at the next value."""
        self.datastreams.forget(datastream_ids)
