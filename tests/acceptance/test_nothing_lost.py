"""Whatever comes in, and whatever happens to the store: a message is stored, kept with the reason why
it could not be read, or refused with an error to its sender; and what was acknowledged is there, once."""

from __future__ import annotations

import base64
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from allmende.errors import Conflict, StoreBusy
from allmende.flow.known_things import KnownThings
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.limits import Limits
from allmende.model.message import Accepted, Message
from allmende.model.observation import Quality, microseconds
from allmende.model.sensor_type import Match, Measured, SensorType
from allmende.model.series import Wanted
from allmende.model.text import Text
from allmende.model.thing import Datastream, ObservedProperty, Sensor, Thing
from allmende.model.way import Way
from allmende.share.principals import make_key
from allmende.share.web import create_app
from allmende.store.sql import SqlStore
from allmende.testing.clock import START
from allmende.testing.small import small_city
from allmende.testing.small_work import small_workspace
from tests.postgres import Server

LOOPS = "function decodeUplink(input) { while (true) {} }"
THROWS = "function decodeUplink(input) { throw new Error('no idea'); }"
RADIO = Way("radio", Text("Funk", "Radio"), "chirpstack")
PROBE = SensorType(
    "probe", Text("Sonde", "Probe"), "radio", "object",
    (Measured("soil", "soil-moisture", unit="%", limits=Limits(minimum=0, maximum=60)),),
    access=Access.OPEN, match=Match(profile="probe"),
)  # fmt: skip


def scripted(name: str) -> SensorType:
    """A kind of sensor whose decoder is one of the city's scripts."""
    options = {"script": f"decoders/{name}.js"}
    return replace(PROBE, id=name, decoder="javascript", options=options, match=Match(profile=name))


class Site:
    """A city that listens, and everything that was acknowledged."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.store = workspace.store
        self.acknowledged: dict[str, Accepted] = {}
        self.number = 0

    def uplink(
        self, soil: object = 20.0, *, profile: str = "probe", minutes: float = 0.0, device: str = ""
    ) -> Message:
        """An uplink that comes in now and was measured `minutes` before."""
        self.number += 1
        now = datetime.now(UTC)
        body = {
            "deduplicationId": f"uplink-{self.number}",
            "time": (now - timedelta(minutes=minutes)).isoformat(),
            "deviceInfo": {"devEui": device or f"{profile}-1", "deviceName": "Linde", "deviceProfileName": profile},
            "fPort": 2, "data": base64.b64encode(b"\x0c\x01").decode(), "object": {"soil": soil},
        }  # fmt: skip
        return Message("radio", json.dumps(body).encode(), now, "application/1/device/1/event/up")

    def send(self, message: Message) -> Accepted:
        """Send a message and remember that it was acknowledged. Raises what the sender is told."""
        accepted = self.workspace.live.intake.receive(message).result(30)
        if accepted.status == "stored":
            self.acknowledged[json.loads(message.payload)["deduplicationId"]] = accepted
        return accepted

    def send_until_taken(self, message: Message, seconds: float = 30) -> Accepted:
        """As a broker does: again, until it is acknowledged."""
        until = time.monotonic() + seconds
        while True:
            try:
                return self.send(message)
            except StoreBusy:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def stream(self, device: str = "probe-1") -> int:
        """The datastream of a device."""
        found = self.store.things.find("datastream", f"{device}:soil-moisture")
        assert found is not None
        return int(found.id)

    def check(self) -> None:
        """What was acknowledged is there, once, and nothing else; flags of a second try are no duplicates."""
        streams = frozenset(one.id for one in self.store.things.several("datastream"))
        rows = self.workspace.series.read(Wanted(streams, top=100_000))
        ids = [row[2] for row in rows]
        wanted = {id_ for accepted in self.acknowledged.values() for id_ in accepted.observation_ids}
        assert sorted(ids) == sorted(wanted)
        assert [row for row in rows if row[9] & Quality.DUPLICATE] == []

    def kept(self, accepted: Accepted) -> tuple[str, str, bytes]:
        """What became of a message: status, reason, and its bytes."""
        found = self.store.observations.message(accepted.message_id or 0)
        return found.status, found.reason, found.message.payload


def make_site(folder: Path, store: SqlStore | None = None) -> Site:
    """A small city with three kinds of sensors; `store` replaces its own."""
    (folder / "decoders").mkdir(parents=True)
    (folder / "decoders" / "loops.js").write_text(LOOPS)
    (folder / "decoders" / "throws.js").write_text(THROWS)
    kinds = {"probe": PROBE, "loops": scripted("loops"), "throws": scripted("throws")}
    city = replace(small_city(), ways={"radio": RADIO}, sensors=kinds)
    workspace = replace(small_workspace(city, folder / "data", []), city_folder=folder)
    return Site(replace(workspace, store=store) if store else workspace)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The city on SQLite."""
    found = make_site(tmp_path)
    yield found
    found.workspace.live.close()
    found.workspace.series.close()
    found.store.close()


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{", "JSON"),
        (b"\xff\xfe\x00", ""),
        (b"[" * 100_000, ""),
        (b"[]", ""),
        (b'{"deduplicationId": "x"}', ""),
        (b"x" * (10 * 1024 * 1024 + 1), "MB"),
    ],
    ids=["broken", "binary", "deep", "list", "no device", "10 MB"],
)
def test_what_is_no_uplink_is_kept_with_the_reason(site: Site, payload: bytes, reason: str) -> None:
    """Byte for byte, so that it can be read again when somebody knows better."""
    accepted = site.workspace.live.intake.receive(Message("radio", payload, START)).result(30)
    status, told, kept = site.kept(accepted)
    assert (accepted.status, status, kept == payload) == ("quarantined", "quarantined", True)
    assert told
    assert reason in told


