"""What programs read on a dataset's page: schema.org as JSON-LD, and links in the header (signposting, RFC 8288)."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

from allmende.model.city import City
from allmende.model.text import Language
from allmende.share.downloads.formats import FORMATS
from allmende.share.views import DatasetView


def schema_org(
    view: DatasetView, formats: tuple[str, ...], root: str, page: str, city: City, language: Language
) -> Markup:
    """A `Dataset` of schema.org; `page` is `trees`, or `trees@3`, then its files are those of that version.

    Nothing in it can end the element that it stands in.
    """
    address = f"{root}/d/{page}"
    words = view.dataset.description.of(language) or view.dataset.title.of(language)
    invented = {"de": " Alle Zahlen sind erfunden.", "en": " All numbers are invented."}[language]
    found: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": address,
        "url": address,
        "name": view.dataset.title.of(language),
        "description": words + (invented if city.invented else ""),
        "identifier": address,
        "inLanguage": "de",
        "isAccessibleForFree": view.access.label == "open",
        "publisher": {"@type": "Organization", "name": view.dataset.publisher or city.contact.publisher},
        "includedInDataCatalog": {"@type": "DataCatalog", "@id": f"{root}/catalogue", "url": f"{root}/daten"},
        "distribution": [_download(view, name, address) for name in formats],
        "variableMeasured": [column.title.of(language) or column.name for column in view.columns],
    }
    found |= {"keywords": list(view.dataset.keywords)} if view.dataset.keywords else {}
    found |= {"license": [one.address for one in view.licences]} if view.licences else {}
    if view.version:
        found |= {"version": str(view.version.number), "dateModified": view.version.created.isoformat()}
    text = json.dumps(found, ensure_ascii=False).replace("<", "\\u003c")
    return Markup(text.replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 - as JSON, escaped above


def _download(view: DatasetView, name: str, address: str) -> dict[str, str]:
    media = FORMATS[name].media_type.partition(";")[0]
    return {"@type": "DataDownload", "contentUrl": f"{address}.{name}", "encodingFormat": media}


def signposts(view: DatasetView, formats: tuple[str, ...], root: str, page: str) -> str:
    """A `Link` header: what this is, how to cite it, what describes it, its files and its licences."""
    address = f"{root}/d/{page}"
    pinned = f"{root}/d/{view.pin}" if view.pin else address
    links = [
        f'<{pinned}>; rel="cite-as"',
        '<https://schema.org/Dataset>; rel="type"',
        f'<{root}/catalogue/{view.dataset.id}.jsonld>; rel="describedby"; type="application/ld+json"',
        f'<{root}/catalogue/{view.dataset.id}.ttl>; rel="describedby"; type="text/turtle"',
        *(
            f'<{address}.{name}>; rel="item"; type="{FORMATS[name].media_type.partition(";")[0]}"'
            for name in formats
        ),
        *(f'<{one.address}>; rel="license"' for one in view.licences),
    ]
    return ", ".join(links)
