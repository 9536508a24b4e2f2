"""What every answer carries, and HEAD for everything that can be got."""

from __future__ import annotations

from allmende.share.asgi import App, Message, Receive, Scope, Send

# No inline script, no inline style, nobody else's host. `blob:` is MapLibre's worker.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)
SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)

READABLE = (
    b"access-control-expose-headers",
    b"content-crs, etag, link, repr-digest, retry-after, x-allmende-attribution, x-allmende-content-sha256, "
    b"x-allmende-version",
)
"""What else of an answer a page of another site may read: a map needs to know the system of its coordinates."""
_NO_LENGTH = (b"content-length", b"0")  # a HEAD that was not written says nothing of its length


def with_headers(app: App) -> App:
    """Add the security headers; answer HEAD as GET without a body; let other sites read open data."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope["method"] = "GET"
            scope["state"] = {**scope.get("state", {}), "head": True}
        await app(scope, receive, _sender(send, is_head, scope["path"]))

    return answer


def _sender(send: Send, is_head: bool, path: str) -> Send:
    extra = SECURITY_HEADERS
    if path.startswith(
        ("/api/", "/d/", "/-/", "/catalogue", "/ogc")
    ):  # read by anyone's page; keys are never sent by themselves
        extra = (*extra, (b"access-control-allow-origin", b"*"), READABLE)

    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message["headers"], *extra]
            message["headers"] = [h for h in headers if not (is_head and h == _NO_LENGTH)]
        elif message["type"] == "http.response.body" and is_head:
            message["body"] = b""
        await send(message)

    return sender
