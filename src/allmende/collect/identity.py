"""Talking to the city's sign-in service: the same guard as for everything that leaves the machine."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

import httpx

from allmende.collect.addresses import PinnedTransport
from allmende.collect.http import agent_of, parse_address
from allmende.errors import AllmendeError, SourceRefused, SourceUnreachable

MOST_BYTES = 1_000_000
_SECONDS = httpx.Timeout(10.0, connect=5.0)


class GuardedCalls:
    """The IdentityCalls port: no private addresses unless named, no redirects, bounded in time and size."""

    def __init__(self, private_hosts: Iterable[str] = (), proxy: str | None = None) -> None:
        self._private_hosts, self._proxy = tuple(private_hosts), proxy
        self._opening = threading.Lock()
        self._opened: httpx.Client | None = None

    def get(self, address: str) -> bytes:
        """What an address answers. Raises SourceUnreachable, SourceRefused."""
        return self._call("GET", address, None, {})

    def post(self, address: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        """What an address answers to a form. Raises SourceUnreachable, SourceRefused."""
        return self._call("POST", address, fields, headers)

    def close(self) -> None:
        """Close all connections."""
        if self._opened is not None:
            self._opened.close()

    def _call(
        self, method: str, address: str, fields: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> bytes:
        url = parse_address(address)
        try:
            data = dict(fields) if fields is not None else None
            with self._client().stream(method, url, data=data, headers=dict(headers)) as response:
                if response.status_code != httpx.codes.OK:
                    raise SourceRefused(f"the sign-in service says {response.status_code}", where=address)
                return _bounded(response, address)
        except AllmendeError:
            raise
        except httpx.HTTPError as error:
            raise SourceUnreachable(
                f"the sign-in service cannot be reached ({error})", where=address
            ) from error

    def _client(self) -> httpx.Client:
        with self._opening:
            if self._opened is None:
                inner = httpx.HTTPTransport(proxy=self._proxy, trust_env=False) if self._proxy else None
                self._opened = httpx.Client(
                    transport=inner or PinnedTransport(self._private_hosts),
                    headers={"User-Agent": agent_of(""), "Accept": "application/json"},
                    timeout=_SECONDS,
                    follow_redirects=False,
                )
            return self._opened


def _bounded(response: httpx.Response, address: str) -> bytes:
    found = b""
    for chunk in response.iter_bytes():
        found += chunk
        if len(found) > MOST_BYTES:
            raise SourceRefused("the sign-in service answers with too much", where=address)
    return found
