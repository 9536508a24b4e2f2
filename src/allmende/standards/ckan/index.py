"""Documents as sets that fit together fast: for each value of a field, a whole number with a bit for each document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

Document = Mapping[str, tuple[str, ...]]
EVERYWHERE = "text"
_REMEMBERED = 256


class Index:
    """Documents by their place. Values are in small letters, as `entry_of` makes them."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.every = (1 << len(documents)) - 1
        places: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for place, document in enumerate(documents):
            for field, values in document.items():
                if field != EVERYWHERE:
                    for value in values:
                        places[field][value].append(place)
        self._bits = {
            field: {value: _bits(found) for value, found in values.items()}
            for field, values in places.items()
        }
        self._texts = [" ".join(document.get(EVERYWHERE, ())) for document in documents]
        # The same words come again with each page and each facet.
        self.holding = lru_cache(_REMEMBERED)(self._holding)

    def equal(self, field: str, value: str) -> int:
        """Documents with this value."""
        return self._bits.get(field, {}).get(value, 0)

    def where(self, field: str, fits: Callable[[str], bool]) -> int:
        """Documents with a value that fits."""
        found = 0
        for value, bits in self._bits.get(field, {}).items():
            if fits(value):
                found |= bits
        return found

    def values(self, field: str) -> Mapping[str, int]:
        """Every value of a field with its documents."""
        return self._bits.get(field, {})

    def _holding(self, text: str) -> int:
        """Documents whose words hold this text, also inside of a word, as German needs it."""
        return _bits([place for place, words in enumerate(self._texts) if text in words])


def _bits(places: Sequence[int]) -> int:
    """The number with a bit at each of these places."""
    if not places:
        return 0
    found = bytearray(places[-1] // 8 + 1)
    for place in places:
        found[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(found, "little")


def places_of(bits: int) -> list[int]:
    """The places of the bits, ascending."""
    text = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    return [8 * n + bit for n, byte in enumerate(text) if byte for bit in range(8) if byte >> bit & 1]
