"""Licences as catalogues name them, and ours. Only exact words count; what is near is `unknown`.

Names follow the licence list of DCAT-AP.de (dcat-ap.de/def/licenses), CKAN's licence ids and SPDX.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from allmende.model.licence import LICENCES, UNKNOWN_LICENCE

_LIST = "dcat-ap.de/def/licenses/"
_NAMES = {
    "dl-by-de/2.0": "dl-de/by-2-0",
    "dl-de-by-2.0": "dl-de/by-2-0",
    "dl-zero-de/2.0": "dl-de/zero-2-0",
    "dl-de-zero-2.0": "dl-de/zero-2-0",
    "cc-zero": "cc0-1.0",
    "cc-by/4.0": "cc-by-4.0",
    "cc-by-sa/4.0": "cc-by-sa-4.0",
    "cc-by-nc/4.0": "cc-by-nc-4.0",
    "cc-by-nd/4.0": "cc-by-nd-4.0",
    "odbl": "odbl-1.0",
    "odc-odbl": "odbl-1.0",
    "odc-pddl": "pddl-1.0",
    "odcpddl": "pddl-1.0",
    "geonutz/20130319": "geonutzv",
    "geonutzv-de-2013-03-19": "geonutzv",
}


def _bare(text: str) -> str:
    """Words or an address in one form: lower case, without scheme, `www.`, fragment and slash at the end."""
    lower = " ".join(text.lower().split())
    if "://" in lower:
        try:
            parts = urlsplit(lower)
        except ValueError:
            return lower
        lower = (parts.netloc + parts.path).removeprefix("www.").rstrip("/")
        for end in ("/legalcode", "/deed.de", "/deed.en", "/deed"):
            lower = lower.removesuffix(end)
    return lower.removeprefix(_LIST)


_KNOWN = {
    **{_bare(licence.address): licence.id for licence in LICENCES.values()},
    **{_bare(licence.title): licence.id for licence in LICENCES.values()},
    **{licence: licence for licence in LICENCES},
    **_NAMES,
}


def licence_of(*written: str) -> tuple[str, str]:
    """Our id for a licence that is written in several ways (id, title, address), and what is written first.

    `unknown` when no way is one we know, or two of them are known and differ.
    """
    given = next((one for one in written if one), "")
    found = {_KNOWN[_bare(one)] for one in written if _bare(one) in _KNOWN}
    return (found.pop() if len(found) == 1 else UNKNOWN_LICENCE), given


def one_licence(each: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """The licence of a dataset by those of its distributions: theirs when all agree, else `unknown`."""
    pairs = list(dict.fromkeys(each))
    known = {licence for licence, _ in pairs}
    given = "; ".join(dict.fromkeys(words for _, words in pairs if words))
    return (known.pop() if len(known) == 1 else UNKNOWN_LICENCE), given[:500]
