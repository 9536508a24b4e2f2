"""Subscriptions over the API: what can be asked for, by whom, and what they get to see."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from allmende.errors import RecipeInvalid
from allmende.model.access import Access
from allmende.share.principals import make_key
from allmende.share.signatures import is_secret
from allmende.share.subscription_bodies import parse_wished
from allmende.share.web import create_app
from allmende.testing.clock import FixedClock
from allmende.testing.every_class import Tiny, make_tiny
from allmende.testing.subscriptions_contract import append, make_streams, measured

GOOD: dict[str, Any] = {"when": {"kind": "every_value"}, "webhook": "https://hooks.example/a"}


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A city of its own for every test."""
    return make_tiny(tmp_path)


@pytest.fixture
def client(tiny: Tiny) -> Iterator[TestClient[Litestar]]:
    """A client without a key."""
    with TestClient(create_app(tiny), raise_server_exceptions=False) as found:
        yield found


def key(tiny: Tiny, *scopes: str) -> dict[str, str]:
    """The header of a new key."""
    made = make_key("office", scopes, FixedClock().now())
    tiny.store.add_key(made.key)
    return {"authorization": f"Bearer {made.secret}"}


def test_made_seen_and_ended(client: TestClient[Litestar], tiny: Tiny) -> None:
    """The secret is shown once; everything that was wished comes back; after its end it is gone."""
    water, _ = make_streams(tiny.store)
    office = key(tiny, "write:subscriptions")
    wished = {
        "title": "Trockene Linde", "datastreams": ["tree/1:water"], "things": ["tree/*"], "properties": ["water"],
        "when": {"kind": "threshold", "compare": "below", "value": 10, "until": 12, "seconds": 600, "doubted": True},
        "webhook": "https://hooks.example/a",
    }  # fmt: skip
    answer = client.post("/api/v1/subscriptions", json=wished, headers=office)
    assert answer.status_code == 201
    made = answer.json()
    assert is_secret(made["secret"])
    one = client.get(f"/api/v1/subscriptions/{made['id']}", headers=office)
    assert "secret" not in one.json()
    assert {name: one.json()[name] for name in wished} == wished | {"datastreams": [water]}
    assert (one.json()["waiting"], one.json()["told"]) == (0, 0)
    listed = client.get("/api/v1/subscriptions", headers=office).json()["subscriptions"]
    assert [found["id"] for found in listed] == [made["id"]]
    assert client.delete(f"/api/v1/subscriptions/{made['id']}", headers=office).status_code == 204
    assert client.get(f"/api/v1/subscriptions/{made['id']}", headers=office).status_code == 404


def test_only_with_a_key_for_it_and_only_ones_own(client: TestClient[Litestar], tiny: Tiny) -> None:
    """Another's subscription is like none."""
    office, other, reader = (key(tiny, scope) for scope in ("write:subscriptions",) * 2 + ("read:internal",))
    made = client.post("/api/v1/subscriptions", json=GOOD, headers=office).json()["id"]
    for headers in ({}, reader):
        assert client.post("/api/v1/subscriptions", json=GOOD, headers=headers).status_code == 401
        assert client.get("/api/v1/subscriptions", headers=headers).status_code == 401
    assert client.get("/api/v1/subscriptions", headers=other).json() == {"subscriptions": []}
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/given-up"), ("POST", "/retry")):
        answer = client.request(method, f"/api/v1/subscriptions/{made}{path}", headers=other)
        assert answer.status_code == 404
    assert len(tiny.store.subscriptions.all()) == 1


def test_a_closed_series_is_like_none(client: TestClient[Litestar], tiny: Tiny) -> None:
    """Neither making a subscription nor its counters tell that there is something."""
    closed, _ = make_streams(tiny.store, Access.PROTECTED)
    office = key(tiny, "write:subscriptions")
    for name in (closed, "tree/1:water", 999_999):
        answer = client.post("/api/v1/subscriptions", json=GOOD | {"datastreams": [name]}, headers=office)
        assert answer.status_code == 404
    made = client.post("/api/v1/subscriptions", json=GOOD, headers=office).json()["id"]
    append(tiny.store, measured(closed, 0), measured(closed, 1))
    ids = [event.id for event in tiny.store.subscriptions.waiting(made)]
    tiny.store.subscriptions.give_up(made, ids[:1], "x")
    found = client.get(f"/api/v1/subscriptions/{made}", headers=office).json()
    assert (found["waiting"], found["given_up"]) == (0, 0)
    assert "withheld" not in found
    assert client.get(f"/api/v1/subscriptions/{made}/given-up", headers=office).json() == {"given_up": []}


