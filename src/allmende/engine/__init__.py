"""Floor 1: SQL over the lake."""
