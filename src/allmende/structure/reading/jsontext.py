"""JSON text from outside: any encoding a city sends, with every surprise noted, never a crash."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from allmende.errors import Unreadable

LARGEST = 256 * 1024 * 1024
"""Bytes of a JSON file that is read as a whole; in memory it takes several times as much."""
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89abcdefABCDEF]")


@dataclass(frozen=True, slots=True)
class Lines:
    """JSON lines: values, the lines that are none (index and reason), and each line's text."""

    values: Sequence[Any]
    broken: tuple[tuple[int, str], ...]
    texts: Sequence[str]


def looks_like_lines(text: str) -> bool:
    """True when the first line is complete by itself and another follows (NDJSON, GeoJSON sequences)."""
    first, _, rest = text.lstrip().lstrip("\x1e").partition("\n")
    return (
        bool(rest.strip()) and first.rstrip()[-1:] in {"}", "]"} and rest.lstrip()[:1] in {"{", "[", "\x1e"}
    )


@dataclass
class JsonText:
    """Reads JSON values and remembers what was strange: `notes` are shown to people."""

    notes: dict[str, str] = field(default_factory=dict)
    _repeated: set[str] = field(default_factory=set)
    _not_numbers: int = 0

    def decode(self, content: bytes) -> str:
        """Bytes to text: UTF-8, what a byte order mark says, or else Windows-1252 (noted)."""
        if len(content) > LARGEST:
            raise Unreadable(f"JSON larger than {LARGEST >> 20} MiB", hint="Ask for it in parts, or as CSV.")
        encoding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            if encoding != "utf-8":
                raise Unreadable(
                    f"the text is not {encoding}: {error.reason} at byte {error.start}"
                ) from None
            text, encoding = self._western(content, error.start), "cp1252"
        self.notes["encoding"] = encoding.removesuffix("-sig")
        return text

    def parse(self, text: str) -> Any:
        """One JSON value; Unreadable names line and column of the fault."""
        return self._checked(text, self._decoder().decode)

    def parse_quickly(self, text: str) -> Any:
        """Like `parse`, several times faster for what is correct JSON; repeated keys are not noticed."""
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return self.parse(text)

    def parse_first(self, text: str, start: int = 0) -> tuple[Any, int]:
        """The JSON value that begins at `start`, and where it ends."""
        return self._checked(text, lambda whole: self._decoder().raw_decode(whole, start))  # type: ignore[no-any-return]

    def parse_lines(self, text: str) -> Lines:
        """One value per line; a line that is no JSON is None and named in `broken`.

        Raises Unreadable when no line at all is JSON.
        """
        texts = [line for line in text.replace("\x1e", "").splitlines() if line.strip()]
        values: list[Any] = []
        broken: list[tuple[int, str]] = []
        for index, line in enumerate(texts):
            try:
                values.append(self.parse(line))
            except Unreadable as error:
                values.append(None)
                broken.append((index, error.message))
        if len(broken) == len(texts):
            raise Unreadable(f"no line is JSON; line 1: {broken[0][1] if broken else 'there is none'}")
        return Lines(values, tuple(broken), texts)

    def _checked(self, text: str, read: Callable[[str], Any]) -> Any:
        try:
            value = read(text)
        except json.JSONDecodeError as error:
            raise Unreadable(
                f"broken JSON in line {error.lineno}, column {error.colno}: {error.msg}",
                hint="The file may have been cut off; its raw bytes are kept.",
            ) from None
        except RecursionError:
            raise Unreadable(
                "the JSON is nested too deeply", hint="No data need hundreds of levels."
            ) from None
        except ValueError as error:
            raise Unreadable(f"the JSON holds a number that nobody can mean: {error}") from None
        self._note_surprises()
        return self._without_surrogates(value) if _ESCAPED_SURROGATE.search(text) else value

    def _western(self, content: bytes, start: int) -> str:
        try:
            return content.decode("cp1252")
        except UnicodeDecodeError:
            raise Unreadable(
                f"the text is neither UTF-8 nor Windows-1252 (byte {start})",
                hint="Is this a text file at all?",
            ) from None

    def _decoder(self) -> json.JSONDecoder:
        return json.JSONDecoder(object_pairs_hook=self._object, parse_constant=self._constant)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            seen: set[str] = set()
            self._repeated.update(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return value

    def _constant(self, _: str) -> None:
        """NaN and Infinity are no JSON; writers mean 'no value' by them."""
        self._not_numbers += 1

    def _note_surprises(self) -> None:
        if self._repeated:
            self.notes["repeated_keys"] = f"{', '.join(sorted(self._repeated)[:5])} (the last value counts)"
        if self._not_numbers:
            self.notes["not_numbers"] = f"{self._not_numbers} NaN or Infinity read as unknown"

    def _without_surrogates(self, value: Any) -> Any:
        """Halves of characters cannot be stored as UTF-8: they become U+FFFD."""
        if isinstance(value, str):
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if isinstance(value, list):
            return [self._without_surrogates(v) for v in value]
        if isinstance(value, dict):
            return {self._without_surrogates(k): self._without_surrogates(v) for k, v in value.items()}
        return value
