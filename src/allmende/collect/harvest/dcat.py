"""DCAT-AP and DCAT-AP.de in RDF/XML, Turtle and JSON-LD, page by page (hydra).

RDF is hostile until read: no entities, no remote contexts (nothing is ever fetched while reading), no descent, so that
catalogues that list themselves and circles do no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from allmende.collect.harvest.licences import licence_of, one_licence
from allmende.collect.harvest.page import (
    LONGEST_ADDRESS,
    MOST_PARTS,
    Page,
    plain,
    read_json,
    short,
    web_address,
)
from allmende.collect.harvest.wfs import parse_xml
from allmende.errors import Unreadable
from allmende.model.harvest import ForeignCatalogue, ForeignDataset, ForeignDistribution

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

DCAT, DCT, FOAF = "http://www.w3.org/ns/dcat#", "http://purl.org/dc/terms/", "http://xmlns.com/foaf/0.1/"
HYDRA = "http://www.w3.org/ns/hydra/core#"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
DEEPEST = 60


class DcatReader:
    """Reads a catalogue in RDF."""

    def first(self, catalogue: ForeignCatalogue) -> str:
        """The address as it is written."""
        return catalogue.address

    def read(self, content: bytes, address: str) -> Page:
        """All datasets in the document. Raises Unreadable."""
        graph = parse_graph(content, address)
        found = sorted(_subjects(graph, f"{DCAT}Dataset"), key=str)
        datasets = [_dataset(graph, one) for one in found]
        good = tuple(one for one in datasets if one is not None)
        if not found and not list(_subjects(graph, f"{DCAT}Catalog")):
            raise Unreadable("there is neither a catalogue nor a dataset in this document")
        missing = len(found) - len(good)
        faults = (f"{missing} datasets have no address of their own or no title",) if missing else ()
        return Page(good, faults, _following(graph, address), _announced(graph))


class AllmendeReader(DcatReader):
    """Another Allmende, by its own catalogue."""

    def first(self, catalogue: ForeignCatalogue) -> str:
        """Its catalogue in Turtle."""
        return f"{catalogue.address.rstrip('/')}/catalogue.ttl"


def parse_graph(content: bytes, address: str) -> Graph:
    """The document as a graph; relative addresses are below `address`. Raises Unreadable."""
    from rdflib import Graph  # 30 MB, needed only here
    from rdflib.plugins.parsers.jsonld import to_rdf

    form = _form(content)
    logging.getLogger("rdflib").setLevel(logging.ERROR)  # it warns of each odd address
    graph = Graph()
    try:
        if form == "json-ld":
            to_rdf(read_json(content), graph, base=address)
        else:
            graph.parse(data=content, format=form, publicID=address)
    except Exception as error:  # rdflib's parsers raise whatever they meet, down to AssertionError
        raise Unreadable(f"this is no {form} that can be read: {str(error)[:200]}") from None
    return graph


def _form(content: bytes) -> str:
    """How the document is written; RDF/XML and JSON-LD are checked before rdflib sees them."""
    start = content[:2000].decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    if start.startswith(("<?xml", "<!", "<rdf:RDF")):
        parse_xml(content)
        return "xml"
    if start.startswith(("{", "[")):
        check_contexts(read_json(content))
        return "json-ld"
    return "turtle"


def check_contexts(value: Any, depth: int = 0) -> None:
    """Unreadable for a context at another address: reading it would let a stranger send us anywhere."""
    if depth > DEEPEST:
        raise Unreadable(f"the JSON-LD is nested more than {DEEPEST} levels deep")
    if isinstance(value, dict):
        for name, inner in value.items():
            _check_context(name, inner)
            check_contexts(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            check_contexts(inner, depth + 1)


def _check_context(name: str, inner: Any) -> None:
    remote = name == "@import" or (
        name == "@context"
        and any(isinstance(one, str) for one in (inner if isinstance(inner, list) else [inner]))
    )
    if remote:
        hint = "Ask the catalogue's owner for Turtle, or for a document with its context inside."
        raise Unreadable(
            "the JSON-LD needs a context from another address, which is never fetched", hint=hint
        )


def _subjects(graph: Graph, kind: str) -> Iterator[Node]:
    from rdflib import URIRef

    yield from set(graph.subjects(URIRef(TYPE), URIRef(kind)))


def _values(graph: Graph, one: Node, *names: str) -> list[Node]:
    """All values of the first property that has any."""
    from rdflib import URIRef

    return next((found for name in names if (found := list(graph.objects(one, URIRef(name))))), [])


def _said(graph: Graph, one: Node, *names: str) -> str:
    """One value: the German one, or that without a language, or the first in order of the alphabet."""
    values = _values(graph, one, *names)
    ranked = sorted(values, key=lambda v: ({"de": 0, None: 1}.get(getattr(v, "language", None), 2), str(v)))
    return str(ranked[0]) if ranked else ""


def _dataset(graph: Graph, one: Node) -> ForeignDataset | None:
    from rdflib import BNode

    given = _said(graph, one, f"{DCT}identifier")
    identifier = short(given if isinstance(one, BNode) else str(one), LONGEST_ADDRESS)
    title = short(_said(graph, one, f"{DCT}title"))
    if not identifier or not title:
        return None
    parts = sorted(_values(graph, one, f"{DCAT}distribution"), key=str)[:MOST_PARTS]
    licence, written = one_licence(
        licence_of(short(_said(graph, part, f"{DCT}license"), LONGEST_ADDRESS))
        for part in [*parts, *_own(graph, one)]
    )
    return ForeignDataset(
        identifier=identifier,
        title=title,
        description=plain(_said(graph, one, f"{DCT}description")),
        publisher=short(_publisher(graph, one)),
        licence=licence,
        licence_given=written,
        landing_page=web_address(_said(graph, one, f"{DCAT}landingPage")) or web_address(identifier),
        modified=short(_said(graph, one, f"{DCT}modified")),
        keywords=tuple(sorted({short(str(v)) for v in _values(graph, one, f"{DCAT}keyword")} - {""}))[
            :MOST_PARTS
        ],
        distributions=tuple(made for part in parts if (made := _distribution(graph, part)).address),
    )


def _own(graph: Graph, one: Node) -> list[Node]:
    """The dataset itself, where it has a licence (DCAT-AP has it at the distributions)."""
    return [one] if _values(graph, one, f"{DCT}license") else []


def _publisher(graph: Graph, one: Node) -> str:
    """The publisher's name; that of a person is not taken over."""
    from rdflib import Literal, URIRef

    for agent in _values(graph, one, f"{DCT}publisher"):
        if (agent, URIRef(TYPE), URIRef(f"{FOAF}Person")) not in graph:
            return str(agent) if isinstance(agent, Literal) else _said(graph, agent, f"{FOAF}name")
    return ""


def _distribution(graph: Graph, part: Node) -> ForeignDistribution:
    form = _said(graph, part, f"{DCT}format", f"{DCAT}mediaType")
    return ForeignDistribution(
        short(_said(graph, part, f"{DCT}title")),
        web_address(_said(graph, part, f"{DCAT}downloadURL", f"{DCAT}accessURL")),
        short(form.rstrip("/").rpartition("/")[2] if "://" in form else form, 100),
    )


def _following(graph: Graph, address: str) -> str:
    from rdflib import URIRef

    for name in (f"{HYDRA}next", f"{HYDRA}nextPage"):
        for value in graph.objects(None, URIRef(name)):
            if str(value) != address:
                return web_address(str(value), address)
    return ""


def _announced(graph: Graph) -> int | None:
    from rdflib import URIRef

    written = next((str(v) for v in graph.objects(None, URIRef(f"{HYDRA}totalItems"))), "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else None
