"""Allmende: an urban data platform that a city runs on one small machine."""

__version__ = "0.1.0"
