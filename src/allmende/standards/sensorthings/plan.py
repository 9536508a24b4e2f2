"""From the words of a request to what is asked of the gate: names of ours, bounds, where to continue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from allmende.model.observation import microseconds, moment
from allmende.model.query import Call, Expression, Order, Path, Query, both, constant
from allmende.standards.sensorthings.faults import BadRequest
from allmende.standards.sensorthings.mapping import SETS, EntitySet, our_expression, our_orders, unknown
from allmende.standards.sensorthings.options import Expand, Options

PAGE = 100
LARGEST_PAGE = 10_000
_TIME, _ID = Path(("phenomenon_time",)), Path(("id",))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of one set: its condition and page in our words, and what is shown of each row.

    `newest_first` and `oldest_first` say that rows come by time, so that the next page can start behind
    a row instead of counting rows. `counted` is the condition for the count over all pages.
    """

    of: EntitySet
    query: Query
    options: Options
    counted: Expression | None = None
    expands: tuple[ExpandPlan, ...] = ()
    newest_first: bool = False
    oldest_first: bool = False
    after: tuple[int, int] | None = None
    known_on: int | None = None


@dataclass(frozen=True, slots=True)
class ExpandPlan:
    """A relation to be included, under its name in the answer."""

    name: str
    plan: Plan
    many: bool


def plan_list(of: EntitySet, options: Options, owner: tuple[str, int] | None = None) -> Plan:
    """The plan for a list. Raises BadRequest for names that the set does not have."""
    for path in options.select:
        _check_select(path, of)
    top = min(PAGE if options.top is None else options.top, LARGEST_PAGE)
    condition = our_expression(options.filter, of) if options.filter is not None else None
    order = our_orders(options.orderby, of)
    by_time = of.kind == "observation" and not options.skip
    newest_first = by_time and _is_by_time(order, descending=True)
    oldest_first = by_time and _is_by_time(order, descending=False)
    order = () if of.kind == "observation" and _is_by_time(order, descending=True) else order
    where = both(of.narrowing, condition)
    query = Query(of.kind, where, order, top, options.skip, owner)
    expands = tuple(_plan_expand(of, expand) for expand in options.expand)
    known_on = _known_on(options)
    plan = Plan(of, query, options, where, expands, newest_first, oldest_first, known_on=known_on)
    return _continued(plan, options.skiptoken) if options.skiptoken else plan


def _is_by_time(order: tuple[Order, ...], *, descending: bool) -> bool:
    """Whether rows come by time and then by id, in this direction; newest first is the house's own order."""
    names = [order_part.by.steps if isinstance(order_part.by, Path) else () for order_part in order]
    if any(order_part.descending != descending for order_part in order):
        return False
    return names in ([_TIME.steps], [_TIME.steps, _ID.steps]) or (descending and not names)


def _check_select(path: tuple[str, ...], of: EntitySet) -> None:
    if path[0] not in ("*", "id", "@iot.id", *of.properties, *of.links):
        raise unknown(path[0], of)


def _plan_expand(of: EntitySet, expand: Expand) -> ExpandPlan:
    link = of.links.get(expand.name)
    if link is None:
        raise unknown(expand.name, of, expand.position)
    return ExpandPlan(expand.name, plan_list(SETS[link.target], expand.options), link.many)


def _known_on(options: Options) -> int | None:
    if not options.known_on:
        return None
    try:
        time = datetime.fromisoformat(options.known_on)
        return microseconds(time)
    except ValueError:
        raise BadRequest(
            "knownOn is not a time with a zone", where="knownOn", hint="2026-06-01T12:00:00Z"
        ) from None


# --- the next page ---


def _continued(plan: Plan, token: str) -> Plan:
    """The plan for the rest of a list, behind the row that the mark names."""
    numbers = token.split(".")
    if not all(number.lstrip("-").isdecimal() and len(number) < 20 for number in numbers):
        raise BadRequest("this is no mark of ours", where="$skiptoken")
    marks = tuple(int(number) for number in numbers)
    if len(marks) != len(mark_of(plan, 0, 0)):
        raise BadRequest("this is no mark of ours", where="$skiptoken")
    if plan.newest_first:
        return replace(plan, after=(marks[0], marks[1]))
    behind = Call("gt", (_ID, constant(marks[-1])))
    if plan.oldest_first:
        time = constant(moment(marks[0]))
        later = Call("gt", (_TIME, time))
        behind = Call("and", (Call("ge", (_TIME, time)), Call("or", (later, behind))))
    return replace(plan, query=replace(plan.query, where=both(plan.query.where, behind)))


def mark_of(plan: Plan, id_: int, time: int) -> tuple[int, ...]:
    """What names a row so that the next page can start behind it; nothing when rows must be counted."""
    if plan.newest_first or plan.oldest_first:
        return (time, id_)
    return () if plan.query.order or plan.query.skip else (id_,)


def next_link(link: str, plan: Plan, id_: int, time: int) -> str:
    """The address of the next page of the list at `link`, behind the last row of this one."""
    kept = [pair for pair in plan.options.pairs if pair[0] not in ("$skip", "$skiptoken", "$top")]
    kept.append(("$top", str(plan.query.top)))
    mark = mark_of(plan, id_, time)
    if mark:
        kept.append(("$skiptoken", ".".join(map(str, mark))))
    else:
        kept.append(("$skip", str(plan.query.skip + plan.query.top)))
    return (
        link + "?" + "&".join(f"{quote(name, safe='$')}={quote(text, safe='$(),/:')}" for name, text in kept)
    )
