"""Is a licence stated in a text? What is found is a hint for a person, never a decision."""

from __future__ import annotations

import re

# What the texts of licences and notices say; the first that fits counts, the narrower stand first.
_SIGNS = (
    (
        "dl-de/zero-2-0",
        r"dl[-/ ]?(?:de)?[-/ ]?zero[-/ ]?(?:de)?[-/ ]?2[.-]0|datenlizenz deutschland[ –-]*zero",
    ),
    (
        "dl-de/by-2-0",
        r"dl[-/ ]?(?:de)?[-/ ]?by[-/ ]?(?:de)?[-/ ]?2[.-]0|datenlizenz deutschland[ –-]*namensnennung",
    ),
    ("cc-by-sa-4.0", r"cc[- ]by[- ]sa[- ]4\.0|licenses/by-sa/4\.0"),
    ("cc-by-4.0", r"cc[- ]by[- ]4\.0|licenses/by/4\.0|creative commons (?:attribution|namensnennung) 4\.0"),
    ("cc-by-3.0", r"cc[- ]by[- ]3\.0|licenses/by/3\.0"),
    ("cc0-1.0", r"\bcc[- ]?0\b|publicdomain/zero/1\.0|creative commons zero"),
    ("odbl-1.0", r"\bodbl\b|open database licen[cs]e|openstreetmap contributors"),
    ("pddl-1.0", r"\bpddl\b"),
    ("geonutzv", r"\bgeonutzv\b"),
)


def stated_licence(text: str) -> str:
    """The id of the licence that `text` names, or nothing."""
    lower = text.lower()
    return next((licence for licence, sign in _SIGNS if re.search(sign, lower)), "")
