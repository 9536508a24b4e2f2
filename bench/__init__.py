"""Measurements: `python -m bench [name ...]` runs each module's `run()` and prints its rows."""
