"""The file formats of downloads: one table, from name to media type and writer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from allmende.errors import NotFound
from allmende.share.downloads.about import About
from allmende.share.downloads.binary import parquet_chunks, xlsx_chunks
from allmende.share.downloads.text import csv_chunks, geojson_chunks, json_chunks, spreadsheet_csv_chunks
from allmende.share.views import DatasetView

if TYPE_CHECKING:
    import pyarrow as pa

Writer = Callable[["Iterator[pa.RecordBatch]", About], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its name is the ending of the file."""

    name: str
    media_type: str
    write: Writer


FORMATS: dict[str, Format] = {
    found.name: found
    for found in (
        Format("csv", "text/csv; header=present", csv_chunks),
        Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_chunks),
        Format("json", "application/json", json_chunks),
        Format("geojson", "application/geo+json", geojson_chunks),
        Format("parquet", "application/vnd.apache.parquet", parquet_chunks),
    )
}
FOR_SPREADSHEETS = Format("csv", "text/csv; header=present; charset=utf-8", spreadsheet_csv_chunks)
"""CSV in another dress: `trees.csv?spreadsheet=1`."""
DESCRIPTION = "csv-metadata.json"
_NAME = re.compile(r"(?P<dataset>[a-z0-9-]+)(?:@(?P<version>[0-9]{1,9}))?\.(?P<format>[a-z-]+(?:\.json)?)")


@dataclass(frozen=True, slots=True)
class FileName:
    """What a download is called: `trees@3.csv`; without a version it is the newest."""

    dataset: str
    version: int | None
    format: str

    @classmethod
    def parse(cls, text: str) -> FileName:
        """Read the name of a download. Raises NotFound when it is not one."""
        found = _NAME.fullmatch(text)
        if found is None or (found["format"] not in FORMATS and found["format"] != DESCRIPTION):
            raise NotFound("there is no such download", where=f"/d/{text}")
        return cls(found["dataset"], int(found["version"]) if found["version"] else None, found["format"])


def formats_of(view: DatasetView) -> tuple[str, ...]:
    """The formats a dataset can be had in: none without a licence, GeoJSON only with a geometry."""
    if not view.downloadable:
        return ()
    return tuple(name for name in FORMATS if name != "geojson" or view.has_geometry)
