"""Connector geo: every format a city sends, on the right place of the Earth, with no row lost."""

from __future__ import annotations

import contextlib
import gzip
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.connectors.geo.connector import GeoConnector
from allmende.connectors.geo.kml import attributes
from allmende.errors import Unreadable
from allmende.model.dataset import Column
from allmende.ports import Parsed
from allmende.structure.reading import archives
from allmende.testing.connector_contract import (
    ConnectorContract,
    any_json,
    check_law,
    raw_of,
    shown,
    source_of,
)
from allmende.testing.server import body, serving

NAMES = ["Löbdergraben", "Saale", "Ost"]
POINTS = [(11.585, 50.927), (11.59, 50.93), (11.6, 50.94)]


class TestContract(ConnectorContract):
    """geo keeps what every connector must keep."""

    connector_id = "geo"
    refused = (
        b"",
        b"{",
        b"{}",
        b"[1]",
        b"name;x;y\n",
        b"<html></html>",
        b"<kml><Placemark>",
        b"PK\x03\x04broken",
        b"SQLite format 3\x00 and nothing more",
        b"\x00\x00\x27\x0a",
        b"\x1f\x8bbroken",
        b"fgb\x03fgb\x00broken",
        b'{"type": "Topology", "objects": 7}',
        b'{"geometryType": "esriGeometryPoint", "features": 7}',
    )


def parse(path: Path, *columns: Column, **options: Any) -> Parsed:
    parsed = GeoConnector().parse(raw_of(path), source_of("geo", options), columns)
    check_law(parsed)
    return parsed


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "raw"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def collection(*geometries: dict[str, Any], **members: Any) -> str:
    features = [{"type": "Feature", "properties": {}, "geometry": geometry} for geometry in geometries]
    return json.dumps({"type": "FeatureCollection", "features": features, **members})


def point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y]}


def made(folder: Path, name: str, driver: str, crs: str | None = "EPSG:4326", **options: Any) -> Path:
    """Three named points, written by GDAL."""
    path = folder / name
    pyogrio.raw.write(
        path,
        geometry=np.array([shapely.to_wkb(shapely.Point(p)) for p in POINTS], dtype=object),
        field_data=[np.array(NAMES, dtype=object), np.array([1, 2, 3])],
        fields=["Name", "Plätze" if driver != "ESRI Shapefile" else "Plaetze"],
        crs=crs,
        driver=driver,
        geometry_type="Point",
        **options,
    )
    return path


def zipped(folder: Path, *paths: Path, under: str = "") -> Path:
    target = folder / "raw.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            archive.write(path, f"{under}{path.name}")
    return target


def shapefile(folder: Path, *, leave: tuple[str, ...] = (), **options: Any) -> Path:
    made(folder, "punkte.shp", "ESRI Shapefile", **options)
    return zipped(folder, *(p for p in folder.glob("punkte.*") if p.suffix not in leave), under="daten/")


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("a.gpkg", "GPKG"),
        ("a.fgb", "FlatGeobuf"),
        ("a.kml", "LIBKML"),
        ("a.gml", "GML"),
        ("a.geojson", "GeoJSON"),
    ],
)
def test_every_format_gives_the_same_points(tmp_path: Path, name: str, driver: str) -> None:
    """The bytes alone decide the format: the file that is parsed has no ending."""
    raw = made(tmp_path, name, driver).rename(tmp_path / "raw")
    rows = shown(parse(raw), 3)
    found = {row["name"]: shapely.from_wkt(row["geometry"]).coords[0] for row in rows}
    assert found == dict(zip(NAMES, POINTS, strict=True))


def test_a_shapefile_comes_as_a_zip(tmp_path: Path) -> None:
    """Its parts may lie in a folder of the archive."""
    rows = shown(parse(shapefile(tmp_path)), 3)
    assert [row["name"] for row in rows] == NAMES
    assert rows[0]["geometry"] == "POINT (11.585 50.927)"


@pytest.mark.parametrize(
    ("encoding", "leave"), [("UTF-8", (".cpg",)), ("ISO-8859-1", (".cpg",)), ("UTF-8", ())]
)
def test_umlauts_of_a_shapefile_survive(tmp_path: Path, encoding: str, leave: tuple[str, ...]) -> None:
    """With a .cpg it says its encoding; without one UTF-8 is recognised, else Latin-1."""
    parsed = parse(shapefile(tmp_path, leave=leave, encoding=encoding))
    assert shown(parsed, 1)[0]["name"] == "Löbdergraben"


