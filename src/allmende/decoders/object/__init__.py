"""Values that the network server decoded already."""
