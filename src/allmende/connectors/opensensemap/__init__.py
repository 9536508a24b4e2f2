"""Connector for openSenseMap."""
