"""Proposals: what the data themselves say about keys, units, places, times, licences."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.city.decode import decode
from allmende.errors import Unreadable
from allmende.model.city import City, Contact
from allmende.model.dataset import Dataset
from allmende.model.source import Receipt, Source
from allmende.model.text import Text
from allmende.ports import Raw
from allmende.structure.propose.licences import stated_licence
from allmende.structure.propose.propose import id_of, propose, title_of
from allmende.structure.propose.units import unit_of
from allmende.structure.propose.write import Proposal, dataset_text, one_line, source_text, toml

CITY = City("probe", Text("Probe", "Probe"), Contact("Stadt Probe"))
TREES = """Baum-Nr;Bezirk;Höhe in m;Kronendeckung (%);Anzahl Äste;Gepflanzt;E-Mail;lon;lat
1;41;12,5;80;7;01.02.1990;a@b.example;11,58;50,92
2;42;;75;3;15.03.2001;;11,59;50,93
3;41;3;100;0;;;11,60;50,94
"""


def made(tmp_path: Path, name: str, content: str | bytes, **options: Any) -> Proposal:
    path = tmp_path / "raw"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    receipt = Receipt("x", "", "", path.stat().st_size, datetime(2026, 1, 1, tzinfo=UTC), file_name=name)
    source = Source(
        id_of(name),
        title_of(name),
        "table",
        f"file:files/{name}",
        owner="Stadt Probe",
        attribution="Stadt Probe",
    )
    return propose(Raw(path, receipt), CITY, source, **options)


def decoded(proposal: Proposal) -> tuple[Source, Dataset]:
    """Both files, read as the city reads them: without a fault."""
    made_: list[Any] = []
    for text, kind in ((source_text(proposal), Source), (dataset_text(proposal), Dataset)):
        one = decode(tomllib.loads(text), kind, "x.toml", {"id": proposal.source.id})
        assert isinstance(one, kind), one
        made_.append(one)
    return made_[0], made_[1]


def test_a_table_is_described_from_its_own_words(tmp_path: Path) -> None:
    """Key, place, time, units, limits, points and a warning for e-mail addresses come from the data."""
    source, dataset = decoded(made(tmp_path, "Bäume 2024.csv", TREES))
    assert (source.id, source.title.de, source.licence) == ("baeume-2024", "Bäume 2024", "unknown")
    assert source.options == {"point": {"x": "lon", "y": "lat", "crs": "EPSG:4326"}}
    assert dataset.key == ("baum_nr",)
    assert (dataset.place_column, dataset.time_column) == ("bezirk", "gepflanzt")
    assert dataset.access.label == "internal"
    columns = {c.name: c for c in dataset.columns}
    assert columns["hoehe_in_m"].unit == "m"
    assert not columns["hoehe_in_m"].required
    cover = columns["kronendeckung"]
    assert (cover.unit, cover.minimum, cover.maximum) == ("%", 0, 100)
    assert columns["anzahl_aeste"].unit == "1"
    assert columns["e_mail"].access.label == "internal"
    assert columns["geometry"].type == "geometry"


def test_a_licence_that_a_person_vouches_for_opens_the_data(tmp_path: Path) -> None:
    """With a confirmed licence the dataset is open; a licence that is only stated leaves it internal."""
    source, dataset = decoded(made(tmp_path, "a.csv", TREES, licence="cc0-1.0"))
    assert (source.licence, dataset.access.label) == ("cc0-1.0", "open")
    notice = (("README.md", "Datenlizenz Deutschland – Namensnennung 2.0"),)
    found = made(tmp_path, "a.csv", TREES, notices=notice)
    source, dataset = decoded(found)
    assert (source.licence, dataset.access.label) == ("dl-de/by-2-0", "internal")
    assert "stated in README.md" in source_text(found)


def test_years_as_columns_become_rows_when_wanted(tmp_path: Path) -> None:
    """A table with a column for each year is told so; in its long form place and period are the key."""
    text = "Bezirk;2021;2022;2023\n1;10;11;12\n2;20;21;22\n"
    assert "--long" in source_text(made(tmp_path, "a.csv", text))
    source, dataset = decoded(made(tmp_path, "a.csv", text, long=True))
    assert source.options["unpivot"]["name"] == "period"
    assert [c.name for c in dataset.columns] == ["bezirk", "period", "value"]
    assert dataset.key == ("bezirk", "period")


def test_the_codes_of_the_districts_tell_the_place(tmp_path: Path) -> None:
    """A column with any name is the place when its values are the city's districts."""
    text = "wo;n\n41;1\n42;5\n41;3\n"
    assert decoded(made(tmp_path, "a.csv", text))[1].place_column == ""
    known = made(tmp_path, "a.csv", text, places=frozenset({"41", "42", "43"}))
    assert decoded(known)[1].place_column == "wo"


