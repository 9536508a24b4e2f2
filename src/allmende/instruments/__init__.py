"""Instruments that generate knowledge: each a folder."""
