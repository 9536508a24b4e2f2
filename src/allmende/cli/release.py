"""`allmende release`: what waits for people before it is published, and what they say to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from allmende.catalogue.wording import word_finding
from allmende.cli.options import Place, city_argument, data_option
from allmende.model.release import Step

if TYPE_CHECKING:
    from allmende.flow.releasing import Releasing
    from allmende.flow.workspace import Workspace
    from allmende.model.person import Person

_NEED_REVISION = ("decide", "approve", "refuse")
_NEED_REASON = ("decide", "refuse", "withdraw", "show-again")


@click.command()
@city_argument
@data_option
@click.argument(
    "action",
    type=click.Choice(["list", "show", "decide", "approve", "refuse", "withdraw", "show-again", "incidents"]),
)
@click.argument("which", required=False)
@click.option("--as", "name", required=True, help="Name of the person who does this (see `allmende person`).")
@click.option("--kind", default="", help="For decide: the kind of finding, like phone.")
@click.option("--column", default="", help="For decide: the column it was found in.")
@click.option("--revision", type=int, help="For decide, approve and refuse: the revision that `show` told.")
@click.option("--reason", default="", help="Why; others read it.")
def release(
    *,
    city: Path,
    data: Path | None,
    action: str,
    which: str | None,
    name: str,
    kind: str,
    column: str,
    revision: int | None,
    reason: str,
) -> None:
    """Show what is held back in CITY, decide, approve or refuse it, or withdraw the dataset WHICH."""
    from allmende.flow.releasing import Releasing

    if action not in ("list", "incidents") and not which:
        raise click.UsageError(f"{action} needs to know WHICH release or dataset")
    if action in _NEED_REASON and not reason.strip():
        raise click.UsageError(f'{action} needs --reason "..."')
    if action in _NEED_REVISION and revision is None:
        raise click.UsageError(f"{action} needs --revision with the number that `show` told")
    workspace = Place(city, data, offline=True).open()
    desk, person = Releasing(workspace), workspace.store.people.called(name)
    wanted = which or ""
    if action == "list":
        _list(desk, person)
    elif action == "incidents":
        _incidents(desk, person)
    elif action == "show":
        _show(desk, person, wanted)
    elif action == "decide":
        desk.decide(person, wanted, revision or 0, kind, column, reason)
        click.echo(f"Noted: {kind} in {column or 'the table'} may be published.")
    elif action == "approve":
        _approve(workspace, desk, person, Step("approve", revision or 0, reason), wanted)
    elif action == "refuse":
        desk.refuse(person, wanted, revision or 0, reason)
        click.echo("Refused; the last version stays public.")
    elif action == "withdraw":
        _withdraw(desk, person, wanted, reason)
    else:
        desk.show_again(person, wanted, reason)
        click.echo(f"{wanted} is shown again.")


def _list(desk: Releasing, person: Person) -> None:
    found = desk.seen_by(person)
    for one in found:
        click.echo(f"{one.id}  {one.state:10}  {one.dataset:30} {', '.join(one.held_for)}")
    if not found:
        click.echo("Nothing waits, and nothing has waited.")


def _show(desk: Releasing, person: Person, which: str) -> None:
    found = desk.get(person, which)
    click.echo(
        f"{found.dataset}: {found.state}, revision {found.revision}, from {found.address or 'a person'}"
    )
    for one in found.findings:
        mark = "!" if one in found.open_findings else " "
        click.echo(
            f"{mark} {one.kind} in {one.column or 'the table'}: {one.count} ({', '.join(one.examples)})"
        )
    for conclusion in found.conclusions:
        words = "".join(text for text, _ in word_finding(conclusion, "en"))
        click.echo(f"? {conclusion.verdict}: {words}")
    for step in desk.history(person, which):
        click.echo(f"{step.at:%Y-%m-%d %H:%M} {step.actor} {step.action}: {step.reason}")


def _approve(workspace: Workspace, desk: Releasing, person: Person, step: Step, which: str) -> None:
    from allmende.flow.desk_work import publish

    run = publish(workspace, desk.approve(person, which, step.revision, step.reason))
    click.echo(f"Approved. {run.message}")
    click.echo("What is made from it follows with the next `allmende run`.")


def _withdraw(desk: Releasing, person: Person, which: str, reason: str) -> None:
    incident = desk.withdraw(person, which, reason)
    since = f" since {incident.since:%Y-%m-%d}" if incident.since else ""
    click.echo(f"{which} is gone for everyone: {len(incident.versions)} public version(s){since}.")
    if incident.derived:
        click.echo(f"So is what was made from it: {', '.join(incident.derived)}")
    click.echo(f"The record of it is {incident.id}. Ask the data protection officer who has to be told.")


def _incidents(desk: Releasing, person: Person) -> None:
    for one in desk.incidents(person):
        click.echo(f"{one.id}  {one.at:%Y-%m-%d %H:%M}  {one.dataset}  {one.actor}: {one.reason}")