def test_a_shapefile_without_prj_needs_a_declared_system(tmp_path: Path) -> None:
    """Nothing is guessed: the error says what to write, and writing it helps."""
    raw = shapefile(tmp_path, leave=(".prj",))
    with pytest.raises(Unreadable, match="coordinate system"):
        parse(raw)
    assert parse(raw, crs="EPSG:4326").table.num_rows == 3


@pytest.mark.parametrize("part", [".dbf", ".shx"])
def test_a_shapefile_without_a_part_is_refused(tmp_path: Path, part: str) -> None:
    """The missing part is named."""
    with pytest.raises(Unreadable, match=part):
        parse(shapefile(tmp_path, leave=(part,)))


def test_other_files_may_come_in_a_zip_or_gzip(tmp_path: Path) -> None:
    """KMZ, zipped GeoPackage, gzipped GeoJSON."""
    for name, driver in (("doc.kml", "LIBKML"), ("a.gpkg", "GPKG"), ("b.geojson", "GeoJSON")):
        path = made(tmp_path, name, driver)
        assert parse(zipped(tmp_path, path)).table.num_rows == 3, driver
    packed = written(tmp_path, gzip.compress((tmp_path / "b.geojson").read_bytes()))
    assert parse(packed).table.num_rows == 3


def test_a_zip_with_several_files_needs_a_choice(tmp_path: Path) -> None:
    """The names to choose from are told, and `layer` chooses."""
    one, two = made(tmp_path, "one.geojson", "GeoJSON"), made(tmp_path, "two.geojson", "GeoJSON")
    raw = zipped(tmp_path, one, two)
    with pytest.raises(Unreadable, match="one, two"):
        parse(raw)
    assert parse(raw, layer="two").table.num_rows == 3


def test_a_zip_of_something_else_says_what_it_holds(tmp_path: Path) -> None:
    """A ZIP in a ZIP stays closed."""
    inner = zipped(tmp_path, made(tmp_path, "a.geojson", "GeoJSON")).rename(tmp_path / "inner.zip")
    with pytest.raises(Unreadable, match=r"inner\.zip"):
        parse(zipped(tmp_path, inner))


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A hundred million zeros in a hundred kilobytes are refused before the first is written."""
    target = tmp_path / "bomb.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", b"0" * 100_000_000)
    with pytest.raises(Unreadable, match="bomb"):
        parse(target)


def test_a_bomb_that_lies_about_its_size_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes out is counted, whatever the directory of the ZIP says."""
    path = made(tmp_path, "a.geojson", "GeoJSON")
    path.write_bytes(path.read_bytes() + b" " * 100_000)
    raw = zipped(tmp_path, path)
    names = archives.contents(raw)
    monkeypatch.setattr(archives, "LARGEST", 50_000)
    with pytest.raises(Unreadable, match="unpacks to more"):
        archives.unpack(raw, dict.fromkeys(names, "out"), tmp_path)


@pytest.mark.parametrize(
    "name", ["../a.geojson", "/etc/a.geojson", "C:/a.geojson", "x/../../a.geojson", "..\\a.geojson"]
)
def test_a_zip_cannot_write_outside(tmp_path: Path, name: str) -> None:
    """A path that leaves the folder refuses the whole file."""
    target = tmp_path / "raw.zip"
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, "{}")
    with pytest.raises(Unreadable, match="outside"):
        parse(target)


def test_layers_are_chosen_by_name(tmp_path: Path) -> None:
    """Different layers need a choice, a misspelt one is answered with the nearest."""
    raw = made(tmp_path, "a.gpkg", "GPKG", layer="trees")
    pyogrio.raw.write(
        raw,
        geometry=np.array([shapely.to_wkb(shapely.Point(11, 50))], dtype=object),
        field_data=[np.array([7])],
        fields=["other"],
        crs="EPSG:4326",
        driver="GPKG",
        geometry_type="Point",
        layer="benches",
        append=True,
    )
    with pytest.raises(Unreadable, match="trees"):
        parse(raw)
    with pytest.raises(Unreadable, match="Did you mean 'benches'"):
        parse(raw, layer="bench")
    assert parse(raw, layer="benches").table.num_rows == 1


