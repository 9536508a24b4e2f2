"""A city at work: its files, its data, and everything that is wired to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from allmende.catalogue.figures import Figures
from allmende.engine.series import SeriesReader
from allmende.flow.live import Live
from allmende.lake.history import History
from allmende.model.city import City
from allmende.model.thing import Box
from allmende.ports import Clock, Engine, Http, Intake, Lake, Publisher, Sender
from allmende.store.sql import SqlStore


@dataclass(frozen=True)
class Workspace:
    """What every step of the flow may use. `data` holds store, lake, search index and cache."""

    city: City
    city_folder: Path
    data: Path
    store: SqlStore
    lake: Lake
    engine: Engine
    http: Http
    clock: Clock
    figures: Figures
    sender: Sender | None = None
    publisher: Publisher | None = None

    @cached_property
    def live(self) -> Live:
        """What takes values as they come in; made when it is first asked for."""
        _ = self.series  # from now on corrections ask it
        return Live(self.city, self.store, self.city_folder, lambda: self.box, self.data)

    @cached_property
    def box(self) -> Box | None:
        """The box around the city; read from its districts when it is first asked for."""
        # Reading shapes costs memory that a process without sensors need not have.
        from allmende.flow.extent import city_box

        return city_box(self.city, self.store, self.lake)

    @cached_property
    def history(self) -> History:
        """Older observations, in the lake."""
        return History(self.data / "history")

    @cached_property
    def series(self) -> SeriesReader:
        """Observations, wherever they lie."""
        reader = SeriesReader(self.store, self.history)
        # A correction finds what is no longer hot, and the newest value behind what was deleted.
        self.store.observations.current = reader.observation
        self.store.observations.edges = reader.ends
        return reader

    @property
    def intake(self) -> Intake:
        """The way of everything that is pushed."""
        return self.live.intake

    @property
    def search_file(self) -> Path:
        """Where the search index lies; it can always be built again."""
        return self.data / "search.sqlite"

    @property
    def cache(self) -> Path:
        """Where pictures are kept that can always be drawn again."""
        return self.data / "cache"
