"""Views as JSON for `/api/v1`: plain mappings, both languages, addresses instead of copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from allmende.catalogue.quality_score import MOST, Score
from allmende.guard.terms.combine import combine
from allmende.model.dataset import Closed, Column, DatasetVersion
from allmende.model.document import Span, StoryVersion
from allmende.model.figure import Figure
from allmende.model.licence import Licence
from allmende.model.source import Receipt
from allmende.model.text import Text
from allmende.model.use import CHANNELS, FEW
from allmende.share.cells import as_json
from allmende.share.credits import credit_of
from allmende.share.downloads.formats import formats_of
from allmende.share.views import (
    Attempt,
    DatasetView,
    IndicatorView,
    Passport,
    PassportStep,
    RowsPage,
    Selected,
    UseView,
)

if TYPE_CHECKING:
    from allmende.catalogue.search import Hit

Json = dict[str, Any]
API = "/api/v1"


def text(words: Text) -> Json | None:
    """Words in the languages they exist in; None when there are none."""
    return {code: getattr(words, code) for code in ("de", "en") if getattr(words, code)} or None


def licence(found: Licence) -> Json:
    """A licence."""
    return {"id": found.id, "title": found.title, "address": found.address}


def column(found: Column) -> Json:
    """A column."""
    return {
        "name": found.name,
        "type": found.type,
        "unit": found.unit or None,
        "title": text(found.title),
        "description": text(found.description),
    }


def quality(found: Score) -> Json:
    """A score by criterion; `next` is what brings most for its effort, and the points that it brings."""
    judged = [
        {"criterion": one.criterion.id, "dimension": one.criterion.dimension,
         "points": one.criterion.points if one.held else 0, "of": one.criterion.points}
        for one in found.judged
    ]  # fmt: skip
    step = found.next_step
    return {
        "points": found.points,
        "of": MOST,
        "rating": found.rating,
        "next": {"step": step.id, "gain": step.gain} if step else None,
        "criteria": judged,
    }


ATTEMPT = ("finished", "step", "outcome", "version", "checks_passed", "checks", "rows", "rejected", "message")
"""The columns of a dataset's history."""


def attempt(found: Attempt) -> Json:
    """A line of a dataset's history."""
    run = found.run
    values = (
        run.finished.isoformat(), run.step.kind, run.outcome, found.version, found.passed, found.asked,
        run.rows, run.rejected, found.message or None,
    )  # fmt: skip
    return dict(zip(ATTEMPT, values, strict=True))


def closed(dataset: str, entry: Closed) -> Json:
    """An entry of the register of data that are not open."""
    return {
        "dataset": dataset,
        "title": text(entry.title),
        "reason": text(entry.reason),
        "law": entry.law or None,
    }


def dataset_line(view: DatasetView) -> Json:
    """A dataset in a list."""
    dataset = view.dataset
    return {
        "id": dataset.id,
        "title": text(dataset.title),
        "description": text(dataset.description),
        "theme": dataset.theme,
        "keywords": list(dataset.keywords),
        "access": view.access.label,
        "licences": [licence(one) for one in view.licences],
        "attributions": list(view.attributions),
        "duties": list(combine(view.licences).duties) if view.licences else None,
        "bans": list(combine(view.licences).bans) if view.licences else None,
        "credit": text(Text(credit_of(view, "de"), credit_of(view, "en"))) if view.licences else None,
        "publisher": dataset.publisher,
        "version": view.version.number if view.version else None,
        "rows": view.version.rows if view.version else None,
        "published": moment(view.version) if view.version else None,
        "address": f"{API}/datasets/{dataset.id}",
        "page": f"/d/{dataset.id}",
    }


def dataset(view: DatasetView) -> Json:
    """A dataset with its columns, versions, files and users."""
    return {
        **dataset_line(view),
        "limits": text(view.dataset.limits),
        "steward": view.dataset.steward,
        "columns": [column(one) for one in view.columns],
        "key": [name for name in view.dataset.key if name in {one.name for one in view.columns}],
        "versions": [version(one) for one in view.versions],
        "downloads": {name: f"/d/{view.pin}.{name}" for name in formats_of(view)},
        "used_by": {
            "datasets": list(view.used_by.datasets),
            "indicators": list(view.used_by.indicators),
            "stories": list(view.used_by.stories),
            "reuses": list(view.used_by.reuses),
        },
        "receipts": [receipt(one) for one in view.receipts],
    }


def use(found: UseView) -> Json:
    """How often a dataset was used: sums by way, and by day where they are not too small to be told."""
    return {
        "dataset": found.dataset,
        "since": found.since.isoformat(),
        "days": found.days,
        "few": FEW,
        "total": {channel: found.total(channel) for channel in CHANNELS if channel != "story"},
        "by_day": {
            channel: {day.isoformat(): count for day, count in days.items() if count >= FEW}
            for channel, days in found.by_day.items()
        },
        "robots": found.robots,
    }


def version(found: DatasetVersion) -> Json:
    """A version of a dataset."""
    return {
        "number": found.number,
        "published": moment(found),
        "rows": found.rows,
        "rejected": found.rejected,
        "content_sha256": found.content_hash,
        "raw": list(found.raw),
        "inputs": [str(pin) for pin in found.inputs],
        "checks": [
            {"name": c.name, "passed": c.passed, "failed_rows": c.failed_rows, "detail": c.detail}
            for c in found.checks
        ],
        "page": f"/d/{found.pin}",
    }


