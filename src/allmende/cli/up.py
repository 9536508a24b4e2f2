"""`allmende up`: run, serve and keep running.

The steps run in a child process (`allmende run`), so that the process which serves stays small.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from allmende.cli.memory import prepare
from allmende.cli.options import Place, address_options, place_options
from allmende.cli.reach import is_anything_reachable
from allmende.cli.serving import Address, app_of, run_until_signal, serve_until_stopped

if TYPE_CHECKING:
    from allmende.flow.workspace import Workspace
    from allmende.model.city import City

FIRST_PAUSE = 10.0
LONGEST_PAUSE = 3600.0
SHORTEST_PAUSE = 60.0
PATIENCE = 60.0
INVENTED = "musterstadt"
Child = asyncio.Task[None]


@click.command()
@place_options
@address_options
def up(place: Place, host: str, port: int, anonymous_writes: bool) -> None:
    """Run CITY, serve its pages and keep both going until stopped."""
    address = Address(host, port, anonymous_writes=anonymous_writes)
    address.check_free()
    prepare()
    run_until_signal(Up(place, address).work)


class Up:
    """One city being served while a child process does what is due."""

    def __init__(self, place: Place, address: Address) -> None:
        self._place = place
        self._address = address

    async def work(self, stopped: asyncio.Event) -> None:
        """Serve and run until `stopped`; the first run comes before serving when there is nothing yet."""
        workspace = self._place.open(check_options=False)
        first, pause = None, FIRST_PAUSE
        if not has_pages(workspace):
            workspace, first = await self._run_first(workspace, stopped)
            pause = SHORTEST_PAUSE
        running = asyncio.create_task(self._keep_running(workspace, stopped, first, pause))
        try:
            if not stopped.is_set():
                await self._serve(workspace, stopped)
        finally:
            stopped.set()
            await running

    async def _serve(self, workspace: Workspace, stopped: asyncio.Event) -> None:
        app = app_of(self._place, workspace, anonymous_writes=self._address.anonymous_writes)
        click.echo(f"{workspace.city.name.of('en')} is served on {self._address}  (stop with Ctrl+C)")
        await serve_until_stopped(app, self._address, stopped)

    async def _run_first(
        self, workspace: Workspace, stopped: asyncio.Event
    ) -> tuple[Workspace, Child | None]:
        """The first run; when it brought nothing at all, the invented city takes its place."""
        if await asyncio.to_thread(is_anything_reachable, self._place, workspace.city):
            child = asyncio.create_task(run_child(self._place, stopped))
            await until_pages(workspace, child)
            if not child.done():
                return workspace, child
        other = invented_place(self._place)
        if stopped.is_set() or has_data(workspace) or not may_be_replaced(workspace.city) or other is None:
            return workspace, None
        name = workspace.city.name.of("en")
        click.echo(f"Nothing can be reached for {name}, so the invented city {INVENTED} is shown instead.")
        self._place = other
        invented = other.open(check_options=False)
        if not has_pages(invented):
            await run_child(other, stopped)
        return invented, None

    async def _keep_running(
        self, workspace: Workspace, stopped: asyncio.Event, first: Child | None, pause: float
    ) -> None:
        if first is not None:
            await first
        while not stopped.is_set():
            await pause_until(stopped, pause)
            if not stopped.is_set():
                await run_child(self._place, stopped)
            pause = seconds_until_due(workspace)


async def until_pages(workspace: Workspace, child: Child) -> None:
    """Wait for the first run, so that nobody sees half a city; if it takes long, only for its first pages."""
    await asyncio.wait({child}, timeout=PATIENCE)
    while not child.done() and not has_pages(workspace):
        await asyncio.wait({child}, timeout=1.0)


def may_be_replaced(city: City) -> bool:
    """False for a city that is invented itself, and for one that only waits for its sensors' first values."""
    return not city.invented and bool(city.sources) and not city.ways


def has_pages(workspace: Workspace) -> bool:
    """True when an earlier run published something to show."""
    return any(workspace.store.latest_stories(language) for language in workspace.city.languages) or (
        has_data(workspace) and not workspace.city.stories
    )


def has_data(workspace: Workspace) -> bool:
    """True when at least one dataset has a version."""
    return bool(workspace.store.latest_versions())


def seconds_until_due(workspace: Workspace) -> float:
    """How long to wait before the next run, in seconds, within bounds that keep a fault from spinning."""
    from allmende.flow.schedule import seconds_until_due as due

    return min(max(due(workspace), SHORTEST_PAUSE), LONGEST_PAUSE)


def invented_place(place: Place) -> Place | None:
    """Where the invented city lies: beside this city or in the checkout; None when nowhere."""
    candidates = (place.city.resolve().parent, Path(__file__).parents[3] / "cities")
    for folder in candidates:
        if (folder / INVENTED / "city.toml").is_file():
            data = place.data.with_name(f"{place.data.name}-{INVENTED}") if place.data else None
            return replace(place, city=folder / INVENTED, data=data, replay=None)
    return None


async def pause_until(stopped: asyncio.Event, seconds: float) -> None:
    """Wait some seconds, or until `stopped`."""
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait({waiting}, timeout=seconds)
    waiting.cancel()


async def run_child(place: Place, stopped: asyncio.Event) -> None:
    """`allmende run` in a child process with its output on ours; ended when `stopped`."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "allmende", "run", *place.arguments(), start_new_session=True
    )
    ended, waiting = asyncio.create_task(child.wait()), asyncio.create_task(stopped.wait())
    await asyncio.wait({ended, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not ended.done():
        child.terminate()
        await asyncio.wait({ended}, timeout=10)
    if not ended.done():
        child.kill()
        await ended
