"""Pages of things and their series: what is shown, what leads where, and who may see it."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.model.access import Access
from allmende.model.limits import Doubt
from allmende.model.message import Arrival, Change, Message
from allmende.model.observation import Observation, Quality, microseconds
from allmende.share.web import create_app
from allmende.store.sql import SqlStore
from allmende.testing.clock import START
from allmende.testing.every_class import fill, make_tiny
from allmende.testing.watching import measure, watch

Site = TestClient[Litestar]
EVIL = '<script>alert(1)</script>"'
_LINK = re.compile(r'(?:href|src|action)="([^"]+)"')


class Watching:
    """The tiny city with probes, and its pages."""

    def __init__(self, store: SqlStore, site: Site) -> None:
        self.store = store
        self.site = site

    def text(self, address: str) -> str:
        """A page that is there."""
        answer = self.site.get(address)
        assert answer.status_code == 200, (address, answer.text[:300])
        return answer.text


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watching]:
    """One probe that is well, one that is silent and one that nobody may see."""
    tiny = make_tiny(tmp_path_factory.mktemp("things"))
    fill(tiny)
    day = START - timedelta(days=1)
    well = watch(tiny.store, "probe-1", name="Sonde am Markt", position=(12.0, 51.0), properties={
        "limits": {"maximum": 100, "silence_after": 7200}, "licence": "dl-de/by-2-0", "attribution": "Stadt Winzigstadt",
    })  # fmt: skip
    measure(tiny.store, well, day, [20.0 + at % 5 for at in range(143)])
    late = Message("http", b'{"result": 140, "secret": 1}', START, "/api/v1/observations", key="m-1")
    measure(tiny.store, well, START - timedelta(minutes=3), [140.0], flags=Quality.RANGE, message=late)
    silent = watch(
        tiny.store, "probe-2", name="Sonde im Park", properties={"limits": {"silence_after": 3600}}
    )
    measure(tiny.store, silent, START - timedelta(days=30), [50.0, None, 51.0, 52.5])
    closed = watch(tiny.store, "probe-3", name="Geheime Sonde", access=Access.PROTECTED)
    measure(tiny.store, closed, day, [1.0, 2.0])
    watch(
        tiny.store,
        "probe-4",
        name=f"Sonde {EVIL}",
        position=None,
        property_key="colour",
        property_name="Farbe",
    )
    with TestClient(create_app(tiny), raise_server_exceptions=False) as client:
        yield Watching(tiny.store, client)


def stream_of(city: Watching, key: str) -> int:
    """The number of a datastream."""
    found = city.store.things.find("datastream", key)
    assert found is not None
    return int(found.id)


@pytest.mark.parametrize("start", ["", "/en"])
def test_the_list_has_every_open_thing_with_its_newest_value(city: Watching, start: str) -> None:
    """Name, state and newest value stand in the list; what is closed does not, and what is evil is text."""
    text = city.text(f"{start}/t")
    assert "Sonde am Markt" in text
    assert f"{start}/t/probe-1/probe-1-soil-moisture/wert/" in text
    assert "Geheime" not in text
    assert "<script>alert" not in text
    assert ("veraltet" if not start else "out of date") in text


def test_the_list_can_be_narrowed(city: Watching) -> None:
    """By what is measured, by district and by state; an unknown filter leaves nothing."""
    assert "Sonde im Park" not in city.text("/t?messgroesse=colour")
    assert "Sonde am Markt" in city.text("/t?stadtteil=noerdlich")
    assert "Sonde im Park" not in city.text("/t?zustand=suspect")
    assert "Keine Messstelle passt dazu" in city.text("/t?messgroesse=nothing")


@pytest.mark.parametrize("start", ["", "/en"])
def test_a_thing_shows_what_it_measures_and_where(city: Watching, start: str) -> None:
    """Each series with its value and doubt, the district around the place, and the way to programs."""
    text = city.text(f"{start}/t/probe-1")
    assert "140" in text
    assert "Nördlich" in text
    assert "51,00000° N" in text if not start else "51.00000° N" in text
    assert "/sta/v1.1/Things(" in text


def test_a_thing_is_found_by_its_number_too(city: Watching) -> None:
    """Both addresses show the same thing."""
    thing = city.store.things.find("thing", "probe-1")
    assert thing is not None
    assert "Sonde am Markt" in city.text(f"/t/{thing.id}")


def test_a_series_shows_its_value_its_course_and_its_rules(city: Watching) -> None:
    """Value now, a drawing with a cross for the doubted value, a table, files, limits, licence."""
    text = city.text("/t/probe-1/probe-1-soil-moisture?zeit=tag")
    assert text.count("<svg") >= 3
    assert "l8 8m0-8l-8 8" in text
    assert "1 zweifelhafte Werte" in text
    assert "probe-1-soil-moisture.csv?von=" in text
    assert "höchstens" in text
    assert "Datenlizenz Deutschland" in text


@pytest.mark.parametrize("span", ["tag", "woche", "monat", "jahr", "alles", "nonsense"])
def test_every_span_has_a_page(city: Watching, span: str) -> None:
    """From a day to everything, in both languages, whatever is asked for."""
    for start in ("", "/en"):
        text = city.text(f"{start}/t/probe-1/probe-1-soil-moisture?zeit={span}")
        assert 'class="draw wide"' in text


def test_a_year_is_shown_in_days_of_the_city(city: Watching) -> None:
    """Daily means count credible values only and say how many were left out."""
    text = city.text("/t/probe-1/probe-1-soil-moisture?zeit=jahr")
    assert "Tagesmittel" in text
    assert "140" not in text.split("<tbody>")[1]
    assert re.search(r"/mittel/86400-\d+", text)


def test_a_silent_series_says_for_how_long(city: Watching) -> None:
    """Old values are shown as old, with the time they are from, and with the stretch they lie in."""
    text = city.text("/t/probe-2/probe-2-soil-moisture")
    assert "30 Tage ohne Wert" in text
    assert 'class="draw wide"' in text


def test_a_gap_is_drawn_as_one(city: Watching) -> None:
    """Where no value came the drawing says so."""
    assert "keine Werte" in city.text("/t/probe-2/probe-2-soil-moisture?zeit=monat")


def test_a_value_has_a_passport(city: Watching) -> None:
    """Every value in a table leads to where it comes from: message, rules, revisions."""
    text = city.text("/t/probe-1/probe-1-soil-moisture?zeit=tag")
    addresses = [html.unescape(one) for one in re.findall(r'href="([^"]*/wert/\d+)"', text)]
    assert len(set(addresses)) > 40
    passport = city.text(addresses[0])
    assert "Empfangen am" in passport
    assert "außerhalb der Grenzen" in passport
    assert "secret" not in passport  # the message may hold more than the value
    assert "Fassungen dieses Werts" in passport


def test_a_mean_has_a_passport(city: Watching) -> None:
    """A mean leads to the values it was made of, and computing it from them gives the same."""
    text = city.text("/t/probe-1/probe-1-soil-moisture?zeit=jahr")
    address = html.unescape(re.findall(r'class="zahl" href="([^"]*/mittel/[^"]+)">([^<]+)<', text)[0][0])
    shown = re.findall(r'class="zahl" href="([^"]*/mittel/[^"]+)">([^<]+)<', text)[0][1]
    passport = city.text(address)
    body = passport.split("Die Werte, aus denen")[-1]
    rows = re.findall(r'class="zahl( unsure)?" href="[^"]*">([\d,.]+)', body)
    values = [float(number.replace(",", ".")) for unsure, number in rows if not unsure]
    assert values
    assert f"{sum(values) / len(values):.4f}".rstrip("0").rstrip(".").replace(".", ",") == shown


def test_a_correction_stays_visible(city: Watching) -> None:
    """A corrected value shows both versions; the day before knows the old one."""
    stream = watch(city.store, "probe-5", name="Berichtigte Sonde")
    accepted = measure(city.store, stream, START - timedelta(hours=2), [10.0])
    number = accepted.observation_ids[0]

    def corrected(row: Observation) -> Observation:
        row = Observation(row.datastream_id, row.phenomenon_time, row.id, number=12.0, raw=10.0)
        row.extra = json.dumps({"doubts": [Doubt("above", 12.0, 11.0).as_json()]})
        row.flags = int(Quality.RANGE | Quality.CORRECTED)
        return row

    city.store.observations.change(Change(number, corrected))
    text = city.text(f"/t/probe-5/probe-5-soil-moisture/wert/{number}")
    assert "12" in text
    assert "über der Grenze" in text or "liegt" in text
    assert text.count('<th scope="row">') == 2
    today = datetime.now(UTC).date()
    assert "12" in city.text(f"/t/probe-5/probe-5-soil-moisture?wissen={today}")
    before = city.text("/t/probe-5/probe-5-soil-moisture?wissen=2020-01-01&zeit=tag")
    assert "Werte, die sich zeichnen lassen" in before


@pytest.mark.parametrize(
    "address",
    [
        "/t/none",
        "/t/probe-3",
        "/t/probe-3/probe-3-soil-moisture",
        "/t/probe-1/probe-2-soil-moisture",
        "/t/probe-1/probe-1-soil-moisture/wert/999999999",
        "/t/probe-1/probe-1-soil-moisture/mittel/3600-7",
        "/t/probe-1/probe-1-soil-moisture/mittel/0-0",
        "/t/probe-1/probe-1-soil-moisture/mittel/nonsense",
        "/t/probe-1/probe-1-soil-moisture?bis=2026-02-31",
        "/t/probe-1/probe-1-soil-moisture?wissen=never",
        "/t/99999999999999999999999",
        "/t/%00",
    ],
)
def test_what_is_not_there_or_closed_is_not_there(city: Watching, address: str) -> None:
    """Absent and closed look the same, and a wrong day is no server's fault."""
    answer = city.site.get(address)
    assert answer.status_code == 404
    assert "Geheime" not in answer.text


