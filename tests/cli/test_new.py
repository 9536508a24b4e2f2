"""`allmende new`: from a spreadsheet on the desk to a published dataset, without a trace in between."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from allmende.cli.begin import begin_connector
from allmende.store.sql import SqlStore
from allmende.testing.connector_contract import check_law, raw_of, source_of
from tests.cli.conftest import Call, Small

TABLE = "Nr;Name;Plätze\n1;Nord;12\n2;Süd;7\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A spreadsheet somewhere on the disk."""
    path = tmp_path / "desk" / "Kita Plätze 2024.csv"
    path.parent.mkdir()
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_a_spreadsheet_is_proposed_checked_and_published(call: Call, small: Small, table: Path) -> None:
    """`new source` writes files that pass `check`, copies the table, and `run` publishes it."""
    status, told, _ = call("new", "source", table, "--city", small.city, "--licence", "cc0-1.0")
    assert status == 0
    assert "2 rows, 3 columns, 0 rows set aside" in told
    assert call("check", small.city)[0] == 0
    assert (small.city / "files" / table.name).read_text(encoding="utf-8") == TABLE
    status, told, _ = call("run", *small.options)
    assert (status, "publish kita-plaetze-2024: version 1: 2 rows" in told) == (0, True)
    version = SqlStore.open(f"sqlite:///{small.data / 'store.sqlite'}").latest_versions()["kita-plaetze-2024"]
    assert (version.rows, version.access.label) == (2, "open")


def test_dry_run_writes_nothing(call: Call, small: Small, table: Path) -> None:
    """`--dry-run` shows both files and leaves the city as it is."""
    before = sorted(small.city.rglob("*"))
    status, told, _ = call("new", "source", table, "--city", small.city, "--dry-run")
    assert status == 0
    assert "--- sources/kita-plaetze-2024.toml" in told
    assert 'access = "internal"' in told
    assert sorted(small.city.rglob("*")) == before


def test_an_address_is_fetched(call: Call, small: Small) -> None:
    """An address is asked as `run` would ask it, and stays the source's address."""
    address = "https://kleinstadt.example/benches.json"
    arguments = ("--city", small.city, "--replay", small.replay, "--id", "more-benches")
    assert call("new", "source", address, *arguments)[0] == 0
    assert f'address = "{address}"' in (small.city / "sources" / "more-benches.toml").read_text()


@pytest.mark.parametrize("content", ["", "a;b;c\nno\ntable\n", "<!doctype html>"])
def test_a_file_that_cannot_be_used_is_told(call: Call, small: Small, table: Path, content: str) -> None:
    """The reason is printed, the exit status is 1, nothing is written, no trace is shown."""
    table.write_text(content)
    before = sorted(small.city.rglob("*"))
    for dry in ((), ("--dry-run",)):
        status, _, complaint = call("new", "source", table, "--city", small.city, *dry)
        assert status == 1
        assert "cannot be read" in complaint
        assert "Traceback" not in complaint + _
    assert sorted(small.city.rglob("*")) == before


def test_what_is_there_is_not_overwritten(call: Call, small: Small, table: Path) -> None:
    """The same id again is refused with a hint; another file of the same name, too; all stays as it was."""
    assert call("new", "source", table, "--city", small.city)[0] == 0
    status, _, complaint = call("new", "source", table, "--city", small.city)
    assert (status, "--id" in complaint) == (1, True)
    table.write_text(TABLE + "3;Ost;1\n", encoding="utf-8")
    status, _, complaint = call("new", "source", table, "--city", small.city, "--id", "other")
    assert (status, "another file with this name" in complaint) == (1, True)
    assert not (small.city / "sources" / "other.toml").exists()


def test_wrong_words_are_told(call: Call, small: Small, table: Path, tmp_path: Path) -> None:
    """Unknown kinds, licences, ids and files are named, with what there is."""
    status, _, complaint = call("new", "thing")
    assert (status, "source, sensor, city, connector" in complaint) == (2, True)
    status, _, complaint = call("new", "source", table, "--city", small.city, "--licence", "free")
    assert (status, "cc0-1.0" in complaint) == (1, True)
    assert call("new", "source", table, "--city", small.city, "--id", "Not An Id")[0] == 1
    assert call("new", "source", tmp_path / "gone.csv", "--city", small.city)[0] == 1
    assert call("new", "source", tmp_path, "--city", small.city)[0] == 1
    assert call("new", "source", table, "--city", tmp_path / "nowhere")[0] == 1


def test_a_new_city_is_right(call: Call, tmp_path: Path) -> None:
    """The skeleton of a city passes `check`; it is not written twice."""
    folder = tmp_path / "neustadt"
    assert call("new", "city", folder, "--name", 'Neu"stadt')[0] == 0
    assert call("check", folder)[0] == 0
    assert call("new", "city", folder)[0] == 1


def test_a_new_connector_reads_its_sample(tmp_path: Path) -> None:
    """The skeleton's code runs and keeps the law."""
    folder = tmp_path / "tram"
    begin_connector(folder)
    spec = importlib.util.spec_from_file_location("tram_connector", folder / "connector.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    parsed = module.TramConnector().parse(raw_of(folder / "samples" / "small.txt"), source_of("tram"), ())
    check_law(parsed)
    assert parsed.table.column("value").to_pylist() == [1, 2]
    assert module.TramConnector().check(source_of("tram", {"x": 1}))
