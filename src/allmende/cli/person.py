"""`allmende person`: who works with the city's data, and in which role."""

from __future__ import annotations

import getpass
import secrets
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from allmende.cli.options import Place, city_argument, data_option
from allmende.errors import NotFound
from allmende.model.audit import Entry
from allmende.model.person import EVERY_DEPARTMENT, ROLES, Grant, Person, Role
from allmende.share.people.signing_in import SigningIn

if TYPE_CHECKING:
    from allmende.flow.workspace import Workspace


class GrantType(click.ParamType[Grant]):
    """`steward:green-spaces`, or `releaser:*` for all departments."""

    name = "role"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Grant:
        """The role that was written, or a usage error that names all roles."""
        if isinstance(value, Grant):
            return value
        name, _, department = str(value).partition(":")
        role: Role | None = next((one for one in ROLES if one == name), None)
        if role is None or not department:
            self.fail(
                f"write it like steward:department or releaser:*; roles are {', '.join(ROLES)}", param, ctx
            )
        return Grant(role, department)


@click.command()
@city_argument
@data_option
@click.argument("action", type=click.Choice(["add", "grant", "revoke", "close", "link", "list"]))
@click.argument("name", required=False)
@click.option("--title", help="For add: the name that others read.")
@click.option("--email", default="", help="For add: where the person is reached.")
@click.option("--role", "grants", multiple=True, type=GrantType(), help="Role and department; repeatable.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="For add and grant: last day of the role.")
@click.option("--deputy-for", default="", help="For add and grant: name of the person who is stood in for.")
def person(
    *,
    city: Path,
    data: Path | None,
    action: str,
    name: str | None,
    title: str | None,
    email: str,
    grants: tuple[Grant, ...],
    until: datetime | None,
    deputy_for: str,
) -> None:
    """Add a person to CITY, give or take roles, make a link to set a password, close an account, list everybody."""
    workspace = Place(city, data, offline=True).open(check_options=False)
    if action == "list":
        _list(workspace)
        return
    if not name:
        raise click.UsageError(f"{action} needs the NAME of the person")
    if action in ("grant", "revoke") and not grants:
        raise click.UsageError(f"{action} needs at least one --role, like --role steward:green-spaces")
    stands_for = workspace.store.people.called(deputy_for).id if deputy_for else ""
    meant = [replace(one, until=_day(until), deputy_for=stands_for) for one in grants]
    _check_departments(workspace, meant)
    _DO[action](workspace, name, title or name, email, meant)


def _day(until: datetime | None) -> date | None:
    return until.date() if until else None


def _check_departments(workspace: Workspace, grants: list[Grant]) -> None:
    known = {*workspace.city.departments, EVERY_DEPARTMENT}
    strange = [one.department for one in grants if one.department not in known]
    if strange:
        raise NotFound(
            f"the city has no department {strange[0]!r}",
            where="city.toml",
            hint=f"Add it under [departments]; there are: {', '.join(sorted(known))}.",
        )


def _entry(action: str, person: Person, detail: str = "") -> Entry:
    return Entry(0, datetime.now(UTC), operator(), action, f"person:{person.id}", detail)


def operator() -> str:
    """Who does this at the machine, for the audit log."""
    return f"operator:{getpass.getuser()}"[:40]


def _add(workspace: Workspace, name: str, title: str, email: str, grants: list[Grant]) -> None:
    made = Person(secrets.token_hex(6), name, title, email, tuple(grants), datetime.now(UTC))
    workspace.store.people.add(made, _entry("add", made, name))
    click.echo(f"{name} was added ({', '.join(map(_said, grants)) or 'no role yet'}).")
    _link(workspace, name, title, email, grants)


def _grant(workspace: Workspace, name: str, title: str, email: str, grants: list[Grant]) -> None:
    found = workspace.store.people.called(name)
    for one in grants:
        workspace.store.people.grant(found.id, one, _entry("grant", found, _said(one)))
        click.echo(f"{name} has the role {_said(one)}.")


def _revoke(workspace: Workspace, name: str, title: str, email: str, grants: list[Grant]) -> None:
    found = workspace.store.people.called(name)
    for one in grants:
        workspace.store.people.revoke(found.id, one, _entry("revoke", found, _said(one)))
        click.echo(f"{name} no longer has the role {_said(one)}.")


def _link(workspace: Workspace, name: str, title: str, email: str, grants: list[Grant]) -> None:
    found = workspace.store.people.called(name)
    secret = SigningIn(workspace.store, workspace.clock).make_link(found, operator())
    click.echo(f"With this page of the portal {name} sets a password; it works for three days and once:")
    click.echo(f"  /anmelden/{secret}")


def _close(workspace: Workspace, name: str, title: str, email: str, grants: list[Grant]) -> None:
    found = workspace.store.people.called(name)
    workspace.store.people.close(found.id, datetime.now(UTC), _entry("close", found))
    workspace.store.accounts.sign_out_everywhere(found.id)
    click.echo(f"{name} may do nothing from now on; what they did stays in the history.")


def _list(workspace: Workspace) -> None:
    for one in workspace.store.people.all():
        state = "closed" if one.closed else ", ".join(map(_said, one.grants)) or "no role"
        click.echo(f"{one.name:20} {one.title:30} {state}")


def _said(grant: Grant) -> str:
    return f"{grant.role}:{grant.department}" + (f" until {grant.until}" if grant.until else "")


_DO = {"add": _add, "grant": _grant, "revoke": _revoke, "close": _close, "link": _link}
