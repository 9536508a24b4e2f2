"""The one client for everything that leaves the machine: polite, bounded, closed to private networks."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from tempfile import SpooledTemporaryFile
from typing import IO
from urllib.parse import unquote, urlsplit

import httpx
import stamina
from stamina.instrumentation import set_on_retry_hooks

from allmende.collect.addresses import NameUnknown, PinnedTransport
from allmende.collect.robots import LONGEST, Robots
from allmende.errors import SourceRefused, SourceUnreachable
from allmende.model.source import Receipt
from allmende.ports import Fetched

AGENT = "Allmende"
CHUNK = 256 * 1024
IN_MEMORY = 4 * 1024 * 1024
LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
_REASONS = {
    401: ("the address asks for a login", "Ask its owner for an open address."),
    403: ("the address does not let us in", "Ask its owner whether it is meant to be public."),
    404: ("there is nothing at this address", "Look on the publisher's page where the file is now."),
    410: ("the file was taken away for good", "Look on the publisher's page where the file is now."),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one fetch. Sizes are bytes after decompression, times are seconds."""

    size: int = 512 * 1024 * 1024
    total_seconds: float = 300
    read_seconds: float = 30
    redirects: int = 5
    attempts: int = 4
    longest_wait: float = 60


class _TryLater(SourceUnreachable):
    """The server named a time after which it may be asked again (Retry-After), in seconds."""

    def __init__(self, message: str, *, where: str, seconds: float, hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.seconds = seconds


class _NoNetwork(SourceUnreachable):
    """Not tried again within this fetch, so that a city without network is told so in seconds."""


class GuardedHttp:
    """An Http over the network. `contact` (an address or e-mail) is named to every server.

    `private_hosts` are names that may lie in a private network; `proxy` is the address of a proxy,
    which then resolves names and answers for what may be reached; `offline` refuses everything.
    """

    def __init__(
        self,
        contact: str = "",
        *,
        offline: bool = False,
        private_hosts: Iterable[str] = (),
        respect_robots: bool = True,
        proxy: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        # The run tells of failures; a log line for every attempt would only tear the progress display.
        set_on_retry_hooks([])
        self._limits = limits or Limits()
        self._offline = offline
        inner = httpx.HTTPTransport(proxy=proxy, trust_env=False) if proxy else None
        self._client = httpx.Client(
            transport=inner or PinnedTransport(private_hosts),
            headers={"User-Agent": agent_of(contact), "Accept-Encoding": "gzip, deflate"},
            timeout=httpx.Timeout(self._limits.read_seconds),
            follow_redirects=False,
        )
        self._robots = Robots(AGENT, self._read_rules) if respect_robots else None

    def fetch(self, address: str, known: Receipt | None = None) -> Fetched | None:
        """Get `address` with retries for what may pass by itself; None when unchanged since `known`.

        The body is complete when this returns, so a broken transfer is retried as well.
        Raises SourceUnreachable (transient, after the last attempt) or SourceRefused.
        """
        if self._offline:
            raise SourceUnreachable("we are offline", where=address, hint="Start without --offline.")
        url = parse_address(address)
        attempts = stamina.retry_context(
            on=self._wait_before_retry,
            attempts=self._limits.attempts,
            timeout=self._limits.total_seconds,
            wait_initial=0.5,
            wait_max=min(20.0, self._limits.longest_wait),
        )
        for attempt in attempts:
            with attempt:
                return self._fetch_once(address, url, known)
        raise AssertionError("a retry ends with an answer or an error")  # pragma: no cover

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _wait_before_retry(self, error: Exception) -> bool | float:
        if isinstance(error, _TryLater):
            return error.seconds if error.seconds <= self._limits.longest_wait else False
        return isinstance(error, SourceUnreachable) and not isinstance(error, _NoNetwork)

    def _fetch_once(self, address: str, url: httpx.URL, known: Receipt | None) -> Fetched | None:
        deadline = time.monotonic() + self._limits.total_seconds
        with _translated(address), self._answer(address, url, known) as response:
            if response.status_code == httpx.codes.NOT_MODIFIED:
                return None
            refuse_status(address, response)
            body = self._spool(address, response, deadline)
            return Fetched(
                address=address,
                chunks=_chunks(body),
                media_type=response.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
                etag=response.headers.get("ETag", ""),
                last_modified=response.headers.get("Last-Modified", ""),
                file_name=file_name_of(response),
            )

    @contextmanager
    def _answer(self, address: str, url: httpx.URL, known: Receipt | None) -> Iterator[httpx.Response]:
        """The first answer that is no redirect; every hop is checked like the first address."""
        for _ in range(self._limits.redirects + 1):
            if self._robots and not self._robots.allow(url):
                raise SourceRefused(
                    "the publisher's robots.txt forbids machines to fetch this",
                    where=str(url),
                    hint="Ask the publisher, who can allow the agent 'Allmende'.",
                )
            request = self._client.build_request("GET", url, headers=conditions(address, known))
            response = self._client.send(request, stream=True)
            try:
                if response.next_request is None:
                    yield response
                    return
                url = parse_address(str(response.next_request.url))
            finally:
                response.close()
        raise SourceRefused("the address leads from one address to the next without end", where=address)

    def _spool(self, address: str, response: httpx.Response, deadline: float) -> IO[bytes]:
        announced = response.headers.get("Content-Length", "")
        self._refuse_size(address, int(announced) if announced.isdecimal() else 0)
        body = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - `_chunks` closes it
        size = 0
        try:
            for chunk in response.iter_bytes():
                size += len(chunk)
                self._refuse_size(address, size)
                if time.monotonic() > deadline:
                    raise SourceUnreachable(
                        f"the answer was not complete after {self._limits.total_seconds:g} s", where=address
                    )
                body.write(chunk)
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return body

    def _refuse_size(self, address: str, size: int) -> None:
        if size > self._limits.size:
            raise SourceRefused(
                f"the answer is larger than {self._limits.size / 2**20:g} MiB (unpacked)",
                where=address,
                hint="Ask the publisher for a smaller extract.",
            )

    def _read_rules(self, address: str) -> str | None:
        try:
            with self._client.stream("GET", address, timeout=min(10, self._limits.read_seconds)) as response:
                if response.status_code != httpx.codes.OK:
                    return None
                read = b""
                for chunk in response.iter_bytes():
                    read += chunk
                    if len(read) >= LONGEST:
                        break
                return read[:LONGEST].decode("utf-8", "replace")
        except httpx.HTTPError:
            return None


def agent_of(contact: str) -> str:
    """How we name ourselves: program, version and whom to write to."""
    return f"{AGENT}/{version('allmende')}" + (f" (+{contact})" if contact else "")


def parse_address(address: str) -> httpx.URL:
    """`address` as a web address with a host; SourceRefused otherwise."""
    try:
        urlsplit(address)  # stricter than httpx about brackets
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError) as error:
        raise SourceRefused(f"this is not a web address ({error})", where=address) from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise SourceRefused(
            "only http and https addresses are fetched", where=address, hint="Write https://..."
        )
    if url.userinfo:
        raise SourceRefused(
            "an address must not carry a password",
            where=url.host,
            hint="Ask the owner for an address that needs none.",
        )
    return url


def conditions(address: str, known: Receipt | None) -> dict[str, str]:
    """Headers that ask only for something newer than `known` (RFC 9110 section 13)."""
    if known is None or known.replayed or known.address != address:
        return {}
    pairs = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in pairs.items() if value}


