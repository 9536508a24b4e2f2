"""The form that reports barriers."""

from __future__ import annotations

from litestar import Litestar
from litestar.testing import TestClient

from allmende.share.portal.pages import legal

Site = TestClient[Litestar]


def send(site: Site, **fields: str) -> tuple[int, str]:
    """Send the form as a browser does."""
    answer = site.post("/barrierefreiheit", data=fields)
    return answer.status_code, answer.text


def test_a_report_is_kept(site: Site) -> None:
    """A message is thanked for."""
    status, text = send(site, page="/karte", message="Die Karte ist zu klein.", contact="")
    assert status == 200
    assert 'role="status"' in text


def test_an_empty_report_is_sent_back_with_what_was_written(site: Site) -> None:
    """Nothing typed is lost, and the page says what is missing."""
    status, text = send(site, page="/karte", message="  ", contact="reader@example.org")
    assert status == 422
    assert "reader@example.org" in text


def test_a_long_report_is_refused() -> None:
    """More than fits is told, not cut off silently."""
    assert legal._problem("x" * (legal.LONGEST + 1), None, None) == "accessibility.message_long"  # type: ignore[arg-type]