def test_sums_among_the_rows_are_told(tmp_path: Path) -> None:
    """A row that is the sum of the others is named, so that nobody adds it to them."""
    rows = "Jena (gesamt);9\nNord;4\nSüd;5\nGesamtschule;2\n"
    assert "# Jena (gesamt) in the column ort is a sum" in dataset_text(
        made(tmp_path, "a.csv", f"Ort;n\n{rows}")
    )
    assert "is a sum" not in dataset_text(made(tmp_path, "a.csv", "Ort;n\nGesamtschule;9\nNord;4\n"))


def test_what_nobody_reads_is_told_by_all(tmp_path: Path) -> None:
    """For a file of no known kind every connector's reason is named."""
    with pytest.raises(Unreadable, match=r"geo: .*json: .*table: "):
        made(tmp_path, "a.pb", bytes(range(256)))


def test_maps_and_json_are_recognised(tmp_path: Path) -> None:
    """The connector follows from the bytes, also when the name says nothing."""
    point = {
        "type": "Feature",
        "properties": {"n": 1},
        "geometry": {"type": "Point", "coordinates": [11, 50]},
    }
    geo = json.dumps({"type": "FeatureCollection", "features": [point]})
    assert decoded(made(tmp_path, "map", geo))[0].connector == "geo"
    assert decoded(made(tmp_path, "list", '[{"a": 1}, {"a": 2}]'))[0].connector == "json"
    assert decoded(made(tmp_path, "table", "a;b\n1;2\n2;3\n"))[0].connector == "table"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "no rows"),
        ("<!doctype html><p>Login</p>", "web page"),
        ("a;b;c\n", "no rows"),
        ("a;b;c\n1;2;3\n" + "x\n" * 9, "row 2"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(tmp_path: Path, content: str, reason: str) -> None:
    """No proposal is made of nothing, of a web page, or of rows that mostly do not fit."""
    with pytest.raises(Unreadable, match=reason):
        made(tmp_path, "a.csv", content)


@pytest.mark.parametrize(
    ("name", "unit"),
    [("Fläche (m²)", "m2"), ("Höhe in m", "m"), ("Anteil [%]", "%"), ("verbrauch_kwh", "kW.h"), ("Kosten in EUR", "EUR"),
     ("Temperatur (°C)", "Cel"), ("Anzahl Kinder", "1"), ("g", ""), ("Name (alt)", ""), ("Ausgaben in Mio. Euro", "MEUR")],
)  # fmt: skip
def test_units_come_from_names(name: str, unit: str) -> None:
    """Brackets, `in ...` and clear endings are units; a lone letter is not."""
    assert unit_of(name, "integer") == unit
    assert unit_of(name, "text") == ""


def test_licences_are_found_in_words() -> None:
    """The usual spellings are known; share-alike is not taken for the plain one; nothing is nothing."""
    assert stated_licence("Lizenz: CC BY-SA 4.0") == "cc-by-sa-4.0"
    assert stated_licence("https://www.govdata.de/dl-de/by-2-0") == "dl-de/by-2-0"
    assert stated_licence("© OpenStreetMap contributors") == "odbl-1.0"
    assert stated_licence("alle Rechte vorbehalten") == ""


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_can_be_written(text: str) -> None:
    """Whatever a file calls its columns, the files we write are TOML, and comments stay one line."""
    text = text.encode("utf-8", "replace").decode()
    assert tomllib.loads(f"a = {toml(text)}\n# {one_line(text)}\n") == {"a": text}


@settings(deadline=None)
@given(name=st.text(max_size=20), cell=st.text(max_size=20))
def test_any_header_gives_files_that_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, name: str, cell: str
) -> None:
    """Hostile names and cells never break the proposal: it is refused, or both files decode."""
    text = "\n".join(
        f'"{a}";"{b}"' for a, b in ((name.replace('"', ""), "n"), (cell.replace('"', ""), 1), ("x", 2))
    )
    try:
        proposal = made(tmp_path_factory.mktemp("p"), "a.csv", text.encode("utf-8", "replace"))
    except Unreadable:
        return
    decoded(replace(proposal, confirmed=True))
