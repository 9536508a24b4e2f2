"""What the house knows of a dataset, in the words of DCAT-AP.de 3.0. Only what is known is said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from allmende.model.city import City
from allmende.model.licence import Licence
from allmende.model.text import LANGUAGES, Text
from allmende.share.downloads.formats import FORMATS, formats_of
from allmende.share.views import DatasetView
from allmende.standards.dcat import vocabulary
from allmende.standards.dcat.graph import Iri, Literal, Node, Term, full

Said = list[tuple[str, Term]]
SERVICES = (
    ("allmende", "/api/v1", "/api/v1/openapi.json", Text("Schnittstelle der Stadt", "The city's API")),
    ("sensorthings", "/sta/v1.1", "/sta/v1.1", Text("SensorThings 1.1", "SensorThings 1.1")),
    ("ckan", "/api/3/action", "/api/3/action/status_show", Text("CKAN-Schnittstelle", "CKAN API")),
    ("ogc", "/ogc", "/ogc/api", Text("OGC API Features", "OGC API Features")),
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the catalogue: its number from 1, how many there are, how many datasets in all; `suffix` is its format."""

    number: int
    pages: int
    total: int
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A city's catalogue at its address (`root`, without a slash at the end). `services` are installed standards."""

    city: City
    root: str
    services: frozenset[str]

    @property
    def address(self) -> str:
        """The address of the catalogue itself."""
        return f"{self.root}/catalogue"

    def nodes(self, views: Sequence[DatasetView], page: Page, modified: datetime | None) -> Iterator[Node]:
        """A page: the catalogue, who answers for it, its services, then dataset by dataset."""
        yield self._catalogue(views, page, modified)
        yield from self._agents(views)
        yield from self._services()
        for view in views:
            yield self.dataset(view)
            yield from self._distributions(view)

    def one(self, view: DatasetView) -> Iterator[Node]:
        """A dataset by itself."""
        yield from self._agents([view])
        yield self.dataset(view)
        yield from self._distributions(view)

    # --- the catalogue ---

    def _catalogue(self, views: Sequence[DatasetView], page: Page, modified: datetime | None) -> Node:
        name = self.city.name
        said: Said = [
            *_texts("dct:title", Text(f"Daten: {name.of('de')}", f"Data: {name.of('en')}")),
            *_texts(
                "dct:description",
                Text(f"Was {name.of('de')} über sich weiß.", f"What {name.of('en')} knows."),
            ),
            ("dct:publisher", Iri(self._agent(self.city.contact.publisher))),
            ("foaf:homepage", Iri(f"{self.root}/")),
            *(("dct:language", Iri(vocabulary.LANGUAGES[one])) for one in self.city.languages),
            *([("dct:modified", _moment(modified))] if modified else []),
            *(("dcat:service", Iri(f"{self.root}{path}")) for _, path, _, _ in self._installed()),
            *(("dcat:dataset", Iri(self._dataset(view))) for view in views),
        ]
        if page.pages > 1:
            said.append(("hydra:view", self._view(page)))
            said.append(("hydra:totalItems", Literal(str(page.total), type="xsd:integer")))
        return Node("dcat:Catalog", tuple(said), self.address)

    def _view(self, page: Page) -> Node:
        """Where the other pages are (Hydra Core, PartialCollectionView)."""
        links = {"first": 1, "last": page.pages}
        if page.number > 1:
            links["previous"] = page.number - 1
        if page.number < page.pages:
            links["next"] = links["nextPage"] = page.number + 1
        address = f"{self.address}.{page.suffix}" if page.suffix else self.address
        said = [(f"hydra:{name}", Iri(f"{address}?page={number}")) for name, number in links.items()]
        # Older harvesters know only the name that Hydra gave it first.
        older = ("rdf:type", Iri(full("hydra:PagedCollection")))
        return Node("hydra:PartialCollectionView", (older, *said))

    def _installed(self) -> Iterator[tuple[str, str, str, Text]]:
        return (one for one in SERVICES if one[0] == "allmende" or one[0] in self.services)

    def _services(self) -> Iterator[Node]:
        for _, path, description, title in self._installed():
            said: Said = [
                *_texts("dct:title", title),
                ("dcat:endpointURL", Iri(f"{self.root}{path}")),
                ("dcat:endpointDescription", Iri(f"{self.root}{description}")),
                ("dct:publisher", Iri(self._agent(self.city.contact.publisher))),
                ("dct:accessRights", Iri(vocabulary.ACCESS[_OPEN])),
            ]
            yield Node("dcat:DataService", tuple(said), f"{self.root}{path}")

    # --- who ---

    def _agent(self, name: str) -> str:
        return f"{self.address}#agent-{hashlib.sha256(name.encode()).hexdigest()[:12]}"

    def _publisher(self, view: DatasetView) -> str:
        return view.dataset.publisher or self.city.contact.publisher

    def _agents(self, views: Iterable[DatasetView]) -> Iterator[Node]:
        names = dict.fromkeys([self.city.contact.publisher, *(self._publisher(view) for view in views)])
        for name in names:
            own = name == self.city.contact.publisher and self.city.contact.homepage
            home: Said = [("foaf:homepage", Iri(self.city.contact.homepage))] if own else []
            yield Node("foaf:Agent", (("foaf:name", Literal(name)), *home), self._agent(name))

    def _contact(self, view: DatasetView) -> Said:
        """An office that can be asked; none when neither a mailbox, a page nor a number is known."""
        department = self.city.departments.get(view.dataset.department)
        contact = self.city.contact
        email = (department.email if department else "") or contact.email
        ways: Said = [("vcard:hasEmail", Iri(f"mailto:{email}"))] if email else []
        ways += [("vcard:hasURL", Iri(contact.homepage))] if contact.homepage else []
        number = "".join(contact.phone.split())
        ways += [("vcard:hasTelephone", Iri(f"tel:{number}"))] if number else []
        name = department.title.of("de") if department else contact.publisher
        node = Node("vcard:Organization", (("vcard:fn", Literal(name)), *ways))
        return [("dcat:contactPoint", node)] if ways else []

    # --- datasets ---

    def _dataset(self, view: DatasetView) -> str:
        return f"{self.root}/d/{view.dataset.id}"

    def dataset(self, view: DatasetView) -> Node:
        """What is said of a dataset."""
        dataset = view.dataset
        said: Said = [
            ("dct:identifier", Literal(self._dataset(view))),
            *_texts("dct:title", dataset.title),
            *_texts(
                "dct:description",
                self._told(dataset.description if dataset.description.de else dataset.title),
            ),
            ("dct:publisher", Iri(self._agent(self._publisher(view)))),
            *self._contact(view),
            *(("dcat:keyword", Literal(word, "de")) for word in dataset.keywords if word.strip()),
            *self._themes(view),
            ("dct:accessRights", Iri(vocabulary.ACCESS[view.access])),
            ("dcat:landingPage", Iri(self._dataset(view))),
            *self._times(view),
            *self._places(),
            *_origin(view),
            *_high_value(view),
            *(("dcat:distribution", Iri(self._distribution(view, name))) for name in _files(view)),
        ]
        return Node("dcat:Dataset", tuple(said), self._dataset(view))

    def _told(self, words: Text) -> Text:
        """Whoever harvests an invented city has to learn it with every dataset."""
        if not self.city.invented:
            return words
        return Text(
            f"{words.of('de')} Alle Zahlen sind erfunden.", f"{words.of('en')} All numbers are invented."
        )

    def _themes(self, view: DatasetView) -> Said:
        theme = self.city.themes.get(view.dataset.theme)
        known = theme.eu if theme else ()
        return [("dcat:theme", Iri(f"{vocabulary.EU}data-theme/{code}")) for code in known]

    def _times(self, view: DatasetView) -> Said:
        said: Said = [("dct:language", Iri(vocabulary.LANGUAGES["de"]))]
        if view.source is not None:
            said.append(("dct:accrualPeriodicity", Iri(vocabulary.FREQUENCIES[view.source.schedule])))
        if view.versions:
            said.append(("dct:issued", _moment(view.versions[-1].created)))
        if view.version:
            said.append(("dct:modified", _moment(view.version.created)))
            said.append(("dcat:version", Literal(str(view.version.number))))
        return said

    def _places(self) -> Said:
        """Eight digits are a municipality's key, five a district's (Amtlicher Gemeindeschlüssel)."""
        key = self.city.key
        level = {8: "municipality", 5: "administrativeDistrict", 2: "state"}.get(len(key))
        path = {8: "municipalityKey", 5: "districtKey", 2: "stateKey"}.get(len(key))
        if not key.isdigit() or level is None or self.city.invented:
            return []
        return [
            ("dcatde:politicalGeocodingURI", Iri(f"{vocabulary.GEOCODING}{path}/{key}")),
            ("dcatde:politicalGeocodingLevelURI", Iri(f"{vocabulary.GEOCODING}Level/{level}")),
            ("dct:spatial", Iri(f"{vocabulary.GEOCODING}{path}/{key}")),
            *([("dcatde:contributorID", Iri(self.city.contributor_id))] if self.city.contributor_id else []),
        ]

    # --- files ---

    def _distribution(self, view: DatasetView, name: str) -> str:
        return f"{self._dataset(view)}#{name}"

    def _distributions(self, view: DatasetView) -> Iterator[Node]:
        for name in _files(view):
            yield Node("dcat:Distribution", tuple(self._file(view, name)), self._distribution(view, name))

    def _file(self, view: DatasetView, name: str) -> Said:
        address = f"{self._dataset(view)}.{name}"
        media = FORMATS[name].media_type.partition(";")[0]
        assert view.version is not None
        return [
            *((f"dct:{what}", Literal(f"{view.dataset.title.of(code)} ({name.upper()})", code))
              for what in ("title",) for code in LANGUAGES if getattr(view.dataset.title, code)),
            ("dcat:accessURL", Iri(address)),
            ("dcat:downloadURL", Iri(address)),
            ("dct:format", Iri(vocabulary.FILE_TYPES[name])),
            ("dcat:mediaType", Iri(vocabulary.MEDIA + media)),
            ("dcatap:availability", Iri(vocabulary.STABLE)),
            ("dct:modified", _moment(view.version.created)),
            *_terms(view.licences),
            *(("dcatde:licenseAttributionByText", Literal(name, "de")) for name in view.attributions),
            *([("dcatap:applicableLegislation", Iri(vocabulary.HVD_LAW))] if view.dataset.hvd else []),
        ]  # fmt: skip


