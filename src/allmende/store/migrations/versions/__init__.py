"""Migrations of the store; immutable once released."""
