"""From the words of a request to what is asked of the gate: names of ours, bounds, where to continue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from allmende.model.observation import microseconds
from allmende.model.query import Call, Order, Path, Query, both, constant
from allmende.standards.sensorthings.faults import BadRequest
from allmende.standards.sensorthings.mapping import SETS, EntitySet, our_expression, our_orders, unknown
from allmende.standards.sensorthings.options import Expand, Options

PAGE = 100
LARGEST_PAGE = 10_000
_BY_TIME_DOWN = Order(Path(("phenomenon_time",)), descending=True)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of one set: its condition and page in our words, and what is shown of each row.

    `newest_first` says that rows come by time, newest first, so that the next page can start behind
    a row instead of counting rows.
    """

    of: EntitySet
    query: Query
    options: Options
    expands: tuple[ExpandPlan, ...] = ()
    newest_first: bool = False
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
    newest_first = of.kind == "observation" and order in ((), (_BY_TIME_DOWN,)) and not options.skip
    query = Query(of.kind, both(of.narrowing, condition), order, top, options.skip, owner)
    expands = tuple(_plan_expand(of, expand) for expand in options.expand)
    known_on = _known_on(options)
    plan = Plan(of, query, options, expands, newest_first, known_on=known_on)
    return _continued(plan, options.skiptoken) if options.skiptoken else plan


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
    numbers = token.split(".")
    if not all(number.lstrip("-").isdecimal() and len(number) < 20 for number in numbers):
        raise BadRequest("this is no mark of ours", where="$skiptoken")
    if plan.newest_first and len(numbers) == 2:
        return replace(plan, after=(int(numbers[0]), int(numbers[1])))
    if len(numbers) != 1:
        raise BadRequest("this is no mark of ours", where="$skiptoken")
    behind = Call("gt", (Path(("id",)), constant(int(numbers[0]))))
    return replace(plan, query=replace(plan.query, where=both(plan.query.where, behind)))


def is_by_id(plan: Plan) -> bool:
    """Whether rows come by id, so that the next page can start behind one."""
    return not plan.query.order and not plan.newest_first and not plan.query.skip
