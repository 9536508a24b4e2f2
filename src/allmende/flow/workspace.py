"""A city at work: its files, its data, and everything that is wired to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from allmende.catalogue.figures import Figures
from allmende.city.current import CurrentCity
from allmende.engine.series import SeriesReader
from allmende.flow.live import Live
from allmende.lake.history import History
from allmende.model.city import City
from allmende.model.thing import Box
from allmende.ports import Clock, Engine, Http, Intake, Lake, Publisher, Sender
from allmende.store.sql import SqlStore


@dataclass(frozen=True)
class Workspace:
    """What every step of the flow may use. `data` holds store, lake, search index and cache.

    `files` is the city as its files say; `city` is how it stands now, with what the store knows.
    """

    files: City
    city_folder: Path
    data: Path
    store: SqlStore
    lake: Lake
    engine: Engine
    http: Http
    clock: Clock
    sender: Sender | None = None
    publisher: Publisher | None = None

    @cached_property
    def _current(self) -> CurrentCity:
        return CurrentCity(self.files, self.store.releases)

    @property
    def city(self) -> City:
        """The city as it stands now."""
        return self._current()

    def current_city(self) -> City:
        """The city as it stands this very moment, for who has just changed it."""
        self._current.look_again()
        return self._current()

    @cached_property
    def _known_figures(self) -> list[tuple[City, Figures]]:
        return []

    @property
    def figures(self) -> Figures:
        """The figures of the city as it stands; what they remember is kept while it stands so."""
        city, known = self.city, self._known_figures
        if not known or known[0][0] is not city:
            known[:] = [(city, Figures(city, self.store, self.engine, self.clock))]
        return known[0][1]

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
