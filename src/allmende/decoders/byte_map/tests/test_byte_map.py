"""Decoder byte_map: tables of bytes become values; faults of tables and payloads are named."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.decoders.byte_map.decoder import DEVICES, ByteMapDecoder, device_ids, device_map
from allmende.decoders.byte_map.formula import FormulaFault, compile_formula
from allmende.decoders.byte_map.layout import every_field, parse_map
from allmende.errors import NotFound, Unreadable
from allmende.model.problem import Problem
from allmende.ports import Payload
from allmende.structure.ucum import code_of
from allmende.testing.decoder_contract import RECEIVED, DecoderContract, outcome

FAULTS_OF_PAYLOADS = {
    "empty", "unknown_port", "unknown_form", "unknown_tag", "too_short", "refused", "too_many",
}  # fmt: skip
SIGNS_WITHOUT_CODE = {"FAU"}


class TestContract(DecoderContract):
    """byte_map keeps what every decoder must keep."""

    decoder_id = "byte_map"
    options = {"device": "dragino_lse01"}  # noqa: RUF012 - the contract wants it on the class


@pytest.mark.parametrize("device", device_ids())
def test_every_device_is_described(device: str) -> None:
    """Its map is right, names maker, model, source and device profiles, and every unit has a UCUM code."""
    found = device_map(device)
    assert found.maker
    assert found.model
    assert found.source
    assert found.homepage.startswith("https://")
    assert found.profiles
    units = {field.unit for layout in found.layouts for field in every_field(layout) if field.unit}
    assert [unit for unit in units if not code_of(unit) and unit not in SIGNS_WITHOUT_CODE] == []


@settings(deadline=None)
@given(st.sampled_from(device_ids()), st.binary(max_size=60), st.integers(0, 255))
def test_any_bytes_are_values_or_a_named_fault(device: str, payload: bytes, port: int) -> None:
    """No device and no payload breaks it."""
    decode = ByteMapDecoder().open({"device": device}, Path())
    for prefix in (b"", b"\x02", b"\x01"):
        found = outcome(decode, Payload(prefix + payload, port, RECEIVED))
        assert not isinstance(found, str) or found in FAULTS_OF_PAYLOADS


@pytest.mark.parametrize(
    ("text", "names", "wanted"),
    [
        ("(x & 16383) / 1000", {"x": 0xCE29}, 3.625),
        ("a if a > b else b", {"a": 1, "b": 2}, 2),
        ("max(a, 3) ** 2", {"a": 1}, 9.0),
        ("x >> 7 == 1 and not y", {"x": 128, "y": 0}, True),
        ("1 / x", {"x": 0}, None),
        ("log(x)", {"x": -1}, None),
        ("x + y", {"x": 1, "y": None}, None),
        ("x << y", {"x": 1, "y": 10**9}, None),
        ("x * x * x * x * x", {"x": 2**60}, None),
        ("9 ** 9 ** 9 ** 9", {}, None),
    ],
)
def test_formulas_compute_or_know_nothing(text: str, names: dict[str, Any], wanted: object) -> None:
    """What cannot be computed is unknown, never 0, never an endless number."""
    assert compile_formula(text)[0](names) == wanted


@pytest.mark.parametrize(
    "text",
    ["", "x +", "x.real", "__import__('os')", "open('x')", "[x]", "lambda: x", "x := 1", "'a'", "f'{x}'", "x[0]",
     "1 < x < 3", "max(*x)", "max(a=1)", "True", "1j", "x if y", "x" * 600, "(" * 300 + "x" + ")" * 300],
)  # fmt: skip
def test_what_is_no_formula_is_refused(text: str) -> None:
    """Only arithmetic is understood; nothing can be looked up or called."""
    with pytest.raises(FormulaFault):
        compile_formula(text)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_formula_or_refused(text: str) -> None:
    """Nothing else happens."""
    try:
        formula, _ = compile_formula(text)
    except FormulaFault:
        return
    formula({"x": 1})


FAULTS = [
    ('type = "u8"', 'type = "u9"', "$.layouts[0].fields[0].type"),
    ('type = "u8"', 'type = "byte"', "$.layouts[0].fields[0].type"),
    ("x / 100", "x / hundred", "$.layouts[0].fields[3].formula"),
    ("x / 100", "x /", "$.layouts[0].fields[3].formula"),
    ("unknown = [-32768]", 'unknown = ["none"]', "$.layouts[0].fields[3].unknown"),
    ("unknown = [-32768]", "unknwon = [-32768]", "$.layouts[0].fields[3].unknwon"),
    ("probe_{i}", "probe", "$.layouts[0].fields[7].name"),
    ('tag = "u8"', 'tag = "u16"', "$.layouts[1].tag"),
    ('"01" = [', '"0g" = [', "$.layouts[1].tags.0g"),
    ("ports = [1]", "ports = 1", "$.layouts[0].ports"),
    ("slope = 2.0", 'slope = "2"', "$.constants"),
    ('maker = "Musterwerk"', "maker = 7", "$.maker"),
]


@pytest.mark.parametrize(("old", "new", "path"), FAULTS)
def test_faults_of_a_map_are_told_with_their_path(old: str, new: str, path: str) -> None:
    """Each fault of a map is a problem at its path."""
    text = (DEVICES.parent / "samples" / "forms.toml").read_text(encoding="utf-8")
    assert old in text
    found = parse_map(tomllib.loads(text.replace(old, new, 1)))
    assert isinstance(found, list)
    assert path in [fault.path for fault in found]


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["layouts", "fields", "tags", "tag", "name", "type", "when", "01", "values"]),
                inner,
            )
        ),
    )
)
def test_any_table_is_a_map_or_faults(values: Any) -> None:
    """Nothing that TOML can say breaks the reading of maps."""
    if isinstance(values, dict):
        found = parse_map(values)
        assert not isinstance(found, list) or all(isinstance(fault, Problem) for fault in found)


OPTIONS = [
    ({}, "$.options.device"),
    ({"device": "dragino_lse1"}, "$.options.device"),
    ({"device": "dragino_lse01", "map": "x.toml"}, "$.options.device"),
    ({"map": "none.toml"}, "$.options.map"),
    ({"map": "../../../../etc/passwd"}, "$.options.map"),
    ({"device": "dragino_lse01", "constants": {"k": 1}}, "$.options.constants.k"),
    ({"device": "decentlab_dl_dws", "constants": {"m0": "heavy"}}, "$.options.constants.m0"),
    ({"device": "dragino_lse01", "codec": 1}, "$.options.codec"),
]


@pytest.mark.parametrize(("options", "path"), OPTIONS)
def test_faults_of_options_are_told(tmp_path: Path, options: dict[str, Any], path: str) -> None:
    """Each with its path, and such a decoder does not open."""
    (fault,) = ByteMapDecoder().check(options, tmp_path)
    assert fault.path == path
    with pytest.raises(Unreadable):
        ByteMapDecoder().open(options, tmp_path)


def test_the_nearest_device_is_named() -> None:
    """A misspelt device is not guessed, but shown."""
    with pytest.raises(NotFound, match="dragino_lse01"):
        device_map("dragino_lse1")