@pytest.mark.parametrize("profile", ["loops", "throws", "nobody-knows-this"])
def test_a_decoder_that_fails_and_a_device_nobody_described_lose_no_message(site: Site, profile: str) -> None:
    """And those that come after it are stored in good time."""
    accepted = site.send(site.uplink(profile=profile))
    status, reason, _ = site.kept(accepted)
    assert (status, accepted.observation_ids) == ("quarantined", ())
    assert reason
    assert site.send(site.uplink()).status == "stored"
    site.check()


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", '"wet"', "null", "[1]", '{"a":1}', "true"])
def test_values_that_are_no_numbers_are_never_numbers_later(site: Site, value: str) -> None:
    """Stored as unknown with a reason, as what they are, or kept with the reason; never as 0."""
    message = site.uplink(7)
    body = message.payload.replace(b'"soil": 7', b'"soil": ' + value.encode())
    assert body != message.payload
    accepted = site.workspace.live.intake.receive(replace(message, payload=body)).result(30)
    assert accepted.message_id
    assert site.kept(accepted)[2] == body
    stream = site.store.things.find("datastream", "probe-1:soil-moisture")
    rows = site.workspace.series.read(Wanted(frozenset({stream.id}))) if stream else []
    assert all(row[6] is None or (row[6] in (1.0,) and value == "true") for row in rows)


def test_sent_again_and_out_of_order_every_value_is_there_once(site: Site) -> None:
    """Ten values, twice, shuffled: ten are stored, and the newest is the newest."""
    messages = [site.uplink(10.0 + n, minutes=10.0 * n) for n in range(10)]
    for message in [*messages[::2], *messages[1::2], *messages]:
        site.send(message)
    site.check()
    stream = site.stream()
    latest = site.store.observations.latest([stream])[stream]
    assert latest.observation is not None
    assert (latest.count, latest.observation.number) == (10, 10.0)


def test_a_device_that_does_not_know_of_summer_time_is_found_out(site: Site) -> None:
    """Its clock is an hour ahead since the clocks were changed: from the first value on it is doubted."""
    stream = _after(site, [site.uplink(20.0 + n, minutes=-60) for n in range(5)])
    rows = site.workspace.series.read(Wanted(frozenset({stream})))
    assert len(rows) == 5
    assert all(row[9] & Quality.CLOCK for row in rows)


def _after(site: Site, messages: list[Message]) -> int:
    for message in messages:
        site.send(message)
    return site.stream()


def test_a_full_disk_refuses_and_forgets_nothing(site: Site) -> None:
    """As long as there is no room every sender is told to come again; then all of it is taken."""
    for _ in range(5):
        site.send(site.uplink())
    _limit(site.store, 0)
    waiting = [site.uplink() for _ in range(200)]
    refused = [message for message in waiting if not _taken(site, message)]
    assert refused, "the disk was never full"
    _limit(site.store, 1_000_000)
    for message in refused:
        site.send_until_taken(message)
    site.check()
    assert len(site.acknowledged) == 205


def test_devices_seen_for_the_first_time_while_the_disk_is_full_are_refused_too(site: Site) -> None:
    """Their things cannot be made; that is no fault of their messages, which must come again."""
    site.send(site.uplink())
    _limit(site.store, 0)
    waiting = [site.uplink(device=f"new-{n}") for n in range(60)]
    refused = [message for message in waiting if not _taken(site, message)]
    assert refused, "the disk was never full"
    _limit(site.store, 1_000_000)
    for message in refused:
        assert site.send_until_taken(message).status == "stored"
    site.check()
    assert len(site.acknowledged) == 61


