"""What every connector must keep, ours or a stranger's: subclass `ConnectorContract` in its tests.

    class TestTram(ConnectorContract):
        connector_id = "tram"

Samples lie in the extension's folder: `samples/<name>.<ext>` with `samples/<name>.expected.json`:
`rows_in`, `columns` (name to type), `rejected` (row, column, words of the reason) and, as wanted,
`options`, `rows` (the first rows, geometry as WKT rounded to five digits) and `detected`.
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allmende.errors import Unreadable
from allmende.extensions import Manifest, load_connector, manifest
from allmende.model.source import Receipt, Source
from allmende.model.text import Text
from allmende.ports import Connector, Parsed, Raw

TYPES = {
    "text": "string",
    "integer": "int64",
    "number": "double",
    "boolean": "bool",
    "date": "date32[day]",
    "datetime": "timestamp[us, tz=UTC]",
    "json": "string",
    "geometry": "binary",
}
EXPECTED = ".expected.json"


def source_of(connector_id: str, options: dict[str, Any] | None = None) -> Source:
    """A source for tests of this connector."""
    return Source(
        "sample", Text("Probe", "Sample"), connector_id, "https://example.org/", options=options or {}
    )


def raw_of(path: Path, address: str = "https://example.org/") -> Raw:
    """A file as a connector gets it, with a receipt."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return Raw(path, Receipt("sample", address, "0" * 64, path.stat().st_size, moment, file_name=path.name))


def check_law(parsed: Parsed) -> None:
    """Rows in = accepted + rejected; every column has the promised Arrow type; reasons are given."""
    assert parsed.rows_in == parsed.table.num_rows + parsed.rows_rejected
    assert len({rejected.row for rejected in parsed.rejected}) == parsed.rows_rejected
    assert all(1 <= r.row <= parsed.rows_in and r.reason for r in parsed.rejected)
    assert [c.name for c in parsed.columns] == parsed.table.column_names
    for column in parsed.columns:
        assert str(parsed.table.schema.field(column.name).type) == TYPES[column.type], column


def shown(parsed: Parsed, count: int) -> list[dict[str, Any]]:
    """The first rows as JSON can say them."""
    kinds = {column.name: column.type for column in parsed.columns}
    return [
        {name: _show(value, kinds[name]) for name, value in row.items()}
        for row in parsed.table.slice(0, count).to_pylist()
    ]


def _show(value: Any, kind: str) -> Any:
    if value is not None and kind == "geometry":
        return shapely.to_wkt(shapely.from_wkb(value), rounding_precision=5)
    return value.isoformat() if isinstance(value, datetime | date) else value


def any_json() -> st.SearchStrategy[Any]:
    """Small JSON values of every kind, huge numbers and odd text among them."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    )


class ConnectorContract:
    """The suite. `refused` are bytes that must be Unreadable."""

    connector_id: ClassVar[str]
    refused: ClassVar[tuple[bytes, ...]] = (b"",)

    @property
    def connector(self) -> Connector:
        """The connector under test."""
        return load_connector(self.connector_id)

    @property
    def manifest(self) -> Manifest:
        """Its manifest."""
        return manifest("connector", self.connector_id)

    def samples(self) -> list[Path]:
        """The sample files that have an expected output."""
        folder = self.manifest.folder / "samples"
        stems = {path.name.removesuffix(EXPECTED) for path in folder.glob(f"*{EXPECTED}")}
        return sorted(p for p in folder.iterdir() if p.stem in stems and not p.name.endswith(EXPECTED))

    def parse(self, path: Path, options: dict[str, Any] | None = None) -> Parsed:
        """Parse a file without declared columns."""
        return self.connector.parse(raw_of(path), source_of(self.connector_id, options), ())

    def test_samples_give_what_is_expected(self) -> None:
        """Every sample keeps the law and gives exactly the rows, columns and rejections written beside it."""
        assert self.samples()
        for path in self.samples():
            expected = json.loads((path.parent / f"{path.stem}{EXPECTED}").read_text(encoding="utf-8"))
            parsed = self.parse(path, expected.get("options"))
            check_law(parsed)
            assert parsed.rows_in == expected["rows_in"], path
            assert {c.name: c.type for c in parsed.columns} == expected["columns"], path
            found = [(r.row, r.column, r.reason) for r in parsed.rejected]
            assert len(found) == len(expected.get("rejected", [])), (path, found)
            for (row, column, reason), wanted in zip(found, expected.get("rejected", []), strict=True):
                assert [row, column] == wanted[:2], path
                assert wanted[2] in reason, path
            rows = expected.get("rows", [])
            assert shown(parsed, len(rows)) == rows, path
            assert expected.get("detected", {}).items() <= parsed.detected.items(), path

    def test_declared_columns_come_back_as_declared(self) -> None:
        """Parsing with the detected columns declared gives the same table again."""
        for path in self.samples():
            expected = json.loads((path.parent / f"{path.stem}{EXPECTED}").read_text(encoding="utf-8"))
            source = source_of(self.connector_id, expected.get("options"))
            first = self.connector.parse(raw_of(path), source, ())
            again = self.connector.parse(raw_of(path), source, first.columns)
            assert again.table.equals(first.table), path

    def test_cut_samples_are_refused_or_keep_the_law(self) -> None:
        """A file cut anywhere is Unreadable or still accounts for its rows; nothing else is raised."""
        for path in self.samples():
            content = path.read_bytes()
            for end in sorted({len(content) * part // 8 for part in range(8)}):
                self.check_bytes(content[:end], path.suffix)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(content=st.binary(max_size=400))
    def test_arbitrary_bytes_never_crash(self, content: bytes) -> None:
        """Whatever the bytes, the answer is rows by the law or Unreadable."""
        self.check_bytes(content)

    def test_nothing_is_refused(self) -> None:
        """An empty file, and what the connector names, is Unreadable with words for people."""
        for content in self.refused:
            with pytest.raises(Unreadable) as raised:
                self._parse_bytes(content, "")
            assert raised.value.message

    def test_an_unknown_option_is_a_problem(self) -> None:
        """A misspelt option is named, with its path in the file."""
        problems = self.connector.check(source_of(self.connector_id, {"no_such_option": 1}))
        assert [(p.file, p.path) for p in problems] == [("sources/sample.toml", "$.options.no_such_option")]
        assert problems[0].hint

    def check_bytes(self, content: bytes, suffix: str = "") -> None:
        """Parse `content`; anything but Unreadable or the law is a failure."""
        try:
            check_law(self._parse_bytes(content, suffix))
        except Unreadable:
            return

    def _parse_bytes(self, content: bytes, suffix: str) -> Parsed:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"raw{suffix}"
            path.write_bytes(content)
            return self.parse(path)
