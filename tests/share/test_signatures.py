"""Signatures as receivers check them, and events that are the same at each attempt."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from allmende.model.observation import Observation, Quality
from allmende.model.subscription import Event, EveryValue, Interest, Receiver, Subscription
from allmende.share.signatures import is_secret, make_secret, sign
from allmende.share.told import cloud_event, event_id, told


def test_a_receiver_can_check_it() -> None:
    """Computed here the way the scheme describes it, byte by byte."""
    secret, body = make_secret(), '{"a": "Ä"}'.encode()
    headers = sign(secret, "abc-1", 1_780_000_000, body)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = hmac.new(key, b"abc-1.1780000000." + body, hashlib.sha256).digest()
    assert headers == {
        "webhook-id": "abc-1",
        "webhook-timestamp": "1780000000",
        "webhook-signature": "v1," + base64.b64encode(wanted).decode(),
    }


def test_everything_is_signed() -> None:
    """Another id, another time, another body or another secret: another signature."""
    secret = make_secret()
    found = {
        sign(*arguments)["webhook-signature"]
        for arguments in (
            (secret, "a-1", 1, b"{}"), (secret, "a-2", 1, b"{}"), (secret, "a-1", 2, b"{}"),
            (secret, "a-1", 1, b"{ }"), (make_secret(), "a-1", 1, b"{}"),
        )
    }  # fmt: skip
    assert len(found) == 5


@pytest.mark.parametrize(
    ("text", "good"),
    [("whsec_" + "A" * 32, True), ("whsec_c2hvcnQ=", False), ("word", False),
     ("whsec_" + "A" * 400, False), ("whsec_%%%%", False), ("", False)],
)  # fmt: skip
def test_secrets(text: str, good: bool) -> None:
    """Too short, too long or not base64 is no secret."""
    assert is_secret(text) is good


def test_our_own_secrets_are_good() -> None:
    """A secret that we made can be used."""
    assert sign(make_secret(), "a-1", 1, b"{}")["webhook-signature"].startswith("v1,")


def test_an_event_says_what_happened() -> None:
    """CloudEvents with everything a receiver needs; nothing in it changes between attempts."""
    row = Observation(7, 1_780_000_000_000_000, 12, number=None, value='"nass"', flags=int(Quality.RANGE))
    to = Receiver("https://hooks.example", make_secret())
    subscription = Subscription(
        "abc", Interest(), EveryValue(), to, datetime(2026, 1, 1, tzinfo=UTC), "k", "Ämter"
    )
    event = Event(3, "abc", "began", row, 1_780_000_001_000_000, 1_780_000_001_000_000)
    first = cloud_event(subscription, event)
    again = cloud_event(subscription, Event(3, "abc", "began", row, event.happened, 2**60, 4, "500"))
    assert json.dumps(first) == json.dumps(again)
    assert (first["specversion"], first["id"], first["type"]) == ("1.0", event_id(event), "allmende.began")
    assert first["data"]["observation"] == told(row)
    assert (told(row)["result"], told(row)["flags"], told(row)["suspect"]) == ("nass", ["range"], True)
    assert to.secret not in json.dumps(first)
