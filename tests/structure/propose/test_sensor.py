"""From samples to a kind of sensor: the right decoder, properties, units and limits; nothing taken silently."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.city.decode import decode
from allmende.errors import Unreadable
from allmende.model.access import Access
from allmende.model.sensor_type import Match, SensorType
from allmende.model.uplink import Gateway, Position, Uplink
from allmende.structure.propose.fit import choose, try_all
from allmende.structure.propose.measures import is_technical, measure_of
from allmende.structure.propose.sensor import SensorProposal, SensorWish, propose_sensor
from allmende.structure.propose.sensor_text import sensor_text

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
LSE01 = bytes.fromhex("0ce50000055e052d002310")
GATEWAY = Gateway("g1", -90, 5, 11.58, 50.93)
WISH = SensorWish("soil", "radio")
SOIL = Uplink("a1", LSE01, time=NOW, port=2, name="Tree 1", profile="Dragino_LSE01", gateways=(GATEWAY,))


def proposed(*uplinks: Uplink, folder: Path = Path("none"), **wished: Any) -> SensorProposal:
    """The proposal for some uplinks."""
    return propose_sensor(uplinks, replace(WISH, **wished), folder, NOW)


def units(proposal: SensorProposal) -> dict[str, str]:
    """The units of the proposed properties."""
    return {measured.id: measured.unit for measured in proposal.type_.properties}


def test_a_known_device_is_found_by_its_profile() -> None:
    """Decoder, properties, UCUM units and limits follow from the byte map."""
    made = proposed(SOIL)
    assert (made.type_.decoder, made.type_.options) == ("byte_map", {"device": "dragino_lse01"})
    assert units(made) == {
        "battery-voltage": "V", "temperature": "Cel", "soil-moisture": "%", "soil-temperature": "Cel",
        "soil-conductivity": "uS/cm",
    }  # fmt: skip
    assert made.type_.match == Match(profile="Dragino_LSE01")
    moisture = made.type_.named("water_SOIL")
    assert moisture is not None
    assert (moisture.title.de, moisture.limits.minimum, moisture.limits.maximum) == ("Bodenfeuchte", 0, 100)
    assert set(made.left) == {"Mod", "s_flag", "i_flag"}
    assert made.guessed == frozenset()


def test_a_device_without_profile_is_found_by_equal_numbers() -> None:
    """What the network server decoded proves which map is right, under whatever names."""
    given_ = {"a": 3.301, "b": "13.74", "c": 13.25, "d": 35.0}
    made = proposed(replace(SOIL, profile="", application="forest", values=given_))
    assert made.chosen.name == "byte_map:dragino_lse01"
    assert made.chosen.agreed == 1.0
    assert made.type_.match == Match(application="forest")


def test_what_the_network_server_decoded_is_taken_when_nothing_else_fits() -> None:
    """Units are guesses from names then, and are marked as such."""
    given_ = {"air": {"temperature": 20.5, "co2": 412}, "status": "ok", "pm2_5": "12,5"}
    made = proposed(Uplink("a1", b"\xde\xad", given_, NOW, profile="Own"))
    assert made.type_.decoder == "object"
    assert units(made) == {"air-temperature": "Cel", "carbon-dioxide": "[ppm]", "pm25": "ug/m3"}
    assert made.guessed == {"air-temperature", "carbon-dioxide", "pm25"}
    assert "a guess from the name" in sensor_text(made)


def test_several_that_could_be_meant_are_not_guessed() -> None:
    """Many devices of one maker read the same bytes: a person names one."""
    payload = bytes.fromhex("020291000380690c60")
    with pytest.raises(Unreadable) as caught:
        proposed(Uplink("a1", payload, port=1))
    assert "decentlab_dl_par" in caught.value.hint
    assert "decentlab_dl_pyr" in caught.value.hint
    made = proposed(Uplink("a1", payload, port=1), decoder="byte_map:decentlab_dl_pyr")
    assert units(made)["solar-radiation"] == "W/m2"
    with pytest.raises(Unreadable, match="reads none"):
        proposed(Uplink("a1", payload, port=1), decoder="byte_map:browan_cd10")


def test_a_script_of_the_city_is_tried(tmp_path: Path) -> None:
    """What lies in the city's folder `decoders` is a candidate like the others."""
    (tmp_path / "decoders").mkdir()
    code = "function decodeUplink(i) { return { data: { water_level: i.bytes[0] } } }"
    (tmp_path / "decoders" / "mine.js").write_text(code, encoding="utf-8")
    made = proposed(Uplink("a1", b"\x07", profile="Mine"), folder=tmp_path)
    assert made.chosen.name == "javascript:decoders/mine.js"
    assert units(made) == {"water-level": "cm"}


def test_a_gateways_place_is_named_and_not_taken() -> None:
    """Neither when nothing is known, nor when the network server was told the gateway's place."""
    made = proposed(replace(SOIL, position=Position(11.58, 50.93, "registry")))
    text = sensor_text(made)
    assert made.type_.place.kind == "none"
    assert made.at_gateway == ("a1",)
    assert "a1 is said to stand where a gateway is: that was not taken" in text
    assert "(a gateway stands at 11.58, 50.93: it heard them, but they are not there)" in text
    assert '# "a1" = [11.58, 50.93]  # Tree 1' in text


