"""`allmende agreement`: agreements on commercial data, their keys, and what is given back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from allmende.cli.options import Place, city_argument, data_option
from allmende.cli.person import operator
from allmende.errors import FormFault, NotAllowed
from allmende.flow.workspace import Workspace
from allmende.model.agreement import (
    COUNTED,
    GIFT_KINDS,
    PURPOSES,
    SPANS,
    Agreement,
    Gift,
    Quota,
    day_of,
    since,
)
from allmende.share.agreeing import Agreeing
from allmende.share.portal.agreement_text import text_of
from allmende.share.portal.words import Words

_QUOTA = re.compile(r"(?P<amount>[1-9][0-9]{0,15}) (?P<counted>\w+) each (?P<span>\w+)")
_GIFT = re.compile(r"(?P<kind>\w+): (?P<text>.+?)(?: until (?P<due>\d{4}-\d{2}-\d{2}))?")


class QuotaType(click.ParamType[Quota]):
    """`5000 rows each day`."""

    name = "quota"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Quota:
        """The quota that was written, or a usage error."""
        if isinstance(value, Quota):
            return value
        found = _QUOTA.fullmatch(str(value))
        counted = next((one for one in COUNTED if found and one == found["counted"]), None)
        span = next((one for one in SPANS if found and one == found["span"]), None)
        if found is None or counted is None or span is None:
            self.fail(
                f"{value!r} is no quota; write it like '5000 rows each day' ({', '.join(COUNTED)})",
                param,
                ctx,
            )
        return Quota(counted, span, int(found["amount"]))


class GiftType(click.ParamType[Gift]):
    """`fixes: Faults found in the tree register until 2027-06-30`."""

    name = "gift"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Gift:
        """The promise that was written, or a usage error."""
        if isinstance(value, Gift):
            return value
        found = _GIFT.fullmatch(str(value))
        kind = next((one for one in GIFT_KINDS if found and one == found["kind"]), None)
        if found is None or kind is None:
            self.fail(
                f"{value!r} is no gift; write it like 'data: What it is' ({', '.join(GIFT_KINDS)})",
                param,
                ctx,
            )
        return Gift(kind, found["text"], date.fromisoformat(found["due"]) if found["due"] else None)


class EuroType(click.ParamType[int]):
    """`120` or `119.90`, in cents."""

    name = "euros"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The price in cents, or a usage error."""
        try:
            cents = value if isinstance(value, int) else Decimal(str(value)) * 100
            if cents != int(cents) or not 0 <= cents <= 10**12:
                raise InvalidOperation
        except (InvalidOperation, OverflowError, ValueError):
            self.fail(f"{value!r} is no price; write it like 119.90", param, ctx)
        return int(cents)


@click.command()
@city_argument
@data_option
@click.argument("action", type=click.Choice(["make", "list", "show", "sign", "key", "deliver", "revoke"]))
@click.argument("agreement_id", required=False)
@click.option("--party", default="", help="For make: with whom.")
@click.option(
    "--purpose",
    "purposes",
    multiple=True,
    type=click.Choice(PURPOSES),
    help="For make: what for; repeatable.",
)
@click.option("--dataset", "datasets", multiple=True, help="For make: a commercial dataset; repeatable.")
@click.option("--from", "begins", type=click.DateTime(["%Y-%m-%d"]), help="For make: first day.")
@click.option("--until", "ends", type=click.DateTime(["%Y-%m-%d"]), help="For make: last day.")
@click.option(
    "--quota", "quotas", multiple=True, type=QuotaType(), help="For make: '5000 rows each day'; repeatable."
)
@click.option(
    "--gift",
    "gifts",
    multiple=True,
    type=GiftType(),
    help="For make: what is given back, as 'fixes: Faults found until 2027-06-30'; repeatable.",
)
@click.option("--price", "price_cents", type=EuroType(), help="For make: euros.")
@click.option("--credited", is_flag=True, help="For make: the party may be named in public for its gifts.")
@click.option("--name", default="", help="For key: who uses it.")
@click.option("--number", type=int, default=0, help="For deliver: the number of the promise.")
@click.option("--text", default="", help="For deliver: what was given.")
@click.option("--reason", default="", help="For revoke: why; the party is told.")
@click.option(
    "--language",
    type=click.Choice(["de", "en"]),
    default="de",
    show_default=True,
    help="For show: of the text.",
)
def agreement(*, city: Path, data: Path | None, action: str, agreement_id: str | None, **given: Any) -> None:
    """Make, sign or end an agreement on commercial data of CITY, make keys for it, and note what is given back."""
    workspace = Place(city, data, offline=True).open(check_options=False)
    if action not in ("make", "list") and not agreement_id:
        raise click.UsageError(f"{action} needs the AGREEMENT_ID that list shows")
    try:
        _DO[action](
            workspace, Agreeing(workspace.store, workspace.city, workspace.clock), agreement_id or "", given
        )
    except FormFault as fault:
        raise NotAllowed(Words("en")(f"form.{fault.fault}"), where=fault.field) from fault


