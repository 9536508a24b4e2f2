"""CKAN's actions, each a small function from what is asked to what it answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import allmende
from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.share.reads import Reads
from allmende.standards.ckan.catalogue import MOST_ROWS, Catalogues, Entry, Search, Shelf, search
from allmende.standards.ckan.datastore import datastore_search
from allmende.standards.ckan.errors import Invalid
from allmende.standards.ckan.mapping import Json, licences

Asked = Mapping[str, Any]


@dataclass
class Actions:
    """The actions for one reader."""

    reads: Reads
    principal: Principal
    root: str
    catalogues: Catalogues

    @cached_property
    def shelf(self) -> Shelf:
        """The catalogue as this reader sees it."""
        return self.catalogues.of(self.reads, self.principal, self.root)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Its datasets."""
        return self.shelf.entries

    def answer(self, name: str, asked: Asked) -> Any:
        """What an action answers. Raises NotFound for an action that is not there, Invalid, NotFound."""
        found = ACTIONS.get(name)
        if found is None:
            raise NotFound(f"Action name not known: {name[:80]}")
        return found(self, asked)

    # --- datasets ---

    def package_list(self, asked: Asked) -> list[str]:
        """The names of all datasets (packages)."""
        names = sorted(entry.package["name"] for entry in self.entries)
        return _page(names, asked)

    def package_show(self, asked: Asked) -> Json:
        """One dataset."""
        return _one(self.entries, _id(asked), "package")

    def current(self, asked: Asked) -> list[Json]:
        """All datasets with their files, the newest first."""
        limit, offset = _number(asked, "limit", MOST_ROWS), _number(asked, "offset", 0)
        found: list[Json] = search(self.shelf, Search(start=offset, rows=limit))["results"]
        return found

    def package_search(self, asked: Asked) -> Json:
        """Datasets that fit a question."""
        fq = asked.get("fq_list") if isinstance(asked.get("fq_list"), list) else [asked.get("fq") or ""]
        return search(
            self.shelf,
            Search(
                str(asked.get("q") or ""),
                tuple(str(one) for one in fq or ()),
                str(asked.get("sort") or ""),
                _number(asked, "start", 0),
                min(_number(asked, "rows", 10), MOST_ROWS),
                tuple(_listed(asked.get("facet.field"))),
                _number(asked, "facet.limit", 50, least=-1),
            ),
        )

    def package_autocomplete(self, asked: Asked) -> list[Json]:
        """Datasets whose name or title begins like this or holds it."""
        text = str(asked.get("q") or "").casefold()
        fit = [
            {"name": p["name"], "title": p["title"], "match_field": "title", "match_displayed": p["title"]}
            for p in (entry.package for entry in self.entries)
            if text in p["name"].casefold() or text in p["title"].casefold()
        ]
        return fit[: _number(asked, "limit", 10)]

    # --- files ---

    def resource_show(self, asked: Asked) -> Json:
        """One file of a dataset."""
        wanted = _id(asked)
        for entry in self.entries:
            for one in entry.package["resources"]:
                if one["id"] == wanted:
                    return dict(one)
        raise NotFound("Resource was not found.")

    def resource_search(self, asked: Asked) -> Json:
        """Files by `field:text`."""
        field, _, text = str(asked.get("query") or "").partition(":")
        if field not in ("name", "format", "url", "mimetype"):
            raise Invalid("write it like format:CSV", where="query")
        every = (one for entry in self.entries for one in entry.package["resources"])
        fit = [one for one in every if text.casefold() in str(one[field]).casefold()]
        limit, offset = _number(asked, "limit", MOST_ROWS), _number(asked, "offset", 0)
        return {"count": len(fit), "results": fit[offset : offset + limit]}

    def datastore_search(self, asked: Asked) -> Json:
        """Rows of a file."""
        wanted = _id(asked, "resource_id", "id")
        return datastore_search(self.reads, self.principal, self._dataset_of(wanted), asked)

    def datastore_info(self, asked: Asked) -> Json:
        """The fields of a file, and how many rows it has."""
        found = datastore_search(
            self.reads, self.principal, self._dataset_of(_id(asked, "resource_id", "id")), {"limit": 0}
        )
        fields = found["fields"][1:]
        return {"meta": {"count": found["total"], "table_type": "BASE TABLE"}, "fields": fields,
                "schema": {field["id"]: field["type"] for field in fields}}  # fmt: skip

    def _dataset_of(self, wanted: str) -> str:
        for entry in self.entries:
            for one in entry.package["resources"]:
                if one["id"] == wanted and one["datastore_active"]:
                    return str(entry.package["name"])
        raise NotFound("Resource was not found.")

    # --- who and what about ---

    def organization_list(self, asked: Asked) -> list[Any]:
        """Offices with published data."""
        return _several(self._grouped("organization"), asked)

    def organization_show(self, asked: Asked) -> Json:
        """One office."""
        return self._group_with_packages("organization", asked)

    def group_list(self, asked: Asked) -> list[Any]:
        """Themes with published data."""
        return _several(self._grouped("groups"), asked)

    def group_show(self, asked: Asked) -> Json:
        """One theme."""
        return self._group_with_packages("groups", asked)

    def _grouped(self, kind: str) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for entry in self.entries:
            several = entry.package[kind] if kind == "groups" else [entry.package[kind]]
            for one in several:
                known = found.setdefault(
                    one["name"], {**one, "display_name": one["title"], "package_count": 0}
                )
                known["package_count"] += 1
        return dict(sorted(found.items()))

    def _group_with_packages(self, kind: str, asked: Asked) -> Json:
        wanted, known = _id(asked), self._grouped(kind)
        found = next((one for one in known.values() if wanted in (one["id"], one["name"])), None)
        if found is None:
            raise NotFound("Group was not found.")
        if str(asked.get("include_datasets", "false")).lower() != "true":
            return found
        fit = search(self.shelf, Search(fq=(f'{kind}:"{found["name"]}"',), rows=MOST_ROWS))
        return {**found, "packages": fit["results"]}

    def tag_list(self, asked: Asked) -> list[Any]:
        """Keywords of published data."""
        tags = {tag["name"]: tag for entry in self.entries for tag in entry.package["tags"]}
        query = str(asked.get("query") or "").casefold()
        fit = {name: tag for name, tag in sorted(tags.items()) if query in name.casefold()}
        return list(fit.values()) if _flag(asked, "all_fields") else list(fit)

    def tag_show(self, asked: Asked) -> Json:
        """One keyword."""
        wanted = _id(asked)
        for tag in (tag for entry in self.entries for tag in entry.package["tags"]):
            if wanted in (tag["name"], tag["id"]):
                return dict(tag)
        raise NotFound("Tag was not found.")

    # --- the site ---

    def status_show(self, asked: Asked) -> Json:
        """What speaks here. The version is that of CKAN whose answers these resemble."""
        return {
            "ckan_version": "2.11.0",
            "site_url": self.root,
            "site_title": self.reads.city.name.of("de"),
            "site_description": f"Allmende {allmende.__version__}",
            "locale_default": "de",
            "error_emails_to": None,
            "extensions": ["datastore"],
        }

    def help_show(self, asked: Asked) -> str:
        """What an action does."""
        found = ACTIONS.get(_id(asked, "name"))
        if found is None:
            raise NotFound(f"Action name not known: {str(asked.get('name'))[:80]}")
        return (found.__doc__ or "").strip()

    def license_list(self, asked: Asked) -> list[Json]:
        """Every licence that data may carry here."""
        return licences()

    def site_read(self, asked: Asked) -> bool:
        """True: everybody may read."""
        return True

    def no_sql(self, asked: Asked) -> Any:
        """SQL is not answered here."""
        raise Invalid("SQL is not answered here; use datastore_search with filters", where="sql")


