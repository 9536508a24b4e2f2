"""Decoder object: whatever a network server decoded becomes flat values, or is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.decoders.object.decoder import ObjectDecoder, decode
from allmende.errors import Undecodable, Unreadable
from allmende.ports import Decoded, Payload
from allmende.testing.connector_contract import any_json
from allmende.testing.decoder_contract import RECEIVED, DecoderContract, outcome


class TestContract(DecoderContract):
    """object keeps what every decoder must keep."""

    decoder_id = "object"


@settings(deadline=None)
@given(any_json())
def test_any_json_is_values_or_a_named_fault(found: Any) -> None:
    """Nothing that JSON can say breaks it."""
    assert outcome(decode, Payload(json.dumps(found).encode(), None, RECEIVED, found))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_values_or_a_named_fault(found: bytes) -> None:
    """Nothing that a device can send breaks it."""
    made = outcome(decode, Payload(b"{" + found, None, RECEIVED))
    assert isinstance(made, Decoded) or made in {"not_json", "too_large", "too_deep", "no_values"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b'{"a":' * 100_000, "too_deep"),
        (b'{"a": "' + b"x" * 5000 + b'"}', "too_large"),
        (b'{"' + b"x" * 500 + b'": 1}', "too_large"),
        (json.dumps({str(n): n for n in range(501)}).encode(), "too_many"),
        (b"{" + b" " * 2**20, "too_large"),
    ],
)
def test_too_much_is_refused_by_name(text: bytes, fault: str) -> None:
    """Depth, number and length are bounded."""
    with pytest.raises(Undecodable) as caught:
        decode(Payload(text, None, RECEIVED))
    assert caught.value.fault == fault


def test_what_is_no_number_is_kept_with_a_warning() -> None:
    """NaN and Infinity go on to the quality rules, which flag them; the other values are not lost."""
    decoded = decode(Payload(b'{"a": NaN, "b": -Infinity, "c": 1e308, "d": 2}', None, RECEIVED))
    assert decoded.values["c"] == 1e308
    assert decoded.values["d"] == 2
    assert decoded.warnings == ("a is nan, not a number", "b is -inf, not a number")


def test_options_with_faults_do_not_open() -> None:
    """A decoder with an option that it does not know is not used."""
    with pytest.raises(Unreadable, match="no such option"):
        ObjectDecoder().open({"codec": 1}, Path())
