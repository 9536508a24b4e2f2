"""Named pieces of the city."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allmende.model.text import Text


@dataclass(frozen=True, slots=True)
class Place:
    """A named geometry (GeoJSON geometry in WGS 84). `code` is its value in the data, `slug` its address."""

    code: str
    slug: str
    name: str
    geometry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Districts:
    """Which dataset holds the city's districts, and which of its columns are code and name."""

    dataset: str
    code_column: str
    name_column: str
    geometry_column: str = "geometry"
    title: Text = Text("Stadtteile", "Districts")
