"""`allmende subscription`: who is told of what, how it goes, and what was given up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from allmende.cli.options import Place, city_argument, data_option
from allmende.errors import NotFound

if TYPE_CHECKING:
    from allmende.flow.workspace import Workspace
    from allmende.model.subscription import Progress, Subscription
    from allmende.ports import Subscriptions

_SHOWN = 50


@click.command()
@city_argument
@data_option
@click.argument("action", type=click.Choice(["add", "list", "remove", "given-up", "retry"]))
@click.argument("name", required=False)
@click.option("--key", "key_id", help="For add: the id of the key whose rights count; none: open data only.")
def subscription(*, city: Path, data: Path | None, action: str, name: str | None, key_id: str | None) -> None:
    """Add the subscription in the JSON file NAME to CITY, list all, or end, look into or retry one by its id."""
    if action != "list" and not name:
        raise click.UsageError("add needs a file with the subscription as JSON, the others its id")
    workspace = Place(city, data, offline=True).open(check_options=False)
    subscriptions, name = workspace.store.subscriptions, name or ""
    if action == "add":
        _add(workspace, Path(name), key_id or "")
    elif action == "list":
        _list(subscriptions)
    elif action == "remove":
        subscriptions.remove(name)
        click.echo(f"Subscription {name} is ended.")
    elif action == "given-up":
        _given_up(subscriptions, name)
    else:
        click.echo(f"{subscriptions.retry(subscriptions.get(name).id)} event(s) are tried again.")


def _add(workspace: Workspace, file: Path, key_id: str) -> None:
    from allmende.model.subscription import Receiver
    from allmende.share.principals import Principals
    from allmende.share.subscribing import Subscribing
    from allmende.share.subscription_bodies import parse_wished
    from allmende.share.web import reads_of

    try:
        wished = parse_wished(file.read_bytes())
    except OSError as error:
        raise NotFound(f"the file cannot be read: {error.strerror}", where=str(file)) from error
    principal = Principals(workspace.store, workspace.clock).of_id(key_id)
    gate = Subscribing(workspace.store.subscriptions, reads_of(workspace))
    made = gate.make(principal, wished, datetime.now(UTC))
    click.echo(f"Subscription {made.id}")
    if isinstance(made.to, Receiver) and not wished.secret:
        click.echo(f"Its events are signed with this secret, shown only now: {made.to.secret}")


def _list(subscriptions: Subscriptions) -> None:
    for one in subscriptions.all():
        progress = subscriptions.progress(one.id)
        click.echo(f"{one.id}  {_state(progress):20}  {_where(one)}  {one.title}")
        if progress.failures:
            click.echo(f"  failed {progress.failures} time(s), last: {progress.reason}")


def _state(progress: Progress) -> str:
    parts = {"waiting": progress.waiting, "given up": progress.given_up, "withheld": progress.withheld}
    return ", ".join(
        [f"{progress.told} told", *(f"{count} {word}" for word, count in parts.items() if count)]
    )


def _where(one: Subscription) -> str:
    from allmende.model.subscription import Receiver

    return one.to.address if isinstance(one.to, Receiver) else f"topic {one.to.name}"


def _given_up(subscriptions: Subscriptions, name: str) -> None:
    from allmende.share.told import iso

    for event in subscriptions.given_up(subscriptions.get(name).id, limit=_SHOWN):
        row = event.observation
        click.echo(f"{event.id}  {event.kind}  datastream {row.datastream_id}  {iso(row.phenomenon_time)}")
        click.echo(f"  {event.reason}")
