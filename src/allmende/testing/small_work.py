"""Kleinstadt at work: a workspace in a temporary folder, its source answered by a FakeHttp."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from allmende.engine.duck import DuckEngine
from allmende.flow.workspace import Workspace
from allmende.lake.local import LocalLake
from allmende.model.city import City
from allmende.store.sql import SqlStore
from allmende.testing.clock import FixedClock
from allmende.testing.http import FakeHttp
from allmende.testing.small import ADDRESS


def small_workspace(city: City, data: Path, rows: list[list[Any]] | bytes | Exception) -> Workspace:
    """The city's workspace in `data`; its address answers with `rows`. The clock stands still."""
    store, lake, clock = SqlStore.open(f"sqlite:///{data / 'store.sqlite'}"), LocalLake(data), FixedClock()
    engine = DuckEngine(store, lake)
    return Workspace(
        files=city,
        city_folder=data / "no-files",
        data=data,
        store=store,
        lake=lake,
        engine=engine,
        http=FakeHttp({ADDRESS: answer_of(rows)}),
        clock=clock,
    )


def answer_of(rows: list[list[Any]] | bytes | Exception) -> bytes | Exception:
    """What the source's address answers: rows as the connector `Lists` reads them, or anything else."""
    return json.dumps(rows).encode() if isinstance(rows, list) else rows