def test_a_value_is_not_shown_under_another_series(city: Watching) -> None:
    """A number of an open series cannot be used to look at a closed one."""
    closed = city.store.observations.latest([stream_of(city, "probe-3-soil-moisture")])
    newest = next(iter(closed.values())).observation
    assert newest is not None
    assert city.site.get(f"/t/probe-1/probe-1-soil-moisture/wert/{newest.id}").status_code == 404


def test_pages_of_things_are_never_kept(city: Watching) -> None:
    """A new value is on the page at once."""
    stream = watch(city.store, "probe-6", name="Frische Sonde")
    measure(city.store, stream, START - timedelta(hours=1), [33.25])
    assert "33,25" in city.text("/t/probe-6")
    measure(city.store, stream, START - timedelta(minutes=30), [44.75])
    assert "44,75" in city.text("/t/probe-6")


@pytest.mark.parametrize("address", ["/t", "/t/probe-1", "/t/probe-1/probe-1-soil-moisture", "/en/t/probe-2"])
def test_pages_keep_the_promises_of_the_portal(city: Watching, address: str) -> None:
    """One h1, nothing inline, and no dead link of ours."""
    text = city.text(address)
    assert text.count("<h1") == 1
    assert "style=" not in text.replace("font-style=", "")
    own = {html.unescape(link).split("#")[0] for link in _LINK.findall(text)}
    skipped = ("/assets/", "/sta/", "/f/")
    dead = [
        link
        for link in sorted(own)
        if link.startswith("/") and not link.startswith(skipped) and city.site.get(link).status_code != 200
    ]
    assert dead == []


