"""Reads the data of a city that runs Allmende."""

from __future__ import annotations

from allmende_client.city import Allmende
from allmende_client.dataset import Dataset
from allmende_client.http import Refused

__all__ = ["Allmende", "Dataset", "Refused"]
