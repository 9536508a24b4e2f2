"""What several commands ask for: the city, its data, and where answers come from."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from allmende.flow.workspace import Workspace

Command = Callable[..., Any]
FOLDER = click.Path(file_okay=False, path_type=Path)

city_argument = click.argument("city", type=FOLDER)
data_option = click.option("--data", type=FOLDER, envvar="ALLMENDE_DATA", help="Folder with the city's data.")
language_option = click.option(
    "--language",
    type=click.Choice(["de", "en"]),
    default="en",
    show_default=True,
    help="Language of the answer.",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Which city, where its data lie, and where its sources' answers come from."""

    city: Path
    data: Path | None = None
    replay: Path | None = None
    offline: bool = False

    def open(self, *, check_options: bool = True) -> Workspace:
        """The workspace of this city. Heavy parts of the platform are loaded only here.

        Without `check_options` the code of connectors is not loaded: to serve pages in little memory.
        """
        from allmende.app import open_workspace

        proxy = os.environ.get("ALLMENDE_PROXY") or None
        return open_workspace(
            self.city,
            self.data,
            self.replay,
            self.offline,
            private_hosts=private_hosts(),
            proxy=proxy,
            check_options=check_options,
            store=os.environ.get("ALLMENDE_STORE") or None,
        )

    def arguments(self) -> list[str]:
        """These settings as arguments of the command line, for a child process."""
        given = [str(self.city)]
        given += ["--data", str(self.data)] if self.data else []
        given += ["--replay", str(self.replay)] if self.replay else []
        return given + (["--offline"] if self.offline else [])


def private_hosts() -> tuple[str, ...]:
    """Names that may lie in a private network."""
    words = (word.strip() for word in os.environ.get("ALLMENDE_PRIVATE_HOSTS", "").split(","))
    return tuple(filter(None, words))


def place_options(command: Command) -> Command:
    """Give a command the argument CITY and the options of a Place, joined as `place`."""

    @wraps(command)
    def joined(city: Path, data: Path | None, replay: Path | None, offline: bool, **rest: Any) -> Any:
        return command(place=Place(city, data, replay, offline), **rest)

    offline = click.option(
        "--offline", is_flag=True, envvar="ALLMENDE_OFFLINE", help="Leave the network alone."
    )
    replay = click.option(
        "--replay",
        type=FOLDER,
        envvar="ALLMENDE_REPLAY",
        help="Folder with recorded answers (addresses.csv).",
    )
    return city_argument(data_option(replay(offline(joined))))


def address_options(command: Command) -> Command:
    """Give a command --host, --port and --allow-anonymous-writes."""
    host = click.option(
        "--host", default="127.0.0.1", show_default=True, envvar="ALLMENDE_HOST", help="Address to serve on."
    )
    port = click.option(
        "--port",
        type=click.IntRange(1, 65535),
        default=8000,
        show_default=True,
        envvar="ALLMENDE_PORT",
        help="Port to serve on.",
    )
    anonymous = click.option(
        "--allow-anonymous-writes",
        "anonymous_writes",
        is_flag=True,
        envvar="ALLMENDE_ALLOW_ANONYMOUS_WRITES",
        help="Let anybody write without a key; only with a loopback address, for tests of clients.",
    )
    return host(port(anonymous(command)))


workers_option = click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    envvar="ALLMENDE_WORKERS",
    help="Processes that serve pages.",
)


@click.command()
@place_options
def _place(place: Place) -> Place:
    return place


def parse_place(arguments: list[str]) -> Place:
    """The Place that `Place.arguments` wrote down."""
    found = _place.main(arguments, standalone_mode=False)
    assert isinstance(found, Place)
    return found
