"""Connector for station data of the German weather service."""
