"""A dataset: its description, its rows as Python, Arrow, pandas or Polars, and its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from allmende_client.http import Connection, Parameters

if TYPE_CHECKING:
    import polars
    import pyarrow

Json = dict[str, Any]
Box = tuple[float, float, float, float]
PAGE = 10_000


class Dataset:
    """One dataset. Questions without a `version` are answered from the newest, each from one version only."""

    def __init__(self, connection: Connection, name: str, version: int | None = None) -> None:
        self._connection, self.name, self._asked = connection, name, version

    @property
    def _pinned(self) -> str:
        return self.name if self._asked is None else f"{self.name}@{self._asked}"

    def about(self) -> Json:
        """Title, columns, licence, publisher, version and so on."""
        return dict(self._connection.json(f"/api/v1/datasets/{self._pinned}"))

    @property
    def version(self) -> int:
        """The number of the version that is asked for, or of the newest."""
        return int(
            self._connection.json(f"/api/v1/datasets/{self._pinned}/rows", [("limit", "1")])["version"]
        )

    def rows(
        self, *, where: Sequence[str] = (), columns: Sequence[str] = (), sort: str = "", bbox: Box | None = None,
        search: str = "", most: int | None = None,
    ) -> list[Json]:  # fmt: skip
        """The rows that are asked for, all pages of them, at most `most`. Raises Refused."""
        found: list[Json] = []
        page, address = _page(most), f"/api/v1/datasets/{self._pinned}/rows"
        parameters: Parameters | None = [*_asked(where, columns, sort, bbox, search), ("limit", str(page))]
        while address and (most is None or len(found) < most):
            answer = self._connection.json(address, parameters)
            found += answer["rows"]
            address, parameters = answer["next"] or "", None
        return found[:most]

    def table(
        self, *, where: Sequence[str] = (), columns: Sequence[str] = (), sort: str = "", bbox: Box | None = None,
        search: str = "", most: int | None = None,
    ) -> pyarrow.Table:  # fmt: skip
        """The same as an Arrow table; `.to_pandas()` makes a frame of pandas. Raises Refused."""
        import pyarrow  # an extra

        asked = [
            *_asked(where, columns, sort, bbox, search),
            ("limit", str(_page(most))),
            ("format", "arrow"),
        ]
        parts = [pyarrow.ipc.open_stream(answer.content).read_all() for answer in self._pages(asked, most)]
        return pyarrow.concat_tables(parts).slice(0, most)

    def polars(
        self, *, where: Sequence[str] = (), columns: Sequence[str] = (), sort: str = "", bbox: Box | None = None,
        search: str = "", most: int | None = None,
    ) -> polars.DataFrame:  # fmt: skip
        """The same as a frame of Polars. Raises Refused."""
        import polars  # an extra

        found = polars.from_arrow(
            self.table(where=where, columns=columns, sort=sort, bbox=bbox, search=search, most=most)
        )
        assert isinstance(found, polars.DataFrame)
        return found

    def save(self, path: str | Path) -> Path:
        """The whole version as a file: its ending says which (csv, xlsx, json, geojson, parquet). Raises Refused."""
        target = Path(path)
        answer = self._connection.get(f"/d/{self._pinned}{target.suffix}")
        half = target.with_name(f"{target.name}.part")
        half.write_bytes(answer.content)
        return half.replace(target)

    def _pages(self, asked: Parameters, most: int | None) -> Iterator[httpx.Response]:
        """Page after page, as the header `Link` says (RFC 8288)."""
        address, parameters, seen = f"/api/v1/datasets/{self._pinned}/rows", asked, 0
        while address and (most is None or seen < most):
            answer = self._connection.get(address, parameters)
            yield answer
            address, parameters = answer.links.get("next", {}).get("url", ""), []
            seen += _page(most)


def _page(most: int | None) -> int:
    return PAGE if most is None else max(1, min(most, PAGE))


def _asked(
    where: Sequence[str], columns: Sequence[str], sort: str, bbox: Box | None, search: str
) -> Parameters:
    single = {"columns": ",".join(columns), "sort": sort, "search": search,
              "bbox": ",".join(map(str, bbox)) if bbox else ""}  # fmt: skip
    return [*(("where", one) for one in where), *((name, value) for name, value in single.items() if value)]
