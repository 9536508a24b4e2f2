"""Floor 1: a city is a folder of files: find, decode, link, diff."""
