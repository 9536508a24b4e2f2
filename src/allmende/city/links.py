"""What the files of a city say of each other: every name must lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from allmende.catalogue.terms import terms_faults
from allmende.city.calls import check_calls
from allmende.city.decode import did_you_mean
from allmende.city.files import KINDS
from allmende.city.instruments import check_application
from allmende.city.recipes import check_recipes
from allmende.errors import AllmendeError
from allmende.extensions import connector_ids, load_connector
from allmende.model.city import City
from allmende.model.contribution import CONTRIBUTED
from allmende.model.dataset import Dataset
from allmende.model.harvest import ForeignCatalogue
from allmende.model.knowledge import Indicator
from allmende.model.licence import LICENCES, UNKNOWN_LICENCE
from allmende.model.problem import Problem
from allmende.model.reuse import Reuse
from allmende.model.source import Source
from allmende.model.watched import Selection

CITY = "city.toml"
_SECRET = re.compile(r"password|passwd|secret|token|api_?key", re.IGNORECASE)
MOST_THEMES = 9
MOST_FRONT = 6


@dataclass(frozen=True, slots=True)
class Names:
    """Which ids exist; a file with faults of its own still lends its name, so that no fault is told twice."""

    sources: Set[str]
    datasets: Set[str]
    recipes: Set[str]
    indicators: Set[str]
    stories: Set[str]
    themes: Set[str]


def names_of(city: City, broken: Set[str]) -> Names:
    """The ids of a city and of its broken files."""
    lent: dict[str, set[str]] = {kind.folder: set() for kind in KINDS}
    for file in broken:
        folder, _, name = file.partition("/")
        lent.get(folder, set()).add(name.partition(".")[0])
    return Names(
        city.sources.keys() | lent["sources"],
        city.datasets.keys() | lent["datasets"],
        city.recipes.keys() | lent["recipes"],
        city.indicators.keys() | lent["indicators"],
        {story for story, _ in city.stories} | lent["stories"],
        {*city.themes, "city"},
    )


def check_names(city: City, names: Names, options: bool) -> Iterator[Problem]:
    """Faults of everything but SQL and the figures in stories."""
    yield from _check_city(city, names)
    for source in city.sources.values():
        yield from _check_source(source, f"sources/{source.id}.toml")
        if options:
            yield from _check_options(source, f"sources/{source.id}.toml")
    for dataset in city.datasets.values():
        yield from _check_dataset(city, dataset, names, f"datasets/{dataset.id}.toml")
    for indicator in city.indicators.values():
        yield from _check_indicator(city, indicator, names, f"indicators/{indicator.id}.toml")
    for story in city.stories.values():
        file = f"stories/{story.id}.{story.language}.md"
        yield from _unknown(file, "$.theme", "theme", [story.theme], names.themes)
        if story.indicator:
            yield from _unknown(file, "$.indicator", "indicator", [story.indicator], names.indicators)
    for reuse in city.reuses.values():
        yield from _check_reuse(reuse, names, f"reuses/{reuse.id}.toml")
    for catalogue in city.catalogues.values():
        yield from _check_catalogue(catalogue, f"catalogues/{catalogue.id}.toml")


def _check_reuse(reuse: Reuse, names: Names, file: str) -> Iterator[Problem]:
    yield from _unknown(file, "$.datasets", "dataset", reuse.datasets, names.datasets)
    if not reuse.datasets:
        yield Problem(file, "$.datasets", "nothing is named that it uses")
    if not reuse.address.startswith("https://") or not reuse.address.isprintable() or " " in reuse.address:
        hint = "Write the whole address, as a browser shows it."
        yield Problem(file, "$.address", f"{reuse.address!r} is no address with https://", hint)


def _check_catalogue(catalogue: ForeignCatalogue, file: str) -> Iterator[Problem]:
    try:
        parts = urlsplit(catalogue.address)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        good = False
    if not good:
        hint = "Write the portal's address with https:// and without a password."
        yield Problem(file, "$.address", "this is not the address of a catalogue", hint)
    if catalogue.filter and catalogue.kind not in ("ckan", "udata"):
        hint = "Leave it out; the whole catalogue is read."
        yield Problem(file, "$.filter", f"catalogues of the kind {catalogue.kind} cannot be filtered", hint)


def _unknown(file: str, path: str, noun: str, words: Iterable[str], known: Set[str]) -> Iterator[Problem]:
    for word in words:
        if word not in known:
            yield Problem(file, path, f"there is no {noun} {word!r}", did_you_mean(word, known))


def _check_city(city: City, names: Names) -> Iterator[Problem]:
    yield from _unknown(CITY, "$.front.indicators", "indicator", city.front.indicators, names.indicators)
    yield from _unknown(CITY, "$.front.stories", "story", city.front.stories, names.stories)
    if len(city.front.indicators) > MOST_FRONT:
        yield Problem(CITY, "$.front.indicators", f"at most {MOST_FRONT} indicators stand on the first page")
    if len(city.themes) > MOST_THEMES:
        yield Problem(CITY, "$.themes", f"at most {MOST_THEMES} themes", "Join some; readers lose their way.")
    if not city.languages:
        yield Problem(CITY, "$.languages", "the portal speaks no language", 'Write ["de", "en"].')
    yield from _check_time_zone(city)
    yield from _check_districts(city, names)


def _check_time_zone(city: City) -> Iterator[Problem]:
    try:
        ZoneInfo(city.time_zone)
    except (KeyError, OSError, ValueError):
        yield Problem(
            CITY, "$.time_zone", f"{city.time_zone!r} is not a time zone", 'Write it like "Europe/Berlin".'
        )


def _check_districts(city: City, names: Names) -> Iterator[Problem]:
    districts = city.districts
    if districts is None:
        return
    yield from _unknown(CITY, "$.districts.dataset", "dataset", [districts.dataset], names.datasets)
    dataset = city.datasets.get(districts.dataset)
    for setting in ("code_column", "name_column", "geometry_column"):
        yield from _columns(dataset, CITY, f"$.districts.{setting}", [getattr(districts, setting)])


def _check_source(source: Source, file: str) -> Iterator[Problem]:
    yield from _licence(file, source.licence)
    if not _has_scheme(source.address):
        hint = "An address starts with https:// or, for a file of this city, with file:files/."
        yield Problem(file, "$.address", f"{source.address!r} is not an address", hint)
    yield from _unknown(file, "$.connector", "connector", [source.connector], set(connector_ids()))
    yield from _check_secrets(source, file)


def _has_scheme(address: str) -> bool:
    try:
        return bool(urlsplit(address).scheme)
    except ValueError:
        return False


def _check_secrets(source: Source, file: str) -> Iterator[Problem]:
    """Files of a city are public, so nothing in them may be a secret."""
    password = _has_scheme(source.address) and urlsplit(source.address).password
    hint = "This folder is public. Change the password where it is used, too."
    if password:
        yield Problem(file, "$.address", "there is a password in the address", hint)
    for name, value in source.options.items():
        if _SECRET.search(name) and isinstance(value, str) and not value.startswith("env:"):
            yield Problem(file, f"$.options.{name}", "this looks like a secret", hint)


def _check_options(source: Source, file: str) -> Iterator[Problem]:
    """Ask the connector, which loads its code."""
    if source.connector not in connector_ids():
        return
    try:
        faults = load_connector(source.connector).check(source)
    except AllmendeError as error:
        faults = [Problem(file, "$.connector", error.message, error.hint)]
    yield from (Problem(file, fault.path, fault.message, fault.hint) for fault in faults)


def _licence(file: str, licence: str) -> Iterator[Problem]:
    known = {*LICENCES, UNKNOWN_LICENCE}
    yield from _unknown(file, "$.licence", "licence", [licence] if licence else [], known)


def _check_terms(city: City, dataset: Dataset, file: str) -> Iterator[Problem]:
    """Licences that exclude each other, and a licence that is freer than those of the inputs."""
    for fault in terms_faults(city, dataset):
        yield Problem(file, f"$.{fault.setting}", fault.message, fault.hint)


def _check_dataset(city: City, dataset: Dataset, names: Names, file: str) -> Iterator[Problem]:
    yield from _licence(file, dataset.licence)
    yield from _unknown(file, "$.theme", "theme", [dataset.theme], names.themes)
    origins = (dataset.source, dataset.recipe, dataset.observations)
    if sum(bool(origin) for origin in origins) != 1:
        yield Problem(
            file,
            "$.source",
            "a dataset comes from one source, from one recipe or from observations",
            "Name exactly one.",
        )
    elif dataset.observations:
        yield from _check_selection(dataset.observations, file)
    elif dataset.source:
        yield from _unknown(file, "$.source", "source", [dataset.source], names.sources)
        yield from _check_terms(city, dataset, file)
    else:
        yield from _unknown(file, "$.recipe", "recipe", [dataset.recipe], names.recipes)
        yield from _check_terms(city, dataset, file)
    yield from _check_columns(city, dataset, file)
    yield from check_application(dataset, file)
    yield from _check_contributions(city, dataset, file)
    if dataset.closed is not None and not (dataset.closed.title.de and dataset.closed.reason.de):
        hint = "Write title and reason, at least in German, as everybody may read them."
        yield Problem(file, "$.closed", "the register needs a title and a reason", hint)


def _check_contributions(city: City, dataset: Dataset, file: str) -> Iterator[Problem]:
    """Rows that people give come through a source of their own, and the file says which columns they have."""
    source = city.sources.get(dataset.source)
    if source is not None and source.contributed != (dataset.contributions is not None):
        yield Problem(
            file,
            "$.contributions",
            f"[contributions] and a source with the address {CONTRIBUTED!r} belong together",
            f'Write [contributions] here and address = "{CONTRIBUTED}" in sources/{source.id}.toml, or neither.',
        )
    if dataset.contributions is not None and not dataset.columns:
        hint = "Name the columns that people are asked for, with their types."
        yield Problem(file, "$.columns", "nothing says what people can contribute", hint)


def _check_selection(selection: Selection, file: str) -> Iterator[Problem]:
    if not selection.properties:
        hint = 'Name the keys of observed properties: properties = ["soil-moisture"].'
        yield Problem(file, "$.observations.properties", "nothing is named that is observed", hint)
    if selection.days is not None and selection.days < 1:
        yield Problem(file, "$.observations.days", "a dataset goes back one day at least")


def _check_disclosure(city: City, dataset: Dataset, file: str) -> Iterator[Problem]:
    """The rule speaks of columns that are there, and a family has one method."""
    rule = dataset.disclosure
    if rule is None:
        return
    named = (
        *rule.dimensions,
        *rule.values,
        *rule.unpublished,
        *rule.beside,
        *filter(None, [rule.total_column]),
    )
    yield from _columns(dataset, file, "$.disclosure", named)
    others = (one.disclosure for one in city.datasets.values() if one.id != dataset.id)
    if any(one is not None and one.family == rule.family and one.method != rule.method for one in others):
        hint = "What one method hides, another would show: take the same in all tables of the family."
        yield Problem(file, "$.disclosure.method", f"the family {rule.family!r} has several methods", hint)
    if rule.method == "suppression" and not 2 <= rule.minimum <= 100:
        yield Problem(file, "$.disclosure.minimum", "the smallest count that is shown is 2 to 100")
    if rule.method == "rounding" and rule.base < 3:
        yield Problem(file, "$.disclosure.base", "the base is 3 at least; 5 is usual")


def _check_columns(city: City, dataset: Dataset, file: str) -> Iterator[Problem]:
    yield from _check_disclosure(city, dataset, file)
    yield from _columns(dataset, file, "$.key", dataset.key)
    for setting in ("place_column", "time_column"):
        name = getattr(dataset, setting)
        yield from _columns(dataset, file, f"$.{setting}", [name] if name else [])
    if dataset.district_column and city.districts is None:
        hint = "Name the dataset of the districts in city.toml."
        yield Problem(file, "$.district_column", "this city has no districts", hint)
    seen: set[str] = set()
    for number, column in enumerate(dataset.columns):
        path = f"$.columns[{number}]"
        if column.name in seen:
            yield Problem(file, f"{path}.name", f"the column {column.name!r} is declared twice")
        seen.add(column.name)
        if not _is_name(column.name):
            yield Problem(
                file, f"{path}.name", f"{column.name!r} is not a column's name", "Write it like street_name."
            )
        if None not in (column.minimum, column.maximum) and column.minimum > column.maximum:  # type: ignore[operator]
            yield Problem(file, f"{path}.minimum", "the minimum is larger than the maximum")


def _is_name(name: str) -> bool:
    return name.isascii() and name.isidentifier() and name == name.lower()


def _columns(dataset: Dataset | None, file: str, path: str, wanted: Iterable[str]) -> Iterator[Problem]:
    """Faults of columns that should be declared; a dataset that declares none detects them, so none are asked."""
    if dataset is None or not dataset.columns:
        return
    known = {column.name for column in dataset.columns} | {dataset.district_column} - {""}
    for name in wanted:
        if name not in known:
            hint = did_you_mean(name, known)
            yield Problem(file, path, f"the dataset {dataset.id!r} declares no column {name!r}", hint)


def _check_indicator(city: City, indicator: Indicator, names: Names, file: str) -> Iterator[Problem]:
    yield from _unknown(file, "$.theme", "theme", [indicator.theme], names.themes)
    yield from _unknown(file, "$.dataset", "dataset", [indicator.dataset], names.datasets)
    dataset = city.datasets.get(indicator.dataset)
    for setting in ("value_column", "period_column", "place_column", "coverage_column"):
        name = getattr(indicator, setting)
        yield from _columns(dataset, file, f"$.{setting}", [name] if name else [])
    yield from _columns(dataset, file, "$.where", indicator.where)
    yield from _columns(dataset, file, "$.interval", indicator.interval or ())
    if not indicator.value_column:
        yield Problem(file, "$.value_column", "an indicator needs a column with its values")


def check_links(city: City, broken: Set[str], options: bool) -> list[Problem]:
    """Every fault between files. `broken` are files whose own faults are known already.

    With `options` each connector checks the options of its sources.
    """
    names = names_of(city, broken)
    return [
        *check_names(city, names, options),
        *check_recipes(city, names.datasets, broken),
        *check_calls(city, names.indicators, names.datasets),
    ]
