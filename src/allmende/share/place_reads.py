"""Reading the city's districts: their shapes, and every figure of one of them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.model.dataset import DatasetVersion
from allmende.model.knowledge import Indicator
from allmende.model.place import Districts, Place
from allmende.share.cells import geojson
from allmende.share.knowledge_reads import KnowledgeReads
from allmende.share.views import DistrictFigure, DistrictView

_FOLDS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "ae", "Ö": "oe", "Ü": "ue"})


class PlaceReads(KnowledgeReads):
    """The city's districts."""

    def places(self, principal: Principal) -> tuple[Place, ...]:
        """The districts by name; none when the city has no districts dataset the reader may see."""
        districts = self.city.districts
        if districts is None or not self._may_dataset(principal, districts.dataset):
            return ()
        try:
            version = self._readable_version(principal, districts.dataset, None)
        except NotFound:
            return ()
        return self._places(version, districts)

    def place(self, principal: Principal, slug: str) -> Place:
        """One district by its slug. Raises NotFound."""
        for place in self.places(principal):
            if place.slug == slug:
                return place
        raise NotFound(f"there is no district {slug!r}", where=f"/stadtteil/{slug}")

    def district(self, principal: Principal, slug: str) -> DistrictView:
        """A district with the newest figure of every indicator that knows it. Raises NotFound."""
        place = self.place(principal, slug)
        readable = (i for i in self.city.indicators if self._may_indicator(principal, i))
        figures = (self._district_figure(principal, self.city.indicators[i], place) for i in readable)
        return DistrictView(place, tuple(figure for figure in figures if figure is not None))

    def _district_figure(
        self, principal: Principal, indicator: Indicator, place: Place
    ) -> DistrictFigure | None:
        if not indicator.place_column:
            return None
        here = self._figures.latest(indicator.id, place.code)
        if here is None or not self._may_figure(principal, here):
            return None
        whole = self._figures.latest(indicator.id)
        shown = whole if whole is not None and self._may_figure(principal, whole) else None
        return DistrictFigure(indicator, here, shown)

    def _places(self, version: DatasetVersion, districts: Districts) -> tuple[Place, ...]:
        cached: dict[tuple[str, int], tuple[Place, ...]] = self.__dict__.setdefault("_known_places", {})
        key = (version.dataset, version.number)
        if key not in cached:
            cached.clear()
            cached[key] = self._read_places(version, districts)
        return cached[key]

    def _read_places(self, version: DatasetVersion, districts: Districts) -> tuple[Place, ...]:
        names = [districts.code_column, districts.name_column, districts.geometry_column]
        rows: list[Place] = []
        for batch in self._lake.read(version.dataset, version.lake_version):
            code, name, shape = (batch.column(column).to_pylist() for column in names)
            for code_, name_, shape_ in zip(code, name, shape, strict=True):
                if shape_ is not None:
                    rows.append(Place(str(code_), slug_of(str(name_)), str(name_), geojson(shape_)))
        return tuple(sorted(_unique(rows), key=lambda place: place.name.casefold()))


@lru_cache(maxsize=1024)
def slug_of(name: str) -> str:
    """The name as part of an address: `Neulobeda-West` is `neulobeda-west`, `Nördlich` `noerdlich`."""
    folded = unicodedata.normalize("NFKD", name.translate(_FOLDS)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", folded.lower()).strip("-") or "ohne-namen"


def _unique(places: list[Place]) -> list[Place]:
    """Two districts of one name get their code behind it."""
    slugs = [place.slug for place in places]
    return [
        place
        if slugs.count(place.slug) == 1
        else Place(place.code, f"{place.slug}-{slug_of(place.code)}", place.name, place.geometry)
        for place in places
    ]
