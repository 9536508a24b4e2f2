"""Floor 2: versions to recipe to indicator to story."""
