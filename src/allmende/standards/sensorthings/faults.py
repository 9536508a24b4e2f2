"""What is wrong with a request, with the place in its text, as the standard wants it told."""

from __future__ import annotations

from allmende.errors import AllmendeError


class BadRequest(AllmendeError):
    """The request is not what the standard describes. `position` counts characters from 1."""

    def __init__(self, message: str, *, where: str = "", position: int | None = None, hint: str = "") -> None:
        place = f" (character {position})" if position is not None else ""
        super().__init__(message + place, where=where, hint=hint)
        self.position = position


class NotDone(AllmendeError):
    """The standard knows this, we do not (yet); `conformance.toml` says why."""


class WrongMedia(AllmendeError):
    """The body is of a media type that is not read here."""