def _files(view: DatasetView) -> tuple[str, ...]:
    """The formats the dataset can be had in; none without a known licence."""
    return tuple(formats_of(view)) if view.version is not None else ()


def _terms(licences: Sequence[Licence]) -> Said:
    """One licence, as DCAT-AP has it: the one that asks for most; the others are rights that hold, too."""
    ordered = sorted(licences, key=lambda one: len(one.duties) + len(one.bans), reverse=True)
    return [
        *(("dct:license", Iri(_licence(one))) for one in ordered[:1]),
        *(("dct:rights", Iri(_licence(one))) for one in ordered[1:]),
    ]


def _licence(found: Licence) -> str:
    known = vocabulary.LICENCES.get(found.id)
    return vocabulary.LICENCE + known if known else found.address


def _origin(view: DatasetView) -> Said:
    address = view.source.homepage or view.source.address if view.source else ""
    return [("dct:source", Iri(address))] if address.startswith(("http://", "https://")) else []


def _high_value(view: DatasetView) -> Said:
    """High-value data name their category and the law (DCAT-AP HVD 3.0)."""
    category = vocabulary.HVD.get(view.dataset.hvd)
    if category is None:
        return []
    return [("dcatap:hvdCategory", Iri(category)), ("dcatap:applicableLegislation", Iri(vocabulary.HVD_LAW))]


def _texts(name: str, words: Text) -> Said:
    return [(name, Literal(getattr(words, code), code)) for code in LANGUAGES if getattr(words, code)]


def _moment(moment: datetime) -> Literal:
    return Literal(moment.isoformat().replace("+00:00", "Z"), type="xsd:dateTime")


_OPEN = next(iter(vocabulary.ACCESS))
