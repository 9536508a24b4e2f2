"""Connector for a foreign SensorThings server."""
