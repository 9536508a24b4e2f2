"""One request of the service, whoever brings it: HTTP, or a part of a batch."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Response

from allmende.errors import NotFound
from allmende.share.reads import Reads
from allmende.share.writes import Writes
from allmende.standards.sensorthings import bodies
from allmende.standards.sensorthings.addresses import parse_address
from allmende.standards.sensorthings.answers import answer, answer_get
from allmende.standards.sensorthings.data_array import observations_of
from allmende.standards.sensorthings.faults import BadRequest, NotDone, WrongMedia
from allmende.standards.sensorthings.landing import landing
from allmende.standards.sensorthings.mapping import SETS
from allmende.standards.sensorthings.patch import JSON_PATCH, patched
from allmende.standards.sensorthings.read import Reader, Target
from allmende.standards.sensorthings.write import Group, Writer

CREATE_OBSERVATIONS = "CreateObservations"
_JSON = "application/json"
_BULK = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its method, its path below the root, its query, and its body if it has one."""

    method: str
    path: str
    pairs: Sequence[tuple[str, str]] = ()
    media: str = _JSON
    body: bytes = b""


class Service:
    """Answers requests of one principal; with a `group` its writes belong together (a change set)."""

    def __init__(
        self,
        reads: Reads,
        writes: Writes,
        authorization: bytes | None,
        root: str,
        group: Group | None = None,
    ) -> None:
        self._reads = reads
        self._writes = writes
        self._authorization = authorization
        self._group = group
        self.root = root

    def within(self, group: Group) -> Service:
        """The same service with writes that belong together."""
        return Service(self._reads, self._writes, self._authorization, self.root, group)

    def writer(self) -> Writer:
        """The writing half. Raises NotAllowed for a key that is not known."""
        return Writer(self._writes, self._writes.of(self._authorization), self._group)

    async def answer(self, asked: Asked) -> Response[bytes]:
        """The answer to a request. Raises our errors."""
        match asked.method:
            case "GET":
                return await to_thread(self._get, asked)
            case "POST" if asked.path.strip("/") == CREATE_OBSERVATIONS:
                return await self._create_many(asked)
            case "POST":
                return await self._create(asked)
            case "PATCH" | "PUT":
                return await self._change(asked, whole=asked.method == "PUT")
            case "DELETE":
                return await self._delete(asked)
        raise BadRequest(f"{asked.method} is not answered here", where="method")

    def _get(self, asked: Asked) -> Response[bytes]:
        if not asked.path.strip("/"):
            return answer(landing(self.root))
        principal = self._writes.of(self._authorization)
        return answer_get(self._reads, principal, self.root, asked.path, asked.pairs)

    # --- writing ---

    def _target(self, writer: Writer, path: str) -> Target:
        """What an address leads to, as far as the one who writes may see it."""
        address = parse_address(path)
        if address.ending:  # never taken for the thing itself, which a DELETE would then end
            raise NotDone(
                "links are not written on their own", where=path, hint="PATCH the thing that has the link."
            )
        target = writer.target(address)
        if target is None:
            target = Reader(self._reads, writer.principal, self.root).resolve(address)
        if target.path:
            raise BadRequest(
                "properties are written with their whole", where=path, hint="PATCH the thing itself."
            )
        return target

    async def _create(self, asked: Asked) -> Response[bytes]:
        _check_media(asked)
        writer = self.writer()
        target = self._target(writer, asked.path)
        writer.check(target)
        if target.id is not None:
            raise BadRequest("a new one is made in a set", where=asked.path)
        id_ = await writer.create(target, bodies.parse_json(asked.body))
        link = f"{self.root}/{target.of.name}({id_})"
        return answer({"@iot.id": id_, "@iot.selfLink": link}, 201, location=link)

    async def _create_many(self, asked: Asked) -> Response[bytes]:
        """Data Array (18-088, section 12.2): for each value its link, or `error` with the reason."""
        _check_media(asked)
        if self._group is not None:  # it answers value by value and cannot be undone
            raise NotDone("data arrays are no part of a change set", hint="Send them outside of one.")
        writer = self.writer()
        writer.check(Target(SETS["Observations"]))
        rows, faults = observations_of(bodies.parse_json(asked.body), writer)
        await writer.store([row for row in rows if row is not None])
        links = [
            faults[place] if row is None else f"{self.root}/Observations({row.id})"
            for place, row in enumerate(rows)
        ]
        return answer(links, 201)

    async def _change(self, asked: Asked, *, whole: bool) -> Response[bytes]:
        kind = _check_media(asked, *(() if whole else (JSON_PATCH,)))
        writer = self.writer()
        target = await self._one(writer, asked.path)
        body = bodies.parse_json(asked.body)
        reader = Reader(self._reads, writer.principal, self.root)
        shown = Target(target.of, target.id)
        if kind == JSON_PATCH:
            body = patched(await to_thread(reader.one, shown), body)
        await writer.change(target, body, whole=whole)
        if self._group is not None:  # not on disk before the whole group is
            return answer({"@iot.id": target.id})
        return answer(await to_thread(reader.one, shown))

    async def _delete(self, asked: Asked) -> Response[bytes]:
        writer = self.writer()
        await writer.delete(await self._one(writer, asked.path))
        return answer(b"")

    async def _one(self, writer: Writer, path: str) -> Target:
        target = await to_thread(self._target, writer, path)
        writer.check(target)
        if target.id is None:
            raise NotFound("a whole list is neither changed nor deleted", where=path)
        return target


def _check_media(asked: Asked, *kinds: str) -> str:
    kind = asked.media.partition(";")[0].strip().lower()
    if kind not in ("", _JSON, *kinds):
        raise WrongMedia(f"{kind!r} is not read here", hint="Send application/json.")
    return kind


def content_of(response: Response[bytes]) -> Any:
    """The JSON of an answer; None when there is none."""
    return msgspec.json.decode(response.content) if response.content else None
