"""Telling an address something: the same guard as for fetching, and nothing of the answer but its status."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

import httpx

from allmende.collect.addresses import PinnedTransport
from allmende.collect.http import LATER, agent_of, parse_address
from allmende.errors import AllmendeError, SourceRefused, SourceUnreachable

_SECONDS = httpx.Timeout(10.0, connect=5.0)


class GuardedPost:
    """A Sender over the network: no private addresses unless named, no redirects, bounded in time.

    `contact`, `private_hosts`, `proxy` and `offline` are those of `GuardedHttp`. It may be used by
    several threads.
    """

    def __init__(
        self,
        contact: str = "",
        *,
        offline: bool = False,
        private_hosts: Iterable[str] = (),
        proxy: str | None = None,
    ) -> None:
        self._offline = offline
        self._contact, self._proxy = contact, proxy
        self._private_hosts = tuple(private_hosts)
        self._opening = threading.Lock()
        self._opened: httpx.Client | None = None

    def send(self, address: str, body: bytes, headers: Mapping[str, str]) -> None:
        """POST `body`. Raises SourceUnreachable (it may work later) or SourceRefused (it will not)."""
        if self._offline:
            raise SourceUnreachable("we are offline", where=address, hint="Start without --offline.")
        url = parse_address(address)
        try:
            # The answer is closed unread: nobody can make us take in more than its headers.
            with self._client().stream("POST", url, content=body, headers=dict(headers)) as response:
                status = response.status_code
        except AllmendeError:
            raise
        except httpx.TimeoutException as error:
            raise SourceUnreachable("no answer in time", where=address) from error
        except httpx.HTTPError as error:
            raise SourceUnreachable(f"the address cannot be reached ({error})", where=address) from error
        refuse_answer(address, status)

    def close(self) -> None:
        """Close all connections."""
        if self._opened is not None:
            self._opened.close()

    def _client(self) -> httpx.Client:
        """Made when something is sent: most processes never post, and certificates take memory."""
        with self._opening:
            if self._opened is None:
                inner = httpx.HTTPTransport(proxy=self._proxy, trust_env=False) if self._proxy else None
                self._opened = httpx.Client(
                    transport=inner or PinnedTransport(self._private_hosts),
                    headers={"User-Agent": agent_of(self._contact), "Accept-Encoding": "identity"},
                    timeout=_SECONDS,
                    follow_redirects=False,
                )
            return self._opened


def refuse_answer(address: str, status: int) -> None:
    """Raise for every status that does not say that the message was taken (2xx)."""
    if 200 <= status < 300:
        return
    if status in LATER or status >= 500:
        raise SourceUnreachable(f"the receiver says {status}", where=address, hint="It is tried again.")
    hint = "Name the address it leads to." if 300 <= status < 400 else "Ask who runs it."
    raise SourceRefused(f"the receiver says {status}", where=address, hint=hint)
