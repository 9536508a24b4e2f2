"""CSV, JSON and GeoJSON: written batch by batch.

Cells that begin with `=`, `+`, `-` or `@` are data and stay as they are in the CSV for programs. Spreadsheets would
calculate them when the file is opened (CSV injection, OWASP): for them there is a CSV of its own, and the XLSX
download writes them as text by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from allmende.model.dataset import Column
from allmende.share.cells import PRECISION, as_json
from allmende.share.downloads.about import About, Labels

if TYPE_CHECKING:
    import pyarrow as pa

BOM = "\ufeff".encode()
FORMULA = r"\A[ \x{00a0}]*['=+\-@\t\r\n\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]"
"""How a text begins that a spreadsheet may calculate, also after spaces and in the wide signs of East Asia."""


def csv_chunks(batches: Iterator[pa.RecordBatch], about: Labels, bom: bool = False) -> Iterator[bytes]:
    """RFC 4180 in UTF-8: a header line, commas, text in quotes; unknown is empty. Geometry is WKT."""
    import pyarrow as pa  # 60 MB that are only needed for downloads
    from pyarrow import csv

    if bom:
        yield BOM
    yield _csv_line([column.name for column in about.columns])
    options = csv.WriteOptions(include_header=False)
    for batch in batches:
        sink = pa.BufferOutputStream()
        csv.write_csv(_texts(batch, about.columns), sink, options)
        yield sink.getvalue().to_pybytes()


def spreadsheet_csv_chunks(batches: Iterator[pa.RecordBatch], about: Labels) -> Iterator[bytes]:
    """CSV that a German Excel or LibreOffice opens by a double click: its mark, semicolons, decimal commas.

    Texts that a spreadsheet would calculate have an apostrophe before them, so they are shown as text (OWASP, CSV
    injection). Numbers and times are values and have none. Not for programs: texts are changed.
    """
    import pyarrow as pa  # 60 MB that are only needed for downloads
    from pyarrow import csv

    yield BOM + _csv_line([column.name for column in about.columns], ";")
    options = csv.WriteOptions(include_header=False, delimiter=";")
    for batch in batches:
        sink = pa.BufferOutputStream()
        csv.write_csv(_harmless(_texts(batch, about.columns)), sink, options)
        yield sink.getvalue().to_pybytes()


def _harmless(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Texts that begin like a formula with an apostrophe before them; numbers with a decimal comma."""
    import pyarrow as pa  # as above
    import pyarrow.compute as pc

    arrays = []
    for values in batch.columns:
        if pa.types.is_floating(values.type):
            arrays.append(pc.replace_substring(values.cast(pa.string()), ".", ","))
        elif pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            arrays.append(pc.replace_substring_regex(values, FORMULA, r"'\0"))
        else:
            arrays.append(values)
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def json_chunks(batches: Iterator[pa.RecordBatch], about: Labels) -> Iterator[bytes]:
    """One object: what it is, and `rows`, a list of objects."""
    yield _opened(_members(about), "rows")
    yield from _joined(_json_rows(batch, about.columns) for batch in batches)
    yield b"\n]}\n"


def geojson_chunks(batches: Iterator[pa.RecordBatch], about: About) -> Iterator[bytes]:
    """A FeatureCollection (RFC 7946) of the first geometry column, with what it is as further members."""
    geometry = next(column.name for column in about.columns if column.type == "geometry")
    yield _opened({"type": "FeatureCollection", **_members(about)}, "features")
    yield from _joined(_features(batch, about.columns, geometry) for batch in batches)
    yield b"\n]}\n"


