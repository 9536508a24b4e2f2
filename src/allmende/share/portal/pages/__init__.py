"""One file for each kind of page: parse the address, read at the gate, shape the context."""
