"""Musterstadt: an invented city, generated from a seed, whose truth is known to tests.

Each table is a pure function of the seed and of today's date. Nothing here is about a real place.
The folder `cities/musterstadt` names the tables by addresses `invented:<name>`; `InventedHttp`
answers them, so that connectors, checks and stories treat them like any other source.
"""

from allmende.testing.musterstadt.http import InventedHttp
from allmende.testing.musterstadt.truth import Truth

__all__ = ["InventedHttp", "Truth"]
