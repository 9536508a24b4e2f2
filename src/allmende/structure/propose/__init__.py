"""What a source and a dataset could look like, told from the data themselves; a person decides."""