def test_text_and_truth_are_values_too(city: Watching) -> None:
    """A series of words or of yes and no is shown as such, without a drawing."""
    stream = watch(city.store, "probe-7", name="Zustand", property_key="door", property_name="Tür")
    measure(city.store, stream, START - timedelta(hours=1), [True, "offen", {"a": 1}])
    text = city.text("/t/probe-7/probe-7-door?zeit=tag")
    assert "offen" in text
    assert ">ja<" in text
    assert "Werte, die sich zeichnen lassen" in text


SERIES = "/t/probe-1/probe-1-soil-moisture"


def test_a_series_can_be_had_as_csv(city: Watching) -> None:
    """Every value of the days asked for, also the doubted ones with the rule, oldest first."""
    answer = city.site.get(f"{SERIES}.csv")
    lines = answer.text.splitlines()
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'rel="license"' in answer.headers["link"]
    assert len(lines) == 1 + 144
    assert lines[0].startswith('"time","value"')
    assert '140,,"range"' in lines[-1]
    assert [line.split(",")[0] for line in lines[1:]] == sorted(line.split(",")[0] for line in lines[1:])
    assert len(city.site.get(f"{SERIES}.csv?von=1999-01-01&bis=1999-12-31").text.splitlines()) == 1


def test_a_series_can_be_had_as_json(city: Watching) -> None:
    """The rows with what they are: name, unit, licence and the page they are from."""
    found = city.site.get(f"/en{SERIES}.json").json()
    assert found["licence"] == "Datenlizenz Deutschland – Namensnennung – Version 2.0" or found["licence"]
    assert found["unit"] == "%"
    assert found["address"].endswith(SERIES)
    assert len(found["rows"]) == 144
    assert found["rows"][-1]["doubts"] == "range"


def test_a_series_can_be_had_as_parquet(city: Watching) -> None:
    """Typed columns, and the same values as in the other files."""
    answer = city.site.get(f"{SERIES}.parquet")
    table = pq.read_table(io.BytesIO(answer.content))
    assert table.num_rows == 144
    assert str(table.schema.field("time").type) == "timestamp[us, tz=UTC]"
    assert table.column("value").to_pylist()[-1] == 140.0
    assert table.schema.metadata[b"allmende.unit"] == b"%"


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_files_of_closed_series_are_not_there(city: Watching, ending: str) -> None:
    """Files obey as pages do; an unknown ending is no file, and a wrong day no server's fault."""
    assert city.site.get(f"/t/probe-3/probe-3-soil-moisture.{ending}").status_code == 404
    assert city.site.get(f"{SERIES}.{ending}?von=never").status_code == 404
    assert city.site.get(f"{SERIES}.xlsx").status_code == 404