@pytest.mark.parametrize(
    ("x", "y", "code"),
    [
        (682000, 5645000, "25832"),
        (32682000, 5645000, "4647"),
        (4470000, 5643000, "31468"),
        (1290000, 6610000, "3857"),
    ],
)
def test_metres_in_a_file_of_degrees_are_named(tmp_path: Path, x: float, y: float, code: str) -> None:
    """The refusal names the values and the system they are probably in; declaring that one helps."""
    raw = written(tmp_path, collection(point(x, y), point(x + 10, y)))
    with pytest.raises(Unreadable, match=f"EPSG:{code}"):
        parse(raw)
    placed = shapely.from_wkt(shown(parse(raw, crs=f"EPSG:{code}"), 1)[0]["geometry"])
    assert 11 < placed.x < 12
    assert 50.5 < placed.y < 51.5


def test_degrees_in_a_file_of_metres_are_named(tmp_path: Path) -> None:
    """The other way round."""
    crs = {"type": "name", "properties": {"name": "EPSG:25832"}}
    raw = written(tmp_path, collection(point(11.5, 50.9), crs=crs))
    with pytest.raises(Unreadable, match="degrees"):
        parse(raw)
    assert shown(parse(raw, crs="EPSG:4326"), 1) == [{"geometry": "POINT (11.5 50.9)"}]


def test_swapped_coordinates_are_named_and_can_be_swapped_back(tmp_path: Path) -> None:
    """Jena does not lie off Somalia."""
    raw = written(tmp_path, collection(point(50.9, 11.5), point(50.8, 11.6)))
    with pytest.raises(Unreadable, match="swapped"):
        parse(raw)
    assert shown(parse(raw, swap_xy=True), 1) == [{"geometry": "POINT (11.5 50.9)"}]
    assert parse(raw, crs="EPSG:4326").table.num_rows == 2


def test_a_system_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    """The name is told."""
    crs = {"type": "name", "properties": {"name": "EPSG:999999"}}
    with pytest.raises(Unreadable, match="999999"):
        parse(written(tmp_path, collection(point(1, 2), crs=crs)))


def test_options_are_checked(tmp_path: Path) -> None:
    """A system that does not exist and a wrong type are problems with their paths."""
    problems = GeoConnector().check(source_of("geo", {"crs": "EPSG:0", "measures": "yes"}))
    assert [p.path for p in problems] == ["$.options.measures", "$.options.crs"]


def test_a_repaired_area_keeps_its_row_and_is_noted(tmp_path: Path) -> None:
    """A bow tie becomes two triangles of the same outline; the note names the row and the place."""
    bow = {"type": "Polygon", "coordinates": [[[11, 50], [11.1, 50.1], [11.1, 50], [11, 50.1], [11, 50]]]}
    parsed = parse(written(tmp_path, collection(point(11, 50), bow)))
    repaired = shapely.from_wkb(parsed.table.column("geometry")[1].as_py())
    assert (repaired.is_valid, repaired.geom_type) == (True, "MultiPolygon")
    assert repaired.area == pytest.approx(0.005)
    assert "row 2 (Self-intersection" in parsed.detected["repaired"]


def test_a_property_called_geometry_makes_room(tmp_path: Path) -> None:
    """Ours is the shape."""
    feature = {"type": "Feature", "properties": {"geometry": "round"}, "geometry": point(11, 50)}
    assert shown(parse(written(tmp_path, json.dumps(feature))), 1) == [
        {"geometry_text": "round", "geometry": "POINT (11 50)"}
    ]


def test_a_geojson_sequence_is_read_line_by_line(tmp_path: Path) -> None:
    """RFC 8142 with its separators; a broken line is one rejected row."""
    feature = json.dumps({"type": "Feature", "properties": {"a": 1}, "geometry": point(11, 50)})
    parsed = parse(written(tmp_path, f"\x1e{feature}\n\x1e{feature[:-3]}\n\x1e{feature}\n"))
    assert (parsed.rows_in, [r.row for r in parsed.rejected]) == (3, [2])


def test_topojson_is_unfolded(tmp_path: Path) -> None:
    """Shared arcs become areas of their own."""
    arcs = [[[11, 50], [12, 50], [12, 51], [11, 50]]]
    geometry = {"type": "Polygon", "arcs": [[0]], "properties": {"name": "Tal"}}
    objects = {"layer": {"type": "GeometryCollection", "geometries": [geometry]}}
    raw = written(tmp_path, json.dumps({"type": "Topology", "arcs": arcs, "objects": objects}))
    row = shown(parse(raw), 1)[0]
    assert (row["name"], row["geometry"]) == ("Tal", "POLYGON ((11 50, 12 50, 12 51, 11 50))")


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE kml [<!ENTITY a "x">]>',
        '<!DOCTYPE kml SYSTEM "http://127.0.0.1/evil.dtd">',
        "<!DOCTYPE kml>",
    ],
)
def test_xml_with_entities_is_refused(tmp_path: Path, doctype: str) -> None:
    """Billion laughs and external entities end before any library sees them."""
    kml = f'<?xml version="1.0"?>{doctype}<kml xmlns="http://www.opengis.net/kml/2.2"></kml>'
    with pytest.raises(Unreadable, match="document type"):
        parse(written(tmp_path, kml))


