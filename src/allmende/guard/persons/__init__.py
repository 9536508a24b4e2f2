"""The guard against personal data: what in a table may speak of a person, and how sure that is."""