def moment(found: DatasetVersion) -> str:
    """When a version was published: ISO 8601, UTC."""
    return found.created.isoformat().replace("+00:00", "Z")


def receipt(found: Receipt) -> Json:
    """A receipt: which address gave which bytes, when."""
    return {
        "source": found.source,
        "address": found.address,
        "sha256": found.sha256,
        "size": found.size,
        "fetched_at": found.fetched_at.isoformat().replace("+00:00", "Z"),
        "replayed": found.replayed,
    }


def rows(page: RowsPage) -> Json:
    """Rows as objects; `next` is the address of the following ones, None after the last."""
    names = [one.name for one in page.columns]
    types = [one.type for one in page.columns]
    listed = [
        {name: as_json(value, kind) for name, value, kind in zip(names, row, types, strict=True)}
        for row in page.rows
    ]
    after = page.offset + len(listed)
    return {
        "dataset": page.pin.dataset,
        "version": page.pin.version,
        "total": page.total,
        "offset": page.offset,
        "rows": listed,
        "next": _after(page, names, after) if listed and after < page.total else None,
    }


def selected(found: Selected, listed: list[Json], following: str | None) -> Json:
    """Rows that were asked for, in the shape of `rows`; `total` counts all that were found."""
    return {
        "dataset": found.pin.dataset,
        "version": found.pin.version,
        "total": found.matched,
        "offset": found.offset,
        "rows": listed,
        "next": following,
    }


def _after(page: RowsPage, names: Sequence[str], offset: int) -> str:
    chosen = ",".join(names)
    return f"{API}/datasets/{page.pin}/rows?limit={page.limit}&offset={offset}&columns={chosen}"


def figure(found: Figure) -> Json:
    """A number and where it comes from."""
    return {
        "id": str(found.id),
        "value": found.value,
        "unit": text(found.unit),
        "unit_code": found.unit_code or None,
        "title": text(found.title),
        "period": found.period,
        "place": found.place,
        "place_code": found.place_code,
        "low": found.low,
        "high": found.high,
        "coverage": found.coverage,
        "trust": found.trust,
        "note": text(found.note),
        "dataset_version": str(found.pin),
        "licences": list(found.licences),
        "attributions": list(found.attributions),
        "page": f"/f/{found.id}",
    }


def passport(found: Passport) -> Json:
    """A figure with everything behind it."""
    return {
        **figure(found.figure),
        "definition": found.definition,
        "steps": [_step(one) for one in found.steps],
        "licence_texts": [licence(one) for one in found.licences],
        "withheld_steps": found.withheld,
    }


def _step(found: PassportStep) -> Json:
    return {
        "depth": found.depth,
        "dataset_version": str(found.version.pin),
        **version(found.version),
        "recipe": found.version.recipe_text or None,
        "receipts": [receipt(one) for one in found.receipts],
    }


def indicator_line(view: IndicatorView) -> Json:
    """An indicator in a list."""
    found = view.indicator
    return {
        "id": found.id,
        "title": text(found.title),
        "definition": text(found.definition),
        "unit": text(found.unit),
        "unit_code": found.unit_code,
        "theme": found.theme,
        "direction": found.direction,
        "dataset": found.dataset,
        "owner": found.owner,
        "judgement": view.judgement,
        "latest": figure(view.latest) if view.latest else None,
        "address": f"{API}/indicators/{found.id}",
        "page": f"/ziele/{found.id}",
    }


def indicator(view: IndicatorView, series: Sequence[Figure], places: Sequence[Figure]) -> Json:
    """An indicator with its figures by period and, for the newest period, by place."""
    target = view.indicator.target
    return {
        **indicator_line(view),
        "limits": text(view.indicator.limits),
        "target": {"value": target.value, "by": target.by, "source": text(target.source)} if target else None,
        "licences": [licence(one) for one in view.licences],
        "attributions": list(view.attributions),
        "series": [figure(one) for one in series],
        "by_place": [figure(one) for one in places],
    }


def story_line(found: StoryVersion) -> Json:
    """A story in a list."""
    return {
        "id": found.story,
        "language": found.language,
        "version": found.number,
        "title": found.title,
        "answer": plain(found.answer),
        "theme": found.theme,
        "judgement": found.judgement,
        "trust": found.trust,
        "checked": found.checked.isoformat() if found.checked else None,
        "figures": [span.figure for span in found.answer if span.figure],
        "dataset_versions": [str(pin) for pin in found.pins],
        "licences": list(found.licences),
        "attributions": list(found.attributions),
        "page": ("" if found.language == "de" else f"/{found.language}") + f"/w/{found.story}",
    }


def plain(spans: Sequence[Span]) -> str:
    """Running text without its marks."""
    return "".join(span.text for span in spans)


def hit(found: Hit) -> Json:
    """Something the search found."""
    return {
        "kind": found.kind,
        "id": found.id,
        "title": found.title,
        "summary": found.summary,
        "language": found.language,
        "page": found.address,
        "guessed": found.guessed,
    }
