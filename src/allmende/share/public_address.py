"""The address under which readers know the city's data, whatever the way on which a request came.

Identifiers in catalogues, links between pages of rows and the site map are written with it. Behind a proxy that
ends TLS a request comes in plain; what a proxy on this machine says of it is believed, and what is set for the city
counts more.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from allmende.errors import NotAllowed
from allmende.share.asgi import App, Receive, Scope, Send
from allmende.share.people.cookie import is_local

SETTING = "ALLMENDE_ADDRESS"


def parse_address(text: str) -> tuple[str, bytes] | None:
    """Scheme and host of `https://data.example.org`; None for an empty text. Raises NotAllowed."""
    if not text:
        return None
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        host = parts.netloc.encode("ascii")
    except ValueError as error:
        raise _refused(text) from error
    if not fits or "@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment:
        raise _refused(text)
    return parts.scheme, host.lower()


def _refused(text: str) -> NotAllowed:
    hint = "Write it like https://data.example.org, without a path; a host with other letters as xn--…"
    return NotAllowed(f"{SETTING} is no address of a server", where=text, hint=hint)


def with_public_address(app: App, address: str = "") -> App:
    """Let everything below see scheme and host as readers do. Raises NotAllowed for a wrong `address`."""
    public = parse_address(address)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scheme, host = public or (_scheme(scope), b"")
            scope["scheme"] = scheme
            if host:
                others = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
                scope["headers"] = [*others, (b"host", host)]
        await app(scope, receive, send)

    return answer


def _scheme(scope: Scope) -> str:
    """How the reader came, as a proxy on this machine says; nobody else is believed."""
    direct: str = scope.get("scheme", "http")
    client = scope.get("client")
    if client is None or not is_local(client[0]):
        return direct
    said = dict(scope["headers"]).get(b"x-forwarded-proto", b"").rpartition(b",")[2].strip().lower()
    return said.decode() if said in (b"http", b"https") else direct
