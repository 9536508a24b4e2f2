"""Messages that network servers post: only from whom they may come, and kept before they are read."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.errors import StoreBusy
from allmende.model.access import Access
from allmende.model.message import Arrival
from allmende.model.sensor_type import Match, Measured, SensorType
from allmende.model.text import Text
from allmende.model.way import PlainForm, Way, Webhook
from allmende.share.web import create_app
from allmende.testing.every_class import Tiny, make_tiny

PROBE = SensorType(
    "probe", Text("Sonde"), "radio", "object", (Measured("soil", "soil-moisture", unit="%"),),
    access=Access.OPEN, match=Match(profile="probe"),
)  # fmt: skip
WAYS = {
    "radio": Way("radio", Text("Funk"), "chirpstack", webhook=Webhook("X-Token", token="env:TOKEN")),
    "bare": Way("bare", Text("Bearer"), "ttn", webhook=Webhook(token="env:TOKEN")),
    "signed": Way(
        "signed", Text("x"), "plain", webhook=Webhook("X-Sign", secret="env:KEY"), plain=PlainForm()
    ),
    "unset": Way("unset", Text("x"), "plain", webhook=Webhook(token="env:NOT_SET")),
    "deaf": Way("deaf", Text("x"), "plain"),
}
UP = {
    "deduplicationId": "d-1",
    "time": "2026-03-01T08:00:00Z",
    "deviceInfo": {"devEui": "a84041", "deviceProfileName": "probe", "deviceName": "lime"},
    "fCnt": 1,
    "object": {"soil": 12.5},
}
TOKEN = {"x-token": "right"}


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """A city with ways in."""
    monkeypatch.setenv("TOKEN", "right")
    monkeypatch.setenv("KEY", "salt")
    made = make_tiny(tmp_path)
    return replace(made, city=replace(made.city, ways=WAYS, sensors={"probe": PROBE}))


@pytest.fixture
def client(tiny: Tiny) -> Iterator[TestClient[Litestar]]:
    """A sender."""
    with TestClient(create_app(tiny), raise_server_exceptions=False) as found:
        yield found


def send(
    client: TestClient[Litestar], way: str, body: Any, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    """Post a body; status and answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post(f"/api/v1/ways/{way}", content=content, headers=headers or {})
    return answer.status_code, answer.json()


def test_an_uplink_becomes_a_value(client: TestClient[Litestar], tiny: Tiny) -> None:
    """The first message makes the thing and its datastream; the answer comes when the value is on disk."""
    status, answer = send(client, "radio?event=up", UP, TOKEN)
    assert (status, answer["status"], answer["stored"]) == (200, "stored", 1)
    stream = tiny.store.things.find("datastream", "a84041:soil-moisture")
    assert stream is not None
    latest = tiny.store.observations.latest([stream.id])[stream.id]
    assert latest.observation is not None
    assert latest.observation.number == 12.5
    kept = tiny.store.observations.message(answer["message"]).message
    assert (kept.way, kept.key, kept.topic) == ("radio", "d-1", "/api/v1/ways/radio?event=up")


def test_the_things_stack_posts_too(tiny: Tiny) -> None:
    """Its own header, its own path for uplinks, its own id of the message."""
    bins = replace(PROBE, id="bin", way="bare", match=Match(application="bins"))
    city = replace(tiny.city, sensors={"bin": bins})
    body = {
        "end_device_ids": {"device_id": "bin-3", "application_ids": {"application_id": "bins"}},
        "correlation_ids": ["as:up:01JB"],
        "received_at": "2026-03-01T08:00:00.115046685Z",
        "uplink_message": {"f_port": 1, "frm_payload": "6rw=", "decoded_payload": {"soil": 40}},
    }
    served = replace(tiny, city=city)
    with TestClient(create_app(served)) as client:
        answers = [send(client, "bare/up", body, {"authorization": "Bearer right"})[1] for _ in range(2)]
    assert [(answer["stored"], answer["repeated"]) for answer in answers] == [(1, False), (1, True)]
    assert served.store.things.find("datastream", "bin-3:soil-moisture") is not None