@pytest.mark.parametrize(
    "error",
    [StoreBusy("locked"), OperationalError("insert", {}, sqlite3.OperationalError("disk I/O error"))],
    ids=["ours", "the database's"],
)
def test_a_store_that_fails_while_a_message_is_read_is_no_fault_of_the_message(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """It is refused, not put into quarantine: sent again, its values are stored."""

    def fail(*_: object) -> None:
        raise error

    message = site.uplink()
    with monkeypatch.context() as patched:
        patched.setattr("allmende.flow.known_things.KnownThings.settle", fail)
        assert not _taken(site, message)
    assert site.store.observations.messages() == ()
    assert site.send(message).status == "stored"
    site.check()


def test_two_processes_that_meet_a_new_device_at_once_both_store_its_values(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slower one finds the thing made already, and looks again."""
    real, times = KnownThings.settle, []

    def late(*arguments: Any) -> Any:
        times.append(1)
        if len(times) == 1:
            raise Conflict("there is a thing with the key 'probe-1' already")
        return real(*arguments)

    monkeypatch.setattr(KnownThings, "settle", late)
    assert site.send(site.uplink()).status == "stored"
    site.check()


def _taken(site: Site, message: Message) -> bool:
    try:
        site.send(message)
    except StoreBusy:
        return False
    return True


def _limit(store: SqlStore, more: int) -> None:
    """SQLite behaves as on a full disk when it may not grow by more pages."""
    with store.engine.connect() as db:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar_one() + more

    def limit(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    store.engine.dispose()
    event.listen(store.engine, "connect", limit)


def test_a_store_that_is_locked_for_a_while_only_delays(site: Site) -> None:
    """Another process holds the lock for two seconds; whoever sends meanwhile waits, and all are taken."""
    site.send(site.uplink())
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with site.store.engine.connect() as db:
            db.exec_driver_sql("BEGIN IMMEDIATE")
            held.set()
            release.wait(10)
            db.rollback()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    futures = [(m, site.workspace.live.intake.receive(m)) for m in (site.uplink() for _ in range(20))]
    time.sleep(2)
    assert not any(future.done() for _, future in futures)
    release.set()
    for message, future in futures:
        site.acknowledged[json.loads(message.payload)["deduplicationId"]] = future.result(30)
    holder.join()
    site.check()


def test_postgresql_gone_for_a_while_loses_nothing(tmp_path: Path, own_postgres: Server) -> None:
    """It is stopped in the middle of the stream: senders are told, and send again until it is back."""
    site = make_site(tmp_path, SqlStore.open(own_postgres.database()))
    for _ in range(10):
        site.send(site.uplink())
    own_postgres.stop()
    waiting = [site.uplink() for _ in range(5)]
    assert not any(_taken(site, message) for message in waiting)
    own_postgres.start()
    for message in waiting:
        site.send_until_taken(message)
    for _ in range(10):
        site.send_until_taken(site.uplink())
    site.check()
    assert len(site.acknowledged) == 25
    site.workspace.live.close()
    site.store.close()


def test_over_http_a_sender_is_told_what_to_do(site: Site) -> None:
    """Wrong key, unknown way, broken values: 4xx with the reason. A full disk: 503, and when to come again."""
    things = site.store.things
    thing, sensor = things.add(Thing(0, "T")), things.add(Sensor(0, "S"))
    observed = things.add(ObservedProperty(0, "P", "urn:p"))
    things.add(Datastream(0, "d", thing.id, sensor.id, (observed.id,), key="t:p", access=Access.OPEN))
    key = make_key("logger", ["write:observations"], START)
    site.store.add_key(key.key)
    with TestClient(create_app(site.workspace), raise_server_exceptions=False) as client:
        post: Callable[..., Any] = client.post

        def push(body: str, secret: str = key.secret, **more: str) -> tuple[int, dict[str, Any]]:
            headers = {"authorization": f"Bearer {secret}", "content-type": "application/json", **more}
            answer = post("/api/v1/observations", content=body, headers=headers)
            return answer.status_code, answer.json()

        good = json.dumps({"datastream": "t:p", "result": 1.5, "phenomenon_time": "2026-06-01T12:00:00Z"})
        assert push(good, "wrong")[0] == 401
        assert push("{")[0] == 422
        assert push(good.replace("1.5", "NaN"))[0] == 422
        assert push(good.replace("12:00:00Z", "12:00:00"))[0] == 422, "a time without a zone"
        assert push(good.replace("t:p", "nobody"))[0] == 422
        assert push(good)[0] == 201
        assert site.workspace.live.writer.counts.messages >= 4
        _limit(site.store, 0)
        answers = [
            post("/api/v1/observations", content=good.replace("1.5", str(n)),
                 headers={"authorization": f"Bearer {key.secret}", "content-type": "application/json"})
            for n in range(300)
        ]  # fmt: skip
        busy = [answer for answer in answers if answer.status_code != 201]
        assert busy, "the disk was never full"
        assert {answer.status_code for answer in busy} == {503}
        assert all(answer.headers["retry-after"] for answer in busy)
        _limit(site.store, 1_000_000)
        assert push(good.replace("12:00", "13:00"))[0] == 201
    stored = sum(1 for answer in answers if answer.status_code == 201) + 2
    assert sum(one.count for one in site.store.observations.latest().values()) == stored


def test_times_far_away_are_stored_and_doubted(site: Site) -> None:
    """1970 and the year 2100 are no reason to lose a value, nor to believe it."""
    for years in (56, -74):
        site.send(site.uplink(minutes=years * 365.25 * 24 * 60))
    rows = site.workspace.series.read(Wanted(frozenset({site.stream()})))
    assert [bool(row[9] & Quality.CLOCK) for row in rows] == [True, True]
    assert microseconds(START) not in [row[1] for row in rows]
