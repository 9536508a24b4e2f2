"""The page for something that is not there or went wrong."""

from __future__ import annotations

from dataclasses import dataclass

from allmende.model.city import City
from allmende.model.text import Language
from allmende.share.portal.render import Frame, render
from allmende.share.portal.words import Words

_KNOWN = (401, 403, 404, 405, 410, 422, 429, 500)


@dataclass(frozen=True, slots=True)
class Context:
    """`status` is the HTTP status, `heading` and `advice` say it in words."""

    status: int
    heading: str
    advice: str


def error_page(status: int, language: Language, city: City, hint: str = "") -> str:
    """The page's text. `hint` is a thing to do that the error itself knows."""
    t = Words(language)
    known = status if status in _KNOWN else 500 if status >= 500 else 404
    context = Context(
        status, t(f"error.{known}"), hint if language == "en" and hint else t(f"error.{known}_advice")
    )
    return render("error.html", context, Frame(context.heading, "/", alternates=False), city, language)
