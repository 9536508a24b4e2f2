"""Looking at the bytes of a release: what they seem to be, for people to say what they are."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pyarrow as pa

from allmende.flow.workspace import Workspace
from allmende.model.dataset import Column
from allmende.model.look import Look, SeenColumn
from allmende.model.release import Release
from allmende.model.source import UPLOAD, Receipt, Source
from allmende.model.text import Text
from allmende.ports import Parsed, Raw
from allmende.store.bodies import plain
from allmende.structure.propose.propose import propose

SHOWN_ROWS = 12
SHOWN_PROBLEMS = 100
SHOWN_VALUES = 3
LONGEST_VALUE = 80


def look(workspace: Workspace, release: Release) -> None:
    """Recognise the bytes, and keep what was seen beside the release. Raises Unreadable."""
    receipt = receipt_of(workspace, release, release.dataset)
    raw = Raw(workspace.lake.raw_path(release.raw), receipt)
    source = Source(release.dataset, Text(), "table", receipt.address)
    found = propose(raw, workspace.city, source)
    seen = look_of(found.parsed, found.source, found.description.columns)
    described = found.description
    seen = replace(
        seen, key=described.key, place=described.place, time=described.time,
        licence="" if found.source.licence == "unknown" else found.source.licence,
        columns=tuple(replace(one, personal=one.name in described.personal) for one in seen.columns),
    )  # fmt: skip
    workspace.store.releases.keep_look(release.id, json.dumps(plain(seen), ensure_ascii=False))
    workspace.store.releases.save(replace(release, work=""), release.revision)


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
