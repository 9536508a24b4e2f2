"""From a context to a page: templates, numbers and days in the reader's language, and the frame around all pages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from markupsafe import Markup

from allmende.catalogue.wording import word_figure, word_finding, word_number, word_period, word_quantity
from allmende.model.city import City
from allmende.model.dataset import Check, Pin
from allmende.model.document import Span
from allmende.model.figure import FigureId
from allmende.model.finding import Finding, Quantity
from allmende.model.licence import LICENCES, Licence
from allmende.model.observation import moment
from allmende.model.received import FileProblem
from allmende.model.source import Rejected
from allmende.model.text import Language, Text
from allmende.share.portal.assets import Assets, assets
from allmende.share.portal.file_words import Said, say_fault, say_problem, say_rejected
from allmende.share.portal.words import Words

TEMPLATES = Path(__file__).parent / "templates"
HTML = "text/html; charset=utf-8"
LIVE = {"cache-control": "no-store"}
"""For pages whose values change by the second: nobody keeps them."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page: the title, the address without language, and whose data it shows.

    `licences` and `attributions` are named at the foot of the page. `crumbs` lead back: (text, address).
    """

    title: str
    path: str
    description: str = ""
    licences: tuple[Licence, ...] = ()
    attributions: tuple[str, ...] = ()
    crumbs: tuple[tuple[str, str], ...] = ()
    section: str = ""
    query: str = ""
    alternates: bool = True


@cache
def environment() -> Environment:
    """The templates. Everything is escaped; an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.tests["number"] = lambda value: isinstance(value, int | float) and not isinstance(value, bool)
    return made


def page(
    template: str,
    context: Any,
    frame: Frame,
    city: City,
    language: Language,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    """The page as an answer. `context` is the page's frozen dataclass; its fields are the template's names."""
    text = render(template, context, frame, city, language)
    return Response(text, status_code=status, media_type=HTML, headers=dict(headers or {}))


def render(template: str, context: Any, frame: Frame, city: City, language: Language) -> str:
    """The page as text."""
    fields = {f.name: getattr(context, f.name) for f in dataclasses.fields(context)}
    return environment().get_template(template).render(**fields, **_around(frame, city, language))


def _around(frame: Frame, city: City, language: Language) -> Mapping[str, Any]:
    return {
        "frame": frame,
        "city": city,
        "language": language,
        "other": "en" if language == "de" else "de",
        "start": "/en" if language == "en" else "",
        "t": Words(language),
        "assets": assets(),
        "say": Sayings(language, city.time_zone),
        "svg": Markup,
    }


@dataclass(frozen=True)
class Sayings:
    """What templates call `say`: values in words of the reader's language and the city's time."""

    language: Language
    time_zone: str
    _zone: ZoneInfo = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_zone", ZoneInfo(self.time_zone))

    def text(self, words: Text) -> str:
        """The words in this language."""
        return words.of(self.language)

    def licence(self, id_: str) -> str:
        """The title of a licence we know, else nothing."""
        return LICENCES[id_].title if id_ in LICENCES else ""

    def check(self, check: Check) -> str:
        """What a check asks, in the reader's words."""
        kind, _, about = check.name.partition(":")
        t = Words(self.language)
        return t(f"check.{kind}", about=about) if t.knows(f"check.{kind}") else check.name

    def number(self, value: float | None, decimals: int = 0) -> str:
        """A number with thousands marks."""
        return word_number(value, decimals, self.language)

    def figure(self, figure: Any, unit: bool = True) -> str:
        """A figure's value."""
        return word_figure(figure, self.language, unit=unit)

    def finding(self, finding: Finding) -> tuple[tuple[str, Quantity | None], ...]:
        """The sentence of a finding in parts: text, and the quantity where it is a number."""
        return word_finding(finding, self.language)

    def quantity(self, quantity: Quantity) -> str:
        """A number of a finding with its unit."""
        return word_quantity(quantity, self.language)

    def figure_of(self, finding: Finding, quantity: Quantity, pin: Pin) -> str:
        """The address of a number of a finding."""
        cell = {"key": finding.key, "number": quantity.name}
        return str(FigureId.of("finding", pin.dataset, pin.version, cell=cell))

    def period(self, period: str | None) -> str:
        """A period."""
        return word_period(period, self.language)

    def day(self, moment: Any) -> str:
        """A day, such as 22. November 2026."""
        if isinstance(moment, datetime):
            moment = moment.astimezone(self._zone).date()
        return format_date(moment, "d. MMMM y" if self.language == "de" else "d MMMM y", locale=self.language)

    def weekday(self, moment: datetime) -> str:
        """A day with its weekday and the time."""
        pattern = "EEEE, d. MMMM y, HH:mm 'Uhr'" if self.language == "de" else "EEEE d MMMM y, HH:mm"
        return format_datetime(moment, pattern, tzinfo=self._zone, locale=self.language)

    def time(self, moment: datetime | None) -> str:
        """Day and time, short."""
        if moment is None:
            return "–"
        pattern = "dd.MM.y, HH:mm" if self.language == "de" else "d MMM y, HH:mm"
        return format_datetime(moment, pattern, tzinfo=self._zone, locale=self.language)

    def moment(self, microseconds: int) -> str:
        """Day and time of a moment in microseconds since 1970, short."""
        return self.time(moment(microseconds))

    def size(self, size: int) -> str:
        """A number of bytes."""
        for unit in ("Byte", "kB", "MB"):
            if size < 1000:
                return f"{word_number(size, 0 if unit == 'Byte' else 1, self.language)} {unit}"
            size = size / 1000  # type: ignore[assignment]  # the division is for show
        return f"{word_number(size, 1, self.language)} GB"

    def rejected(self, row: Rejected) -> str:
        """Why a row was not taken."""
        return say_rejected(row, Words(self.language))

    def fault(self, fault: str) -> str:
        """Why a piece of work for the workshop could not be ended."""
        return say_fault(fault, Words(self.language))

    def problem(self, problem: FileProblem) -> Said:
        """What is wrong with a file, where, and what to do."""
        return say_problem(problem, Words(self.language))

    def plain(self, spans: Sequence[Span]) -> str:
        """Spans as plain text."""
        return "".join(span.text for span in spans)


def licences_of(ids: Iterable[str]) -> tuple[Licence, ...]:
    """Licences by id, each once; unknown ones are left out."""
    return tuple(LICENCES[name] for name in dict.fromkeys(ids) if name in LICENCES)


__all__ = ["Assets", "Frame", "Sayings", "licences_of", "page", "render"]
