"""Our words as CKAN's: a dataset is a package, a file of it a resource, a theme a group, an office an organization."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allmende.model.city import City
from allmende.model.licence import LICENCES, Licence
from allmende.share.downloads.formats import FORMATS, formats_of
from allmende.share.views import DatasetView

Json = dict[str, Any]
_NAMES = uuid.UUID("6c6f1a3e-0c7b-5d0a-9a3e-a11e4de00001")


@dataclass(frozen=True, slots=True)
class Words:
    """Speaks CKAN for one city at its address (`root`, without a slash at the end)."""

    city: City
    root: str

    def id_of(self, kind: str, name: str) -> str:
        """The id that CKAN's clients expect: a UUID that stays the same for the same city and name."""
        return str(uuid.uuid5(_NAMES, f"{self.city.slug}/{kind}/{name}"))

    def package(self, view: DatasetView) -> Json:
        """A dataset with its files. A view without a version has none."""
        dataset, version = view.dataset, view.version
        licence = view.licences[0] if view.licences else None
        made = _moment(view.versions[-1].created) if view.versions else None
        files = [self.resource(view, name) for name in formats_of(view)] if version else []
        tags = [self.tag(word.strip()) for word in dataset.keywords if word.strip()]
        office = self.organization(dataset.department)
        return {
            "id": self.id_of("package", dataset.id),
            "name": dataset.id,
            "title": dataset.title.of("de"),
            "title_translated": {code: dataset.title.of(code) for code in ("de", "en")},
            "notes": dataset.description.of("de"),
            "url": f"{self.root}/d/{dataset.id}",
            "type": "dataset",
            "state": "active",
            "private": False,
            "isopen": bool(licence and licence.is_open),
            "author": dataset.publisher or self.city.contact.publisher,
            "author_email": None,
            "maintainer": office["title"],
            "maintainer_email": office.pop("email") or None,
            "version": str(version.number) if version else None,
            "license_id": licence.id if licence else "notspecified",
            "license_title": licence.title if licence else None,
            "license_url": licence.address if licence else None,
            "metadata_created": made,
            "metadata_modified": _moment(version.created) if version else made,
            "owner_org": office["id"],
            "organization": office,
            "groups": [self.group(dataset.theme)],
            "tags": tags,
            "num_tags": len(tags),
            "resources": files,
            "num_resources": len(files),
            "extras": self._extras(view),
            "relationships_as_object": [],
            "relationships_as_subject": [],
            "creator_user_id": None,
        }

    def _extras(self, view: DatasetView) -> list[dict[str, str]]:
        """What harvesters of DCAT read from extras."""
        address = f"{self.root}/d/{view.dataset.id}"
        found = {
            "uri": address,
            "identifier": address,
            "access_rights": view.access.label,
            "attribution": "; ".join(view.attributions),
            "frequency": view.source.schedule if view.source else "",
            "issued": _moment(view.versions[-1].created) if view.versions else "",
            "modified": _moment(view.version.created) if view.version else "",
            "language": "de",
        }
        return [{"key": key, "value": value} for key, value in found.items() if value]

    def resource(self, view: DatasetView, name: str) -> Json:
        """A file of a dataset."""
        assert view.version is not None
        address = f"{self.root}/d/{view.dataset.id}.{name}"
        return {
            "id": self.id_of("resource", f"{view.dataset.id}.{name}"),
            "package_id": self.id_of("package", view.dataset.id),
            "name": f"{view.dataset.id}.{name}",
            "description": "",
            "url": address,
            "format": name.upper(),
            "mimetype": FORMATS[name].media_type.partition(";")[0],
            "state": "active",
            "position": list(formats_of(view)).index(name),
            "created": _moment(view.versions[-1].created),
            "last_modified": _moment(view.version.created),
            "metadata_modified": _moment(view.version.created),
            "datastore_active": name == "csv",
            "hash": "",
            "size": None,
            "resource_type": None,
            "url_type": None,
        }

    def organization(self, department: str) -> Json:
        """The office that answers for data; the city itself where none is named."""
        found = self.city.departments.get(department)
        name = found.id if found else self.city.slug
        return {
            "id": self.id_of("organization", name),
            "name": name,
            "title": found.title.of("de") if found else self.city.contact.publisher,
            "type": "organization",
            "description": "",
            "image_url": "",
            "is_organization": True,
            "approval_status": "approved",
            "state": "active",
            "email": found.email if found else self.city.contact.email,
        }

    def group(self, theme: str) -> Json:
        """A theme of the city."""
        found = self.city.themes.get(theme)
        title = found.title.of("de") if found else theme
        return {
            "id": self.id_of("group", theme),
            "name": theme,
            "title": title,
            "display_name": title,
            "description": "",
            "image_display_url": "",
        }

    def tag(self, word: str) -> Json:
        """A keyword."""
        return {
            "id": self.id_of("tag", word),
            "name": word,
            "display_name": word,
            "state": "active",
            "vocabulary_id": None,
        }


def licences() -> list[Json]:
    """Every licence that data may carry here."""
    return [_licence(one) for one in LICENCES.values()]


def _licence(one: Licence) -> Json:
    return {
        "id": one.id,
        "title": one.title,
        "url": one.address,
        "status": "active",
        "od_conformance": "approved" if one.is_open else "not reviewed",
        "osd_conformance": "not reviewed",
        "is_okd_compliant": str(one.is_open),
        "domain_data": "True",
        "domain_content": "True",
        "domain_software": "False",
    }


def _moment(moment: datetime) -> str:
    """CKAN's times are in UTC and do not say it."""
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds")
