"""Connector `json`: a list of records somewhere in a JSON document, or one record per line."""
