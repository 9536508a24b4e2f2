"""What a source can tell the connector."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """`layer` chooses one of several; `crs` is declared when the file does not say, or says wrong.

    `swap_xy` for files that write latitude first; `measures` adds area_m2 and length_m, measured in
    `measures_crs`; `encoding` of a Shapefile's texts.
    """

    layer: str = ""
    crs: str = ""
    swap_xy: bool = False
    measures: bool = False
    measures_crs: str = "EPSG:25832"
    encoding: str = ""
    time_zone: str = "Europe/Berlin"
