"""Forms that anybody may send without signing in: not from other sites, not by simple programs, not too often."""

from __future__ import annotations

from collections.abc import Mapping

from allmende.errors import TooOften
from allmende.share.people.forms import Form, check_origin
from allmende.share.people.limits import Limit

TRAP = "website"
"""A field that people do not see. Programs fill it in."""
_OF_ONE, _OF_ALL, _HOUR = 10, 300, 3_600.0


class OpenForms:
    """Remembers for an hour how often each network sent something; nothing of it is written down."""

    def __init__(self) -> None:
        self._one = Limit(_OF_ONE, _HOUR)
        self._all = Limit(_OF_ALL, _HOUR)

    def check(self, headers: Mapping[str, str], form: Form, network: str) -> bool:
        """False when a program filled the trap: answer as if all were well, and keep nothing.

        Raises ForeignForm (sent from another site) and TooOften.
        """
        check_origin(headers)
        if form.text(TRAP):
            return False
        if not (self._one.allows(network) and self._all.allows("")):
            raise TooOften(
                "too much was sent in a short time", hint="Try again in an hour.", code="too_often"
            )
        return True
