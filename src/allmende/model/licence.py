"""Licences that data may carry. An unknown licence closes a dataset.

Identifiers and addresses follow the licence list of DCAT-AP.de (dcat-ap.de/def/licenses) and SPDX.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence: our id, its title, its address, and whether naming the source is a duty."""

    id: str
    title: str
    address: str
    attribution: bool
    share_alike: bool = False


LICENCES: dict[str, Licence] = {
    licence.id: licence
    for licence in (
        Licence(
            "dl-de/by-2-0",
            "Datenlizenz Deutschland Namensnennung 2.0",
            "https://www.govdata.de/dl-de/by-2-0",
            True,
        ),
        Licence(
            "dl-de/zero-2-0",
            "Datenlizenz Deutschland Zero 2.0",
            "https://www.govdata.de/dl-de/zero-2-0",
            False,
        ),
        Licence(
            "odbl-1.0",
            "Open Database License 1.0",
            "https://opendatacommons.org/licenses/odbl/1-0/",
            True,
            True,
        ),
        Licence(
            "cc0-1.0",
            "Creative Commons Zero 1.0",
            "https://creativecommons.org/publicdomain/zero/1.0/",
            False,
        ),
        Licence(
            "cc-by-3.0",
            "Creative Commons Namensnennung 3.0",
            "https://creativecommons.org/licenses/by/3.0/",
            True,
        ),
        Licence(
            "cc-by-4.0",
            "Creative Commons Namensnennung 4.0",
            "https://creativecommons.org/licenses/by/4.0/",
            True,
        ),
        Licence(
            "cc-by-sa-4.0",
            "Creative Commons Namensnennung, gleiche Bedingungen 4.0",
            "https://creativecommons.org/licenses/by-sa/4.0/",
            True,
            True,
        ),
        Licence("apache-2.0", "Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0", True),
        Licence("epl-2.0", "Eclipse Public License 2.0", "https://www.eclipse.org/legal/epl-2.0/", True),
        Licence("mit", "MIT License", "https://opensource.org/license/mit", True),
        Licence(
            "pddl-1.0",
            "Public Domain Dedication and License 1.0",
            "https://opendatacommons.org/licenses/pddl/1-0/",
            False,
        ),
        Licence(
            "geonutzv",
            "Verordnung zur Festlegung der Nutzungsbestimmungen für Geodaten des Bundes",
            "https://www.gesetze-im-internet.de/geonutzv/",
            True,
        ),
    )
}

UNKNOWN_LICENCE = "unknown"
