"""Everything that has to do with values as they come in, wired for one process.

Opening it costs nothing: the writer's thread starts with the first value.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from allmende.city.ways import OWN_NAMES
from allmende.flow.datastreams import Datastreams
from allmende.flow.decoding import Decoding
from allmende.flow.intake import Ways, WritingIntake
from allmende.flow.known_things import KnownThings
from allmende.flow.pushes import HTTP, Pushes
from allmende.flow.quality import make_judge
from allmende.flow.sensing import Sensing
from allmende.flow.way_states import WayStates
from allmende.model.city import City
from allmende.model.thing import Box
from allmende.model.way import WayState
from allmende.store.sql import SqlStore
from allmende.store.writer import GroupWriter


class Live:
    """The writer, the ways in and the datastreams of one process."""

    def __init__(
        self,
        city: City,
        store: SqlStore,
        folder: Path = Path(),
        box: Callable[[], Box | None] = lambda: None,
        data: Path | None = None,
    ) -> None:
        self.city = city
        self.store = store
        self.datastreams = Datastreams(store.things)
        self.judge = make_judge(store, self.datastreams)
        store.observations.judge = self.judge
        self.writer = GroupWriter(store.observations)
        known = KnownThings(store.things, self.datastreams, city.languages[0])
        self.decoding = Decoding(city, folder)
        self.sensing = Sensing(self.decoding, known, self.datastreams, box)
        self.states = {way: WayState(way) for way in city.ways}
        interpret = {
            way.id: self.sensing.interpret(way) for way in city.ways.values() if way.kind != OWN_NAMES
        }
        self.ways = Ways({HTTP: Pushes(self.datastreams), **interpret})
        self.told = WayStates(self.states, data)
        self.intake = WritingIntake(self.ways, self.writer, self.datastreams, self.told)

    def close(self) -> None:
        """Write what waits, then end."""
        self.writer.close()
