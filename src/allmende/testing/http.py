"""An Http for tests: answers are written down beforehand, the network is never touched."""

from __future__ import annotations

from collections.abc import Mapping

from allmende.errors import SourceUnreachable
from allmende.model.source import Receipt
from allmende.ports import Fetched


class FakeHttp:
    """Answers each address with its bytes, or raises its error; remembers what was `asked`.

    An address that is not in `answers` is unreachable. With `etags`, an address whose known receipt
    carries the same ETag is unchanged.
    """

    def __init__(
        self, answers: Mapping[str, bytes | Exception], etags: Mapping[str, str] | None = None
    ) -> None:
        self.answers = dict(answers)
        self.etags = dict(etags or {})
        self.asked: list[str] = []

    def fetch(self, address: str, known: Receipt | None = None) -> Fetched | None:
        """The written answer; None when the ETag is the known one."""
        self.asked.append(address)
        answer = self.answers.get(address)
        if answer is None:
            raise SourceUnreachable("nothing was written down for this address", where=address)
        if isinstance(answer, Exception):
            raise answer
        etag = self.etags.get(address, "")
        if etag and known is not None and known.etag == etag:
            return None
        return Fetched(address, iter([answer]), etag=etag, file_name=address.rpartition("/")[2])
