"""`allmende key`: keys for machines; the secret is shown once and only its hash is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from allmende.cli.options import Place, city_argument, data_option
from allmende.errors import NotFound
from allmende.model.access import Scope, WriteScope
from allmende.share.principals import is_valid, make_key, parse_scope

if TYPE_CHECKING:
    from allmende.model.run import AccessKey
    from allmende.ports import Store


class ScopeType(click.ParamType[Scope | WriteScope]):
    """`read:protected`, `read:protected:dataset` or `write:observations`."""

    name = "scope"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Scope | WriteScope:
        """The scope that was written, or a usage error with the reason."""
        try:
            return value if isinstance(value, Scope | WriteScope) else parse_scope(str(value))
        except ValueError as error:
            self.fail(
                f"{error}; write it like read:protected, read:protected:tree-register or write:observations",
                param,
                ctx,
            )


@click.command()
@city_argument
@data_option
@click.argument("action", type=click.Choice(["make", "list", "revoke"]))
@click.argument("key_id", required=False)
@click.option("--name", help="For make: who uses the key, for the list.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=ScopeType(),
    help="For make: what it may read or write; repeatable.",
)
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), help="For make: last day (UTC) on which it works."
)
def key(
    *,
    city: Path,
    data: Path | None,
    action: str,
    key_id: str | None,
    name: str | None,
    scopes: tuple[Scope | WriteScope, ...],
    expires: datetime | None,
) -> None:
    """Make a key for a machine, list the keys of CITY, or revoke the key KEY_ID at once."""
    if action == "make" and not (name and scopes):
        raise click.UsageError("make needs --name and at least one --scope")
    if action == "revoke" and not key_id:
        raise click.UsageError("revoke needs the KEY_ID that list shows")
    store = Place(city, data, offline=True).open().store
    if action == "make":
        _make(store, name or "", scopes, expires)
    elif action == "list":
        _list(store)
    else:
        _revoke(store, key_id or "")


def _make(store: Store, name: str, scopes: tuple[Scope | WriteScope, ...], expires: datetime | None) -> None:
    end = expires.replace(tzinfo=UTC) + timedelta(days=1) if expires else None
    new = make_key(name, map(str, scopes), datetime.now(UTC), end)
    store.add_key(new.key)
    click.echo(f"Key {new.key.id} for {name}: {', '.join(new.key.scopes)}")
    click.echo(f"Its secret is shown only now: {new.secret}")
    click.echo("Send it as `Authorization: Bearer <secret>`.")


def _list(store: Store) -> None:
    now = datetime.now(UTC)
    for made in store.keys():  # noqa: SIM118 (a port, not a dict)
        click.echo(f"{made.id}  {_state(made, now):10}  {made.name}  {', '.join(made.scopes)}")


def _state(made: AccessKey, now: datetime) -> str:
    if made.revoked:
        return f"revoked {made.revoked:%Y-%m-%d}"
    if not is_valid(made, now):
        return "expired"
    return f"until {made.expires - timedelta(days=1):%Y-%m-%d}" if made.expires else "valid"


def _revoke(store: Store, key_id: str) -> None:
    if key_id not in {made.id for made in store.keys()}:  # noqa: SIM118 (a port, not a dict)
        raise NotFound(f"there is no key {key_id!r}", hint="`allmende key CITY list` shows all.")
    store.revoke_key(key_id, datetime.now(UTC))
    click.echo(f"Key {key_id} no longer works.")
