"""Connector for GTFS."""
