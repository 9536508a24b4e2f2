"""Licences combined: which duties arise when data of several sources become one, and what does not go together.

What each licence asks and forbids stands in `model.licence`, with its source. This is engineering, not legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from allmende.model.licence import BANS, DUTIES, LICENCES, Ban, Duty, Licence

_NAMING = ("dl-de/by-2-0", "cc-by-4.0")
"""What the city gives its own work, for results of sources that want to be named."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for data under these licences together.

    `share_alike` is the licence under which what is made of them must be passed on, None when that is free.
    `conflict` are two licences that exclude each other: then what is made of both may be passed on under neither.
    """

    duties: tuple[Duty, ...] = ()
    bans: tuple[Ban, ...] = ()
    share_alike: Licence | None = None
    conflict: tuple[Licence, Licence] | None = None

    @property
    def is_open(self) -> bool:
        """True when everybody may use, change, sell and pass on what is made of them."""
        return self.conflict is None and not {"commercial", "changes"} & set(self.bans)


def combine(licences: Iterable[Licence]) -> Terms:
    """The terms of data made from sources with these licences."""
    found = tuple(dict.fromkeys(licences))
    alike = [licence for licence in found if licence.share_alike]
    return Terms(
        tuple(duty for duty in DUTIES if any(duty in one.duties for one in found)),
        tuple(ban for ban in BANS if any(ban in one.bans for one in found)),
        alike[0] if alike else None,
        _conflict(found, alike),
    )


def _conflict(licences: Iterable[Licence], alike: list[Licence]) -> tuple[Licence, Licence] | None:
    """Two that each want the result for themselves, or one that wants it free and one that does not allow that."""
    if not alike:
        return None
    bound = next((one for one in licences if not one.is_open), None)
    other = alike[1] if len(alike) > 1 else bound
    return (alike[0], other) if other else None


def fits(result: str, licences: Iterable[Licence]) -> bool:
    """True when a dataset made from these may carry the licence `result` (an id)."""
    terms = combine(licences)
    chosen = LICENCES.get(result)
    if chosen is None or terms.conflict or "changes" in terms.bans:
        return False
    if terms.share_alike is not None:
        return chosen == terms.share_alike
    kept = "commercial" not in terms.bans or "commercial" in chosen.bans
    return kept and (chosen.attribution or "name_source" not in terms.duties)


def suggest(licences: Iterable[Licence]) -> Licence | None:
    """A licence that a result of these may carry: that of the only source, the one that must be, or a plain one.

    None when there is none, because two exclude each other, or one forbids changes.
    """
    found = tuple(dict.fromkeys(licences))
    own = [one.id for one in found]
    wanted = [*own[:1], *_NAMING] if len(own) == 1 else ["dl-de/zero-2-0", *_NAMING, *own]
    return next((LICENCES[name] for name in wanted if fits(name, found)), None)
