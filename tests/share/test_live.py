"""Live values as server-sent events: after the commit, resumed without a gap, only what may be read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.errors import StoreBusy
from allmende.model.access import Access
from allmende.model.message import Change
from allmende.share import api_live
from allmende.share.api_live import Live
from allmende.share.feed import Feed
from allmende.share.principals import make_key
from allmende.share.web import create_app
from allmende.store.sql import SqlStore
from allmende.testing.clock import FixedClock
from allmende.testing.every_class import Tiny, make_tiny
from allmende.testing.subscriptions_contract import append, make_streams, measured, wish

Event = dict[str, Any]


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A city of its own for every test."""
    return make_tiny(tmp_path)


@pytest.fixture
def app(tiny: Tiny) -> Litestar:
    """The app; it does not write, so it looks for new values like a second process."""
    app = create_app(tiny)
    live: Live = app.state.live
    live.feed._seconds = 0.05
    return app


@pytest.fixture
def client(app: Litestar) -> Iterator[TestClient[Litestar]]:
    """A client without a key, for what is refused."""
    with TestClient(app, raise_server_exceptions=False) as found:
        yield found


class Stream:
    """One client of the whole app, over ASGI: its events as they come."""

    def __init__(self, app: Litestar, query: str, headers: dict[str, str]) -> None:
        self._app, self._query, self._headers = app, query, headers
        self._leaving = asyncio.Event()
        self._asked = False
        self._bodies: asyncio.Queue[bytes] = asyncio.Queue()
        self._text = b""
        self.stuck = False
        self.task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Ask."""
        scope: Any = {
            "type": "http", "method": "GET", "path": "/api/v1/live", "raw_path": b"/api/v1/live", "root_path": "",
            "query_string": self._query.encode(), "http_version": "1.1", "scheme": "http", "state": {},
            "headers": [(k.encode(), v.encode()) for k, v in self._headers.items()],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "extensions": {},
        }  # fmt: skip
        await self._app(scope, self._receive, self._send)

    async def _receive(self) -> Any:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._leaving.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        while self.stuck:
            await asyncio.sleep(0.01)
        if message["type"] == "http.response.body":
            self._bodies.put_nowait(message["body"])

    async def next(self, seconds: float = 5.0) -> Event:
        """The next event."""
        async with asyncio.timeout(seconds):
            while True:
                part, mark, rest = self._text.partition(b"\n\n")
                if mark:
                    self._text = rest
                    if part.startswith(b"event: "):
                        return _parse(part.decode())
                else:
                    self._text += await self._bodies.get()

    async def leave(self) -> None:
        """Close the connection."""
        self._leaving.set()
        assert self.task is not None
        await asyncio.wait_for(self.task, 5)


def _parse(text: str) -> Event:
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    return {"event": fields["event"], "at": fields.get("id"), **json.loads(fields["data"])}


@asynccontextmanager
async def _following(app: Litestar, query: str, **headers: str) -> AsyncIterator[Stream]:
    stream = Stream(app, query, headers)
    live: Live = app.state.live
    before = live.feed.clients
    stream.task = asyncio.create_task(stream.run())
    while live.feed.clients == before and not stream.task.done():
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    try:
        yield stream
    finally:
        await stream.leave()


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run one test's coroutine."""
    asyncio.run(scene())


def test_values_come_when_they_are_stored(app: Litestar, tiny: Tiny) -> None:
    """Those of the series asked for, once each, in order, with their flags and times."""
    water, heat = make_streams(tiny.store)

    async def scene() -> None:
        async with _following(app, f"datastream={water}") as stream:
            ids = append(
                tiny.store, measured(water, 0, 1.5), measured(heat, 1, 9.0), measured(water, 2, 2.0, 1)
            )
            first, second = await stream.next(), await stream.next()
            assert (first["event"], first["at"], first["result"]) == ("observation", str(ids[0]), 1.5)
            assert first["phenomenon_time"] == "2026-06-01T12:00:00Z"
            assert (second["at"], second["flags"], second["suspect"]) == (str(ids[2]), ["range"], True)

    play(scene)


def test_by_key_thing_and_property(app: Litestar, tiny: Tiny) -> None:
    """A page follows a thing or a property without knowing numbers."""
    water, heat = make_streams(tiny.store)

    async def scene() -> None:
        async with (
            _following(app, "datastream=tree/1:heat") as by_key,
            _following(app, "thing=tree/*") as by_thing,
            _following(app, "property=water") as by_property,
        ):
            append(tiny.store, measured(heat, 0, 9.0), measured(water, 0, 1.0))
            assert (await by_key.next())["datastream"] == heat
            assert [(await by_thing.next())["datastream"] for _ in range(2)] == [heat, water]
            assert (await by_property.next())["datastream"] == water

    play(scene)


