"""A city at work: its files, its data, and everything that is wired to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from allmende.catalogue.figures import Figures
from allmende.model.city import City
from allmende.ports import Clock, Engine, Http, Lake, Store


@dataclass(frozen=True)
class Workspace:
    """What every step of the flow may use. `data` holds store, lake, search index and cache."""

    city: City
    city_folder: Path
    data: Path
    store: Store
    lake: Lake
    engine: Engine
    http: Http
    clock: Clock
    figures: Figures

    @property
    def search_file(self) -> Path:
        """Where the search index lies; it can always be built again."""
        return self.data / "search.sqlite"

    @property
    def cache(self) -> Path:
        """Where pictures are kept that can always be drawn again."""
        return self.data / "cache"
