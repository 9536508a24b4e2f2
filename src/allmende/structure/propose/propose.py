"""From bytes to a proposal: recognise, describe, look for a licence."""

from __future__ import annotations

from dataclasses import replace

from allmende.model.city import City
from allmende.model.licence import UNKNOWN_LICENCE
from allmende.model.source import Source
from allmende.model.text import Text
from allmende.ports import Raw
from allmende.structure.propose.describe import describe
from allmende.structure.propose.licences import stated_licence
from allmende.structure.propose.recognise import recognise
from allmende.structure.propose.write import Proposal
from allmende.structure.reading.names import column_name

_LOOKED_AT = 100_000
LONG = {
    "columns": r"^(\d{1,2}\.\d{1,2}\.)?(19|20)\d\d(-\d\d-\d\d)?$",
    "name": "period",
    "value": "value",
}


def propose(
    raw: Raw,
    city: City,
    source: Source,
    *,
    licence: str = "",
    notices: tuple[tuple[str, str], ...] = (),
    places: frozenset[str] = frozenset(),
    long: bool = False,
) -> Proposal:
    """A proposal for the bytes `raw`.

    `licence` is one that a person vouches for; else it is looked for in the bytes and in `notices`
    (name and text of files beside it). `places` are codes of the city's districts. With `long`
    columns that are years or days become rows. Raises Unreadable.
    """
    wanted = replace(source, options={"unpivot": LONG}) if long else source
    found, parsed = recognise(raw, wanted, raw.receipt.file_name)
    stated, where = _stated(raw, notices)
    described = describe(parsed, places)
    return Proposal(
        source=replace(found, licence=licence or stated or UNKNOWN_LICENCE),
        parsed=parsed,
        description=described,
        confirmed=bool(licence),
        stated_in=where,
        themes=tuple(city.themes),
        locate=bool(places) and any(c.type == "geometry" for c in parsed.columns) and not described.place,
    )


def _stated(raw: Raw, notices: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """Licence and where it was found; both empty when nothing is stated."""
    with raw.path.open("rb") as file:
        text = file.read(_LOOKED_AT).decode("utf-8", errors="replace")
    for name, words in (("the file itself", text), *notices):
        if licence := stated_licence(words):
            return licence, name
    return "", ""


def id_of(file_name: str) -> str:
    """An id from a file's name: `Bäume 2024.xlsx` is `baeume-2024`."""
    name = _stem(file_name)
    return column_name(name).removeprefix("c_" if not name[:1].isalpha() else "").replace("_", "-")


def title_of(file_name: str) -> Text:
    """A title from a file's name: `street_trees.csv` is `Street trees`."""
    words = " ".join(_stem(file_name).replace("_", " ").replace("-", " ").split()) or file_name
    return Text(words[:1].upper() + words[1:], words[:1].upper() + words[1:])


def _stem(file_name: str) -> str:
    stem = file_name.removesuffix(".gz")
    return stem.rpartition(".")[0] or stem