def csvw(about: About) -> dict[str, Any]:
    """The description that goes with the CSV (W3C CSV on the Web)."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": about.language}],
        "url": f"{about.address}.csv",
        "dc:title": about.title,
        "dc:description": about.description,
        "dc:publisher": about.publisher,
        "dc:license": [licence.address for licence in about.licences],
        "dc:rights": list(about.attributions),
        "dc:hasVersion": str(about.version),
        "dc:created": about.created,
        "allmende:contentSha256": about.content_hash,
        "dialect": {"encoding": "utf-8", "delimiter": ",", "header": True},
        "tableSchema": {"columns": [_csvw_column(column) for column in about.columns]},
    }


_CSVW_TYPES: Mapping[str, str] = {
    "text": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "datetime": "dateTime",
    "json": "json",
    "geometry": "string",
}


def _csvw_column(column: Column) -> dict[str, Any]:
    words = {"titles": column.title.of("de"), "dc:description": column.description.of("de")}
    unit = {"schema:unitCode": column.unit} if column.unit else {}
    found = {"name": column.name, "datatype": _CSVW_TYPES[column.type], **unit}
    return {**found, **{name: text for name, text in words.items() if text}, "required": column.required}


def _members(about: Labels) -> dict[str, Any]:
    return {
        **{name: value for name, value in about.pairs() if value},
        "columns": [
            {"name": c.name, "type": c.type, "unit": c.unit, "title": c.title.of("de")} for c in about.columns
        ],
    }


def _opened(members: Mapping[str, Any], name: str) -> bytes:
    head = json.dumps(members, ensure_ascii=False)[:-1]
    return f'{head}, "{name}": [\n'.encode()


def _joined(parts: Iterator[str]) -> Iterator[bytes]:
    """Parts that are lists without brackets, with commas between those that are not empty."""
    first = True
    for part in parts:
        if part:
            yield (part if first else ",\n" + part).encode()
            first = False


def _json_rows(batch: pa.RecordBatch, columns: Sequence[Column]) -> str:
    names = [column.name for column in columns]
    cells = [[as_json(value, c.type) for value in batch.column(c.name).to_pylist()] for c in columns]
    rows = (dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True))
    return ",\n".join(_dumped(row) for row in rows)


def _features(batch: pa.RecordBatch, columns: Sequence[Column], geometry: str) -> str:
    others = [column for column in columns if column.name != geometry]
    shapes = _shapes(batch.column(geometry))
    cells = [[as_json(value, c.type) for value in batch.column(c.name).to_pylist()] for c in others]
    rows = zip(*cells, strict=True) if others else ((),) * batch.num_rows
    names = [column.name for column in others]
    return ",\n".join(
        f'{{"type": "Feature", "geometry": {shape}, "properties": {_dumped(dict(zip(names, row, strict=True)))}}}'
        for shape, row in zip(shapes, rows, strict=True)
    )


def _dumped(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)


def _shapes(column: pa.Array[Any]) -> list[str]:
    """Each geometry as GeoJSON text, `null` for none."""
    import shapely  # 20 MB that a server of pages alone never needs

    shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False), on_invalid="ignore")
    texts = shapely.to_geojson(shapely.set_precision(shapes, PRECISION, mode="pointwise"))
    return ["null" if text is None else text for text in texts]


def _csv_line(cells: Sequence[str], delimiter: str = ",") -> bytes:
    return (delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n").encode()


def _texts(batch: pa.RecordBatch, columns: Sequence[Column]) -> pa.RecordBatch:
    import pyarrow as pa  # as above

    arrays = [_text_column(batch.column(column.name), column) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])


def _text_column(values: pa.Array[Any], column: Column) -> pa.Array[Any]:
    """Cells as CSV needs them: geometry as WKT, moments in UTC as ISO 8601; all others as they are."""
    import pyarrow as pa  # as above
    import pyarrow.compute as pc

    if column.type == "geometry":
        import shapely  # as above

        shapes = shapely.from_wkb(values.to_numpy(zero_copy_only=False), on_invalid="ignore")
        return pa.array(shapely.to_wkt(shapes, rounding_precision=7), pa.string())
    if pa.types.is_timestamp(values.type):
        text = pc.replace_substring_regex(values.cast(pa.string()), r"(\.0+)?Z?$", "Z")
        return pc.replace_substring(text, " ", "T")
    return values