def test_given_up_events_are_shown_and_tried_again(client: TestClient[Litestar], tiny: Tiny) -> None:
    """With the reason and as they would have been sent; some by number, or all."""
    water, _ = make_streams(tiny.store)
    office = key(tiny, "write:subscriptions")
    made = client.post("/api/v1/subscriptions", json=GOOD, headers=office).json()["id"]
    append(tiny.store, *(measured(water, n, float(n)) for n in range(3)))
    ids = [event.id for event in tiny.store.subscriptions.waiting(made)]
    tiny.store.subscriptions.give_up(made, ids, "the receiver says 410")
    path = f"/api/v1/subscriptions/{made}"
    aside = client.get(f"{path}/given-up?after={ids[0]}", headers=office).json()["given_up"]
    assert [one["number"] for one in aside] == ids[1:]
    assert aside[0]["reason"] == "the receiver says 410"
    assert aside[0]["event"]["data"]["observation"]["result"] == 1.0
    assert client.post(f"{path}/retry", json={"numbers": ids[:1]}, headers=office).json() == {"again": 1}
    assert client.post(f"{path}/retry", headers=office).json() == {"again": 2}
    assert client.post(f"{path}/retry", content=b"[1]", headers=office).status_code == 400


BAD = [
    (b"", "cannot be read"),
    (b"{", "cannot be read"),
    (b"[" * 90_000, "cannot be read"),
    (b'{"webhook": "https://a.example"}', "when"),
    (json.dumps(GOOD | {"extra": 1}).encode(), "extra"),
    (json.dumps(GOOD | {"when": {"kind": "magic"}}).encode(), "magic"),
    (json.dumps(GOOD | {"when": {"kind": "threshold", "compare": "above", "value": "x"}}).encode(), "numbers"),
    (b'{"webhook": "https://a.example", "when": {"kind": "threshold", "compare": "above", "value": 1e999}}', ""),
    (json.dumps(GOOD | {"when": {"kind": "threshold", "compare": "above", "value": 1, "until": 2}}).encode(),
     "until"),
    (json.dumps(GOOD | {"when": {"kind": "becomes_silent", "seconds": -1}}).encode(), "seconds"),
    (json.dumps(GOOD | {"topic": "a"}).encode(), "not both"),
    (json.dumps({"when": {"kind": "every_value"}}).encode(), "webhook or a topic"),
    (json.dumps(GOOD | {"webhook": "ftp://a.example"}).encode(), "address"),
    (json.dumps(GOOD | {"webhook": "https://user:word@a.example"}).encode(), "address"),
    (json.dumps(GOOD | {"webhook": "https://"}).encode(), "address"),
    (json.dumps(GOOD | {"webhook": "https://["}).encode(), "address"),
    (json.dumps({"when": {"kind": "every_value"}, "topic": "a/#"}).encode(), "topic"),
    (json.dumps({"when": {"kind": "every_value"}, "topic": "$SYS"}).encode(), "topic"),
    (json.dumps({"when": {"kind": "every_value"}, "topic": "a\nb"}).encode(), "topic"),
    (json.dumps(GOOD | {"secret": "short"}).encode(), "secret"),
    (json.dumps(GOOD | {"things": ["x"] * 1001}).encode(), "names"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "word"), BAD)
def test_bad_wishes_are_refused(client: TestClient[Litestar], tiny: Tiny, body: bytes, word: str) -> None:
    """400 says what is wrong; nothing is kept."""
    answer = client.post("/api/v1/subscriptions", content=body, headers=key(tiny, "write:subscriptions"))
    assert answer.status_code == 400
    assert word in answer.text
    assert tiny.store.subscriptions.all() == ()


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: json.dumps(GOOD | {"webhook": text}).encode())
)
def test_nothing_but_our_own_error(body: bytes) -> None:
    """Any bytes are a wish or are refused."""
    with contextlib.suppress(RecipeInvalid):
        assert parse_wished(body).webhook.startswith("http")


def test_a_key_has_not_endless_subscriptions(
    client: TestClient[Litestar], tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each costs something with every value that is stored."""
    monkeypatch.setattr("allmende.share.subscribing.MOST", 2)
    office = key(tiny, "write:subscriptions")
    codes = [client.post("/api/v1/subscriptions", json=GOOD, headers=office).status_code for _ in range(3)]
    assert codes == [201, 201, 400]
