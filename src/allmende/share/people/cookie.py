"""The one cookie of the portal. Only who signs in gets it; reading needs none.

Over TLS its name begins with `__Host-` (RFC 6265bis), so that no other host can set it. Without TLS people sign
in on this machine only.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

from allmende.model.account import LONGEST

SECURE = "__Host-allmende"
PLAIN = "allmende_sign_in"
_LOCAL = ("localhost", "127.0.0.1", "[::1]", "::1")


def secret_of(header: str, *, tls: bool) -> str:
    """The secret in a `Cookie` header; empty without one."""
    try:
        found = SimpleCookie(header).get(SECURE if tls else PLAIN)
    except CookieError:
        return ""
    return found.value if found else ""


def carries(header: bytes) -> bool:
    """True when a request shows somebody's sign-in, so that its answer is for them only."""
    return PLAIN.encode() in header or SECURE.encode() in header


def set_cookie(secret: str, *, tls: bool) -> str:
    """The value of a `Set-Cookie` header that keeps a secret; an empty one takes it away."""
    name = f"{SECURE}={secret}; Secure" if tls else f"{PLAIN}={secret}"
    age = int(LONGEST.total_seconds()) if secret else 0
    return f"{name}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}"


def is_local(host: str) -> bool:
    """True for a `Host` or an address that means this machine."""
    name, _, port = host.rpartition(":")
    return host in _LOCAL or (port.isdigit() and name in _LOCAL)