ACTIONS: dict[str, Callable[[Actions, Asked], Any]] = {
    "package_list": Actions.package_list,
    "package_show": Actions.package_show,
    "package_search": Actions.package_search,
    "package_autocomplete": Actions.package_autocomplete,
    "current_package_list_with_resources": Actions.current,
    "resource_show": Actions.resource_show,
    "resource_search": Actions.resource_search,
    "organization_list": Actions.organization_list,
    "organization_show": Actions.organization_show,
    "group_list": Actions.group_list,
    "group_show": Actions.group_show,
    "tag_list": Actions.tag_list,
    "tag_show": Actions.tag_show,
    "license_list": Actions.license_list,
    "status_show": Actions.status_show,
    "site_read": Actions.site_read,
    "help_show": Actions.help_show,
    "datastore_search": Actions.datastore_search,
    "datastore_info": Actions.datastore_info,
    "datastore_search_sql": Actions.no_sql,
}


def _one(entries: Sequence[Entry], wanted: str, kind: str) -> Json:
    for entry in entries:
        if wanted in (entry.package["id"], entry.package["name"]):
            return entry.package
    raise NotFound(kind)


def _several(found: dict[str, Json], asked: Asked) -> list[Any]:
    every = list(found.values()) if _flag(asked, "all_fields") else list(found)
    return _page(every, asked)


def _page(every: list[Any], asked: Asked) -> list[Any]:
    offset = _number(asked, "offset", 0)
    return every[offset : offset + _number(asked, "limit", len(every))]


def _flag(asked: Asked, name: str) -> bool:
    return str(asked.get(name, "")).lower() in ("true", "1", "yes")


def _id(asked: Asked, *names: str) -> str:
    for name in names or ("id",):
        if asked.get(name):
            return str(asked[name])
    raise Invalid("Missing value", where=(names or ("id",))[0])


def _number(asked: Asked, name: str, usual: int, least: int = 0) -> int:
    value = asked.get(name)
    if value is None or value == "":
        return usual
    try:
        number = int(str(value)[:13])
    except ValueError:
        raise Invalid("Invalid integer", where=name) from None
    if number < least:
        raise Invalid(f"must be at least {least}", where=name)
    return number


def _listed(value: Any) -> list[str]:
    """A list, also one written as JSON in an address, as clients of CKAN do."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            raise Invalid("must be a list of fields", where="facet.field") from None
    if isinstance(value, list):
        return [str(one) for one in value]
    return [part for part in str(value or "").replace(",", " ").split() if part]
