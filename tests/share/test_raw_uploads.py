"""Raw files that people brought stay inside: a workbook holds more than its tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from litestar.testing import TestClient

from allmende.model.access import Access
from allmende.share.web import create_app, reads_of
from allmende.testing.every_class import fill, make_tiny, scoped, tiny_city


def test_the_raw_file_of_an_upload_is_for_the_city_only(tmp_path: Path) -> None:
    """The table is open to all, its file (hidden sheets, comments, authors) is not; fetched files stay open."""
    city = tiny_city()
    brought = replace(city.sources["open"], address="upload:open")
    tiny = make_tiny(tmp_path, replace(city, sources={**city.sources, "open": brought}))
    fill(tiny)
    hashes = {name: tiny.store.receipts(name)[0].sha256 for name in ("open", "districts")}
    with TestClient(create_app(tiny), raise_server_exceptions=False) as client:
        assert client.get("/d/open-data.csv").status_code == 200
        assert client.get(f"/raw/{hashes['open']}").status_code == 404
        assert client.get(f"/raw/{hashes['districts']}").status_code == 200
    assert reads_of(tiny).raw(scoped(Access.INTERNAL), hashes["open"]).path.exists()
