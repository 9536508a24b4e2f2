"""Real files of Jena and other cities: each is read with the expected counts, or refused with a reason.

The counts are in `geo.toml`, the data are not in the project: they lie in the folder named by
`ALLMENDE_REPLAY`, or in `../shared/data`.
"""

from __future__ import annotations

import os
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from allmende.errors import Unreadable
from allmende.extensions import load_connector
from allmende.testing.connector_contract import check_law, raw_of, source_of

HERE = Path(__file__).parent
DATA = Path(os.environ.get("ALLMENDE_REPLAY") or HERE.parents[1].parent / "shared" / "data")
GROUPS = ("01_", "02_", "04_", "05_", "08_", "16_", "18_", "19_", "20_")
ENDINGS = (".json", ".geojson", ".kml", ".xml", ".html", ".gpkg", ".shp")
FILES: list[dict[str, Any]] = tomllib.loads((HERE / "geo.toml").read_text(encoding="utf-8"))["file"]

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded data in {DATA}: set ALLMENDE_REPLAY"),
]


def raw_file(path: Path, folder: Path) -> Path:
    """The file; a Shapefile as the ZIP in which cities send it."""
    if path.suffix != ".shp":
        return path
    target = folder / "raw.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for part in path.parent.glob(f"{path.stem}.*"):
            archive.write(part, part.name)
    return target


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file['connector']}:{file['path']}")
def test_a_real_file_is_read_as_expected(file: dict[str, Any], tmp_path: Path) -> None:
    """Rows, rejections, columns with their types and shapes are those that a person has looked at."""
    connector = load_connector(file["connector"])
    raw = raw_of(raw_file(DATA / file["path"], tmp_path))
    source = source_of(file["connector"], file.get("options"))
    if "refused" in file:
        with pytest.raises(Unreadable, match=file["refused"]):
            connector.parse(raw, source, ())
        return
    parsed = connector.parse(raw, source, ())
    check_law(parsed)
    assert (parsed.rows_in, parsed.rows_rejected) == (file["rows"], file.get("rejected", 0))
    assert len(parsed.columns) == file["columns"]
    found = {column.name: column.type for column in parsed.columns}
    assert {name: found.get(name) for name in file.get("types", {})} == file.get("types", {})
    assert parsed.detected.get("shapes", "") == file.get("shapes", "")
    assert parsed.detected.get("repaired", "").partition(":")[0] == file.get("repaired", "")


def test_no_file_of_the_groups_is_forgotten() -> None:
    """Every JSON, XML and geodata file of the groups has an entry."""
    there = {
        str(path.relative_to(DATA))
        for path in DATA.rglob("*")
        if path.suffix in ENDINGS and str(path.relative_to(DATA)).startswith(GROUPS)
    }
    assert there - {file["path"] for file in FILES} == set()
