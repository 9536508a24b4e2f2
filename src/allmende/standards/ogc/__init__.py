"""Datasets with a place as OGC API Features, for GIS desks and maps."""
