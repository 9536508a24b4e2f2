"""Floor 3: what is stale and why, run order, ledger of runs."""
