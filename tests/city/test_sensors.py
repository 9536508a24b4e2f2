"""Files of sensor types: read whole, and every fault told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from allmende.city.load import load_city
from allmende.city.standing import Spot, read_standing
from allmende.errors import CityInvalid
from allmende.model.access import Access
from allmende.model.limits import Limits
from allmende.model.sensor_type import Match, Standing
from tests.city.conftest import write

SENSOR = """
title = { de = "Bodenfeuchte", en = "Soil moisture" }
way = "http"
decoder = "object"
access = "open"
licence = "dl-de/by-2-0"
[match]
profile = "Dragino_*"
ports = [2]
[thing]
name = { de = "Baum {name}", en = "Tree {name}" }
[place]
kind = "table"
table = "files/trees.csv"
[place.devices]
A84041 = [11.58, 50.93]
[[properties]]
name = "water_SOIL"
id = "soil-moisture"
title = { de = "Bodenfeuchte", en = "Soil moisture" }
unit = "%"
limits = { minimum = 0, maximum = 100, stuck_after = 86400 }
"""
PLACES = "device;longitude;latitude;name\nA84042;11,59;50,94;Alte Linde\n"


@pytest.fixture
def city(folder: Path) -> Path:
    """A city with one kind of sensor."""
    return write(folder, {"sensors/soil.toml": SENSOR, "files/trees.csv": PLACES})


def test_a_sensor_type_is_read(city: Path) -> None:
    """Match, properties with limits, access and place are what the file says."""
    soil = load_city(city).sensors["soil"]
    assert (soil.way, soil.decoder, soil.access) == ("http", "object", Access.OPEN)
    assert soil.named("water_SOIL") is soil.properties[0]
    assert soil.named("BatV") is None
    assert soil.properties[0].limits == Limits(minimum=0, maximum=100, stuck_after=86400)


def test_places_come_from_the_file_and_its_table(city: Path) -> None:
    """Device ids are compared in lower case; a German decimal comma is read."""
    soil = load_city(city).sensors["soil"]
    spots = read_standing(soil.place, "sensors/soil.toml", city)
    assert spots.by_device == {"a84041": Spot(11.58, 50.93), "a84042": Spot(11.59, 50.94, "Alte Linde")}
    assert spots.problems == ()


FAULTS = [
    ('decoder = "object"', 'decoder = "objekt"', "$.decoder", "object"),
    ('unit = "%"', 'unit = "m s"', "$.properties[0].unit", "UCUM"),
    ('id = "soil-moisture"', 'id = "Soil Moisture"', "$.properties[0].id", "soil-moisture"),
    ("maximum = 100", "maximum = -1", "$.properties[0].limits.minimum", ""),
    ("stuck_after = 86400", "stuck_after = 0", "$.properties[0].limits.stuck_after", "Leave"),
    ("stuck_after", "stuck_afer", "$.properties[0].limits.stuck_afer", "stuck_after"),
    ("Baum {name}", "Baum {nam}", "$.thing", "name"),
    ("Baum {name}", "Baum {name", "$.thing", "{name}"),
    ("[11.58, 50.93]", "[50.93]", "$.place.devices.A84041", ""),
    ("[11.58, 50.93]", "[11.58, 5093.0]", "$.place.devices.A84041", ""),
    ("files/trees.csv", "files/tree.csv", "$", ""),
    ("files/trees.csv", "../../secret.csv", "$", ""),
    ('"dl-de/by-2-0"', '"dl-de/by"', "$.licence", "dl-de/by-2-0"),
    ('kind = "table"', 'kind = "fixed"', "$.place", ""),
    ('kind = "table"', 'kind = "gateway"', "$.place.kind", ""),
    ("ports = [2]", 'ports = ["2"]', "$.match.ports[0]", ""),
]


@pytest.mark.parametrize(("old", "new", "path", "hint"), FAULTS)
def test_a_fault_is_named_with_its_path(city: Path, old: str, new: str, path: str, hint: str) -> None:
    """Each spoiled setting is one problem at its path, with what helps."""
    file = city / "sensors/soil.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CityInvalid) as caught:
        load_city(city)
    assert [(p.path, hint in p.hint) for p in caught.value.problems] == [(path, True)]


def test_the_same_value_or_property_twice_is_a_fault(city: Path) -> None:
    """Two datastreams with one key could not be told apart."""
    file = city / "sensors/soil.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + text[text.index("[[properties]]") :], encoding="utf-8")
    with pytest.raises(CityInvalid) as caught:
        load_city(city)
    assert {p.path for p in caught.value.problems} == {"$.properties[1].name", "$.properties[1].id"}


def test_a_bad_line_of_the_table_is_named_with_its_number(city: Path) -> None:
    """Lines without a device or with impossible degrees are faults, the others are read."""
    (city / "files/trees.csv").write_text(PLACES + ";11;50;\nx;11;nan;\n", encoding="utf-8")
    spots = read_standing(Standing(kind="table", table="files/trees.csv"), "sensors/soil.toml", city)
    assert list(spots.by_device) == ["a84042"]
    assert [p.path for p in spots.problems] == ["$.line[3]", "$.line[4]"]


def test_the_narrowest_match_counts() -> None:
    """Patterns ignore case, `*` stands for anything, and longer patterns are stronger."""
    wide, narrow = Match(profile="dragino*"), Match(profile="Dragino_LSE01", ports=(2,))
    assert wide.fits(profile="DRAGINO_LSE01", port=5)
    assert narrow.fits(profile="dragino_lse01", port=2)
    assert not narrow.fits(profile="dragino_lse01", port=5)
    assert not wide.fits(profile="SenseCAP")
    assert narrow.strength > wide.strength > Match().strength
    assert Match().fits()
