"""A tiny city with data of every access class, for tests of everything that reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely

from allmende.catalogue.access import Accesses
from allmende.catalogue.entries import entries
from allmende.catalogue.figures import Figures
from allmende.catalogue.search import SearchIndex
from allmende.engine.duck import DuckEngine
from allmende.engine.series import SeriesReader
from allmende.flow.live import Live
from allmende.lake.history import History
from allmende.lake.local import LocalLake
from allmende.model.access import Access, Principal, Scope
from allmende.model.city import City, Contact, Theme
from allmende.model.dataset import Column, Dataset, DatasetVersion, Pin
from allmende.model.document import Paragraph, Span, StoryVersion
from allmende.model.harvest import ForeignCatalogue, ForeignDataset, Harvest
from allmende.model.knowledge import Indicator, Recipe, Story
from allmende.model.place import Districts
from allmende.model.reuse import Reuse
from allmende.model.run import Run, Step
from allmende.model.source import Receipt, Source
from allmende.model.text import Text
from allmende.ports import Clock, Engine, Intake, Lake
from allmende.share.web import reads_of
from allmende.store.sql import SqlStore
from allmende.testing.clock import START, FixedClock
from allmende.testing.watching import measure, watch

CLASSES = ("open", "commercial", "protected", "internal")
COLUMNS = (
    Column("district", "text", Text("Bezirk", "District")),
    Column("year", "integer", Text("Jahr", "Year")),
    Column("people", "integer", Text("Menschen", "People"), unit="1"),
    Column("note", "text", Text("Vermerk", "Note"), access=Access.PROTECTED),
)


@dataclass(frozen=True)
class Tiny:
    """A workspace as the app needs it."""

    city: City
    data: Path
    store: SqlStore
    lake: Lake
    engine: Engine
    clock: Clock
    figures: Figures

    @cached_property
    def live(self) -> Live:
        """What takes values as they come in."""
        return Live(self.city, self.store)

    @cached_property
    def series(self) -> SeriesReader:
        """Observations, wherever they lie."""
        return SeriesReader(self.store, History(self.data / "history"))

    @property
    def intake(self) -> Intake:
        """The way of everything that is pushed."""
        return self.live.intake


def scoped(access: Access, dataset: str | None = None) -> Principal:
    """The holder of a key that may read that class, of all datasets or of one."""
    return Principal("key", "test", (Scope(access, dataset),))


def _sources() -> dict[str, Source]:
    known = {
        name: Source(name, Text(name), "table", f"https://example.org/{name}", licence="dl-de/by-2-0", attribution="Stadt Test")
        for name in (*CLASSES, "districts", "mixed")
    }  # fmt: skip
    return {**known, "unclear": replace(known["open"], id="unclear", licence="unknown")}


def _datasets() -> dict[str, Dataset]:
    made = [
        Dataset(f"{name}-data", Text(f"Daten {name}", f"Data {name}"), source=name, columns=COLUMNS[:3],
                access=Access.parse(name), key=("district", "year"))
        for name in CLASSES
    ]  # fmt: skip
    made.append(
        Dataset(
            "mixed-data", Text("Gemischtes", "Mixed"), source="mixed", columns=COLUMNS, access=Access.OPEN
        )
    )
    made.append(
        Dataset("unclear-data", Text("Unklares"), source="unclear", columns=COLUMNS[:3], access=Access.OPEN)
    )
    made.append(
        Dataset(
            "by-year", Text("Menschen je Jahr"), recipe="by-year", columns=COLUMNS[1:3], access=Access.OPEN
        )
    )
    made.append(Dataset("leak", Text("Leck"), recipe="leak", columns=COLUMNS[1:3], access=Access.OPEN))
    shape = Column("geometry", "geometry", Text("Form"))
    name = Column("name", "text", Text("Name"))
    code = Column("code", "text", Text("Schlüssel"))
    made.append(
        Dataset(
            "districts", Text("Bezirke"), source="districts", columns=(code, name, shape), access=Access.OPEN
        )
    )
    return {dataset.id: dataset for dataset in made}


def _indicators() -> dict[str, Indicator]:
    base = Indicator("people", Text("Menschen", "People"), Text("Wie viele."), "open-data", "people",
                     period_column="year", place_column="district", city_place="0")  # fmt: skip
    closed = replace(base, id="closed-people", dataset="protected-data")
    return {"people": base, "closed-people": closed}


def _catalogue(name: str) -> ForeignCatalogue:
    title, address = Text(f"Katalog {name}", f"Catalogue {name}"), f"https://{name}.example"
    return ForeignCatalogue(f"{name}-catalogue", title, "dkan", address, access=Access.parse(name))


def _harvest(tiny: Tiny, name: str) -> None:
    """A foreign dataset of a class; that of the open catalogue is the same as that of the protected one."""
    harvest = Harvest(f"{name}-catalogue", START, f"{name} fingerprint")
    there = f"https://{name}.example/d/1"
    one = ForeignDataset(f"{name}-foreign", f"Fremddaten {name}", licence="cc0-1.0", landing_page=there)
    same = {"open-foreign": ("protected-catalogue", "protected-foreign")}
    tiny.store.harvests.replace(harvest, [one], same)
    tiny.store.add_run(
        Run(Step("harvest", f"{name}-catalogue"), START, START, "failed", f"Fremddaten {name}")
    )


def tiny_city() -> City:
    """The city's files, as loaded."""
    return City(
        slug="tiny",
        name=Text("Winzigstadt", "Tinytown"),
        contact=Contact("Stadt Winzigstadt"),
        themes={"city": Theme("city", Text("Stadt"))},
        districts=Districts("districts", "code", "name"),
        sources=_sources(),
        datasets=_datasets(),
        recipes={
            "by-year": Recipe("by-year", "select year, sum(people) as people from open_data group by year"),
            "leak": Recipe("leak", "select year, sum(people) as people from protected_data group by year"),
        },
        indicators=_indicators(),
        reuses={
            "tree-app": Reuse(
                "tree-app", Text("Baum-App"), "https://app.example/", ("open-data",), by="Verein"
            )
        },
        catalogues={f"{name}-catalogue": _catalogue(name) for name in CLASSES},
        stories={(name, "de"): Story(name, "de", name, "", "") for name in ("growth", "secret")},
    )


