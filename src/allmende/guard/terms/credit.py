"""The line that names the sources, ready to be copied: whose data, under which licence, where from, changed or not.

It holds what dl-de/by-2-0 no. 2 and 3, CC BY 4.0 no. 3(a) and ODbL 1.0 no. 4.2 and 4.3 ask for.
"""

from __future__ import annotations

from collections.abc import Iterable

from allmende.model.licence import Licence
from allmende.model.text import Language

_WORDS = {
    "de": ("Quelle: {}", "Lizenz: {}", "Datensatz: {}", "Daten verändert"),
    "en": ("Source: {}", "Licence: {}", "Dataset: {}", "Data changed"),
}


def credit(
    attributions: Iterable[str],
    licences: Iterable[Licence],
    language: Language,
    *,
    address: str = "",
    changed: bool = False,
) -> str:
    """One line such as `Quelle: Stadt Jena. Lizenz: … (https://…). Daten verändert.`; empty when nothing is known.

    `changed` says that the data are not as the sources gave them.
    """
    source, licence, dataset, altered = _WORDS[language]
    named = "; ".join(dict.fromkeys(attributions))
    under = "; ".join(f"{one.title} ({one.address})" for one in dict.fromkeys(licences))
    parts = [(source, named), (licence, under), (dataset, address)]
    said = [words.format(what) for words, what in parts if what]
    return "".join(f"{part}. " for part in [*said, *([altered] if changed and said else [])]).strip()
