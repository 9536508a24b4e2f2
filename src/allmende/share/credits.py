"""The line that names the sources of what a reader sees."""

from __future__ import annotations

from allmende.guard.terms.credit import credit
from allmende.model.text import Language
from allmende.share.views import DatasetView


def credit_of(view: DatasetView, language: Language, origin: str = "") -> str:
    """The line for a dataset; what a recipe made, or districts were added to, is told as changed.

    `origin` is the server's address, as `https://data.example.org`.
    """
    dataset = view.dataset
    changed = bool(dataset.recipe or dataset.district_column)
    page = f"{origin}/d/{view.pin or dataset.id}"
    return credit(view.attributions, view.licences, language, address=page, changed=changed)
