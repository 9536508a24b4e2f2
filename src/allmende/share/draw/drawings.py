"""Drawings for pages: from the cache when they were drawn before, else drawn now.

A drawing is known by everything it shows, so a kept one is never wrong; the whole folder may be
deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from allmende.model.document import ChartBlock, MapBlock
from allmende.model.place import Place
from allmende.model.text import Language
from allmende.share.draw import charts
from allmende.share.draw.child import render
from allmende.share.draw.maps import map_svg
from allmende.share.draw.svg import cleaned, view_box
from allmende.share.draw.words import describe

_EDITION = 1  # grows when drawings of the same block look different


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing as SVG text that may stand in a page: `wide`, and `narrow` for phones below 480 px.

    Both are empty when it could not be drawn; the table beside it still tells everything. The
    ratios (width / height) keep a place free, so that nothing jumps.
    """

    wide: str = ""
    narrow: str = ""

    def __bool__(self) -> bool:
        return bool(self.wide and self.narrow)

    @property
    def ratio_wide(self) -> float:
        """Width by height of the wide drawing."""
        width, height = view_box(self.wide)
        return round(width / height, 4)

    @property
    def ratio_narrow(self) -> float:
        """Width by height of the narrow drawing."""
        width, height = view_box(self.narrow)
        return round(width / height, 4)


class Drawings:
    """Draws blocks and keeps charts in a folder."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._drawing = threading.Lock()  # one renderer at a time: each takes 200 MB
        self._failed: set[str] = set()

    def chart(self, block: ChartBlock, language: Language) -> Drawing:
        """The drawings of a chart."""
        found = self._kept(block, language)
        if found is None:
            self.prepare([(block, language)])
            found = self._kept(block, language)
        return found or Drawing()

    def map(self, block: MapBlock, places: Sequence[Place], language: Language) -> Drawing:
        """The drawings of a map; empty when the city has no shapes of its districts."""
        if not places:
            return Drawing()
        return _drawn_map(_Hashed(block, tuple(places)), language)

    def prepare(self, blocks: Iterable[tuple[ChartBlock, Language]]) -> int:
        """Draw all charts that are not kept yet, in one renderer; returns how many were drawn."""
        with self._drawing:
            missing = [
                (block, language)
                for block, language in blocks
                if self._kept(block, language) is None and _key(block, language) not in self._failed
            ]
            specs = [
                (charts.spec(b, size), lang) for b, lang in missing for size in (charts.WIDE, charts.NARROW)
            ]
            drawn = render(specs)
            for at, (block, language) in enumerate(missing):
                self._keep(block, language, drawn[2 * at], drawn[2 * at + 1])
        return len(missing)

    def _keep(self, block: ChartBlock, language: Language, wide: str | None, narrow: str | None) -> None:
        key = _key(block, language)
        if wide is None or narrow is None:
            self._failed.add(key)
            return
        words = describe(block, language)
        self._cache.mkdir(parents=True, exist_ok=True)
        made = [cleaned(svg, block.title, words) for svg in (wide, narrow)]
        fresh = self._cache / f"{key}.{os.getpid()}.new"
        fresh.write_text(json.dumps(made), encoding="utf-8")
        os.replace(fresh, self._cache / f"{key}.json")

    def _kept(self, block: ChartBlock, language: Language) -> Drawing | None:
        try:
            text = (self._cache / f"{_key(block, language)}.json").read_text(encoding="utf-8")
            wide, narrow = json.loads(text)
        except (OSError, ValueError):
            return None
        return Drawing(wide, narrow)


def _key(block: ChartBlock, language: Language) -> str:
    shown = repr(
        (_EDITION, charts.spec(block, charts.WIDE), describe(block, language), block.title, language)
    )
    return hashlib.sha256(shown.encode()).hexdigest()[:40]


class _Hashed:
    """A map block with its places, hashable by what it shows (geometries are dictionaries)."""

    def __init__(self, block: MapBlock, places: tuple[Place, ...]) -> None:
        self.block = block
        self.places = places
        self._key = (block, tuple((place.code, place.slug, id(place.geometry)) for place in places))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hashed) and self._key == other._key


@lru_cache(maxsize=64)
def _drawn_map(hashed: _Hashed, language: Language) -> Drawing:
    words = describe(hashed.block, language)
    return Drawing(
        map_svg(hashed.block, hashed.places, language, words, labels=True),
        map_svg(hashed.block, hashed.places, language, words, labels=False),
    )
