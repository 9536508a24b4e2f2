"""What every decoder must keep, ours or a stranger's.

A test class inherits `DecoderContract` and names its decoder; samples are the files
`samples/*.json` of the decoder's folder: `{"options": {...}, "cases": [{"name": ..., "port": ...,
"bytes": hex, "given": ..., "values": {...}, "units": {...}, "earlier": [[time, {...}]], "fault": ...}]}`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from allmende.errors import Undecodable
from allmende.extensions import load_decoder, manifest
from allmende.ports import Decode, Decoded, Payload

RECEIVED = datetime(2026, 3, 1, 8, tzinfo=UTC)
SCALARS = (float, int, str, bool, type(None))


def outcome(decode: Decode, payload: Payload) -> Decoded | str:
    """What a decoder makes of a payload: its values, or the fault's name. Nothing else may be raised."""
    try:
        decoded = decode(payload)
    except Undecodable as error:
        return error.fault
    check_law(decoded)
    return decoded


def check_case(decode: Decode, case: Mapping[str, Any]) -> None:
    """A case gives its expected values (numbers to nine digits), or fails with its named reason."""
    payload = Payload(bytes.fromhex(case.get("bytes", "")), case.get("port"), RECEIVED, case.get("given"))
    decoded = outcome(decode, payload)
    if isinstance(decoded, str) or "fault" in case:
        assert decoded == case.get("fault"), f"{case['name']}: {decoded}"
        return
    difference = differing(case["values"], decoded.values)
    assert not difference, f"{case['name']}: {difference}"
    assert dict(decoded.units) == case.get("units", dict(decoded.units))
    if "earlier" in case:
        assert [[moment.isoformat(), dict(values)] for moment, values in decoded.earlier] == case["earlier"]


def differing(expected: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The names whose values differ: expected and found."""
    names = [*expected, *(name for name in found if name not in expected)]
    return {
        name: (expected.get(name, "not expected"), found.get(name, "missing"))
        for name in names
        if name not in expected or name not in found or not same(expected[name], found[name])
    }


def same(expected: object, found: object) -> bool:
    """Equal; numbers to nine digits."""
    numbers = [value for value in (expected, found) if isinstance(value, int | float)]
    if len(numbers) == 2 and isinstance(expected, bool) == isinstance(found, bool):
        return math.isclose(*numbers, rel_tol=1e-9, abs_tol=1e-9)
    return expected == found and type(expected) is type(found)


def check_law(decoded: Decoded) -> None:
    """Values are flat and plain, units are of values, and earlier moments are aware."""
    assert all(isinstance(value, SCALARS) for value in decoded.values.values())
    names = set(decoded.values).union(*(values for _, values in decoded.earlier))
    assert set(decoded.units) <= names
    assert all(moment.tzinfo is not None for moment, _ in decoded.earlier)


class DecoderContract:
    """Inherit it in a test class whose name starts with `Test`."""

    decoder_id: ClassVar[str]
    options: ClassVar[Mapping[str, Any]] = {}
    """Options with which bytes of every kind are tried."""

    def samples(self) -> list[Path]:
        """The decoder's sample files."""
        return sorted((manifest("decoder", self.decoder_id).folder / "samples").glob("*.json"))

    def test_samples_give_what_is_expected(self) -> None:
        """Every case of every sample file, and there is one at least."""
        decoder, cases = load_decoder(self.decoder_id), 0
        for path in self.samples():
            sample = json.loads(path.read_text(encoding="utf-8"))
            assert decoder.check(sample.get("options", {}), path.parent) == []
            decode = decoder.open(sample.get("options", {}), path.parent)
            for case in sample["cases"]:
                check_case(decode, case)
                cases += 1
        assert cases

    def test_rubbish_is_refused_by_name(self) -> None:
        """Bytes of every kind give values or Undecodable with a fault, never another error."""
        decode = load_decoder(self.decoder_id).open(self.options, Path())
        for size in (0, 1, 2, 11, 51, 242, 5000):
            for fill in (b"\x00", b"\xff", b"{", b"[", b"\x80", bytes(range(256))):
                assert outcome(decode, Payload((fill * size)[:size], 1, RECEIVED))

    def test_strange_options_are_faults_not_errors(self) -> None:
        """Options of any type are told with their path."""
        decoder = load_decoder(self.decoder_id)
        for options in ({"no_such_option": 1}, {"no_such_option": {"a": [None]}}):
            faults = decoder.check(options, Path())
            assert faults
            assert all(fault.path.startswith("$.options") for fault in faults)
