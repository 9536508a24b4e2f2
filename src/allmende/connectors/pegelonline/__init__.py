"""Connector for Pegelonline."""
