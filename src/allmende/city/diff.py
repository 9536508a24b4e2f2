"""Two cities compared: what was added, taken away or changed. `allmende plan` shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from allmende.model.city import City

_KINDS = (
    "sources",
    "datasets",
    "recipes",
    "indicators",
    "stories",
    "sensors",
    "ways",
    "reuses",
    "catalogues",
)


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference: `kind` is a folder's name or `city`, `id` a file's, `settings` what changed in it."""

    kind: str
    id: str
    what: Literal["added", "removed", "changed"]
    settings: tuple[str, ...] = ()


def diff(old: City | None, new: City) -> tuple[Change, ...]:
    """Every difference from `old` to `new`, in order; of a city that was never loaded all is added."""
    changes = [
        change for kind in _KINDS for change in _kind(kind, getattr(old, kind, {}), getattr(new, kind))
    ]
    if old is None:
        return (Change("city", new.slug, "added"), *sorted(changes))
    settings = tuple(name for name in _changed(old, new) if name not in _KINDS)
    about_city = [Change("city", new.slug, "changed", settings)] if settings else []
    return (*about_city, *sorted(changes))


def _kind(kind: str, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[Change]:
    for id_ in new.keys() - old.keys():
        yield Change(kind, _name(id_), "added")
    for id_ in old.keys() - new.keys():
        yield Change(kind, _name(id_), "removed")
    for id_ in new.keys() & old.keys():
        if settings := _changed(old[id_], new[id_]):
            yield Change(kind, _name(id_), "changed", settings)


def _name(id_: str | tuple[str, str]) -> str:
    return id_ if isinstance(id_, str) else ".".join(id_)


def _changed(old: Any, new: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(old) if getattr(old, f.name) != getattr(new, f.name))
