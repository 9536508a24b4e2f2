"""Test vectors of device makers' codecs, and Jena's uplinks: the expected values, or a reason by name.

The vectors are those of chirpstack-device-profiles (MIT) and of The Things Network's device repository;
they are not in the project: they lie in the folder named by `ALLMENDE_REPLAY`, or in `../shared/data`.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from allmende.decoders.byte_map.decoder import ByteMapDecoder
from allmende.ports import Payload
from allmende.structure.payload import flatten
from allmende.testing.decoder_contract import RECEIVED, outcome, same

DATA = Path(os.environ.get("ALLMENDE_REPLAY") or Path(__file__).parents[6] / "shared" / "data")
VECTORS = DATA / "13_lorawan_vectors"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not VECTORS.is_dir(), reason=f"no recorded data in {DATA}: set ALLMENDE_REPLAY"),
]

# File (without test_decode_ and .json) -> our device; those of Decentlab follow from the name.
DEVICES = {
    "digital-matter-oyster3-yabby3": "digital_matter_oyster3", "dsmr": "yobiiq_p1002005", "elsys": "elsys",
    "em2101": "yobiiq_em2101", "em300-sld-zld": "milesight_em300_sld", "em500-pt100": "milesight_em500_pt100",
    "ht-sensor": "mclimate_ht", "ldds75": "dragino_ldds75", "lht65n": "dragino_lht65n",
    "lt-22222-l": "dragino_lt_22222_l", "merryiot-cd10": "browan_cd10", "pulsedrop": "pulsedrop",
    "sd1001": "yobiiq_sd1001", "tabs-tbhh100": "browan_tbhh100", "tabs-tbms100": "browan_tbms100",
}  # fmt: skip
# (file, value): why ours is another. Every one must be needed.
CODEC = "says which codec ran, nothing of what was measured"
NONE = "the device's sign for none: here it is unknown, never a number"
REASONS: dict[tuple[str, str], str] = {
    **{(file, name): CODEC for file in ("dsmr", "em2101") for name in
       ("codecVersion", "genericModel", "productCode", "manufacturer")},
    **{("sd1001", name): CODEC for name in ("codecVersion", "deviceModel", "productCode", "manufacturer")},
    ("dsmr", "decryptionKey"): "a key is a secret and no value; it is read over",
    **{("dl-tp", f"temperature_at_level_{level}"): NONE for level in range(11, 16)},
    ("lht65n", "TempC_DS"): NONE,
    ("tabs-tbhh100", "CO2"): NONE,
    ("tabs-tbhh100", "VOC"): NONE,
    ("tabs-tbhh100", "thh_type"): "undocumented: the maker's manual does not name it",
    ("ht-sensor", "extThermistorTemperature"): NONE,
    ("ldds75", "TempC_DS18B20"): "the codec gives text, here it is a number",
    ("dl-dlr2-008", "temperature"): "IEC 60751 here; the codec's polynomial is 0.003 K off",
}  # fmt: skip
UNDECODED = {"hotdrop": "undocumented: its only vector is all zeros, so no scale can be checked"}


def read_vectors(path: Path) -> list[dict[str, Any]]:
    """The cases of a file that is nearly JSON: comments, hexadecimal, names and commas as in JavaScript."""
    text = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
    text = re.sub(r"'([^']*)'", r'"\1"', text)
    text = re.sub(r"(?m)^(\s*)(\w+):", r'\1"\2":', text)
    text = re.sub(r",(\s*[\]}])", r"\1", text)
    text = re.sub(r"0x([0-9a-fA-F]+)", lambda found: str(int(found[1], 16)), text)
    cases: list[dict[str, Any]] = json.loads(text)
    return cases


def name_of(path: Path) -> str:
    return path.stem.removeprefix("test_decode_")


def device_of(name: str) -> str | None:
    if name.startswith("dl-"):
        return "decentlab_dl_" + name[3:].replace("-", "_")
    return DEVICES.get(name)


def files() -> list[Path]:
    return sorted(VECTORS.glob("test_decode_*.json")) if VECTORS.is_dir() else []


def differences(path: Path) -> Iterator[tuple[str, Any, Any]]:
    """Value, expected and found, of everything in a file that is not as expected."""
    name = name_of(path)
    decode = ByteMapDecoder().open({"device": device_of(name)}, Path())
    for case in read_vectors(path):
        payload = Payload(bytes(case["input"]["bytes"]), case["input"].get("fPort"), RECEIVED)
        found = outcome(decode, payload)
        assert not isinstance(found, str), f"{name}: {case.get('name')}: {found}"
        expected = flatten(case["expected"]["data"])
        assert expected.earlier == found.earlier
        for word in {*expected.values, *found.values}:
            one, other = expected.values.get(word), found.values.get(word)
            if not same(one, other):
                yield word, one, other


@pytest.mark.parametrize("path", files(), ids=name_of)
def test_a_vector_gives_its_values_or_a_reason(path: Path) -> None:
    """All values of all cases are as expected; each that is not has its reason in the table."""
    name = name_of(path)
    if name in UNDECODED:
        assert device_of(name) is None
        return
    unexplained = [found for found in differences(path) if (name, found[0].split(".")[0]) not in REASONS]
    assert unexplained == []


def test_no_reason_is_stale() -> None:
    """A reason that nothing needs any more is taken out."""
    needed = {
        (name_of(path), word.split(".")[0])
        for path in files()
        if name_of(path) not in UNDECODED
        for word, _, _ in differences(path)
    }
    assert set(REASONS) == needed
    assert len(files()) == 55


def test_pt1000_is_within_its_reason() -> None:
    """The thermometer differs by no more than its reason says."""
    (found,) = differences(VECTORS / "test_decode_dl-dlr2-008.json")
    assert abs(found[1] - found[2]) < 0.003


# Ours -> the codec's names in Jena's uplinks; what is not named is the codec's own (or a copy, `_f`).
JENA: dict[str, tuple[str, dict[str, str]]] = {
    "chirpstack_uplink_example1.json": ("dragino_lse01", {
        name: name for name in
        ("BatV", "temp_DS18B20", "temp_SOIL", "water_SOIL", "conduct_SOIL", "i_flag", "s_flag", "Mod")}),
    "chirpstack_uplink_example2.json": ("sensecap_s2120", {
        "air_temperature": "messages.Air Temperature", "air_humidity": "messages.Air Humidity",
        "light_intensity": "messages.Light Intensity", "uv_index": "messages.UV Index",
        "wind_speed": "messages.Wind Speed", "wind_direction": "messages.Wind Direction Sensor",
        "rain_rate": "messages.Rain Gauge", "barometric_pressure": "messages.Barometric Pressure",
        "peak_wind_gust": "messages.Peak Wind Gust", "rain_accumulation": "messages.Rain Accumulation"}),
    "chirpstack_uplink_example4.json": ("tektelic_kiwi", {
        name: name for name in ("soil_water_tension1", "soil_water_tension2", "soil_moisture_raw1",
                                "soil_moisture_raw2", "ambient_light")}),
    "chirpstack_uplink_example6.json": ("dragino_sn50v3", {
        name: name for name in ("BatV", "ADC1_V", "ADC2", "ADC3")}),
}  # fmt: skip


@pytest.mark.parametrize("file", JENA)
def test_uplinks_of_jena_give_what_its_network_server_decoded(file: str) -> None:
    """Bytes decoded here equal the values that the network server decoded there."""
    device, names = JENA[file]
    event = json.loads((DATA / "03_jena_sensors" / file).read_text(encoding="utf-8"))
    decode = ByteMapDecoder().open({"device": device}, Path())
    found = outcome(decode, Payload(base64.b64decode(event["data"]), event["fPort"], RECEIVED))
    assert not isinstance(found, str), found
    theirs = flatten(event["object"]).values
    assert {name: found.values[name] for name in names} == pytest.approx(
        {name: float(str(theirs[word])) for name, word in names.items()}
    )
    assert {name for name, value in found.values.items() if value is not None} <= set(names)


def test_the_vector_of_the_things_network() -> None:
    """The LSE01's vector of the device repository, and its unknown port.

    Its last byte says mode 1, in which soil values are raw numbers of the probe; its codec gives them as per
    cent and degrees all the same. Here they are left out: a raw number is no moisture.
    """
    text = (VECTORS / "ttn_dragino_lse01-codec.yaml").read_text(encoding="utf-8")
    numbers = re.search(r"bytes: \[([^\]]+)\]", text)
    assert numbers is not None
    payload = bytes(int(number, 16) for number in numbers[1].split(","))
    decode = ByteMapDecoder().open({"device": "dragino_lse01"}, Path())
    found = outcome(decode, Payload(payload, 2, RECEIVED))
    assert not isinstance(found, str)
    assert found.values == {"BatV": 3.625, "temp_DS18B20": 24.1, "Mod": 1, "s_flag": 1, "i_flag": 0}
    wanted = {"water_SOIL": 19.57, "temp_SOIL": 24.59, "conduct_SOIL": 28200}
    in_mode_0 = decode(Payload(payload[:-1] + b"\x10", 2, RECEIVED)).values
    assert {name: in_mode_0[name] for name in wanted} == wanted
    assert outcome(decode, Payload(payload, 42, RECEIVED)) == "unknown_port"
