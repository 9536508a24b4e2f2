"""Licences combined: which duties arise when data of several sources become one, and what does not go together.

The duties follow the texts of the licences at their addresses (`Licence.address`): dl-de/by-2-0 no. 2 and 3,
CC BY 3.0 no. 4, CC BY 4.0 and CC BY-SA 4.0 no. 3, ODbL 1.0 no. 4, GeoNutzV § 3, Apache 2.0 no. 4, MIT, EPL 2.0 no. 3.
This is engineering, not legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from allmende.model.licence import LICENCES, Licence

Duty = Literal["name_source", "say_changes", "keep_notice", "share_alike"]

_SAY_CHANGES = frozenset({"dl-de/by-2-0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-4.0", "geonutzv", "apache-2.0"})
_KEEP_NOTICE = frozenset({"odbl-1.0", "apache-2.0", "mit", "epl-2.0", "cc-by-sa-4.0"})


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for data under these licences together.

    `share_alike` is the licence under which what is made of them must be passed on, None when that is free.
    `conflict` are two licences that each want that for themselves: then nothing may be published of both.
    """

    duties: tuple[Duty, ...] = ()
    share_alike: Licence | None = None
    conflict: tuple[Licence, Licence] | None = None


def combine(licences: Iterable[Licence]) -> Terms:
    """The terms of data made from sources with these licences."""
    found = tuple(dict.fromkeys(licences))
    alike = [licence for licence in found if licence.share_alike]
    return Terms(
        tuple(
            duty
            for duty in ("name_source", "say_changes", "keep_notice", "share_alike")
            if _arises(duty, found)
        ),
        alike[0] if alike else None,
        (alike[0], alike[1]) if len(alike) > 1 else None,
    )


def _arises(duty: Duty, licences: Iterable[Licence]) -> bool:
    return any(
        {
            "name_source": one.attribution,
            "say_changes": one.id in _SAY_CHANGES,
            "keep_notice": one.id in _KEEP_NOTICE,
            "share_alike": one.share_alike,
        }[duty]
        for one in licences
    )


def fits(result: str, licences: Iterable[Licence]) -> bool:
    """True when a dataset made from these may carry the licence `result` (an id)."""
    terms = combine(licences)
    chosen = LICENCES.get(result)
    if chosen is None or terms.conflict:
        return False
    if terms.share_alike is not None:
        return chosen == terms.share_alike
    return chosen.attribution or "name_source" not in terms.duties
