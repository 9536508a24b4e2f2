"""Connectors: each a folder that understands one kind of source."""
