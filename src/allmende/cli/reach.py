"""Can anything be reached at all? Asked once, before a first run, so that nobody waits for nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from urllib.parse import urlsplit

from allmende.cli.options import Place
from allmende.collect.addresses import resolve
from allmende.model.city import City

PATIENCE = 8.0


def is_anything_reachable(place: Place, city: City) -> bool:
    """False when every source lies in the network and no host of them has an address now."""
    parts = [urlsplit(source.address) for source in city.sources.values()]
    if place.replay or not parts or any(part.scheme not in ("http", "https") for part in parts):
        return True
    if place.offline:
        return False
    if os.environ.get("ALLMENDE_PROXY"):
        return True  # the proxy resolves names, we cannot
    return _any_known({part.hostname for part in parts if part.hostname})


def _any_known(hosts: Iterable[str]) -> bool:
    pool = ThreadPoolExecutor(8, thread_name_prefix="reach")
    try:
        asked = [pool.submit(_is_known, host) for host in hosts]
        return any(answer.result() for answer in as_completed(asked, timeout=PATIENCE))
    except TimeoutError:
        return False
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _is_known(host: str) -> bool:
    try:
        return bool(resolve(host, 443))
    except (OSError, ValueError):
        return False
