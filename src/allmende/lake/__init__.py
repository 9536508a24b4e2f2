"""Floor 1: files. Raw bytes by their hash, dataset versions as Delta tables."""
