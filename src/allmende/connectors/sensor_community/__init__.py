"""Connector for Sensor.Community."""