Given = dict[str, Any]


def _make(workspace: Workspace, desk: Agreeing, id_: str, given: Given) -> None:
    missing = [name for name in ("party", "purposes", "datasets", "begins", "ends") if not given[name]]
    if missing:
        raise click.UsageError("make needs --party, --purpose, --dataset, --from and --until")
    begins, ends = _day(given["begins"]), _day(given["ends"])
    names = ("party", "purposes", "datasets", "quotas", "gifts", "price_cents", "credited")
    draft = Agreement(id="", begins=begins, ends=ends, **{name: given[name] for name in names})
    made = desk.make(draft, operator())
    click.echo(f"Agreement {made.id} with {made.party} is a draft. When both have signed: `sign {made.id}`.")


def _day(moment: datetime) -> date:
    return moment.date()


def _list(workspace: Workspace, desk: Agreeing, id_: str, given: Given) -> None:
    now, zone = workspace.clock.now(), workspace.city.time_zone
    found = workspace.store.agreements.all()
    for one in found:
        state = one.holding(now, zone)
        click.echo(f"{one.id}  {state:9}  {one.begins} to {one.ends}  {one.party}: {', '.join(one.datasets)}")
    if not found:
        click.echo("There is no agreement.")


def _show(workspace: Workspace, desk: Agreeing, id_: str, given: Given) -> None:
    found = workspace.store.agreements.get(id_)
    for part in text_of(found, workspace.city, given["language"]):
        click.echo("\n".join([part.title, *(f"  {sentence}" for sentence in part.sentences)]))
    today = day_of(workspace.clock.now(), workspace.city.time_zone)
    for quota in found.quotas:
        used = workspace.store.agreements.used(id_, quota, since(quota.span, today))
        click.echo(f"Used this {quota.span}: {used} of {quota.amount} {quota.counted}")
    for one in workspace.store.agreements.deliveries(id_):
        click.echo(f"Given back for promise {one.gift} on {one.at:%Y-%m-%d}: {one.text}")


def _sign(workspace: Workspace, desk: Agreeing, id_: str, given: Given) -> None:
    desk.sign(id_, operator())
    click.echo(f"Agreement {id_} is signed. Make a key for it: `key {id_}`.")


def _key(workspace: Workspace, desk: Agreeing, id_: str, given: Given) -> None:
    secret = desk.make_key(id_, given["name"], operator())
    click.echo(f"The key's secret is shown only now: {secret}")
    click.echo("Send it as `Authorization: Bearer <secret>`.")


def _deliver(workspace: Workspace, desk: Agreeing, id_: str, given: Given) -> None:
    desk.deliver(id_, given["number"], given["text"], operator())
    click.echo("Noted.")


def _revoke(workspace: Workspace, desk: Agreeing, id_: str, given: Given) -> None:
    desk.revoke(id_, given["reason"], operator())
    click.echo(f"Agreement {id_} is ended; its keys no longer work.")


_DO: dict[str, Callable[[Workspace, Agreeing, str, Given], None]] = {
    "make": _make, "list": _list, "show": _show, "sign": _sign, "key": _key, "deliver": _deliver, "revoke": _revoke,
}  # fmt: skip
