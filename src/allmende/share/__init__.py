"""Floor 2: the only read gate, downloads and the portal."""
