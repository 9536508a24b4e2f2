"""Decoders of sensor payloads: each a folder."""
