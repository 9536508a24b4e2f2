"""Serving pages: one process with the server embedded, or several workers; stops cleanly on a signal."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import json
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import uvloop

from allmende.cli.options import Place, parse_place, private_hosts
from allmende.errors import NotAllowed

if TYPE_CHECKING:
    from allmende.flow.workspace import Workspace

PLACE = "ALLMENDE_SERVED_PLACE"


@dataclass(frozen=True, slots=True)
class Address:
    """Where pages are served, by how many processes, and whether writing needs no key there."""

    host: str
    port: int
    workers: int = 1
    anonymous_writes: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def check_free(self) -> None:
        """NotAllowed when nobody can listen there, or writing would be open to other machines."""
        if self.anonymous_writes and not is_loopback(self.host):
            raise NotAllowed(
                f"anybody could write on {self}",
                hint="--allow-anonymous-writes goes with --host 127.0.0.1 only.",
            )
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise NotAllowed(
                    f"nothing can be served on {self}: {error.strerror}",
                    hint="Choose another --port or --host.",
                ) from None


def is_loopback(host: str) -> bool:
    """True for an address that only this machine reaches."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def serve_until_stopped(app: Any, address: Address, stopped: asyncio.Event) -> None:
    """Serve `app` in this process until `stopped` is set; open requests are finished."""
    from granian.constants import Interfaces
    from granian.server.embed import Server

    server = Server(
        app,
        address=address.host,
        port=address.port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
    )
    serving = asyncio.create_task(server.serve())
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    server.stop()  # type: ignore[no-untyped-call]
    waiting.cancel()
    await serving


def run_until_signal(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `work` and set its event on SIGINT or SIGTERM."""

    async def whole() -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        await work(stopped)

    # uvloop answers more requests on one core than the loop of the standard library.
    uvloop.run(whole())


def serve_with_workers(place: Place, address: Address) -> None:
    """Serve in several processes until a signal; each opens the workspace for itself."""
    from granian import Granian
    from granian.constants import Interfaces

    os.environ[PLACE] = json.dumps([address.anonymous_writes, *place.arguments()])
    Granian(
        "allmende.cli.serving:app_of_worker",
        address=address.host,
        port=address.port,
        interface=Interfaces.ASGI,
        workers=address.workers,
        websockets=False,
        factory=True,
        log_enabled=False,
    ).serve()


def app_of_worker() -> Any:
    """The app in a worker process, from what its parent wrote into the environment."""
    anonymous_writes, *arguments = json.loads(os.environ[PLACE])
    place = parse_place(arguments)
    return app_of(place, place.open(check_options=False), anonymous_writes=anonymous_writes)


def calm_collector() -> None:
    """What is loaded now stays loaded: Python's collector need not look at it with every page.

    A page of ten thousand observations makes ten thousand tuples, which made it look a dozen times.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def app_of(place: Place, workspace: Workspace, *, anonymous_writes: bool = False) -> Any:
    """The app of a workspace; while it runs, the city's live ways in are listened to."""
    if anonymous_writes:
        click.echo("Anybody on this machine can write observations and things without a key.", err=True)
    from allmende.app import create_app
    from allmende.flow.listen import Listening

    app = create_app(workspace, anonymous_writes=anonymous_writes, private_hosts=private_hosts())
    listening = Listening(workspace, private_hosts(), offline=place.offline or place.replay is not None)

    async def stop() -> None:
        await asyncio.to_thread(listening.stop)

    app.on_startup.append(calm_collector)
    app.on_startup.append(listening.start)
    app.on_shutdown.append(stop)
    return app