def test_an_empty_series_is_an_empty_file(city: Watching) -> None:
    """A series without values has files with columns and no rows."""
    stream = city.store.things.find("datastream", "probe-4-colour")
    assert stream is not None
    assert len(city.site.get("/t/probe-4/probe-4-colour.csv").text.splitlines()) == 1
    table = pq.read_table(io.BytesIO(city.site.get("/t/probe-4/probe-4-colour.parquet").content))
    assert (table.num_rows, table.num_columns) == (0, 10)


@pytest.mark.parametrize("start", ["", "/en"])
def test_the_map_shows_what_is_measured_now(city: Watching, start: str) -> None:
    """Each placed thing is a point that leads to its series; grey when doubtful; the table has them all."""
    text = city.text(f"{start}/karte?ebene=jetzt:soil-moisture")
    points = re.findall(r'<a href="([^"]+)" aria-label="([^"]+)"><title>', text)
    assert (f"{start}/t/probe-1/probe-1-soil-moisture", "Sonde am Markt: 140\u00a0%") in points
    assert "Geheime" not in text
    assert 'stroke-dasharray="3 2"' in text
    assert text.count("<tr data-series=") >= 2
    assert city.site.get(f"{start}/karte?ebene=jetzt:soil-moisture").headers["cache-control"] == "no-store"


def test_layers_of_the_map_can_be_chosen(city: Watching) -> None:
    """What is measured stands beside the indicators in the choice; an unknown layer falls back."""
    text = city.text("/karte")
    assert '<option value="jetzt:soil-moisture">Bodenfeuchte</option>' in text
    assert city.site.get("/karte?ebene=jetzt:nonsense").status_code == 200


def test_programs_get_the_newest_values_as_geojson(city: Watching) -> None:
    """Every open series with place, value, state and page; closed ones are absent; one without a place has none."""
    answer = city.site.get("/api/v1/things")
    assert answer.headers["content-type"].startswith("application/geo+json")
    found = {one["properties"]["page"]: one for one in answer.json()["features"]}
    well = found[SERIES]
    assert well["geometry"] == {"type": "Point", "coordinates": [12.0, 51.0]}
    assert (well["properties"]["value"], well["properties"]["trust"]) == (140.0, "suspect")
    assert found["/t/probe-4/probe-4-colour"]["geometry"] is None
    assert "Geheime" not in answer.text
    of_colour = city.site.get("/api/v1/things?property=colour").json()["features"]
    assert [one["properties"]["page"] for one in of_colour] == ["/t/probe-4/probe-4-colour"]


def test_the_state_names_who_is_silent_and_who_is_doubted(city: Watching) -> None:
    """What needs somebody stands in the list with since when and why; who is well does not."""
    whole = city.text("/stand")
    assert "Messstellen brauchen jemanden." in whole
    assert "Alles in Ordnung" not in whole
    text = whole.split('id="messstellen"')[1]
    assert '<a href="/t/probe-2">Sonde im Park</a>' in text
    assert "30 Tage" in text
    assert '<a href="/t/probe-1">' in text
    assert "Geheime" not in text
    assert "Frische Sonde" not in text
    assert "measuring points need somebody" in city.text("/en/stand")


def test_a_district_leads_to_its_things(city: Watching) -> None:
    """The page of a district counts what measures in it and leads to the list."""
    text = city.text("/stadtteil/noerdlich")
    assert "Messstellen in diesem Stadtteil" in text
    listed = city.text(html.unescape(re.findall(r'href="(/t\?stadtteil=[^"]+)"', text)[0]))
    assert "Sonde am Markt" in listed


def test_search_engines_find_open_things_only(city: Watching) -> None:
    """The map of the site names the pages of things that everyone may see."""
    text = city.text("/sitemap.xml")
    assert "/en/t/probe-1<" in text
    assert "probe-3" not in text


@pytest.mark.parametrize(("source", "shown"), [("open", True), ("protected", False)])
def test_a_polled_value_leads_to_its_file(city: Watching, source: str, shown: bool) -> None:
    """A value that was read from a file names it by its hash, unless the file is closed to the reader."""
    stream = watch(city.store, f"probe-file-{source}", name="Sonde aus einer Datei")
    sha256 = city.store.receipts(source)[0].sha256
    row = Observation(stream.id, microseconds(START), 0, number=5.0, extra=json.dumps({"receipt": sha256}))
    (accepted,) = city.store.observations.append([Arrival([row])])
    address = f"/t/probe-file-{source}/probe-file-{source}-soil-moisture/wert/{accepted.observation_ids[0]}"
    assert (f"/raw/{sha256}" in city.text(address)) == shown
