"""Trees as JSON-LD 1.1; the context stands in the document, so that nobody has to fetch one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from allmende.standards.dcat.graph import PREFIXES, Iri, Node, Term, plain, safe_address

MEDIA_TYPE = "application/ld+json"


def write(nodes: Iterable[Node]) -> Iterator[bytes]:
    """The document in pieces, one for each node."""
    yield b'{"@context":' + msgspec.json.encode(PREFIXES) + b',"@graph":['
    for number, node in enumerate(nodes):
        yield (b",\n" if number else b"\n") + msgspec.json.encode(_node(node))
    yield b"]}"


def _node(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {"@id": safe_address(node.address)} if node.address else {}
    found["@type"] = node.kind
    for name, term in node.said:
        value = _term(term)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _term(term: Term) -> Any:
    if isinstance(term, Iri):
        return {"@id": safe_address(term.address)}
    if isinstance(term, Node):
        return {"@id": safe_address(term.address)} if term.address else _node(term)
    if term.language:
        return {"@value": plain(term.text), "@language": term.language}
    return {"@value": plain(term.text), "@type": term.type} if term.type else plain(term.text)
