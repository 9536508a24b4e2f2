"""Links of stories: every figure, chart, map and table asks for something that exists."""

from __future__ import annotations

from collections.abc import Iterator, Set

from allmende.catalogue.story_calls import BLOCKS, CALL, Call, parse_call
from allmende.city.decode import did_you_mean
from allmende.model.city import City
from allmende.model.problem import Problem


def check_calls(city: City, indicators: Set[str], datasets: Set[str]) -> Iterator[Problem]:
    """Faults of all `{{ ... }}` in stories and in the first page's sentence."""
    checker = _Checker(city, indicators, datasets)
    for language, sentence in (("de", city.front.sentence.de), ("en", city.front.sentence.en)):
        yield from checker.text("city.toml", f"$.front.sentence.{language}", sentence, blocks=False)
    for story in city.stories.values():
        file = f"stories/{story.id}.{story.language}.md"
        yield from checker.text(file, "$.title", story.title, blocks=False)
        yield from checker.text(file, "$.answer", story.answer, blocks=False)
        yield from checker.text(file, "$.body", story.body, blocks=True)


class _Checker:
    def __init__(self, city: City, indicators: Set[str], datasets: Set[str]) -> None:
        self._city = city
        self._indicators = indicators
        self._datasets = datasets

    def text(self, file: str, path: str, text: str, *, blocks: bool) -> Iterator[Problem]:
        """Faults of the calls in one text; `blocks`: charts may stand here, on lines of their own."""
        for line in text.splitlines():
            if line.count("{{") != line.count("}}"):
                hint = "Write {{ and }} on one line."
                yield Problem(file, path, f"braces are not closed: {line.strip()[:60]!r}", hint)
                continue
            alone = CALL.fullmatch(line.strip()) is not None
            for found in CALL.finditer(line):
                yield from self._call(file, path, found[1], place_for_block=blocks and alone)

    def _call(self, file: str, path: str, text: str, *, place_for_block: bool) -> Iterator[Problem]:
        try:
            call = parse_call(text)
        except ValueError as error:
            yield Problem(file, path, str(error), "See docs/reference/city-folder.md.")
            return
        if call.name in BLOCKS and not place_for_block:
            hint = "Put it on a line of its own in the story's text."
            yield Problem(file, path, f"{call.name}() cannot stand inside a sentence", hint)
        for indicator in call.indicators:
            if indicator not in self._indicators:
                hint = did_you_mean(indicator, self._indicators)
                yield Problem(file, path, f"there is no indicator {indicator!r}", hint)
        yield from self._dataset(file, path, call)

    def _dataset(self, file: str, path: str, call: Call) -> Iterator[Problem]:
        name = call.text("dataset")
        if name is None:
            return
        if name not in self._datasets:
            yield Problem(file, path, f"there is no dataset {name!r}", did_you_mean(name, self._datasets))
        dataset = self._city.datasets.get(name)
        if dataset is None or not dataset.columns:
            return
        known = {column.name for column in dataset.columns} | {dataset.district_column} - {""}
        for column in sorted(_columns(call) - known):
            hint = did_you_mean(column, known)
            yield Problem(file, path, f"the dataset {name!r} declares no column {column!r}", hint)


def _columns(call: Call) -> set[str]:
    """All columns that a call names."""
    listed = call.arguments.get("columns") or ()
    single = [call.text("column"), call.text("sort")]
    return {*(str(name) for name in listed), *(name for name in single if name), *call.keys}