@pytest.mark.parametrize("kind", ["gml", "kml"])
def test_reading_never_asks_another_server(tmp_path: Path, kind: str) -> None:
    """Schemas, links and icons that a file names stay where they are: parsing is pure."""
    with serving() as server:
        server.routes["/x"] = body(b"<x/>")
        gml = f"""<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml"
            xmlns:a="http://a.example" xmlns:xlink="http://www.w3.org/1999/xlink"
            xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://a.example {server.address("/x")}">
            <gml:featureMember><a:tree><a:name>Linde</a:name><a:more xlink:href="{server.address("/x")}"/>
            <a:geom><gml:Point srsName="EPSG:25832"><gml:coordinates>682000,5645000</gml:coordinates></gml:Point></a:geom>
            </a:tree></gml:featureMember></wfs:FeatureCollection>"""
        kml = f"""<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
            <NetworkLink><Link><href>{server.address("/x")}</href></Link></NetworkLink>
            <Placemark><name>Linde</name><styleUrl>{server.address("/x")}#a</styleUrl>
            <Point><coordinates>11.5,50.9</coordinates></Point></Placemark></Document></kml>"""
        rows = shown(parse(written(tmp_path, gml if kind == "gml" else kml)), 1)
        assert rows[0]["name"] == "Linde"
        assert server.asked == []


@pytest.mark.parametrize(
    ("system", "position", "placed"),
    [
        ("urn:ogc:def:crs:EPSG::4326", "50.9 11.5", "POINT (11.5 50.9)"),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", "50.9 11.5", "POINT (11.5 50.9)"),
        ("EPSG:4326", "11.5 50.9", "POINT (11.5 50.9)"),
        ("urn:ogc:def:crs:EPSG::25832", "682000 5645000", "POINT (11.58988 50.92789)"),
        ("urn:ogc:def:crs:EPSG::31468", "5645000 4470000", "POINT (11.57169 50.9395)"),
        ("EPSG:31468", "4470000 5645000", "POINT (11.57169 50.9395)"),
    ],
)
def test_a_wfs_may_write_its_axes_in_the_order_of_the_authority(
    tmp_path: Path, system: str, position: str, placed: str
) -> None:
    """URNs mean the authority's order of axes, short names longitude or easting first: both are understood."""
    gml = f"""<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:a="http://a.example"
        xmlns:gml="http://www.opengis.net/gml/3.2"><wfs:member><a:tree gml:id="t1"><a:name>Linde</a:name>
        <a:geom><gml:Point srsName="{system}"><gml:pos>{position}</gml:pos></gml:Point></a:geom></a:tree>
        </wfs:member></wfs:FeatureCollection>"""
    assert shown(parse(written(tmp_path, gml)), 1)[0]["geometry"] == placed


def test_the_error_message_of_a_service_is_no_data(tmp_path: Path) -> None:
    """A WFS answers faults with 200 and an ExceptionReport."""
    with pytest.raises(Unreadable, match="ExceptionReport"):
        parse(written(tmp_path, '<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1"/>'))


def test_broken_xml_is_refused_with_line_and_column(tmp_path: Path) -> None:
    """A person can find the place."""
    with pytest.raises(Unreadable, match="line 2, column"):
        parse(written(tmp_path, '<kml xmlns="http://www.opengis.net/kml/2.2">\n<Placemark></Folder></kml>'))


