"""Licences that data may carry, with what each asks and forbids. An unknown licence closes a dataset.

Identifiers and addresses follow the licence list of DCAT-AP.de (dcat-ap.de/def/licenses) and SPDX. Duties and bans
are read from the texts at these addresses: dl-de/by-2-0 no. 2 and 3, CC BY 3.0 no. 4, CC 4.0 sections 2 and 3, ODbL 1.0
no. 4.2 to 4.6, GeoNutzV § 3, Apache 2.0 no. 4, MIT, EPL 2.0 no. 3. This is engineering, not legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Duty = Literal["name_source", "say_changes", "keep_notice", "offer_derived", "share_alike"]
"""What a licence asks for. `offer_derived`: whoever shows what was made of a changed database has to offer that
database too, or a file with the changes (ODbL 4.6)."""
Ban = Literal["endorsement", "commercial", "changes"]
"""What a licence forbids: to look as if the owner stood behind it, to earn with it, to pass on what was changed."""
DUTIES: tuple[Duty, ...] = get_args(Duty)
BANS: tuple[Ban, ...] = get_args(Ban)


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence: our id, its title, its address, what it asks for and what it forbids.

    `fits_hvd` says whether high-value data may carry it (regulation (EU) 2023/138, article 4: CC0, CC BY 4.0 or
    one that is equivalent or less restrictive); None where nobody has settled that.
    """

    id: str
    title: str
    address: str
    duties: tuple[Duty, ...] = ()
    bans: tuple[Ban, ...] = ()
    fits_hvd: bool | None = False

    @property
    def attribution(self) -> bool:
        """True when naming the source is a duty."""
        return "name_source" in self.duties

    @property
    def share_alike(self) -> bool:
        """True when what is made of it has to carry this licence too."""
        return "share_alike" in self.duties

    @property
    def is_open(self) -> bool:
        """True when everybody may use, change and sell it (the Open Definition 2.1)."""
        return not {"commercial", "changes"} & set(self.bans)


_NAMED: tuple[Duty, ...] = ("name_source", "say_changes")
_CC: tuple[Duty, ...] = ("name_source", "say_changes", "keep_notice")

LICENCES: dict[str, Licence] = {
    licence.id: licence
    for licence in (
        Licence(
            "dl-de/by-2-0",
            "Datenlizenz Deutschland Namensnennung 2.0",
            "https://www.govdata.de/dl-de/by-2-0",
            _NAMED,
            fits_hvd=None,
        ),
        Licence(
            "dl-de/zero-2-0",
            "Datenlizenz Deutschland Zero 2.0",
            "https://www.govdata.de/dl-de/zero-2-0",
            fits_hvd=True,
        ),
        Licence(
            "odbl-1.0",
            "Open Database License 1.0",
            "https://opendatacommons.org/licenses/odbl/1-0/",
            ("name_source", "keep_notice", "offer_derived", "share_alike"),
        ),
        Licence(
            "cc0-1.0",
            "Creative Commons Zero 1.0",
            "https://creativecommons.org/publicdomain/zero/1.0/",
            fits_hvd=True,
        ),
        Licence(
            "cc-by-3.0",
            "Creative Commons Namensnennung 3.0",
            "https://creativecommons.org/licenses/by/3.0/",
            _CC,
            ("endorsement",),
            fits_hvd=None,
        ),
        Licence(
            "cc-by-4.0",
            "Creative Commons Namensnennung 4.0",
            "https://creativecommons.org/licenses/by/4.0/",
            _CC,
            ("endorsement",),
            fits_hvd=True,
        ),
        Licence(
            "cc-by-sa-4.0",
            "Creative Commons Namensnennung, gleiche Bedingungen 4.0",
            "https://creativecommons.org/licenses/by-sa/4.0/",
            (*_CC, "share_alike"),
            ("endorsement",),
        ),
        Licence(
            "cc-by-nc-4.0",
            "Creative Commons Namensnennung, nicht kommerziell 4.0",
            "https://creativecommons.org/licenses/by-nc/4.0/",
            _CC,
            ("endorsement", "commercial"),
        ),
        Licence(
            "cc-by-nd-4.0",
            "Creative Commons Namensnennung, keine Bearbeitungen 4.0",
            "https://creativecommons.org/licenses/by-nd/4.0/",
            _CC,
            ("endorsement", "changes"),
        ),
        Licence(
            "apache-2.0",
            "Apache License 2.0",
            "https://www.apache.org/licenses/LICENSE-2.0",
            _CC,
            ("endorsement",),
        ),
        Licence(
            "epl-2.0",
            "Eclipse Public License 2.0",
            "https://www.eclipse.org/legal/epl-2.0/",
            ("name_source", "keep_notice", "share_alike"),
        ),
        Licence("mit", "MIT License", "https://opensource.org/license/mit", ("name_source", "keep_notice")),
        Licence(
            "pddl-1.0",
            "Public Domain Dedication and License 1.0",
            "https://opendatacommons.org/licenses/pddl/1-0/",
            fits_hvd=True,
        ),
        Licence(
            "geonutzv",
            "Verordnung zur Festlegung der Nutzungsbestimmungen für Geodaten des Bundes",
            "https://www.gesetze-im-internet.de/geonutzv/",
            _NAMED,
            fits_hvd=None,
        ),
    )
}

UNKNOWN_LICENCE = "unknown"
