"""Forms that only the person who was shown them can send (cross-site request forgery, OWASP)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from allmende.errors import NotAllowed
from allmende.share.people.signing_in import SignedIn

_OWN = ("", "same-origin", "none")


class ForeignForm(NotAllowed):
    """A form that was not sent from our own page, or from one that is too old."""

    def __init__(self) -> None:
        super().__init__(
            "this form is too old, or was not sent from this portal",
            hint="Open the page again and send the form from there.",
        )


@dataclass(frozen=True)
class Form:
    """What was sent: texts without space around them, and files."""

    fields: Mapping[str, Any]

    def text(self, name: str, most: int = 4_000) -> str:
        """A field's text; empty when it was not sent. Longer texts are cut."""
        value = self.fields.get(name, "")
        value = value[-1] if isinstance(value, list) else value
        return value.strip()[:most] if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Every text that was sent under a name."""
        value = self.fields.get(name, ())
        found = value if isinstance(value, list | tuple) else [value]
        return tuple(one.strip() for one in found if isinstance(one, str))

    def number(self, name: str) -> int:
        """A whole number; 0 when it is none."""
        text = self.text(name, 12)
        return int(text) if text.isascii() and text.isdigit() else 0


def check_origin(headers: Mapping[str, str]) -> None:
    """ForeignForm when the browser says that another site sent this."""
    if headers.get("sec-fetch-site", "") not in _OWN:
        raise ForeignForm
    origin = headers.get("origin", "")
    if origin and urlsplit(origin).netloc != headers.get("host", ""):
        raise ForeignForm


def check_form(form: Form, signed: SignedIn) -> None:
    """ForeignForm when the form does not carry what stood in the page that was shown to this person."""
    check_csrf(form.text("csrf"), signed)


def check_csrf(text: str, signed: SignedIn) -> None:
    """ForeignForm when `text` is not what stood in the page that was shown to this person."""
    if not hmac.compare_digest(text.encode(), signed.csrf.encode()):
        raise ForeignForm