def test_who_comes_back_misses_nothing(app: Litestar, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was stored meanwhile comes first, in order and once, then what is new."""
    monkeypatch.setattr(api_live, "_PAGE", 3)
    water, heat = make_streams(tiny.store)
    (seen,) = append(tiny.store, measured(water, 0, 0.0))
    for n in range(1, 8):
        append(tiny.store, measured(water, n, float(n)), measured(heat, n, 99.0))

    async def scene() -> None:
        async with _following(app, f"datastream={water}", **{"last-event-id": str(seen)}) as stream:
            append(tiny.store, measured(water, 8, 8.0))
            assert [(await stream.next())["result"] for _ in range(8)] == [float(n) for n in range(1, 9)]

    play(scene)


def test_nothing_is_lost_while_a_writer_is_busy(app: Litestar, tiny: Tiny) -> None:
    """Clients that join while values pour in see every id after the first they see."""
    water, _ = make_streams(tiny.store)

    async def scene() -> None:
        def pour() -> None:
            for n in range(60):
                append(tiny.store, measured(water, n, float(n)))

        pouring = asyncio.create_task(asyncio.to_thread(pour))
        async with _following(app, f"datastream={water}&after=0") as stream:
            found = [int((await stream.next())["id"]) for _ in range(60)]
        await pouring
        assert found == list(range(found[0], found[0] + 60))

    play(scene)


def test_after_too_long_a_gap_is_told(app: Litestar, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was away too long is told so and goes on with what is new."""
    monkeypatch.setattr(api_live, "MOST_REPLAYED", 2)
    water, _ = make_streams(tiny.store)
    append(tiny.store, *(measured(water, n, 1.0) for n in range(5)))

    async def scene() -> None:
        async with _following(app, f"datastream={water}&after=1") as stream:
            assert (await stream.next())["event"] == "gap"
            append(tiny.store, measured(water, 9, 9.0))
            assert (await stream.next())["result"] == 9.0

    play(scene)


def test_corrections_are_told_by_the_process_that_writes(app: Litestar, tiny: Tiny) -> None:
    """They have no id to continue from, so coming back is not disturbed."""
    water, _ = make_streams(tiny.store)
    (id_,) = append(tiny.store, measured(water, 0, 1.0))
    live: Live = app.state.live
    tiny.live.writer.listen(live.feed.notice)

    async def scene() -> None:
        async with _following(app, f"datastream={water}") as stream:
            tiny.live.writer.submit(Change(id_, lambda old: replace(old, number=2.0))).result()
            event = await stream.next()
            assert (event["event"], event["at"], event["id"], event["result"]) == (
                "correction",
                None,
                id_,
                2.0,
            )

    play(scene)
    tiny.live.close()


def test_closed_series_are_like_none(client: TestClient[Litestar], tiny: Tiny) -> None:
    """Without a right to it a series is not there, by number, key, thing or property."""
    water, _ = make_streams(tiny.store, Access.PROTECTED)
    for query in (f"datastream={water}", "datastream=tree/1:water", "thing=tree/1", "property=water"):
        assert client.get(f"/api/v1/live?{query}").status_code == 404
        nothing = query.replace("1", "9").replace("water", "none").replace(str(water), "99999")
        assert client.get(f"/api/v1/live?{nothing}").status_code == 404


def test_a_key_opens_what_it_may_read_until_it_is_revoked(
    app: Litestar, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream ends when its reader may no longer read."""
    monkeypatch.setattr(api_live, "LOOK_AGAIN", 0.0)
    monkeypatch.setattr(api_live, "HEARTBEAT", 0.05)
    water, _ = make_streams(tiny.store, Access.PROTECTED)
    made = make_key("reader", ["read:protected"], FixedClock().now())
    tiny.store.add_key(made.key)

    async def scene() -> None:
        async with _following(app, f"datastream={water}", authorization=f"Bearer {made.secret}") as stream:
            append(tiny.store, measured(water, 0, 1.0))
            assert (await stream.next())["result"] == 1.0
            tiny.store.revoke_key(made.key.id, FixedClock().now())
            assert stream.task is not None
            await asyncio.wait_for(asyncio.shield(stream.task), 5)

    play(scene)


@pytest.mark.parametrize(
    ("query", "word"),
    [("", "nothing is followed"), ("datastream=1&after=x", "not one of ours"), ("stream=1", "no parameter")],
)
def test_bad_questions(client: TestClient[Litestar], query: str, word: str) -> None:
    """400 says what is wrong."""
    answer = client.get(f"/api/v1/live?{query}")
    assert answer.status_code == 400
    assert word in answer.text
    assert client.post("/api/v1/live").status_code == 405


def test_a_slow_client_is_let_go_and_the_others_go_on(app: Litestar, tiny: Tiny) -> None:
    """Its lines do not pile up in memory; it can come back with its last id."""
    water, _ = make_streams(tiny.store)
    live: Live = app.state.live
    live.feed._most_waiting = 10

    async def scene() -> None:
        async with (
            _following(app, f"datastream={water}") as slow,
            _following(app, f"datastream={water}") as quick,
        ):
            task = slow.task
            assert task is not None
            slow.stuck = True
            for n in range(40):
                append(tiny.store, measured(water, n, float(n)))
                assert (await quick.next())["result"] == float(n)
            slow.stuck = False
            await asyncio.wait_for(asyncio.shield(task), 5)

    play(scene)


def test_too_many_clients_are_sent_away(tmp_path: Path) -> None:
    """The limit is for each process; who leaves makes room."""
    store = SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}")

    async def scene() -> None:
        feed = Feed(store.observations, most_clients=1)
        async with feed.follow(frozenset({1})):
            with pytest.raises(StoreBusy):
                async with feed.follow(frozenset({1})):
                    pass
        async with feed.follow(frozenset({1})):
            assert feed.clients == 1

    play(scene)
    store.close()


def test_head_does_not_wait(client: TestClient[Litestar], tiny: Tiny) -> None:
    """Who only asks for the headers gets them."""
    water, _ = make_streams(tiny.store)
    answer = client.head(f"/api/v1/live?datastream={water}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_operators_see_how_many_follow_and_wait(client: TestClient[Litestar], tiny: Tiny) -> None:
    """Numbers only, nothing about whom."""
    water, _ = make_streams(tiny.store)
    tiny.store.subscriptions.add(wish("a"))
    append(tiny.store, measured(water, 0))
    lines = client.get("/metrics").text.splitlines()
    assert {"allmende_live_clients 0", "allmende_events_waiting 1", "allmende_events_given_up 0"} <= set(
        lines
    )
