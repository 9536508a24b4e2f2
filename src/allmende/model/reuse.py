"""What others make of the city's data: apps, teaching material, articles, as a city's file `reuses/<id>.toml` says it."""

from __future__ import annotations

from dataclasses import dataclass

from allmende.model.text import Text


@dataclass(frozen=True, slots=True)
class Reuse:
    """An app or work that uses datasets. `by` is who made it, `address` where it is found (https)."""

    id: str
    title: Text
    address: str
    datasets: tuple[str, ...]
    description: Text = Text()
    by: str = ""
