"""Which format these bytes are, by looking at them; names of files lie too often."""

from __future__ import annotations

import gzip
import re
import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from allmende.errors import Unreadable
from allmende.structure.reading.archives import LARGEST, contents, unpack

Format = Literal["json", "geopackage", "shapefile", "flatgeobuf", "kml", "gml"]
_HEAD = 4096
_CHUNK = 1024 * 1024
_ROOT = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_INSIDE = (".shp", ".gpkg", ".geojson", ".json", ".kml", ".gml", ".xml", ".fgb")
_BESIDE = (".shx", ".dbf", ".prj", ".cpg")


@dataclass(frozen=True, slots=True)
class Found:
    """A file on disk that can be read as `format`; for shapefiles its parts lie beside it."""

    path: Path
    format: Format


def sniff(raw: Path, folder: Path, layer: str = "") -> Found:
    """What `raw` is; archives are unpacked into `folder`, other files are copied there with their ending.

    The copy keeps side files that libraries write (SQLite, GML schemas) away from the raw bytes.
    `layer` chooses a file of an archive that holds several. Raises Unreadable.
    """
    with raw.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"\x1f\x8b"):
        return sniff(_gunzip(raw, folder), folder, layer)
    if head.startswith(b"PK\x03\x04"):
        return _from_archive(raw, folder, layer)
    format_, ending = _format_of(head)
    path = folder / f"content{ending}"
    if path != raw:
        shutil.copyfile(raw, path)
    return Found(path, format_)


def _format_of(head: bytes) -> tuple[Format, str]:
    text = head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n\x1e")
    if head.startswith(b"SQLite format 3\x00"):
        return "geopackage", ".gpkg"
    if head.startswith(b"fgb\x03fgb"):
        return "flatgeobuf", ".fgb"
    if head.startswith(b"\x00\x00\x27\x0a"):
        raise Unreadable(
            "this is the .shp part of a Shapefile alone",
            hint="Send .shp, .shx, .dbf and .prj together as one ZIP.",
        )
    if text[:1] in {b"{", b"["}:
        return "json", ".json"
    if text[:1] == b"<":
        return _format_of_xml(text.replace(b"\x00", b""))
    raise Unreadable(
        "these are no geodata that we know" if head else "the file is empty",
        hint="We read GeoJSON, Shapefile (as ZIP), GeoPackage, KML, KMZ, GML, TopoJSON and Overpass JSON.",
    )


def _format_of_xml(text: bytes) -> tuple[Format, str]:
    root = _ROOT.search(text)
    name = root[1].decode("ascii", "replace") if root else ""
    if name.lower() == "kml":
        return "kml", ".kml"
    if name == "FeatureCollection" or b"opengis.net/gml" in text:
        return "gml", ".gml"
    if name.lower() == "html":
        raise Unreadable(
            "this is a web page", hint="Often it is a login or an error page; look for the file itself."
        )
    raise Unreadable(
        f"this is XML with the root <{name}>, not KML or GML", hint="Perhaps a service's error message."
    )


def _gunzip(raw: Path, folder: Path) -> Path:
    target = folder / "unpacked"
    left = LARGEST
    try:
        with gzip.open(raw) as packed, target.open("wb") as file:
            while chunk := packed.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise Unreadable(f"the gzip file unpacks to more than {LARGEST >> 30} GiB")
                file.write(chunk)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"the gzip file is broken: {error}", hint="It may have been cut off.") from None
    with target.open("rb") as file:
        if file.read(2) == b"\x1f\x8b":
            raise Unreadable("a gzip file inside a gzip file is not opened")
    return target


def _from_archive(raw: Path, folder: Path, layer: str) -> Found:
    names = [name for name in contents(raw) if not name.startswith("__MACOSX/")]
    wanted = [
        name for name in names if name.lower().endswith(_INSIDE) and not name.lower().endswith(".shp.xml")
    ]
    ending = next((e for e in _INSIDE if any(name.lower().endswith(e) for name in wanted)), "")
    candidates = [name for name in wanted if name.lower().endswith(ending)] if ending else []
    chosen = _choose(candidates, names, layer)
    if not chosen.lower().endswith(".shp"):
        unpack(raw, {chosen: "inner"}, folder)
        with (folder / "inner").open("rb") as file:
            return _moved(folder / "inner", folder, file.read(_HEAD))
    parts = {n: f"content{n[-4:].lower()}" for n in names if _is_part(n, chosen)}
    unpack(raw, parts, folder)
    missing = [e for e in (".dbf", ".shx") if not (folder / f"content{e}").exists()]
    if missing:
        raise Unreadable(
            f"the Shapefile {chosen} lacks its part {' and '.join(missing)}", hint="Ask for the whole ZIP."
        )
    return Found(folder / "content.shp", "shapefile")


def _moved(inner: Path, folder: Path, head: bytes) -> Found:
    format_, ending = _format_of(head)
    return Found(inner.rename(folder / f"content{ending}"), format_)


def _is_part(name: str, chosen: str) -> bool:
    return name[:-4] == chosen[:-4] and name[-4:].lower() in {".shp", *_BESIDE}


def _choose(candidates: list[str], names: list[str], layer: str) -> str:
    if layer:
        candidates = [name for name in candidates if Path(name).stem == layer] or candidates
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        inside = ", ".join(names[:8]) or "nothing"
        raise Unreadable(
            "the ZIP file holds no geodata", hint=f"It holds {inside}. A ZIP in a ZIP is not opened."
        )
    raise Unreadable(
        f"the ZIP file holds {len(candidates)} files of geodata",
        hint=f"Choose with options.layer: {', '.join(sorted(Path(name).stem for name in candidates)[:12])}.",
    )
