"""The line that names the sources holds what licences ask for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from allmende.guard.terms.credit import credit
from allmende.model.licence import LICENCES

IDS = st.lists(st.sampled_from(sorted(LICENCES)), max_size=4)


def test_the_line_names_source_licence_dataset_and_change() -> None:
    """As dl-de/by-2-0 wants it: provider, licence with its address, the dataset, and that it was changed."""
    line = credit(
        ["Stadt Test"], [LICENCES["dl-de/by-2-0"]], "de", address="https://x.example/d/a@1", changed=True
    )
    assert line == (
        "Quelle: Stadt Test. Lizenz: Datenlizenz Deutschland Namensnennung 2.0 "
        "(https://www.govdata.de/dl-de/by-2-0). Datensatz: https://x.example/d/a@1. Daten verändert."
    )


@given(IDS, st.lists(st.text(min_size=1), max_size=4), st.sampled_from(["de", "en"]))
def test_every_source_and_licence_is_named_once(ids: list[str], sources: list[str], language: str) -> None:
    """Whatever is combined."""
    licences = [LICENCES[id_] for id_ in ids]
    line = credit(sources, licences, language)  # type: ignore[arg-type]  # one of the two languages
    assert all(source.strip() in line for source in sources)
    assert all(line.count(f"({one.address})") == 1 for one in licences)


def test_of_nothing_nothing_is_said() -> None:
    """No empty sentence."""
    assert credit([], [], "de", changed=True) == ""
