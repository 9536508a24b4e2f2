"""A city: what it has, and what it knows."""

from __future__ import annotations

from typing import Any

import httpx

from allmende_client.dataset import Dataset
from allmende_client.http import Connection

Json = dict[str, Any]
API = "/api/v1"


class Allmende:
    """The data of one city. `key` is for data that are not open to everybody; `client` for settings of your own."""

    def __init__(self, address: str, key: str = "", *, client: httpx.Client | None = None) -> None:
        headers = {"user-agent": "allmende-client/0.1"} | ({"authorization": f"Bearer {key}"} if key else {})
        own = client or httpx.Client(base_url=address.rstrip("/"), timeout=60, follow_redirects=True)
        own.headers.update(headers)
        self._connection = Connection(own)

    def datasets(self) -> list[Json]:
        """All datasets you may see, by title."""
        return list(self._connection.json(f"{API}/datasets")["datasets"])

    def dataset(self, name: str, version: int | None = None) -> Dataset:
        """One of them, in its newest version or that one. Nothing is asked yet."""
        return Dataset(self._connection, name, version)

    def indicators(self) -> list[Json]:
        """What the city measures itself by."""
        return list(self._connection.json(f"{API}/indicators")["indicators"])

    def indicator(self, name: str, *, place: str = "", period: str = "") -> Json:
        """One of them with its figures."""
        asked = [(key, value) for key, value in (("place", place), ("period", period)) if value]
        return dict(self._connection.json(f"{API}/indicators/{name}", asked))

    def figure(self, name: str) -> Json:
        """A number with its passport: recipe, versions, raw files."""
        return dict(self._connection.json(f"{API}/figures/{name}"))

    def search(self, words: str, language: str = "de") -> list[Json]:
        """What the city has on some words."""
        return list(self._connection.json(f"{API}/search", [("q", words), ("language", language)])["hits"])
