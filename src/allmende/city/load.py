"""A folder becomes a City, or CityInvalid with every fault of it. Nothing is half-loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from allmende.city.decode import decode, did_you_mean, read_toml
from allmende.city.files import CityFile, Found, find
from allmende.city.links import check_links
from allmende.city.sensors import check_sensors
from allmende.city.stories import read_story
from allmende.city.ways import check_ways
from allmende.errors import CityInvalid
from allmende.model.city import City
from allmende.model.dataset import Column, Dataset
from allmende.model.harvest import ForeignCatalogue
from allmende.model.knowledge import Indicator, Recipe, Story
from allmende.model.observed import observed_columns
from allmende.model.problem import Problem
from allmende.model.reuse import Reuse
from allmende.model.sensor_type import SensorType
from allmende.model.source import Source
from allmende.model.way import Way

Decoder = Callable[[CityFile], Any]
_FROM_FILES = frozenset(
    {
        "slug",
        "sources",
        "datasets",
        "recipes",
        "indicators",
        "stories",
        "sensors",
        "ways",
        "reuses",
        "catalogues",
    }
)


def load_city(folder: Path, *, options: bool = True) -> City:
    """The city in `folder`. Raises CityInvalid with all faults: of files, of values and of links.

    Without `options` the code of connectors is not loaded and their sources' options are not checked:
    a process that only serves pages stays 50 MB smaller.
    """
    city, problems = read_city(folder, options=options)
    if problems or city is None:
        raise CityInvalid(sorted(set(problems)))
    return city


def read_city(folder: Path, *, options: bool = True) -> tuple[City | None, list[Problem]]:
    """What could be read of the city, and every fault. Links are checked among what could be read."""
    found = find(folder)
    problems = list(found.problems)
    decoded = _decode_all(found, problems)
    city = _assemble(decoded, problems)
    if city is None:
        return None, problems
    broken = {problem.file for problem in problems}
    faults = [
        *check_links(city, broken, options),
        *check_sensors(city, folder, options),
        *check_ways(city, broken),
    ]
    problems += [fault for fault in faults if fault.file not in broken]
    return city, problems


def _decode_all(found: Found, problems: list[Problem]) -> dict[str, dict[Any, Any]]:
    """Every file's object by kind and id; faults are added to `problems`."""
    decoded: dict[str, dict[Any, Any]] = {kind: {} for kind in (*_DECODERS, "city")}
    for file in found.files:
        if file.kind == "city":
            continue
        made = _DECODERS[file.kind](file)
        if isinstance(made, list):
            problems += made
        else:
            decoded[file.kind][(file.id, file.language) if file.language else file.id] = made
    decoded["city"] = {file.id: file for file in found.files if file.kind == "city"}
    return decoded


def _assemble(decoded: Mapping[str, Mapping[Any, Any]], problems: list[Problem]) -> City | None:
    for file in decoded["city"].values():
        made = _city(file)
        if isinstance(made, City):
            parts = {kind: decoded[kind] for kind in _DECODERS}
            return City(**{**{f.name: getattr(made, f.name) for f in fields(made)}, **parts})
        problems += made
    return None


def _city(file: CityFile) -> City | list[Problem]:
    values = read_toml(file.text, file.name)
    if isinstance(values, Problem):
        return [values]
    known = {field.name for field in fields(City)} - _FROM_FILES
    strange = [name for name in values if name not in known]
    problems = [
        Problem(file.name, f"$.{name}", "there is no such setting", did_you_mean(name, known))
        for name in strange
    ]
    kept = {name: value for name, value in values.items() if name in known}
    city = decode(_with_ids(_with_ids(kept, "themes"), "departments"), City, file.name, {"slug": file.id})
    return (
        city
        if not problems and isinstance(city, City)
        else [*problems, *(city if isinstance(city, list) else [])]
    )


def _with_ids(values: dict[str, Any], section: str) -> dict[str, Any]:
    """The parts of a section are told their own names."""
    parts = values.get(section)
    if not isinstance(parts, dict):
        return values
    named = {id_: {**part, "id": id_} if isinstance(part, dict) else part for id_, part in parts.items()}
    return {**values, section: named}


def _toml(type_: type[Any]) -> Decoder:
    def read(file: CityFile) -> Any:
        values = read_toml(file.text, file.name)
        return [values] if isinstance(values, Problem) else decode(values, type_, file.name, {"id": file.id})

    return read


def _dataset(file: CityFile) -> Dataset | list[Problem]:
    """A dataset from observations has the columns that all of them have, so its file need not name any."""
    made: Dataset | list[Problem] = _toml(Dataset)(file)
    if isinstance(made, list) or made.observations is None:
        return made
    if made.columns:
        hint = "A dataset from observations has columns of its own; leave them out."
        return [Problem(file.name, "$.columns", "columns cannot be declared here", hint)]
    columns = observed_columns(made.observations.every)
    extra = (Column(made.district_column),) if made.district_column else ()
    return replace(made, columns=(*columns, *extra), key=("series", "period"), time_column="period")


def _recipe(file: CityFile) -> Recipe | list[Problem]:
    if not file.text.strip():
        return [Problem(file.name, "$", "the recipe is empty", "Write one select.")]
    return Recipe(file.id, file.text)


def _story(file: CityFile) -> Story | list[Problem]:
    return read_story(file)


_DECODERS: dict[str, Decoder] = {
    "sources": _toml(Source),
    "datasets": _dataset,
    "recipes": _recipe,
    "indicators": _toml(Indicator),
    "stories": _story,
    "sensors": _toml(SensorType),
    "ways": _toml(Way),
    "reuses": _toml(Reuse),
    "catalogues": _toml(ForeignCatalogue),
}
