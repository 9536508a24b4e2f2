"""Floor 2: source to raw receipt."""
