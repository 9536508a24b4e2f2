"""Floor 2: raw to rows to checks to an immutable dataset version."""
