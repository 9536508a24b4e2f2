"""Values pushed over HTTP: stored, rejected with reasons, or refused; nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.share.principals import make_key
from allmende.share.web import create_app
from allmende.testing.clock import FixedClock
from allmende.testing.every_class import Tiny, make_tiny
from allmende.testing.observations_contract import small_things

TIME = "2026-06-01T12:00:00+02:00"


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A city of its own for every test, without content."""
    return make_tiny(tmp_path)


@pytest.fixture
def client(tiny: Tiny) -> Iterator[TestClient[Litestar]]:
    """A client without a key."""
    with TestClient(create_app(tiny), raise_server_exceptions=False) as found:
        yield found


@pytest.fixture
def stream(tiny: Tiny) -> int:
    """A datastream's id; its key is `tree/647:water`."""
    return small_things(tiny.store)["datastream"].id


@pytest.fixture
def headers(tiny: Tiny) -> dict[str, str]:
    """A key that may write observations."""
    made = make_key("logger", ["write:observations"], FixedClock().now())
    tiny.store.add_key(made.key)
    return {"authorization": f"Bearer {made.secret}"}


@pytest.fixture
def push(client: TestClient[Litestar], headers: dict[str, str]) -> Push:
    """Send a body with the key."""
    return Push(client, headers)


class Push:
    """Sends bodies; the answer's status and JSON."""

    def __init__(self, client: TestClient[Litestar], headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    def __call__(
        self, body: bytes, kind: str = "application/json", **more: str
    ) -> tuple[int, dict[str, object]]:
        answer = self.client.post(
            "/api/v1/observations", content=body, headers={**self.headers, "content-type": kind, **more}
        )
        return answer.status_code, answer.json()


def one(stream: int | str, result: object = 20.5, time: str | None = TIME) -> bytes:
    """The JSON of one value."""
    body = {"datastream": stream, "result": result}
    return json.dumps(body | ({"phenomenon_time": time} if time else {})).encode()


def test_one_value_is_stored_with_its_raw_message(push: Push, tiny: Tiny, stream: int) -> None:
    """The answer comes after the commit and names the observation and the receipt."""
    status, body = push(one(stream))
    assert (status, body["stored"]) == (201, 1)
    latest = tiny.store.observations.latest()[stream].observation
    assert latest is not None
    assert (latest.id, latest.number) == (body["first_id"], 20.5)
    kept = tiny.store.observations.message(int(str(body["message"])))
    assert kept.message.payload == one(stream)


@pytest.mark.parametrize("result", [True, "nass", {"a": [1]}, [1, 2], 2**70, 0, -1.5, 1e308])
def test_results_of_every_kind_come_back(push: Push, tiny: Tiny, stream: int, result: object) -> None:
    """Numbers stay numbers, everything else stays JSON."""
    assert push(one("tree/647:water", result))[0] == 201
    latest = tiny.store.observations.latest()[stream].observation
    assert latest is not None
    found = latest.number if latest.value is None else json.loads(latest.value)
    assert found == result


def test_lines_and_csv_give_what_json_gives(push: Push, tiny: Tiny, stream: int) -> None:
    """Three forms of the same three values."""
    lines = b"\n".join(one(stream, n) for n in (1, 2, 3))
    table = f"datastream,phenomenon_time,result\n{stream},{TIME},1\n{stream},{TIME},2\n{stream},{TIME},3\n"
    assert push(b"[" + lines.replace(b"\n", b",") + b"]")[1]["stored"] == 3
    assert push(lines, "application/x-ndjson")[1]["stored"] == 3
    assert push(table.encode(), "text/csv; charset=utf-8")[1]["stored"] == 3
    assert tiny.store.observations.latest()[stream].count == 9


BAD = [
    (b'{"datastream": 99, "result": 1}', "there is no datastream 99"),
    (b'{"datastream": "none", "result": 1}', "there is no datastream 'none'"),
    (b'{"datastream": %d}', "missing required field"),
    (b'{"datastream": %d, "result": null}', "there is no result"),
    (b'{"datastream": %d, "result": NaN}', "cannot be read"),
    (b'{"datastream": %d, "result": 1e999}', "cannot be read"),
    (b'{"datastream": %d, "result": 1, "phenomenon_time": "2026-06-01T12:00:00"}', "no zone"),
    (b'{"datastream": %d, "result": 1, "phenomenon_time": "0001-01-01T00:00:00Z"}', "between 1900 and 2200"),
    (b'{"datastream": %d, "result": 1, "phenomenonTime": "2026-06-01T12:00:00Z"}', "unknown field"),
    (b'{"datastream": %d, "result": 1, "phenomenon_time": "gestern"}', "cannot be read"),
    (b'{"datastream": %d, "result": 1, "phenomenon_end": "2026-06-01T12:00:00Z"}', "before the beginning"),
    (b"{", "cannot be read"),
    (b"", "cannot be read"),
    (b"\xff\xfe", "cannot be read"),
    (b"[" * 100_000, "not JSON"),
]


@pytest.mark.parametrize(("body", "reason"), BAD)
def test_what_cannot_be_taken_is_refused_and_kept(
    push: Push, tiny: Tiny, stream: int, body: bytes, reason: str
) -> None:
    """422 says where and why; the bytes are quarantined, to be looked at."""
    body = body.replace(b"%d", str(stream).encode())
    status, answer = push(body)
    assert status == 422
    assert reason in json.dumps(answer, ensure_ascii=False)
    (kept,) = tiny.store.observations.messages("quarantined")
    assert kept.message.payload == body
    assert reason in kept.reason
    assert tiny.store.observations.latest() == {}


def test_some_good_some_bad(push: Push, stream: int) -> None:
    """The good values are stored, the others are named with their lines."""
    body = one(stream) + b"\n" + one(99) + b"\n{\n" + one(stream)
    status, answer = push(body, "application/x-ndjson")
    assert (status, answer["stored"], answer["rejected_count"]) == (200, 2, 2)
    rejected = answer["rejected"]
    assert isinstance(rejected, list)
    assert sorted(bad["line"] for bad in rejected) == [2, 3]


def test_sent_again_it_is_not_stored_again(push: Push, tiny: Tiny, stream: int) -> None:
    """The producer's key makes sending safe to repeat."""
    first = push(one(stream), **{"idempotency-key": "a-1"})
    again = push(one(stream), **{"idempotency-key": "a-1"})
    assert (first[0], again[0], again[1]["repeated"]) == (201, 200, True)
    assert again[1]["first_id"] == first[1]["first_id"]
    assert tiny.store.observations.latest()[stream].count == 1


def test_nobody_writes_without_a_key(client: TestClient[Litestar], tiny: Tiny, stream: int) -> None:
    """No key, a wrong key, and a key that may only read are refused; nothing is kept of them."""
    made = make_key("reader", ["read:internal", "write:observations:broker"], FixedClock().now())
    tiny.store.add_key(made.key)
    for secret in (None, "allmende_wrong", made.secret):
        headers = {"authorization": f"Bearer {secret}"} if secret else {}
        answer = client.post("/api/v1/observations", content=one(stream), headers=headers)
        assert answer.status_code == 401
    assert tiny.store.observations.messages() == ()


def test_too_much_and_the_wrong_kind(push: Push) -> None:
    """11 MB are refused before they are read; what is no table or JSON is kept and named."""
    assert push(b" " * (11 * 2**20))[0] == 413
    status, answer = push(b"<xml/>", "application/xml")
    assert status == 422
    assert "application/x-ndjson" in json.dumps(answer)
