"""Trees as RDF/XML (RDF 1.1 XML Syntax, W3C 2014)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from allmende.standards.dcat.graph import PREFIXES, Iri, Literal, Node, Term, full, plain, safe_address

MEDIA_TYPE = "application/rdf+xml; charset=utf-8"


def write(nodes: Iterable[Node]) -> Iterator[bytes]:
    """The document in pieces, one for each node."""
    spaces = " ".join(f"xmlns:{name}={quoteattr(address)}" for name, address in PREFIXES.items())
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF {spaces}>\n'.encode()
    for node in nodes:
        yield (_node(node) + "\n").encode()
    yield b"</rdf:RDF>\n"


def _node(node: Node) -> str:
    about = f" rdf:about={quoteattr(safe_address(node.address))}" if node.address else ""
    inside = "".join(_property(name, term) for name, term in node.said)
    return f"<{node.kind}{about}>{inside}</{node.kind}>"


def _property(name: str, term: Term) -> str:
    if isinstance(term, Node) and not term.address:
        return f"<{name}>{_node(term)}</{name}>"
    if isinstance(term, Iri | Node):
        return f"<{name} rdf:resource={quoteattr(safe_address(term.address))}/>"
    return f"<{name}{_kind(term)}>{escape(plain(term.text))}</{name}>"


def _kind(term: Literal) -> str:
    if term.language:
        return f' xml:lang="{term.language}"'
    return f" rdf:datatype={quoteattr(full(term.type))}" if term.type else ""
