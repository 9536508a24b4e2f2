"""Floor 0: the domain language. Frozen dataclasses, standard library only."""
