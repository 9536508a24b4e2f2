"""What all tests may use."""

from __future__ import annotations

from tests.postgres import own_postgres, postgres

__all__ = ["own_postgres", "postgres"]
