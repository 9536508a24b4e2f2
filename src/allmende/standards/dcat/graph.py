"""RDF as small trees: what is said of one thing, and of things that stand in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

PREFIXES: Mapping[str, str] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dcatde": "http://dcat-ap.de/def/dcatde/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


@dataclass(frozen=True, slots=True)
class Iri:
    """The address of something."""

    address: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, in a language or of a type (like `xsd:dateTime`)."""

    text: str
    language: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """Something of a kind (`dcat:Dataset`) with what is said of it; without an address it only stands in another."""

    kind: str
    said: tuple[tuple[str, Term], ...]
    address: str = ""


Term = Iri | Literal | Node


def full(name: str) -> str:
    """`dct:title` as a whole address."""
    prefix, _, rest = name.partition(":")
    return PREFIXES[prefix] + rest


def plain(text: str) -> str:
    """The text without signs that some format of RDF cannot hold, so that all formats say the same."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in lines if sign in "\n\t" or (sign >= " " and not _holds_no(sign)))


def _holds_no(sign: str) -> bool:
    return "\ud800" <= sign <= "\udfff" or sign in "\ufffe\uffff"


def safe_address(address: str) -> str:
    """The address with everything encoded that may not stand in an IRI (RFC 3987); addresses come from outside."""
    return quote(address, safe="%/:=&?~#+!$,;'@()*[]-._~" + "".join(c for c in address if ord(c) > 160))
