"""Connector for parking."""