@pytest.mark.parametrize(
    ("name", "driver"), [("a.gpkg", "GPKG"), ("a.fgb", "FlatGeobuf"), ("punkte.shp", "")]
)
def test_cut_and_damaged_binaries_are_refused_or_keep_the_law(tmp_path: Path, name: str, driver: str) -> None:
    """Cut at every eighth, and with bytes overwritten: rows by the law or Unreadable, never a crash."""
    raw = made(tmp_path, name, driver) if driver else shapefile(tmp_path)
    content = raw.read_bytes()
    damaged = [content[: len(content) * part // 8] for part in range(1, 8)]
    damaged += [
        content[: len(content) * part // 8] + b"\xff" * 64 + content[len(content) * part // 8 + 64 :]
        for part in range(8)
    ]
    for number, broken in enumerate(damaged):
        path = tmp_path / f"broken{number}"
        path.write_bytes(broken)
        with contextlib.suppress(Unreadable):
            check_law(GeoConnector().parse(raw_of(path), source_of("geo"), ()))


KINDS = ["Point", "LineString", "Polygon", "MultiPolygon", "GeometryCollection", "Circle"]
COORDINATES = st.recursive(
    st.floats(-200, 200) | st.integers() | st.none() | st.just(10**400),
    lambda c: st.lists(c, max_size=5),
    max_leaves=12,
)
GEOMETRY = any_json() | st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS), "coordinates": COORDINATES},
    optional={"geometries": any_json(), "arcs": any_json()},
)
FEATURE = any_json() | st.fixed_dictionaries(
    {"geometry": GEOMETRY}, optional={"type": any_json(), "properties": any_json(), "id": any_json()}
)
ELEMENT = any_json() | st.fixed_dictionaries(
    {"type": st.sampled_from(["node", "way", "relation"]), "id": st.integers(1, 4)},
    optional={
        "lat": st.floats(-100, 100) | any_json(),
        "lon": st.floats(-200, 200) | any_json(),
        "nodes": st.lists(st.integers(1, 4) | any_json(), max_size=5) | any_json(),
        "members": st.lists(
            st.fixed_dictionaries(
                {"type": st.just("way"), "ref": st.integers(1, 4)}, optional={"role": any_json()}
            )
            | any_json(),
            max_size=3,
        ),
        "geometry": st.lists(
            st.fixed_dictionaries({"lat": st.floats(40, 50), "lon": st.floats(10, 12)}), max_size=5
        ),
        "tags": any_json(),
        "center": any_json(),
    },
)
DOCUMENT = (
    st.fixed_dictionaries({"features": st.lists(FEATURE, max_size=4)}, optional={"crs": any_json()})
    | st.fixed_dictionaries({"elements": st.lists(ELEMENT, max_size=6)})
    | FEATURE
    | GEOMETRY
)


@settings(max_examples=300, deadline=None)
@given(document=DOCUMENT)
def test_any_json_that_looks_like_geodata_keeps_the_law(document: Any) -> None:
    """Wrong nesting, missing members, impossible numbers: rows by the law or Unreadable."""
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Unreadable):
        parse(written(Path(folder), json.dumps(document)))


def test_checking_a_source_loads_no_map_library() -> None:
    """GDAL and PROJ would cost every server 50 MB that only the parsing of a file needs."""
    code = (
        "import sys; from allmende.testing.http import FakeHttp; from allmende.model.source import Source;"
        "from allmende.model.text import Text; from allmende.extensions import load_connector;"
        "load_connector('geo').check(Source('a', Text(), 'geo', 'x', options={'layer': 'a'}));"
        "print([name for name in ('pyogrio', 'pyproj') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_raw_file_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written beside the raw bytes, and they stay as they are."""
    folder = tmp_path / "lake"
    folder.mkdir()
    for name, driver in (("a.gpkg", "GPKG"), ("a.gml", "GML")):
        raw = folder / driver
        raw.write_bytes(made(tmp_path, name, driver).read_bytes())
        raw.chmod(0o444)
        before = raw.read_bytes()
        parse(raw)
        assert raw.read_bytes() == before
    assert sorted(p.name for p in folder.iterdir()) == ["GML", "GPKG"]


def test_attributes_hidden_in_descriptions_are_found() -> None:
    """GeoServer's list and the usual two-column table; other HTML has none."""
    geoserver = (
        '<li><strong><span class="atr-name">plz</span>:</strong> <span class="atr-value">07751</span></li>'
    )
    assert attributes(geoserver) == {"plz": "07751"}
    assert attributes("<table><tr><td>A</td><td>1 &lt; 2</td></tr></table>") == {"A": "1 < 2"}
    assert attributes("<p>Nothing <b>here</b></p>") == {}


def test_declared_columns_are_taken_by_their_source_name(tmp_path: Path) -> None:
    """The declared name, type and order win; the rest follows with detected types."""
    feature = {"type": "Feature", "properties": {"Nr": "7", "Größe": "viel"}, "geometry": point(11, 50)}
    raw = written(tmp_path, json.dumps(feature))
    parsed = parse(raw, Column("geometry", "geometry"), Column("number", "text", source_name="Nr"))
    assert shown(parsed, 1) == [{"geometry": "POINT (11 50)", "number": "7", "groesse": "viel"}]
