"""Migrations of the store; immutable once released."""

NEWEST = "0011"
"""The revision of the newest migration; a store at it is opened without loading Alembic."""
