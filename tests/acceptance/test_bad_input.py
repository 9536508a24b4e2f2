"""Whatever a source answers: the last good version stays public, the fault is shown, the bytes are kept."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from litestar.testing import TestClient

from allmende.app import create_app, open_workspace
from allmende.errors import SourceRefused, SourceUnreachable
from allmende.flow.run import run_city
from allmende.flow.workspace import Workspace
from allmende.model.dataset import Pin
from allmende.model.run import Run, Step
from allmende.testing.clock import FixedClock
from allmende.testing.http import FakeHttp

ADDRESS = "https://city.example/benches.csv"
GOOD = "Nr;Name;Höhe;Datum\r\n1;Am Markt;0,5;01.02.2024\r\n2;Am Fluss;0,45;02.02.2024\r\n3;Am Wald;0,6;03.02.2024\r\n".encode()
CITY = """
name = "Kleinstadt"
[contact]
publisher = "Stadt Kleinstadt"
"""
SOURCE = f"""
title = "Bänke"
connector = "table"
address = "{ADDRESS}"
schedule = "hourly"
licence = "cc0-1.0"
"""
DATASET = """
title = { de = "Bänke", en = "Benches" }
source = "benches"
access = "open"
key = ["number"]
contract = "freeze"
[[columns]]
name = "number"
source_name = "Nr"
type = "integer"
required = true
[[columns]]
name = "name"
source_name = "Name"
[[columns]]
name = "height"
source_name = "Höhe"
type = "number"
[[columns]]
name = "date"
source_name = "Datum"
type = "date"
"""


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("benches.csv", b"0" * 200_000_000)
    return out.getvalue()


def _wide() -> bytes:
    names = ";".join(f"c{n}" for n in range(10_000))
    return f"{names}\r\n{';'.join('1' for _ in range(10_000))}\r\n".encode()


BAD: dict[str, bytes | Exception] = {
    "unreachable": SourceUnreachable("no answer", where=ADDRESS),
    "not found": SourceRefused("404", where=ADDRESS),
    "web page": b"<!DOCTYPE html><html><body>Wartung</body></html>",
    "empty": b"",
    "header only": "Nr;Name;Höhe;Datum\r\n".encode(),
    "binary noise": bytes(range(256)) * 40,
    "broken zip": b"PK\x03\x04" + b"\x00" * 200,
    "ten thousand columns": _wide(),
    "changed columns": b"Nummer;Bezeichnung\r\n1;a\r\n2;b\r\n3;c\r\n",
    "duplicate keys": "Nr;Name;Höhe;Datum\r\n1;a;1,0;01.02.2024\r\n1;b;1,0;01.02.2024\r\n1;c;1,0;01.02.2024\r\n".encode(),
    "impossible dates": "Nr;Name;Höhe;Datum\r\n1;a;1,0;31.02.2024\r\n2;b;1,0;99.99.2024\r\n3;c;1,0;00.00.0000\r\n".encode(),
    "json instead": b'{"error": "maintenance"}',
}


@pytest.fixture
def city(tmp_path: Path) -> Workspace:
    """A small city whose one source answers what the test writes down; its first run was good."""
    folder = tmp_path / "kleinstadt"
    for name, text in (
        ("city.toml", CITY),
        ("sources/benches.toml", SOURCE),
        ("datasets/benches.toml", DATASET),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    opened = open_workspace(folder, data=tmp_path / "data")
    workspace = dataclasses.replace(opened, http=FakeHttp({ADDRESS: GOOD}), clock=FixedClock())
    run_city(workspace, lambda run: None)
    assert workspace.store.version(Pin("benches", 1)).rows == 3
    return workspace


def _answer(workspace: Workspace, answer: bytes | Exception) -> dict[Step, Run]:
    assert isinstance(workspace.http, FakeHttp)
    assert isinstance(workspace.clock, FixedClock)
    workspace.http.answers[ADDRESS] = answer
    workspace.clock.advance(timedelta(days=2))
    run_city(workspace, lambda run: None)
    return workspace.store.latest_runs()


@pytest.mark.parametrize("fault", sorted(BAD))
def test_last_good_version_stays_and_the_fault_is_shown(city: Workspace, fault: str) -> None:
    """After a bad answer version 1 is still the newest, and the page of faults says what and what to do."""
    runs = _answer(city, BAD[fault])
    failed = [run for run in runs.values() if run.outcome == "failed"]
    assert city.store.latest_versions()["benches"].number == 1
    assert len(failed) >= 1
    assert all(run.message and run.hint for run in failed), [(run.message, run.hint) for run in failed]
    with TestClient(create_app(city)) as client:
        state = client.get("/stand")
        assert state.status_code == 200
        assert "Bänke" in state.text
        assert client.get("/d/benches").status_code == 200
        assert client.get("/d/benches@1.csv").status_code == 200


def test_raw_bytes_of_a_useless_answer_are_kept(city: Workspace) -> None:
    """A file that cannot be read is kept byte for byte under its hash."""
    noise = BAD["binary noise"]
    assert isinstance(noise, bytes)
    _answer(city, noise)
    kept, _ = city.lake.keep_raw([noise])
    assert city.lake.raw_path(kept).read_bytes() == noise
    assert kept in {receipt.sha256 for receipt in city.store.receipts("benches")}


def test_a_source_that_recovers_publishes_again(city: Workspace) -> None:
    """After faults a good answer makes the next version, and the fault is gone."""
    _answer(city, BAD["unreachable"])
    runs = _answer(city, GOOD + b"4;Am Berg;0,5;04.02.2024\r\n")
    assert city.store.latest_versions()["benches"].number == 2
    assert [str(run.step) for run in runs.values() if run.outcome == "failed"] == []


def test_bad_rows_are_rejected_and_visible(city: Workspace) -> None:
    """Rows that do not fit are set aside with number, column, reason and raw text; the others are published."""
    _answer(city, GOOD + b"4;Am Berg;hoch;04.02.2024\r\n")
    newest = city.store.latest_versions()["benches"]
    assert (newest.rows, newest.rejected) == (3, 1)
    with TestClient(create_app(city)) as client:
        page = client.get("/d/benches").text
    assert "hoch" in page
