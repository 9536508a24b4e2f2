"""robots.txt: what a publisher does not want fetched by machines is not fetched (RFC 9309)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from urllib.robotparser import RobotFileParser

import httpx

LONGEST = 500 * 1024
"""Bytes of a robots.txt that are read; RFC 9309 section 2.5 asks for at least that many."""


DAY = 24 * 3600
"""Seconds after which rules are asked for again (RFC 9309 section 2.4)."""


class Robots:
    """Asks each origin once a day for its rules. `read` gives the text of an address, or None.

    No robots.txt, or none that answers, allows everything: RFC 9309 would forbid all when a server
    is failing, but it speaks of crawlers; we ask for the one address that a person wrote down.

    Programming interfaces (`/api/` in the path) are made for machines, though CKAN's own default forbids
    them to all crawlers: there only a rule that names our agent counts. Whoever names us is obeyed always.
    """

    def __init__(self, agent: str, read: Callable[[str], str | None]) -> None:
        self._agent = agent
        self._read = read
        self._rules: dict[str, tuple[float, RobotFileParser]] = {}
        self._lock = threading.Lock()

    def allow(self, url: httpx.URL) -> bool:
        """True when the origin's rules let our agent fetch `url`."""
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        rules = self._rules_of(origin)
        return rules.can_fetch(self._agent, str(url)) or ("/api/" in url.path and not self._is_named(rules))

    def _rules_of(self, origin: str) -> RobotFileParser:
        with self._lock:
            asked, rules = self._rules.get(origin, (-DAY, None))
        if rules is None or time.monotonic() - asked > DAY:
            rules = RobotFileParser()
            rules.parse((self._read(f"{origin}/robots.txt") or "").splitlines())
            with self._lock:
                self._rules[origin] = (time.monotonic(), rules)
        return rules

    def _is_named(self, rules: RobotFileParser) -> bool:
        """True when a group of rules is for our agent by name."""
        texts = str(rules).lower().splitlines()
        return any(line.startswith("user-agent:") and self._agent.lower() in line for line in texts)
