"""Asking, again where that may help, and what is raised when the city refuses."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

AGAIN = (429, 502, 503, 504)
TRIES = 4
LONGEST_WAIT = 30.0
Parameters = list[tuple[str, str]]


class Refused(Exception):
    """The city did not answer as asked: `status` of HTTP (0: no answer at all), its words, and what to do."""

    def __init__(self, status: int, detail: str, hint: str = "") -> None:
        super().__init__(" ".join(part for part in (detail, hint) if part))
        self.status, self.detail, self.hint = status, detail, hint


@dataclass(frozen=True)
class Connection:
    """Asks one city. `sleep` waits between tries."""

    client: httpx.Client
    sleep: Callable[[float], None] = time.sleep

    def get(self, path: str, parameters: Parameters | None = None) -> httpx.Response:
        """The answer. Raises Refused."""
        for attempt in range(1, TRIES + 1):
            try:
                answer = self.client.get(
                    path, params=httpx.QueryParams(tuple(parameters)) if parameters else None
                )
            except httpx.TransportError as error:
                if attempt == TRIES:
                    raise Refused(0, f"the city cannot be reached: {error}") from error
                self.sleep(2.0 ** (attempt - 1))
                continue
            if answer.status_code not in AGAIN or attempt == TRIES:
                break
            self.sleep(_wait(answer, attempt))
        return _checked(answer)

    def json(self, path: str, parameters: Parameters | None = None) -> Any:
        """The answer as JSON. Raises Refused."""
        return self.get(path, parameters).json()


def _wait(answer: httpx.Response, attempt: int) -> float:
    """As long as the city says, else twice as long as before."""
    said = answer.headers.get("retry-after", "")
    return min(float(said) if said.isdigit() else 2.0 ** (attempt - 1), LONGEST_WAIT)


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.status_code < 400:
        return answer
    try:
        said = answer.json()
    except ValueError:
        said = {}
    problem = said if isinstance(said, dict) else {}
    detail = str(problem.get("detail") or problem.get("title") or f"HTTP {answer.status_code}")
    raise Refused(answer.status_code, detail, str(problem.get("hint") or ""))