def test_sent_again_it_is_stored_once(client: TestClient[Litestar], tiny: Tiny) -> None:
    """The network server's own id of the message recognises it."""
    first = send(client, "radio?event=up", UP, TOKEN)[1]
    again = send(client, "radio?event=up", UP, TOKEN)[1]
    assert (again["repeated"], again["message"]) == (True, first["message"])
    state = tiny.intake.states()["radio"]
    assert (state.received, state.stored, state.repeated) == (2, 1, 1)


def test_other_events_are_ignored_but_kept(client: TestClient[Litestar], tiny: Tiny) -> None:
    """A join carries no values; it is counted."""
    status, answer = send(client, "radio?event=join", UP, TOKEN)
    assert (status, answer["status"], answer["stored"]) == (200, "ignored", 0)
    assert tiny.intake.states()["radio"].ignored == 1


@pytest.mark.parametrize("body", [b"", b"{", b"\x0a\x10", b"[1]", b'{"deviceInfo": {"devEui": "unknown"}}'])
def test_what_cannot_be_read_is_kept_with_its_reason(
    client: TestClient[Litestar], tiny: Tiny, body: bytes
) -> None:
    """The sender need not send it again: it is quarantined or ignored, whole."""
    status, answer = send(client, "radio", body, TOKEN)
    assert status == 200
    assert answer["status"] in ("quarantined", "ignored")
    assert answer["reason"]
    assert tiny.store.observations.message(answer["message"]).message.payload == body


@pytest.mark.parametrize("headers", [{}, {"x-token": "wrong"}, {"x-token": ""}, {"x-token": "right "[:-2]}])
def test_without_the_token_nothing_is_taken(
    client: TestClient[Litestar], tiny: Tiny, headers: dict[str, str]
) -> None:
    """Refused before anything is kept; the answer does not tell the token."""
    status, answer = send(client, "radio", UP, headers)
    assert status == 401
    assert "right" not in json.dumps(answer)
    assert tiny.store.observations.messages() == ()


def test_a_token_may_stand_as_bearer(client: TestClient[Litestar]) -> None:
    """In the usual header, with or without the word before it."""
    body = {"end_device_ids": {"device_id": "x"}, "join_accept": {}}
    for value in ("Bearer right", "right"):
        assert send(client, "bare/join", body, {"authorization": value})[0] == 200
    assert send(client, "bare", body, {"authorization": "Bearer wrong"})[0] == 401


def test_a_signature_is_checked_over_the_body(client: TestClient[Litestar]) -> None:
    """One byte changed, another key, or none: refused."""
    body = b'{"device": "d", "t": 1}'
    good = hmac.new(b"salt", body, sha256).hexdigest()
    assert send(client, "signed", body, {"x-sign": good})[0] == 200
    assert send(client, "signed", body, {"x-sign": f"sha256={good}", "webhook-id": "m-1"})[0] == 200
    assert send(client, "signed", body + b" ", {"x-sign": good})[0] == 401
    assert send(client, "signed", body, {"x-sign": hmac.new(b"", body, sha256).hexdigest()})[0] == 401
    assert send(client, "signed", body)[0] == 401


def test_a_way_whose_secret_is_not_set_is_closed(client: TestClient[Litestar]) -> None:
    """An empty token never fits an empty secret."""
    assert send(client, "unset", b"{}", {"authorization": ""})[0] == 401


@pytest.mark.parametrize("way", ["deaf", "nothing", "http"])
def test_where_nobody_may_post(client: TestClient[Litestar], way: str) -> None:
    """A way without a webhook looks like none."""
    assert send(client, way, UP, TOKEN)[0] == 404


def test_too_much_is_refused(client: TestClient[Litestar], tiny: Tiny) -> None:
    """More than 10 MB are not read."""
    assert send(client, "radio", b"x" * (10 * 2**20 + 1), TOKEN)[0] == 413
    assert tiny.store.observations.messages() == ()


def test_when_nothing_can_be_stored_the_sender_is_told(
    client: TestClient[Litestar], tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with the time after which to send again; the way counts it."""

    def busy(arrivals: list[Arrival]) -> None:
        raise StoreBusy("the disk is full")

    monkeypatch.setattr(tiny.store.observations, "append", busy)
    answer = client.post("/api/v1/ways/radio", content=json.dumps(UP), headers=TOKEN)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert tiny.intake.states()["radio"].refused == 1
