"""The real Jena, from recorded answers: its stories say what the raw files say, counted here in another way."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from itertools import groupby, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from litestar.testing import TestClient

from allmende.app import create_app, open_workspace
from allmende.flow.recompute import Recomputer
from allmende.flow.run import run_city
from allmende.model.access import Access
from allmende.model.message import Message
from tests.acceptance.conftest import Served

ROOT = Path(__file__).parents[2]
RECORDED = Path(os.environ.get("ALLMENDE_REPLAY") or ROOT.parent / "shared" / "data")
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(
        not (RECORDED / "addresses.csv").is_file(),
        reason=f"THE RECORDED REAL DATA ARE ABSENT ({RECORDED}): the real Jena is not tested here",
    ),
]
_PASSPORT = re.compile(r'href="(/f/[^"]+)"')


@pytest.fixture(scope="module")
def jena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Jena, run once from the recorded files."""
    data = tmp_path_factory.mktemp("jena")
    workspace = open_workspace(ROOT / "cities" / "jena", data=data, replay=RECORDED)
    runs = run_city(workspace, lambda run: None)
    with TestClient(create_app(workspace)) as client:
        yield Served(workspace, runs, client)


def _households(name: str) -> dict[str, dict[str, str]]:
    with (RECORDED / "02_jena_stats" / name).open(encoding="utf-8") as file:
        return {row["statistischer_Bezirk_Nr"]: row for row in csv.DictReader(file)}


def test_every_step_ends_well(jena: Served) -> None:
    """All sources are read and all datasets published from what was recorded."""
    assert [f"{run.step}: {run.message}" for run in jena.runs if run.outcome in ("failed", "skipped")] == []
    assert len(jena.workspace.store.latest_versions()) >= 40


def test_rows_in_are_rows_accepted_and_rejected(jena: Served) -> None:
    """Of the case series three rows repeat a moment and are set aside; nowhere else is a row lost."""
    published = jena.workspace.store.latest_versions()
    assert {name: v.rejected for name, v in published.items() if v.rejected} == {"covid-cases": 3}
    assert published["covid-cases"].rows == 864
    assert published["addresses"].rows == 16_745
    assert published["households"].rows == 43 * 12


def test_households_are_those_of_the_file(jena: Served) -> None:
    """The newest number of households, its change and the share living alone follow from the two files."""
    every, alone = _households("hh_priv.csv")["0"], _households("hh_priv_1.csv")["0"]
    page = jena.client.get("/w/growing-districts").text + jena.client.get("/w/living-alone").text
    gained = int(every["31.12.2016"]) - int(every["31.12.2006"])
    share = 100 * int(alone["31.12.2016"]) / int(every["31.12.2016"])
    assert gained == 4511
    assert f"+{gained:,}".replace(",", ".") in page
    assert f"{share:.1f}".replace(".", ",") + "\u00a0%" in page


def test_most_people_live_alone_since_2008(jena: Served) -> None:
    """The sentence of the story is true: half is passed in 2008 and never lost again."""
    every, alone = _households("hh_priv.csv")["0"], _households("hh_priv_1.csv")["0"]
    shares = {year: int(alone[f"31.12.{year}"]) / int(every[f"31.12.{year}"]) for year in range(2006, 2017)}
    assert shares[2007] < 0.5
    assert all(shares[year] > 0.5 for year in range(2008, 2017))
    assert "Seit 2008" in jena.client.get("/w/living-alone").text


