"""Looking at the bytes of a release: what they seem to be, for people to say what they are."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pyarrow as pa

from allmende.errors import Unreadable
from allmende.flow.workspace import Workspace
from allmende.model.dataset import Column
from allmende.model.fault import UNUSABLE
from allmende.model.look import Look, SeenColumn
from allmende.model.received import Choice, FileLook
from allmende.model.release import Release
from allmende.model.source import UPLOAD, Receipt, Source
from allmende.model.text import Text
from allmende.ports import Parsed, Raw
from allmende.store.bodies import plain, structured
from allmende.structure.propose.propose import propose
from allmende.structure.propose.write import Proposal
from allmende.structure.receiving.choose import chosen_block, options_of
from allmende.structure.receiving.look import look_into, problem_of
from allmende.structure.receiving.remarks import remarks_on

SHOWN_ROWS = 12
SHOWN_PROBLEMS = 100
SHOWN_VALUES = 3
LONGEST_VALUE = 80


def look(workspace: Workspace, release: Release) -> None:
    """Recognise the bytes, and keep what was seen beside the release. Raises Unreadable."""
    receipt = receipt_of(workspace, release, release.dataset)
    raw = Raw(workspace.lake.raw_path(release.raw), receipt)
    file = look_into(raw.path, release.file_name)
    choice = _choice(workspace, release, file)
    if file.stopped:
        _keep(workspace, release, Look(0, 0, (), file=file, choice=choice))
        raise unusable(file)
    source = Source(release.dataset, Text(), "table", receipt.address, options=options_of(file, choice))
    try:
        found = propose(raw, workspace.city, source)
    except Unreadable as error:  # another table of it may be readable
        file = replace(file, problems=(problem_of(error), *file.problems))
        _keep(workspace, release, Look(0, 0, (), file=file, choice=choice))
        raise
    _keep(workspace, release, replace(_seen(found), file=file, choice=chosen_block(file, choice)))
    workspace.store.releases.save(replace(release, work=""), release.revision)


def unusable(file: FileLook) -> Unreadable:
    """The error for a file that nothing can be made of."""
    stop = next(one for one in file.problems if one.severity == "stop")
    return Unreadable(
        f"{UNUSABLE} ({stop.code.replace('_', ' ')})",
        hint="Bring a better one.",
        code=stop.code,
        params=stop.params,
    )


def _choice(workspace: Workspace, release: Release, file: FileLook) -> Choice:
    """What a person chose of this file, or, when it is described anew, of the one before it."""
    text = workspace.store.releases.look(release.id)
    if text:
        return structured(text, Look).choice
    options = release.definition.source.options if release.definition else {}
    before = Choice(
        str(options.get("sheet", "")), str(options.get("range", "")), bool(options.get("leave_out"))
    )
    return before if any(one.sheet == before.sheet for one in file.blocks) else Choice()


def _keep(workspace: Workspace, release: Release, seen: Look) -> None:
    workspace.store.releases.keep_look(release.id, json.dumps(plain(seen), ensure_ascii=False))


def _seen(found: Proposal) -> Look:
    described = found.description
    seen = look_of(found.parsed, found.source, described.columns)
    return replace(
        seen, key=described.key, place=described.place, time=described.time,
        licence="" if found.source.licence == "unknown" else found.source.licence,
        columns=tuple(replace(one, personal=one.name in described.personal) for one in seen.columns),
        remarks=remarks_on(found.parsed, described.totals),
    )  # fmt: skip


def look_of(parsed: Parsed, source: Source, described: tuple[Column, ...]) -> Look:
    """What people are shown of a parsed table."""
    first = parsed.table.slice(0, SHOWN_ROWS)
    columns = tuple(
        SeenColumn(
            one.name, one.source_name, one.title.de or one.source_name or one.name, one.type, one.unit,
            one.required, _examples(parsed.table.column(one.name)),
        )
        for one in described
    )  # fmt: skip
    texts = [[_text(value) for value in first.column(one.name).to_pylist()] for one in described]
    return Look(
        parsed.table.num_rows, parsed.rows_rejected, columns, tuple(zip(*texts, strict=True)),
        parsed.rejected[:SHOWN_PROBLEMS], source.connector, source.options, parsed.detected,
    )  # fmt: skip


def _examples(values: pa.ChunkedArray[Any]) -> tuple[str, ...]:
    known = values.slice(0, 2_000).drop_null().unique().to_pylist()
    return tuple(_text(value) for value in known[:SHOWN_VALUES])


def _text(value: object) -> str:
    """A value for people to recognise; geometries are only named."""
    text = "" if value is None else "▲" if isinstance(value, bytes) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def receipt_of(workspace: Workspace, release: Release, source: str) -> Receipt:
    """The receipt that a release's bytes have, or will have once they are published."""
    size = workspace.lake.raw_path(release.raw).stat().st_size
    address = release.address or f"{UPLOAD}{source}"
    return Receipt(source, address, release.raw, size, release.started, file_name=release.file_name)
