"""Licences together: duties add up, two that want the result for themselves exclude each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.guard.terms.combine import combine, fits, suggest
from allmende.model.licence import LICENCES

SOME = st.lists(st.sampled_from(sorted(LICENCES)), max_size=5)


@given(SOME, st.sampled_from(sorted(LICENCES)))
def test_another_source_never_takes_a_duty_away(ids: list[str], more: str) -> None:
    """Nor a conflict."""
    before, after = combine(LICENCES[i] for i in ids), combine(LICENCES[i] for i in [*ids, more])
    assert set(before.duties) <= set(after.duties)
    assert after.conflict or not before.conflict


@given(SOME)
def test_the_order_of_sources_changes_no_duty(ids: list[str]) -> None:
    """And naming one twice is naming it once."""
    assert (
        combine(LICENCES[i] for i in ids).duties
        == combine(LICENCES[i] for i in [*reversed(ids), *ids]).duties
    )


def test_free_data_ask_for_nothing() -> None:
    """CC0, zero and the public domain."""
    assert combine(LICENCES[i] for i in ("cc0-1.0", "dl-de/zero-2-0", "pddl-1.0")).duties == ()


def test_open_street_map_and_the_citys_data_go_together_under_its_licence() -> None:
    """The result is passed on under the ODbL, the source named and changes said."""
    terms = combine([LICENCES["odbl-1.0"], LICENCES["dl-de/by-2-0"]])
    assert (terms.share_alike, terms.conflict) == (LICENCES["odbl-1.0"], None)
    assert terms.duties == ("name_source", "say_changes", "keep_notice", "offer_derived", "share_alike")


def test_two_share_alike_licences_exclude_each_other() -> None:
    """A database of both could be passed on under neither."""
    terms = combine([LICENCES["odbl-1.0"], LICENCES["cc-by-sa-4.0"]])
    assert terms.conflict == (LICENCES["odbl-1.0"], LICENCES["cc-by-sa-4.0"])


@pytest.mark.parametrize(
    ("result", "sources", "holds"),
    [
        ("cc0-1.0", ["dl-de/zero-2-0"], True),
        ("cc0-1.0", ["dl-de/by-2-0"], False),
        ("cc-by-4.0", ["dl-de/by-2-0"], True),
        ("cc-by-4.0", ["odbl-1.0"], False),
        ("odbl-1.0", ["odbl-1.0", "cc-by-4.0"], True),
        ("odbl-1.0", ["odbl-1.0", "cc-by-sa-4.0"], False),
        ("unheard-of", ["cc0-1.0"], False),
        ("epl-2.0", ["epl-2.0", "cc0-1.0"], True),
        ("cc-by-4.0", ["epl-2.0"], False),
        ("odbl-1.0", ["odbl-1.0", "epl-2.0"], False),
        ("cc-by-4.0", ["cc-by-nc-4.0"], False),
        ("cc-by-nc-4.0", ["cc-by-nc-4.0", "dl-de/by-2-0"], True),
        ("cc-by-nd-4.0", ["cc-by-nd-4.0"], False),
        ("odbl-1.0", ["odbl-1.0", "cc-by-nc-4.0"], False),
    ],
)
def test_a_result_may_not_be_freer_than_its_sources(result: str, sources: list[str], holds: bool) -> None:
    """Naming the source cannot be dropped, share-alike cannot be left."""
    assert fits(result, [LICENCES[id_] for id_ in sources]) is holds


@given(SOME)
def test_what_is_suggested_fits(ids: list[str]) -> None:
    """And nothing is suggested only where two exclude each other, or one forbids changes."""
    licences = [LICENCES[id_] for id_ in ids]
    found, terms = suggest(licences), combine(licences)
    if found is None:
        assert terms.conflict or "changes" in terms.bans
    else:
        assert fits(found.id, licences)


@given(SOME)
def test_closed_licences_are_never_forgotten(ids: list[str]) -> None:
    """What is not open does not become open by company."""
    licences = [LICENCES[id_] for id_ in ids]
    assert combine(licences).is_open <= all(one.is_open for one in licences)


def test_the_database_of_a_shown_result_has_to_be_offered() -> None:
    """ODbL 4.6; no other licence here asks for it."""
    assert [one.id for one in LICENCES.values() if "offer_derived" in one.duties] == ["odbl-1.0"]
    assert [one.id for one in LICENCES.values() if not one.is_open] == ["cc-by-nc-4.0", "cc-by-nd-4.0"]
