"""The answers to GET: parse, plan, read, shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response

from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.share.reads import Reads
from allmende.standards.sensorthings import formats, shape
from allmende.standards.sensorthings.addresses import Address, parse_address
from allmende.standards.sensorthings.columns import PLAIN, Columns
from allmende.standards.sensorthings.faults import BadRequest
from allmende.standards.sensorthings.options import Options, parse_options
from allmende.standards.sensorthings.plan import Plan, next_link, plan_list
from allmende.standards.sensorthings.read import Reader, Target

Json = dict[str, Any]
LIVE = {"cache-control": "no-store", "access-control-allow-origin": "*"}
_OF_LISTS = ("$filter", "$orderby", "$top", "$skip", "$count", "$skiptoken", "knownOn")


def answer(content: Any, status: int = 200, **headers: str) -> Response[bytes]:
    """Content as JSON; bytes are JSON already."""
    text = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return Response(text, status_code=status, media_type="application/json", headers=LIVE | headers)


def answer_get(
    reads: Reads, principal: Principal, root: str, path: str, pairs: Sequence[tuple[str, str]]
) -> Response[bytes]:
    """The answer to a GET at `path` below the service's root."""
    reader = Reader(reads, principal, root)
    address = parse_address(path)
    options = parse_options(pairs)
    target = reader.resolve(address)
    if target.path:
        return _property(reader, target, address, options)
    if target.id is not None:
        return _one(reader, target, address, options)
    plan = plan_list(target.of, options, target.owner)
    _check_list(plan, address, path)
    link = f"{root}/{path.strip('/')}"
    if plan.of.kind == "observation" and not address.ending:
        return _observations(reader, plan, link)
    page = reader.page(plan)
    head = _head(reader, plan, link, page.next)
    if address.ending:
        links = [{"@iot.selfLink": f"{root}/{plan.of.name}({id_})"} for id_ in page.ids]
        return answer(head | {"value": links})
    return _list(plan, page.values, head)


def _check_list(plan: Plan, address: Address, path: str) -> None:
    options = plan.options
    if address.ending == "$value":
        raise NotFound("a list has no $value", where=path)
    if plan.known_on is not None and plan.of.kind != "observation":
        raise BadRequest("only observations are kept as they were known", where="knownOn")
    if options.result_format == "dataArray" and (plan.of.kind != "observation" or options.expand):
        raise BadRequest("a data array has observations only", where="$resultFormat")


# --- one, or a part of it ---


def _one(reader: Reader, target: Target, address: Address, options: Options) -> Response[bytes]:
    _check_no_list(options, _OF_LISTS)
    if address.ending == "$value":
        raise NotFound("only a property has a $value", where="$value")
    one = reader.one(target, plan_list(target.of, options))
    if address.ending == "$ref":
        return answer({"@iot.selfLink": f"{reader.root}/{target.of.name}({target.id})"})
    if options.result_format == "GeoJSON":
        return _geojson(formats.feature(one))
    return _csv([one]) if options.result_format == "CSV" else answer(one)


def _check_no_list(options: Options, names: Sequence[str]) -> None:
    for name, _ in options.pairs:
        if name in names:
            raise BadRequest(f"{name} is for lists; this address is of one", where=name)


def _property(reader: Reader, target: Target, address: Address, options: Options) -> Response[bytes]:
    """One property, in an object or, with `$value`, bare. What is null has no content."""
    _check_no_list(options, [name for name, _ in options.pairs])
    if address.ending == "$ref":
        raise NotFound("a property has no $ref", where="$ref")
    value: Any = reader.one(Target(target.of, target.id))
    names = ["@iot.id" if name == "id" else name for name in target.path]
    if len(names) == 1 and names[0] in target.of.properties:
        value = {names[0]: None, **value}  # known to the standard, but nothing is said about it
    for name in names:
        value = _part(value, name, target)
    if value is None:
        return Response(b"", status_code=204, headers=LIVE)
    if address.ending != "$value":
        return answer({names[-1]: value})
    text = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
    kind = "application/json" if isinstance(value, dict | list) else "text/plain"
    return Response(text, media_type=kind, headers=LIVE)


def _part(value: Any, name: str, target: Target) -> Any:
    if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
        return value[int(name)]
    if not isinstance(value, dict) or name not in value:
        raise NotFound(f"there is no {'/'.join(target.path)!r}", where="/".join(target.path))
    return value[name]


# --- lists ---


def _head(reader: Reader, plan: Plan, link: str, last: tuple[int, int] | None) -> Json:
    """The count over all pages, when it is asked for, and the link to the next page, when there is one."""
    head: Json = {}
    if plan.options.count:
        head["@iot.count"] = reader.count(plan)
    if last is not None:
        head["@iot.nextLink"] = next_link(link, plan, *last)
    return head


def _list(plan: Plan, values: Sequence[Json], head: Json) -> Response[bytes]:
    if plan.options.result_format == "GeoJSON":
        features = [formats.feature(one) for one in values]
        return _geojson({"type": "FeatureCollection", **head, "features": features})
    if plan.options.result_format == "CSV":
        return _csv(values, head.get("@iot.nextLink"))
    return answer(head | {"value": values})


def _observations(reader: Reader, plan: Plan, link: str) -> Response[bytes]:
    """A page of observations."""
    rows, more = reader.rows(plan)
    last = (rows[-1][shape.ID], rows[-1][shape.TIME]) if more else None
    head = _head(reader, plan, link, last)
    sets = reader.stream_sets(rows)
    text = _quickly(reader.root, plan, rows, sets)
    if text is None:
        return _list(plan, reader.shaped_rows(plan, rows), head)
    if plan.options.result_format == "CSV":
        return _table(text, head.get("@iot.nextLink"))
    start = msgspec.json.encode(head)[:-1]
    return answer(start + (b"," if head else b"") + b'"value":' + text + b"}")


def _quickly(root: str, plan: Plan, rows: Sequence[shape.Row], sets: Mapping[int, str]) -> bytes | None:
    """The text of a page that can be written column by column; None for all others."""
    options = plan.options
    if options.result_format == "dataArray":
        return formats.data_arrays(root, rows, sets, options.select)
    if plan.expands or options.result_format == "GeoJSON":
        return None
    if not rows:
        return b"" if options.result_format == "CSV" else b"[]"
    columns = Columns(rows)
    names = ["@iot.id" if path == ("id",) else "/".join(path) for path in options.select]
    is_plain = all(name in PLAIN for name in names)
    if options.result_format == "CSV":
        return None if columns.has_more or not is_plain else formats.table(columns, names or PLAIN)
    if names:
        return columns.chosen([name for name in PLAIN if name in names]) if is_plain else None
    return columns.json(root, next(iter(sets.values()))) if len(set(sets.values())) == 1 else None


def _geojson(content: Json) -> Response[bytes]:
    return Response(msgspec.json.encode(content), media_type="application/geo+json", headers=LIVE)


def _csv(values: Sequence[Json], next_page: str | None = None) -> Response[bytes]:
    return _table(formats.csv_of(values), next_page)


def _table(text: bytes, next_page: str | None) -> Response[bytes]:
    """CSV; the link to the next page stands in the header."""
    headers = LIVE | ({"link": f'<{next_page}>; rel="next"'} if next_page else {})
    return Response(text, media_type="text/csv", headers=headers)
