"""Trees as Turtle (RDF 1.1 Turtle, W3C 2014)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from allmende.standards.dcat.graph import PREFIXES, Iri, Literal, Node, Term, plain, safe_address

MEDIA_TYPE = "text/turtle"
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def write(nodes: Iterable[Node]) -> Iterator[bytes]:
    """The document in pieces, one for each node."""
    yield "".join(f"@prefix {name}: <{address}> .\n" for name, address in PREFIXES.items()).encode()
    for node in nodes:
        yield f"\n<{safe_address(node.address)}> {_said(node, 1)} .\n".encode()


def _said(node: Node, depth: int) -> str:
    indent = "  " * depth
    lines = [f"a {node.kind}", *(f"{name} {_term(term, depth)}" for name, term in node.said)]
    return f" ;\n{indent}".join(lines)


def _term(term: Term, depth: int) -> str:
    if isinstance(term, Iri):
        return f"<{safe_address(term.address)}>"
    if isinstance(term, Node):
        return f"<{safe_address(term.address)}>" if term.address else f"[ {_said(term, depth + 1)} ]"
    return _literal(term)


def _literal(term: Literal) -> str:
    text = f'"{plain(term.text).translate(_ESCAPES)}"'
    if term.language:
        return f"{text}@{term.language}"
    return f"{text}^^{term.type}" if term.type else text
