"""Floor 1: what exists, what came from what, figures, search."""
