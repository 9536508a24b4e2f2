"""Harvesting: what a foreign catalogue answers becomes foreign datasets. Reading is pure; only `pages` asks the network."""
