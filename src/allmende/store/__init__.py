"""Floor 1: SQL. What was fetched, published, run and granted."""