def test_probes_jump_as_the_story_says(jena: Served) -> None:
    """The mean jump of a probe on 5 June 2023 is that of the file."""
    values: dict[str, dict[str, float]] = {}
    with (RECORDED / "03_jena_sensors" / "Sensormesswerte.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file, delimiter=";"):
            values.setdefault(row["gid"], {})[row["Datum"]] = float(row["Wert"])
    jumps = [abs(v["05.06.2023"] - v["04.06.2023"]) for v in values.values()]
    said = f"{sum(jumps) / len(jumps):.1f}".replace(".", ",")
    assert said in jena.client.get("/w/trust-the-probes").text


def test_months_of_the_pandemic_start_from_the_last_total(jena: Served) -> None:
    """New cases of a month are the last total of it less the last total of the month before: June 2021 is below zero."""
    last: dict[str, int] = {}
    with (RECORDED / "04_thuringia" / "cases_jena_opendata.csv").open(encoding="utf-8") as file:
        for row in sorted(csv.DictReader(file), key=lambda row: int(row["zeit"])):
            moment = datetime.fromtimestamp(int(row["zeit"]), ZoneInfo("Europe/Berlin"))
            last[f"{moment:%Y-%m}"] = int(row["erkrankte"])
    lines = csv.reader(jena.client.get("/d/covid-by-month.csv").text.splitlines())
    said = {line[0][:7]: line[1] for line in lines if re.match(r"\d{4}-\d{2}-", line[0] if line else "")}
    assert said["2021-06"] == str(last["2021-06"] - last["2021-05"]) == "-12"
    assert said["2021-07"] == str(last["2021-07"] - last["2021-06"]) == "13"


def test_wrong_incidences_are_no_peaks(jena: Served) -> None:
    """The source writes tens of thousands on some days from October 2022 on; the highest values end before them."""
    lines = csv.reader(jena.client.get("/d/incidence-peak.csv").text.splitlines())
    peaks = {line[0]: float(line[1]) for line in lines if len(line) == 3 and line[0].isupper()}
    assert peaks["J"] == 3306.9
    assert max(peaks.values()) < 5000


def test_tram_platforms_are_counted_right(jena: Served) -> None:
    """The share of platforms for wheelchairs follows from the map's file."""
    text = (RECORDED / "01_jena_geo" / "Strassenbahnen.geojson").read_text(encoding="utf-8")
    facts = [feature["properties"] for feature in json.loads(text)["features"]]
    stops = [one for one in facts if one.get("railway") == "tram_stop"]
    reached = sum(1 for one in stops if one.get("wheelchair") == "yes")
    assert f"{100 * reached / len(stops):.0f}\u00a0%" in jena.client.get("/w/tram-wheelchair").text


def test_unknown_licences_stay_closed(jena: Served) -> None:
    """Datasets without a stated licence are internal: no page, no file, no search result."""
    published = jena.workspace.store.latest_versions()
    for name in ("street-themes", "air-stations", "nitrogen-dioxide-2010"):
        assert published[name].access is Access.INTERNAL
        assert jena.client.get(f"/d/{name}").status_code == 404
        assert jena.client.get(f"/d/{name}.csv").status_code == 404
    assert "/d/air-stations" not in jena.client.get("/suche?q=Messstellen").text


def test_initials_of_staff_are_nowhere(jena: Served) -> None:
    """The internal column of the tree register is on no page and in no file."""
    assert "inspector" not in jena.client.get("/d/sensor-trees").text
    assert "inspector" not in jena.client.get("/d/sensor-trees.csv").text.splitlines()[0]


def test_openstreetmap_is_named_on_pages_and_files(jena: Served) -> None:
    """What the licence asks for is done: the source is named beside every use."""
    for page in ("/d/playgrounds", "/w/playgrounds", "/ziele/playgrounds", "/stadtteil/jena-zentrum"):
        text = jena.client.get(page).text
        assert "OpenStreetMap-Mitwirkende" in text, page
        assert "Open Database License" in text, page
    assert "OpenStreetMap" in jena.client.get("/d/playgrounds.geojson").text


def test_every_number_opens_its_passport(jena: Served) -> None:
    """All passports linked from all stories open and name a dataset version and a raw file."""
    stories = jena.workspace.city.story_ids()
    assert len(stories) >= 6
    links = {
        unescape(link) for story in stories for link in _PASSPORT.findall(jena.client.get(f"/w/{story}").text)
    }
    for link in sorted(links)[::5]:
        answer = jena.client.get(link)
        assert answer.status_code == 200, link
        assert re.search(r"/d/[a-z0-9-]+@\d+", answer.text), link
        assert re.search(r"[0-9a-f]{64}", answer.text), link


def test_computing_again_gives_the_same(jena: Served) -> None:
    """Every version of Jena, made again from raw files and recipes, is equal."""
    recompute = Recomputer(jena.workspace)
    versions = jena.workspace.store.latest_versions().values()
    assert {str(v.pin): made.reason for v in versions if not (made := recompute(v.pin)).equal} == {}


def test_car_parks_fill_as_the_story_says(jena: Served) -> None:
    """Means by hour, the number of readings and the places of Jena are those of the two files."""
    with (RECORDED / "08_parking" / "dresdenaltmarkt.csv").open(encoding="utf-8") as file:
        rows = [(datetime.fromisoformat(time), float(value)) for time, value in csv.reader(file)]
    page = jena.client.get("/w/full-car-parks").text
    for days, hour in ((range(5, 6), 9), (range(5, 6), 12), (range(5, 6), 13), (range(5), 13)):
        fitting = [value for time, value in rows if time.weekday() in days and time.hour == hour]
        assert f"{sum(fitting) / len(fitting):.0f}\u00a0%" in page
    assert f"{len(rows):,}".replace(",", ".") in page
    recorded = json.loads((RECORDED / "08_parking" / "parkapi2_jena.geojson").read_text(encoding="utf-8"))
    places = sum(one["properties"]["capacity"] for one in recorded["features"])
    assert f"{places:,}".replace(",", ".") + "\u00a0Plätze" in page


def test_what_the_story_says_of_the_file_is_true(jena: Served) -> None:
    """No gap in 14 months, and once the same value for 18 hours."""
    with (RECORDED / "08_parking" / "dresdenaltmarkt.csv").open(encoding="utf-8") as file:
        rows = [(datetime.fromisoformat(time), value) for time, value in csv.reader(file)]
    apart = {later[0] - earlier[0] for earlier, later in pairwise(rows)}
    assert {step.total_seconds() for step in apart} == {900}
    longest = max(len(list(run)) for _, run in groupby(value for _, value in rows))
    assert 18 <= (longest - 1) / 4 < 19


@pytest.mark.parametrize(
    ("example", "kind", "expected"),
    [
        (1, "dragino-lse01", {"soil-moisture": 13.74, "soil-temperature": 13.25, "battery": 3.301}),
        (2, "sensecap-s2120", {"air-temperature": 24.4, "air-humidity": 36.0, "wind-speed": 4.1}),
        (4, "tektelic-kiwi", {"soil-water-tension-1": 63.0048, "soil-water-tension-2": 104.6936}),
    ],
)
def test_uplinks_of_the_city_become_values(
    jena: Served, example: int, kind: str, expected: dict[str, float]
) -> None:
    """A recorded message of each kind of sensor gives its values, and a page without a guessed place."""
    workspace = jena.workspace
    file = RECORDED / "03_jena_sensors" / f"chirpstack_uplink_example{example}.json"
    message = Message("lorawan", file.read_bytes(), workspace.clock.now(), "?event=up", "application/json")
    arrival = workspace.live.sensing.interpret(workspace.city.ways["lorawan"])(message)
    workspace.store.observations.append([arrival])
    page = jena.client.get(f"/t/{arrival.device}").text
    for name, value in expected.items():
        stream = workspace.store.things.find("datastream", f"{arrival.device}:{name}")
        assert stream is not None
        newest = workspace.store.observations.latest([stream.id])[stream.id].observation
        assert newest is not None
        assert newest.number == pytest.approx(value, abs=1e-4)
    assert workspace.city.sensors[kind].title.of("de")
    assert "hat niemand gesagt" in page
