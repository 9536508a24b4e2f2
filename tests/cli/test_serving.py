"""Pages are served until a signal, then the process ends cleanly and the port is free again."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from allmende.cli.options import Place, parse_place
from allmende.cli.serving import Address, calm_collector, run_until_signal, serve_until_stopped
from allmende.cli.up import invented_place
from allmende.errors import NotAllowed

Send = Callable[[dict[str, Any]], Awaitable[None]]


async def hello(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
    """A small ASGI app."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
def address() -> Address:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Address("127.0.0.1", probe.getsockname()[1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_a_signal(address: Address, number: signal.Signals) -> None:
    """A page is answered, the signal ends serving, and the port can be used again."""
    answers: list[bytes] = []

    def ask_then_stop() -> None:
        for _ in range(100):
            try:
                with urllib.request.urlopen(str(address), timeout=5) as answer:
                    answers.append(answer.read())
                break
            except OSError:
                time.sleep(0.05)
        os.kill(os.getpid(), number)

    async def work(stopped: asyncio.Event) -> None:
        asker = threading.Thread(target=ask_then_stop)
        asker.start()
        await serve_until_stopped(hello, address, stopped)
        asker.join()

    run_until_signal(work)
    assert answers == [b"hello"]
    address.check_free()


def test_a_taken_port_is_told(address: Address) -> None:
    """Who cannot listen is told to choose another port."""
    with socket.socket() as taken:
        taken.bind((address.host, address.port))
        taken.listen()
        with pytest.raises(NotAllowed) as caught:
            address.check_free()
    assert "--port" in caught.value.hint


def test_a_place_survives_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a parent process writes down for its child is what the child reads."""
    monkeypatch.delenv("ALLMENDE_REPLAY", raising=False)
    place = Place(Path("cities/x"), Path("d"), Path("r"), offline=True)
    assert parse_place(place.arguments()) == place
    assert parse_place(Place(Path("x")).arguments()) == Place(Path("x"))


def test_the_invented_city_is_found(tmp_path: Path) -> None:
    """Beside the city, or in the checkout; with data of its own."""
    place = invented_place(Place(tmp_path / "jena", tmp_path / "data", tmp_path / "replay"))
    assert place is not None
    assert place.city.name == "musterstadt"
    assert (place.data, place.replay) == (tmp_path / "data-musterstadt", None)


def test_what_is_loaded_is_not_looked_at_again() -> None:
    """While serving, the collector leaves alone what was loaded, and runs less often."""
    before = gc.get_threshold()
    try:
        calm_collector()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[0] > before[0]
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