def test_the_networks_or_the_payloads_place_is_proposed() -> None:
    """When the network knows another place, or the payload says one."""
    assert proposed(replace(SOIL, position=Position(11.6, 50.95, "registry"))).type_.place.kind == "network"
    moving = Uplink("a1", b"", {"lat": 50.9, "lon": 11.6, "speed": 12}, profile="Bus")
    made = proposed(moving)
    assert (made.type_.place.kind, made.type_.place.longitude_name) == ("payload", "lon")
    assert units(made) == {"speed": "km/h"}


def test_copies_and_codec_values_are_left_out_with_reasons() -> None:
    """A copy is only one when all samples agree."""
    one = Uplink(
        "a1", None, {"water_SOIL": "13.74", "water_SOIL_f": 13.74, "valid": True, "payload": "4A"}, NOW
    )
    two = replace(one, values={"water_SOIL": "9", "water_SOIL_f": 9.0, "valid": True, "payload": "4B"})
    made = proposed(one, two)
    assert dict(made.left) == {
        "water_SOIL_f": "the same as water_SOIL",
        "valid": "speaks of the device, not of the city",
        "payload": "speaks of the device, not of the city",
    }
    other = replace(two, values={"water_SOIL": "9", "water_SOIL_f": 8.0})
    assert "water_SOIL_f" not in proposed(one, other).left


def test_two_values_of_one_kind_are_told_apart() -> None:
    """By the number in the name, else by the name."""
    made = proposed(
        Uplink("a1", None, {"soil_temp_1": 1.5, "soil_temp_2": 2.5, "soil_temperature_deep": 3.5})
    )
    assert list(units(made)) == [
        "soil-temperature",
        "soil-temperature-2",
        "soil-temperature-soil-temperature-deep",
    ]


def test_silence_follows_from_how_often_devices_send() -> None:
    """Three times the usual pause, an hour at least; a day when no device sent twice."""
    often = [replace(SOIL, time=NOW + timedelta(minutes=40 * n)) for n in range(4)]
    (first, *_) = proposed(*often).type_.properties
    assert first.limits.silence_after == 7200
    (first, *_) = proposed(SOIL).type_.properties
    assert first.limits.silence_after == 86_400


def test_a_licence_opens_the_values() -> None:
    """Without one they stay inside."""
    assert proposed(SOIL).type_.access is Access.INTERNAL
    assert proposed(SOIL, licence="dl-de/by-2-0").type_.access is Access.OPEN


@pytest.mark.parametrize("licence", ["", "cc0-1.0"])
def test_the_file_says_what_was_proposed(licence: str) -> None:
    """Read again it is the same kind of sensor."""
    made = proposed(SOIL, licence=licence, title='Bäume "am" Markt')
    values = tomllib.loads(sensor_text(made))
    read = decode(values, SensorType, "sensors/soil.toml", {"id": "soil"})
    assert read == made.type_


NAMES = st.text(min_size=1, max_size=12)
VALUES = st.one_of(st.floats(), st.integers(), st.booleans(), st.text(max_size=8), st.none())


@settings(deadline=None)
@given(
    st.dictionaries(NAMES, VALUES, min_size=1, max_size=6),
    st.text(max_size=10),
    st.text(min_size=1, max_size=10),
)
def test_any_values_make_a_file_that_reads_again(given_: dict[str, Any], name: str, device: str) -> None:
    """Names with quotes, line breaks and backslashes too; or it is said that nothing could be proposed."""
    try:
        made = proposed(Uplink(device, None, given_, NOW, name=name, profile=name))
    except Unreadable:
        return
    read = decode(tomllib.loads(sensor_text(made)), SensorType, "sensors/soil.toml", {"id": "soil"})
    assert read == made.type_


def test_no_samples_no_proposal() -> None:
    """It is said."""
    with pytest.raises(Unreadable, match="no message with values"):
        proposed()


def test_the_choice_prefers_what_can_be_mended() -> None:
    """A map that agrees with the network server is taken before the server's own values."""
    fits = try_all([replace(SOIL, values={"x": 13.74, "y": 13.25, "z": 3.301})], NOW, Path("none"))
    assert {fit.decoder for fit in fits} >= {"object", "byte_map"}
    chosen = choose(fits)
    assert chosen is not None
    assert chosen.name == "byte_map:dragino_lse01"
    assert choose(()) is None


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("messages.Air Temperature", "air-temperature"), ("Hum_SHT", "air-humidity"), ("BatV", "battery-voltage"),
        ("2.5p", "pm25"), ("10p", "pm10"), ("soil_moisture_1", "soil-moisture"), ("co2_ppm", "carbon-dioxide"),
        ("barometric_pressure", "air-pressure"), ("freie_plaetze", "free-parking-spaces"), ("bodenx", None),
        ("Wind Direction Sensor", "wind-direction"), ("rain_accumulation", "rain-total"), ("no2-ugm3", "nitrogen-dioxide"),
    ],
)  # fmt: skip
def test_names_are_understood(name: str, id_: str | None) -> None:
    """As makers write them."""
    found = measure_of(name)
    assert (found and found.id) == id_


@pytest.mark.parametrize(
    "name", ["i_flag", "fPort", "codecVersion", "deviceSerialNumber", "err", "Bat_status"]
)
def test_values_of_the_device_are_known(name: str) -> None:
    """They say nothing of the city."""
    assert is_technical(name)