def _rows() -> dict[str, list[Any]]:
    return {
        "district": ["0", "1", "2"] * 2,
        "year": [2015] * 3 + [2016] * 3,
        "people": [30, 10, 20, 33, 12, 21],
        "note": [None, "Streng geheim", "=1+1", None, "x", "y"],
    }


def _districts() -> pa.Table:
    shapes = [shapely.to_wkb(shapely.box(11.5 + at, 50.9, 12.5 + at, 51.4)) for at in range(2)]
    return pa.table(
        {"code": ["1", "2"], "name": ["Nördlich", "Süd & West"], "geometry": pa.array(shapes, pa.binary())}
    )


def _publish(tiny: Tiny, dataset: Dataset, raw: tuple[str, ...], inputs: tuple[Pin, ...]) -> None:
    names = [column.name for column in dataset.columns]
    table = _districts() if dataset.id == "districts" else pa.table({n: _rows()[n] for n in names})
    written = tiny.lake.write(dataset.id, table)
    tiny.store.add_version(
        DatasetVersion(
            dataset.id, 1, written.lake_version, written.content_hash, "maker", written.rows, 0, dataset.columns,
            START, raw=raw, inputs=inputs, access=Accesses(tiny.city).dataset(dataset.id),
            licences=tuple(one.id for one in Accesses(tiny.city).licences(dataset.id)),
            attributions=Accesses(tiny.city).attributions(dataset.id),
        )
    )  # fmt: skip


def _fetch(tiny: Tiny, source: Source) -> str:
    sha256, size = tiny.lake.keep_raw([f"raw bytes of {source.id}".encode()])
    tiny.store.add_receipt(Receipt(source.id, source.address, sha256, size, START))
    return sha256


def _story(name: str, dataset: str, access: Access) -> StoryVersion:
    spans = (Span("Es sind "), Span("33", figure="value~people@1;period=2016"))
    return StoryVersion(
        name, "de", 1, START, "hash", f"Frage {name}?", spans, (Paragraph(spans),), checked=date(2026, 11, 22),
        pins=(Pin(dataset, 1),), licences=("dl-de/by-2-0",), attributions=("Stadt Test",), access=access,
    )  # fmt: skip


def fill(tiny: Tiny) -> None:
    """Publish everything, write the ledger, build the index."""
    for dataset in tiny.city.datasets.values():
        raw = (_fetch(tiny, tiny.city.sources[dataset.source]),) if dataset.source else ()
        inputs = {"by-year": (Pin("open-data", 1),), "leak": (Pin("protected-data", 1),)}.get(dataset.id, ())
        _publish(tiny, dataset, raw, inputs)
        done = Run(Step("publish", dataset.id), START, START, "new", f"quotes a value of {dataset.id}")
        tiny.store.add_run(done)
    tiny.store.add_story(_story("growth", "open-data", Access.OPEN))
    tiny.store.add_story(_story("secret", "protected-data", Access.PROTECTED))
    for name in CLASSES:
        _harvest(tiny, name)
        probe = watch(tiny.store, f"{name}-thing", name=f"Sonde {name}", access=Access.parse(name))
        measure(tiny.store, probe, START - timedelta(days=1), [20.0, 21.0, 22.0], minutes=60)
    tiny.figures.keep_definitions()
    found = entries(
        tiny.city, tiny.store, Accesses(tiny.city), reads_of(tiny).places(scoped(Access.INTERNAL))
    )
    SearchIndex(tiny.data / "search.sqlite").build(found)


def make_tiny(folder: Path, city: City | None = None) -> Tiny:
    """The workspace in a folder, without content."""
    clock = FixedClock()
    store = SqlStore.open(f"sqlite:///{folder / 'store.sqlite'}")
    lake = LocalLake(folder)
    engine = DuckEngine(store, lake)
    found = city or tiny_city()
    return Tiny(found, folder, store, lake, engine, clock, Figures(found, store, engine, clock))
