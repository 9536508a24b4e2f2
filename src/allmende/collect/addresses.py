"""Which hosts may be asked: the public Internet, and private ones only by name."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

import httpx

from allmende.errors import SourceRefused

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(ip: IP) -> bool:
    """True for addresses anyone on the Internet can have; looks inside IPv6 forms that carry IPv4."""
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return ip.is_global and not ip.is_multicast


def resolve(host: str, port: int) -> list[IP]:
    """All addresses of `host`, each once, in the resolver's order; OSError when there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [ipaddress.ip_address(text) for text in texts]


class NameUnknown(httpx.ConnectError):
    """The name has no address now: mostly there is no network, and asking again at once is no use."""


class PinnedTransport(httpx.BaseTransport):
    """Resolves a host once, refuses what is not public, and connects to exactly what was checked.

    Checking the name and letting the client resolve it again would leave a gap (DNS rebinding):
    the second answer may be 127.0.0.1. The certificate is still checked against the name. Redirects
    pass through here like every request. `private_hosts` are names that may resolve to anything.
    """

    def __init__(self, private_hosts: Iterable[str] = (), inner: httpx.BaseTransport | None = None) -> None:
        self._private_hosts = frozenset(host.lower() for host in private_hosts)
        self._inner = inner or httpx.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Try the checked addresses in turn; the last failure to connect is raised."""
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        failure: httpx.TransportError | None = None
        for ip in self._checked(host, port):
            try:
                return self._inner.handle_request(_pinned(request, ip))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure or httpx.ConnectError(f"{host} has no address", request=request)

    def _checked(self, host: str, port: int) -> list[IP]:
        try:
            addresses = resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise NameUnknown(f"the name {host} is not known ({error})") from error
        if host.lower() not in self._private_hosts and not all(map(is_public, addresses)):
            raise SourceRefused(
                "this address lies inside a private network",
                where=host,
                hint="If that is meant, allow the host by name (ALLMENDE_PRIVATE_HOSTS).",
            )
        return addresses

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def _pinned(request: httpx.Request, ip: IP) -> httpx.Request:
    extensions = {**request.extensions, "sni_hostname": request.url.host}
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(ip)),
        headers=request.headers,
        stream=request.stream,
        extensions=extensions,
    )
