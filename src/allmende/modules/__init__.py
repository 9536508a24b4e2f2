"""Modules: each brings one theme of the city."""
