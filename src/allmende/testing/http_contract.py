"""What every Http must keep: subclass `HttpContract` and say how to make one that knows one address."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from allmende.errors import AllmendeError, SourceRefused, SourceUnreachable
from allmende.model.source import Receipt
from allmende.ports import Fetched, Http

CONTENT = b"name;trees\nS\xc3\xbcd;3\n"


class HttpContract:
    """The suite. `http`, `address` (answered with CONTENT) and `unknown` (not answered) are fixtures."""

    def test_an_answer_has_its_bytes_and_its_address(self, http: Http, address: str) -> None:
        """The bytes are whole, the address is the one that was asked for, the name has no folder."""
        fetched = answer(http, address)
        assert b"".join(fetched.chunks) == CONTENT
        assert fetched.address == address
        assert "/" not in fetched.file_name

    def test_asking_again_gives_the_same_or_nothing(self, http: Http, address: str) -> None:
        """With the receipt of the first answer: unchanged is None, or else the same bytes once more."""
        first = answer(http, address)
        b"".join(first.chunks)
        again = http.fetch(address, receipt_of(first))
        assert again is None or b"".join(again.chunks) == CONTENT

    def test_a_receipt_of_other_bytes_hides_nothing(self, http: Http, address: str) -> None:
        """A validator that does not fit never makes an answer 'unchanged'."""
        first = answer(http, address)
        b"".join(first.chunks)
        other = Receipt("s", address, "0" * 64, 1, datetime(2020, 1, 1, tzinfo=UTC), etag='"other"')
        fetched = http.fetch(address, other)
        assert fetched is not None
        assert b"".join(fetched.chunks) == CONTENT

    def test_an_unknown_address_is_told_in_words(self, http: Http, unknown: str) -> None:
        """Unreachable or refused, with the address; nothing foreign comes through."""
        with pytest.raises(AllmendeError) as raised:
            http.fetch(unknown)
        assert isinstance(raised.value, SourceUnreachable | SourceRefused)
        assert raised.value.message
        assert raised.value.where in {unknown, ""}


def answer(http: Http, address: str) -> Fetched:
    """What `address` answers; it must not be unchanged."""
    fetched = http.fetch(address)
    assert fetched is not None
    return fetched


def receipt_of(fetched: Fetched) -> Receipt:
    """The receipt of an answer, as a fetch would keep it."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return Receipt(
        source="s",
        address=fetched.address,
        sha256="0" * 64,
        size=len(CONTENT),
        fetched_at=moment,
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        replayed=fetched.replayed,
    )
