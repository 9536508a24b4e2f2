"""`allmende doctor`: is everything on disk and around it in order?"""

from __future__ import annotations

from collections.abc import Iterator

import click

from allmende.cli.errors import OK, REFUSED
from allmende.cli.examine import EXAMINATIONS, RESTORE, Diagnosis
from allmende.cli.options import Place, language_option, place_options
from allmende.errors import StoreFault
from allmende.model.text import Language, Text


@click.command()
@place_options
@language_option
@click.option("--all", "everything", is_flag=True, help="Check every raw file and version, not a sample.")
def doctor(place: Place, language: Language, everything: bool) -> int:
    """Examine disk, database, raw files, versions, clock and sources of CITY. Exit status 1: something is wrong."""
    wrong = 0
    for diagnosis in examine(place, everything):
        click.echo(show_diagnosis(diagnosis, language))
        wrong += not diagnosis.well
    return REFUSED if wrong else OK


def examine(place: Place, everything: bool) -> Iterator[Diagnosis]:
    """All examinations; when the store does not even open, what can be said about it."""
    try:
        workspace = place.open()
    except StoreFault as error:
        yield Diagnosis(False, Text(error.message, error.message), RESTORE)
        return
    for examination in EXAMINATIONS:
        yield from examination(workspace, everything)


def show_diagnosis(diagnosis: Diagnosis, language: Language) -> str:
    """What was found, and below it what to do when it is not well."""
    found = f"{'ok' if diagnosis.well else '!!'}  {diagnosis.found.of(language)}"
    advice = diagnosis.advice.of(language)
    return found if diagnosis.well or not advice else f"{found}\n      {advice}"
