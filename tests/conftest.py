"""What all tests may use."""

from __future__ import annotations

from hypothesis import settings

from tests.postgres import own_postgres, postgres

# How long an example takes says more of what else the machine does than of our code; `bench/` measures.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

__all__ = ["own_postgres", "postgres"]