def refuse_status(address: str, response: httpx.Response) -> None:
    """Raise for an answer that is no success: transient for what may pass, refused for the rest."""
    status = response.status_code
    if response.is_success:
        return
    if status in LATER:
        message = f"the server says {status} {response.reason_phrase}".rstrip()
        seconds = retry_after(response.headers.get("Retry-After", ""))
        if seconds is None:
            raise SourceUnreachable(message, where=address, hint="It is tried again at the next run.")
        raise _TryLater(
            message, where=address, seconds=seconds, hint=f"It asks to come back in {seconds:g} s."
        )
    message, hint = _REASONS.get(status, (f"the server says {status}", "Open the address in a browser."))
    raise SourceRefused(f"{message} (status {status})", where=address, hint=hint)


def retry_after(value: str) -> float | None:
    """Seconds of a Retry-After header, a number or a date (RFC 9110 section 10.2.3); None if neither."""
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def file_name_of(response: httpx.Response) -> str:
    """The name the server gives the file, or the last part of its address; never with a folder."""
    header = response.headers.get("Content-Disposition", "")
    extended = re.search(r"filename\*=(?:UTF-8|utf-8)''([^;]+)", header)
    plain = re.search(r'filename="?([^";]+)', header)
    name = unquote(extended[1]) if extended else plain[1] if plain else unquote(response.url.path)
    return re.split(r"[/\\]", name.strip())[-1][:200]


def _chunks(body: IO[bytes]) -> Iterator[bytes]:
    with body:
        while chunk := body.read(CHUNK):
            yield chunk


@contextmanager
def _translated(address: str) -> Iterator[None]:
    """Foreign errors become ours at the border; all of these may pass by themselves."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise SourceUnreachable("no answer in time", where=address, hint="It is tried again.") from error
    except httpx.RemoteProtocolError as error:
        raise SourceUnreachable(
            f"the answer was cut off or broken ({error})", where=address, hint="It is tried again."
        ) from error
    except httpx.DecodingError as error:
        raise SourceUnreachable(f"the answer was packed wrongly ({error})", where=address) from error
    except NameUnknown as error:
        raise _NoNetwork(str(error), where=address, hint="Is the network there?") from error
    except httpx.HTTPError as error:
        raise SourceUnreachable(
            f"the address cannot be reached ({error})", where=address, hint="Is the network there?"
        ) from error
